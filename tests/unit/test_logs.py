"""The log tells what happens and never changes it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TALK = """
import structlog
from bot.logs import configure_logs
configure_logs("INFO")
log = structlog.get_logger()
for number in range(3):
    try:
        raise ValueError("something went wrong")
    except ValueError:
        log.exception("it.failed", number=number)
print("and went on")
"""


def test_a_full_disk_below_the_log_stops_nobody() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", TALK], cwd=ROOT, stdout=subprocess.PIPE, stderr=full, text=True, check=False
        )
    assert done.stdout == "and went on\n"


def test_what_is_logged_is_one_object_a_line() -> None:
    done = subprocess.run([sys.executable, "-c", TALK], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("{") and '"event": "it.failed"' in line for line in lines)
