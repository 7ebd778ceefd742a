"""Article files: what is read, what is refused with which line, and that writing is the opposite of reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.articles import (
    Article,
    ArticleStatus,
    Audience,
    load_articles,
    load_off_topic,
    parse_article,
    to_markdown,
)
from bot.knowledge.marked_yaml import KnowledgeFileError
from bot.knowledge.placeholders import fill

FAQ = Path(__file__).parents[3] / "data" / "knowledge" / "faq"

GOOD = """---
title: Is it "free": yes or no?
tags: [delivery, on]
questions:
  - Is it free?
  - no
intents: [delivery_options]
audience: customer
status: published
version: 3
---
Yes. Write to {support_email}.

- first
- second
"""


def refusal(text: str, article_id: str = "free") -> KnowledgeFileError:
    with pytest.raises(KnowledgeFileError) as caught:
        parse_article(text, article_id, "faq/free.md")
    return caught.value


def test_article_is_read_with_all_its_parts() -> None:
    article = parse_article(GOOD.replace('Is it "free": yes', "Is it free, yes"), "free", "faq/free.md")
    assert article.id == "free"
    assert article.tags == ("delivery", "on")
    assert article.questions == ("Is it free?", "no")
    assert article.intents == ("delivery_options",)
    assert (article.audience, article.status, article.version) == (Audience.CUSTOMER, ArticleStatus.PUBLISHED, 3)
    assert article.body.startswith("Yes.")
    assert article.body.endswith("- second")


def test_broken_yaml_is_refused_with_file_and_line() -> None:
    error = refusal(GOOD)
    assert str(error).startswith("faq/free.md:2: not valid YAML")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("---\ntitle", "title", 1, "first line"),
        ("version: 3\n---\n", "version: 3\n", 15, "never closed"),
        ("version: 3", "version: soon", 10, "version"),
        ("status: published", "status: live", 9, "status"),
        ("audience: customer", "audiance: customer", 8, "audiance"),
        ("audience: customer", "title: again", 8, "given twice"),
        ("intents: [delivery_options]", "intents: [Delivery Options]", 7, "intents.0"),
        ("  - no\n", "  - is it free?\n", 6, "twice"),
        ("{support_email}", "{suport_email}", 12, "unknown placeholder {suport_email}"),
    ],
)
def test_mistake_in_an_article_is_refused_with_its_line(old: str, new: str, line: int, says: str) -> None:
    sound = GOOD.replace('Is it "free": yes', "Is it free, yes")
    error = refusal(sound.replace(old, new, 1))
    assert says in error.message
    assert error.line == line


def test_article_without_text_is_refused() -> None:
    assert "no text" in refusal(GOOD.replace('Is it "free": yes', "x").split("Yes.")[0]).message


def test_article_name_must_be_a_slug() -> None:
    assert "slug" in refusal(GOOD, "Free Delivery").message


line_text = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="{}\x85"), min_size=1, max_size=60
).filter(lambda text: text.strip() == text and text != "")


@given(
    title=line_text,
    tags=st.lists(line_text, max_size=3),
    questions=st.lists(line_text, min_size=1, max_size=4, unique_by=str.casefold),
    body=line_text.filter(lambda text: text != "---"),
    version=st.integers(1, 999),
    status=st.sampled_from(ArticleStatus),
)
def test_export_reads_back_into_an_equal_article(
    title: str, tags: list[str], questions: list[str], body: str, version: int, status: ArticleStatus
) -> None:
    article = Article(
        "some-slug", title, body, tuple(tags), tuple(questions), ("greet",), Audience.AGENT, status, version
    )
    assert parse_article(to_markdown(article), "some-slug", "f") == article


def test_every_shipped_article_is_sound_and_exported_byte_for_byte() -> None:
    articles = load_articles(FAQ)
    assert len(articles) >= 60
    for article in articles:
        assert to_markdown(article) == (FAQ / f"{article.id}.md").read_text(encoding="utf-8")
        assert len(article.questions) >= 6
        assert len(article.body) < 1100


def test_shipped_articles_cover_every_intent_that_asks_for_information() -> None:
    covered = {intent for article in load_articles(FAQ) for intent in article.intents}
    informational = (
        "place_order track_order change_order cancel_order check_cancellation_fee order_delayed order_missing_item "
        "order_damaged order_wrong_item product_availability price_or_promo_problem delivery_options "
        "delivery_period set_up_shipping_address change_shipping_address check_refund_policy get_refund "
        "track_refund return_item check_payment_methods payment_issue check_invoice get_invoice gift_card "
        "warranty_claim create_account registration_problems recover_password edit_account switch_account "
        "delete_account newsletter_subscription privacy_data_request contact_customer_service complaint review "
        "refer_friend bot_challenge"
    )
    assert set(informational.split()) <= covered


def test_company_words_are_filled_and_a_missing_one_is_never_shown() -> None:
    assert fill("Write to {support_email}.", {"support_email": "a@b.example"}) == "Write to a@b.example."
    with pytest.raises(KeyError):
        fill("We are {company}.", {})


def test_off_topic_file_is_read_and_a_wrong_key_refused(tmp_path: Path) -> None:
    assert len(load_off_topic(FAQ.parent / "off_topic.yml")) > 50
    wrong = tmp_path / "off_topic.yml"
    wrong.write_text("phrases: [a]\nextra: 1\n")
    with pytest.raises(KnowledgeFileError, match=r"off_topic\.yml:2"):
        load_off_topic(wrong)
