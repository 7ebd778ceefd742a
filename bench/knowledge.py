"""How well the knowledge base answers held-out questions, and how fast.

`./rapport bench knowledge` reports on the half of tests/knowledge/questions.yml that nothing was tuned on: once by the
words alone, as `./rapport answer` sees them, and once with the intents of the live model, as in a conversation.
`--tune` fits the calibrations on the other half and prints the constants for bot/knowledge/deciding.py. Of the
alternating halves, even positions tune and odd ones report. `--words-only` needs no model.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import minimize

from bot.adapters.assistant_files import phrases_by_intent
from bot.knowledge.articles import load_articles, load_off_topic
from bot.knowledge.deciding import Calibration, bar_of, confidence
from bot.knowledge.embedding import Encoder, SentenceEmbedder
from bot.knowledge.ranking import Intents
from bot.knowledge.retrieval import KnowledgeIndex

ROOT = Path(__file__).resolve().parent.parent
WRONG_ANSWER_LIMIT = 0.03
RIDGE = 0.05
MIN_FOLDS = 10
FALLBACK = "nlu_fallback"
_MARK = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True, slots=True)
class Question:
    """A held-out question; `article` is None when nothing in the knowledge base answers it."""

    text: str
    article: str | None
    intents: Intents = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Recall and MRR are of the answerable questions; the wrong-answer rates say what they are a share of."""

    questions: int
    answerable: int
    recall_at_1: float
    recall_at_3: float
    mrr: float
    answered_right: float
    wrong_of_all: float
    wrong_of_answered: float
    unanswerable_abstained: float


