"""A stand-in for Rasa's two programs: `train` tells stages and writes a file, `parse` answers as that file says.

The first word of each held-out phrase of these tests is its intent.

python -m tests.integration.training.stand_in train ...      (what it does: the variable STAND_IN)
python -m tests.integration.training.stand_in --model FILE   (a file of `good` knows everything, of `bad` little)
"""

import json
import os
import sys
import time
from pathlib import Path


def tell(stage: str, **fields: object) -> None:
    sys.stdout.write(json.dumps({"stage": stage, **fields}) + "\n")
    sys.stdout.flush()


def train(arguments: list[str]) -> int:
    what = os.environ.get("STAND_IN", "good")
    tell("validate")
    if what == "broken":
        tell("error", message="Contradicting rules were found", file="data/rules/orders.yml", line=12)
        return 1
    if what == "crash":
        sys.stderr.write("out of memory\n")
        os.kill(os.getpid(), 9)
    tell("load", intents=2, examples=10, rules=1, stories=0)
    for number, component in enumerate(("bot.a.First", "bot.a.Second"), 1):
        tell("train", component=component, number=number, of=2, state="started")
        if what == "hang":
            Path(os.environ["STAND_IN_PID"]).write_text(str(os.getpid()))
            time.sleep(600)
        tell("train", component=component, number=number, of=2, state="finished")
    tell("package")
    target = Path(arguments[arguments.index("--out") + 1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{what} {time.time_ns()}")
    tell("done", model=str(target), model_id="abc", seconds=0.1, measured={"examples": 10})
    return 0


def parse(model: Path) -> int:
    good = model.read_text().startswith("good")
    for number, line in enumerate(sys.stdin.read().splitlines()):
        right = good or number % 2 == 0
        intent = line.split()[0] if right else "nlu_fallback"
        answer = {"text": line, "intent": intent, "confidence": 0.9, "ranking": [], "entities": []}
        sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(parse(Path(sys.argv[2])) if sys.argv[1] == "--model" else train(sys.argv[1:]))
