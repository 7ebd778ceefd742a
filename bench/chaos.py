"""Proof that nothing is lost: seeded chaos, outages of Rasa with their times, and a thousand messages in browsers.

    ./rapport bench chaos [--runs 200] [--seed N] [--store sqlite|postgresql|both] [--messages 1000] [--only PART]

`--seed N` repeats one run. A run that fails says its seed and its faults, and the exit code is 1. With both stores
every third run is on PostgreSQL, whose server is killed and stopped too.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench._thousand import thousand
from bot.commands.scratch_postgres import ScratchPostgres, scratch_postgres
from bot.commands.testing import find_postgres
from tests.support.chaos import Report, draw_plan, run
from tests.support.outage import KINDS, PROMISES, outage
from tests.support.system import System

VICTIMS = ("gateway", "worker", "rasa")
LOSS = 0.2


def main() -> int:
    """Run the parts that were asked for; 1 when any promise was broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, help="repeat this one run")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--store", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--only", choices=["runs", "outages", "thousand"])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # what was started is stopped on the way out
    seeds = [options.seed] if options.seed is not None else list(range(options.first, options.first + options.runs))
    on_postgres = {"sqlite": [], "postgresql": seeds, "both": [seed for seed in seeds if seed % 3 == 0]}[options.store]
    on_sqlite = [seed for seed in seeds if seed not in set(on_postgres)]
    wanted = (
        {options.only} if options.only else {"runs"} if options.seed is not None else {"runs", "outages", "thousand"}
    )
    result: dict[str, Any] = {"bench": "chaos"}
    failed = False
    if wanted & {"outages", "thousand"} or on_sqlite:
        with _system() as system:
            if "outages" in wanted:
                result["outages"] = asyncio.run(_outages(system))
            if "thousand" in wanted:
                result["thousand"] = asyncio.run(thousand(system, options.messages, options.first))
                print(f"{options.messages} messages: {result['thousand']}", flush=True)
            if "runs" in wanted and on_sqlite:
                result["sqlite"], broken = asyncio.run(_runs(system, on_sqlite, None))
                failed |= broken
    if "runs" in wanted and on_postgres:
        programs = find_postgres()
        if programs is None:
            print("no PostgreSQL here: its runs are left out", flush=True)
        else:
            with scratch_postgres(programs) as server, _system(server) as system:
                result["postgresql"], broken = asyncio.run(_runs(system, on_postgres, server))
                failed |= broken
    failed |= any(result.get("thousand", {}).get(name) for name in ("lost", "doubled", "unordered", "undecided"))
    print(json.dumps(result))
    return int(failed)


@contextmanager
def _system(server: ScratchPostgres | None = None) -> Iterator[System]:
    with tempfile.TemporaryDirectory(prefix="rapport-chaos-") as folder:
        env = {} if server is None else {"RAPPORT_DATABASE_URL": server.url}
        system = System(Path(folder), env).start()
        try:
            yield system
        finally:
            system.stop()


async def _outages(system: System) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in KINDS:
        found[kind] = (await outage(system, kind)).as_dict()
        kept = {name: found[kind][name] <= limit for name, limit in PROMISES.items()}
        broken = [name for name, good in kept.items() if not good]
        print(f"Rasa {kind}: {found[kind]}; missed: {', '.join(broken) or 'nothing'}", flush=True)
    return found


async def _runs(system: System, seeds: list[int], server: ScratchPostgres | None) -> tuple[dict[str, Any], bool]:
    victims = (*VICTIMS, "postgres") if server else VICTIMS
    reports: list[Report] = []
    failures: dict[int, str] = {}
    begun = time.monotonic()
    for seed in seeds:
        try:
            reports.append(await run(system, draw_plan(seed, victims, loss=LOSS), server))
            print(f"seed {seed}: good, {', '.join(reports[-1].faults)}", flush=True)
        except (AssertionError, OSError) as error:
            failures[seed] = str(error)[:500]
            print(f"SEED {seed} FAILED: {error}", flush=True)
            traceback.print_exc()
            if keep := os.environ.get("RAPPORT_CHAOS_LOGS"):
                Path(keep, f"seed-{seed}.log").write_text(system.logs())
    summary = _summary(reports, failures, time.monotonic() - begun)
    _table("PostgreSQL" if server else "SQLite", summary)
    return summary, bool(failures)


def _summary(reports: list[Report], failures: dict[int, str], seconds: float) -> dict[str, Any]:
    settled = sorted(report.slowest_s for report in reports) or [0.0]
    faults = Counter(fault for report in reports for fault in report.faults)
    return {
        "runs": len(reports) + len(failures),
        "good": len(reports),
        "failed": failures,
        "messages": sum(report.sent for report in reports),
        "reconnects_tried": sum(report.reconnects for report in reports),
        "sends_cut": sum(report.losses for report in reports),
        "outcomes": dict(sum((report.outcomes for report in reports), Counter())),
        "settled_p50_s": round(statistics.median(settled), 1),
        "settled_max_s": round(settled[-1], 1),
        "faults": dict(sorted(faults.items())),
        "seconds": round(seconds),
    }


def _table(store: str, summary: dict[str, Any]) -> None:
    print(f"\n| {store} | |\n|---|---|")
    for name, value in summary.items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        print(f"| {name.replace('_', ' ')} | {shown or 'none'} |")
    print(flush=True)


if __name__ == "__main__":
    sys.exit(main())