def load_questions(path: Path) -> list[Question]:
    """Read the held-out file in its order, answerable ones first."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked = [Question(text, article) for article, texts in data["answerable"].items() for text in texts]
    return asked + [Question(text, None) for text in data["unanswerable"]]


def with_intents(questions: Sequence[Question]) -> list[Question]:
    """The questions as the live model understands them, without those it was trained on word for word.

    Raises SystemExit when there is no model that could say.
    """
    lines = "".join(f"{question.text}\n" for question in questions)
    command = [sys.executable, "-m", "bot.cli", "understand"]
    done = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit("bench: the questions could not be understood; --words-only needs no model.")
    trained = {_bare(_MARK.sub(r"\1", text)) for found in phrases_by_intent().values() for text in found}
    understood = []
    for question, line in zip(questions, done.stdout.splitlines(), strict=True):
        ranking = json.loads(line)["ranking"]
        intents = [(each["intent"], each["confidence"]) for each in ranking if each["intent"] != FALLBACK]
        if _bare(question.text) not in trained:
            understood.append(replace(question, intents=tuple(intents)))
    return understood


def _bare(text: str) -> str:
    return text.casefold().strip("?!. ")


def load_index(encoder: Encoder) -> KnowledgeIndex:
    """Build the index of the sample shop from its files."""
    knowledge = ROOT / "data" / "knowledge"
    articles = load_articles(knowledge / "faq")
    return KnowledgeIndex.build(articles, encoder, off_topic=load_off_topic(knowledge / "off_topic.yml"))


def evaluate(index: KnowledgeIndex, questions: Sequence[Question]) -> Report:
    """Rank and answer every question, by its intents too if it has any."""
    ids = [article.id for article in index.articles]
    ranks = []
    right = wrong = abstained_well = 0
    for question in questions:
        evidence = index.evidence(question.text, question.intents)
        answered = confidence(evidence) >= bar_of(evidence)
        top = ids[evidence.order[0]]
        right += answered and top == question.article
        wrong += answered and top != question.article
        if question.article is None:
            abstained_well += not answered
        else:
            ranks.append(1 + [ids[number] for number in evidence.order].index(question.article))
    answerable = len(ranks)
    ranked = np.asarray(ranks)
    return Report(
        questions=len(questions),
        answerable=answerable,
        recall_at_1=float((ranked == 1).mean()),
        recall_at_3=float((ranked <= 3).mean()),
        mrr=float((1 / ranked).mean()),
        answered_right=right / answerable,
        wrong_of_all=wrong / len(questions),
        wrong_of_answered=wrong / max(1, right + wrong),
        unanswerable_abstained=abstained_well / max(1, len(questions) - answerable),
    )


def tune(index: KnowledgeIndex, questions: Sequence[Question]) -> Calibration:
    """Fit the logistic calibration, and by cross-validation the bars that answer most within the limit."""
    ids = [article.id for article in index.articles]
    found = [index.evidence(question.text, question.intents) for question in questions]
    features = np.asarray(
        [[e.best, max(e.margin, 0.0), e.off_topic, e.sole, e.elsewhere, 1.0] for e in found], dtype=float
    )
    right = np.asarray([ids[e.order[0]] == q.article for e, q in zip(found, questions, strict=True)])
    sole = np.asarray([e.sole for e in found])

    def fit(chosen: np.ndarray) -> np.ndarray:
        def loss(weights: np.ndarray) -> float:
            logits = features[chosen] @ weights
            error = np.logaddexp(0, np.where(right[chosen], -logits, logits)).sum()
            return float(error + RIDGE * (weights[:-1] ** 2).sum())

        return np.asarray(minimize(loss, np.zeros(features.shape[1])).x)

    fold = np.arange(len(right)) % MIN_FOLDS
    probability = np.empty(len(right))
    for number in range(MIN_FOLDS):
        weights = fit(np.flatnonzero(fold != number))
        probability[fold == number] = 1 / (1 + np.exp(-features[fold == number] @ weights))
    bar, sole_bar = _bars(probability, right, sole)
    sole_bar = sole_bar if sole.any() else bar
    weights = fit(np.arange(len(right)))
    score, margin, off_topic, alone, elsewhere, constant = (round(float(weight), 2) for weight in weights)
    return Calibration(score, margin, off_topic, alone, elsewhere, constant, bar, sole_bar)


def _bars(probability: np.ndarray, right: np.ndarray, sole: np.ndarray) -> tuple[float, float]:
    """The pair of bars with most right answers whose wrong ones keep within the limit.

    Of equals the strictest bar, and the middle of the sole bars that do as well with it.
    """
    most, bar, sole_bars = -1, 1.0, [1.0]
    for tried in np.arange(0.99, 0.30, -0.01):
        for tried_sole in np.arange(tried, 0.30, -0.01):
            given = probability >= np.where(sole, tried_sole, tried)
            count = int((given & right).sum())
            if (given & ~right).mean() > WRONG_ANSWER_LIMIT or count < most or (count == most and tried != bar):
                continue
            sole_bars = [*sole_bars, tried_sole] if count == most else [tried_sole]
            most, bar = count, tried
    return round(float(bar), 2), round(float(np.median(sole_bars)), 2)


def _milliseconds_per_query(index: KnowledgeIndex, questions: Sequence[Question]) -> tuple[float, float]:
    spent = []
    for question in questions:
        started = time.perf_counter()
        index.search(question.text, intents=question.intents)
        spent.append((time.perf_counter() - started) * 1000)
    return float(np.percentile(spent, 50)), float(np.percentile(spent, 95))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table and one last JSON line."""
    parser = argparse.ArgumentParser(description="Quality and speed of the knowledge base")
    parser.add_argument("--tune", action="store_true", help="fit the constants instead of reporting")
    parser.add_argument("--errors", action="store_true", help="with --tune: list the mistakes")
    parser.add_argument("--words-only", action="store_true", help="leave the intents out; needs no model")
    options = parser.parse_args(arguments)

    encoder = SentenceEmbedder()
    encoder.warm_up()
    started = time.perf_counter()
    index = load_index(encoder)
    built = time.perf_counter() - started
    asked = load_questions(ROOT / "tests" / "knowledge" / "questions.yml")[0 if options.tune else 1 :: 2]
    ways = {"words only": asked} | ({} if options.words_only else {"with intents": with_intents(asked)})
    if options.tune:
        constants = {way: asdict(tune(index, questions)) for way, questions in ways.items()}
        for way, values in constants.items():
            print(way, ", ".join(f"{name}={value}" for name, value in values.items()))
            if options.errors:
                _print_errors(index, ways[way])
        print(json.dumps(constants))
        return

    reports = {way: evaluate(index, questions) for way, questions in ways.items()}
    speeds = {way: _milliseconds_per_query(index, questions) for way, questions in ways.items()}
    print(f"{'':52s} {''.join(f'{way:>16s}' for way in ways)}")
    for name, figure in ROWS.items():
        print(f"{name:52s} {''.join(f'{figure(report):>16s}' for report in reports.values())}")
    print(
        f"{'query p50 / p95 in milliseconds':52s} {''.join(f'{p50:8.1f} / {p95:5.1f}' for p50, p95 in speeds.values())}"
    )
    print(f"{len(index.articles)} articles, index built in {built:.2f} s")
    print(json.dumps({way: asdict(report) | {"ms_p50": round(speeds[way][0], 1)} for way, report in reports.items()}))


ROWS: dict[str, Callable[[Report], str]] = {
    "questions, of these answerable": lambda r: f"{r.questions}, {r.answerable}",
    "Recall@1": lambda r: f"{r.recall_at_1:.3f}",
    "Recall@3": lambda r: f"{r.recall_at_3:.3f}",
    "MRR": lambda r: f"{r.mrr:.3f}",
    "answered rightly, of answerable": lambda r: f"{r.answered_right:.3f}",
    "answered wrongly, of all questions": lambda r: f"{r.wrong_of_all:.3f}",
    "answered wrongly, of answers given": lambda r: f"{r.wrong_of_answered:.3f}",
    "unanswerable questions left alone": lambda r: f"{r.unanswerable_abstained:.3f}",
}


def _print_errors(index: KnowledgeIndex, questions: Sequence[Question]) -> None:
    for question in questions:
        evidence = index.evidence(question.text, question.intents)
        top, sure = index.articles[evidence.order[0]].id, confidence(evidence)
        if top != question.article and (question.article or sure >= bar_of(evidence)):
            print(f"{sure:.2f} {question.text!r}: {top} instead of {question.article}")


if __name__ == "__main__":
    main()
