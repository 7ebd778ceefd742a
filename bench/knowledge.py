"""How well the knowledge base answers held-out questions, and how fast.

`python -m bench.knowledge` reports on the half of tests/knowledge/questions.yml that nothing was tuned on.
`python -m bench.knowledge --tune` fits the calibration on the other half and prints the constants for
bot/knowledge/retrieval.py. Of the alternating halves, even positions tune and odd ones report.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import minimize

from bot.knowledge.articles import load_articles, load_off_topic
from bot.knowledge.embedding import SentenceEmbedder
from bot.knowledge.retrieval import ANSWER_BAR, KnowledgeIndex, confidence

ROOT = Path(__file__).resolve().parent.parent
WRONG_ANSWER_LIMIT = 0.03
RIDGE = 0.05
MIN_FOLDS = 10


@dataclass(frozen=True, slots=True)
class Question:
    """A held-out question; `article` is None when nothing in the knowledge base answers it."""

    text: str
    article: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Recall and MRR are of the answerable questions; the wrong-answer rates say what they are a share of."""

    questions: int
    answerable: int
    recall_at_1: float
    recall_at_3: float
    mrr: float
    bar: float
    answered_right: float
    wrong_of_all: float
    wrong_of_answered: float
    unanswerable_abstained: float


def load_questions(path: Path) -> list[Question]:
    """Read the held-out file in its order, answerable ones first."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    asked = [Question(text, article) for article, texts in data["answerable"].items() for text in texts]
    return asked + [Question(text, None) for text in data["unanswerable"]]


def load_index(encoder: SentenceEmbedder) -> KnowledgeIndex:
    """Build the index of the sample shop from its files."""
    knowledge = ROOT / "data" / "knowledge"
    articles = load_articles(knowledge / "faq")
    return KnowledgeIndex.build(articles, encoder, off_topic=load_off_topic(knowledge / "off_topic.yml"))


def evaluate(index: KnowledgeIndex, questions: Sequence[Question], bar: float = ANSWER_BAR) -> Report:
    """Rank and answer every question without any hint of its intent."""
    ids = [article.id for article in index.articles]
    ranks = []
    right = wrong = abstained_well = 0
    for question in questions:
        evidence = index.evidence(question.text)
        answered = confidence(evidence) >= bar
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
        bar=bar,
        answered_right=right / answerable,
        wrong_of_all=wrong / len(questions),
        wrong_of_answered=wrong / max(1, right + wrong),
        unanswerable_abstained=abstained_well / max(1, len(questions) - answerable),
    )


def tune(index: KnowledgeIndex, questions: Sequence[Question]) -> dict[str, float]:
    """Fit the logistic calibration, and by cross-validation the lowest bar that keeps within the limit."""
    ids = [article.id for article in index.articles]
    rows, truths = [], []
    for question in questions:
        evidence = index.evidence(question.text)
        rows.append([evidence.best, max(evidence.margin, 0.0), evidence.off_topic, 1.0])
        truths.append(ids[evidence.order[0]] == question.article)
    features, right = np.asarray(rows), np.asarray(truths)

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
    bar = next(b for b in np.arange(0.30, 1.0, 0.01) if ((probability >= b) & ~right).mean() <= WRONG_ANSWER_LIMIT)
    score, margin, off_topic, constant = fit(np.arange(len(right)))
    return {
        "CALIBRATION_SCORE": round(float(score), 2),
        "CALIBRATION_MARGIN": round(float(margin), 2),
        "CALIBRATION_OFF_TOPIC": round(float(off_topic), 2),
        "CALIBRATION_CONSTANT": round(float(constant), 2),
        "ANSWER_BAR": round(float(bar), 2),
    }


def _milliseconds_per_query(index: KnowledgeIndex, questions: Sequence[Question]) -> tuple[float, float]:
    spent = []
    for question in questions:
        started = time.perf_counter()
        index.search(question.text)
        spent.append((time.perf_counter() - started) * 1000)
    return float(np.percentile(spent, 50)), float(np.percentile(spent, 95))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table and one last JSON line."""
    parser = argparse.ArgumentParser(description="Quality and speed of the knowledge base")
    parser.add_argument("--tune", action="store_true", help="fit the constants instead of reporting")
    parser.add_argument("--errors", action="store_true", help="with --tune: list the mistakes")
    options = parser.parse_args(arguments)

    encoder = SentenceEmbedder()
    encoder.warm_up()
    started = time.perf_counter()
    index = load_index(encoder)
    built = time.perf_counter() - started
    questions = load_questions(ROOT / "tests" / "knowledge" / "questions.yml")
    if options.tune:
        constants = tune(index, questions[0::2])
        for name, value in constants.items():
            print(f"{name} = {value}")
        if options.errors:
            _print_errors(index, questions[0::2])
        print(json.dumps(constants))
        return

    report = evaluate(index, questions[1::2])
    median, slow = _milliseconds_per_query(index, questions[1::2])
    rows = [
        ("articles", f"{len(index.articles)}"),
        ("questions, of these answerable", f"{report.questions}, {report.answerable}"),
        ("Recall@1", f"{report.recall_at_1:.3f}"),
        ("Recall@3", f"{report.recall_at_3:.3f}"),
        ("MRR", f"{report.mrr:.3f}"),
        (f"answered rightly at bar {report.bar}, of answerable", f"{report.answered_right:.3f}"),
        ("answered wrongly, of all questions", f"{report.wrong_of_all:.3f}"),
        ("answered wrongly, of answers given", f"{report.wrong_of_answered:.3f}"),
        ("unanswerable questions left alone", f"{report.unanswerable_abstained:.3f}"),
        ("index built in seconds", f"{built:.2f}"),
        ("query p50 / p95 in milliseconds", f"{median:.1f} / {slow:.1f}"),
    ]
    for name, figure in rows:
        print(f"{name:52s} {figure}")
    print(json.dumps(asdict(report) | {"build_s": round(built, 2), "query_ms_p50": round(median, 1)}))


def _print_errors(index: KnowledgeIndex, questions: Sequence[Question]) -> None:
    for question in questions:
        evidence = index.evidence(question.text)
        top, sure = index.articles[evidence.order[0]].id, confidence(evidence)
        if top != question.article and (question.article or sure >= ANSWER_BAR):
            print(f"{sure:.2f} {question.text!r}: {top} instead of {question.article}")


if __name__ == "__main__":
    main()
