"""From link to reward: visits, signed events of the shop, fraud, the ledger."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook

from bot.domain.referral import ReferralRefused
from bot.services import advocacy, referral_steps, referrals, shop_events
from bot.services.app import App
from bot.services.shop_keys import email_hash, secret_bytes
from bot.store.base import new_id
from bot.store.tables import Case, Message, Referral, ReferralVisit, Reward, ShopEvent
from tests.integration.loyalty.conftest import Person, World


async def advocate(world: World, **who: str) -> tuple[Person, str]:
    person = await world.customer(**who)
    case_id = await world.case(person)
    async with world.app.write() as tx:
        case = await tx.get(Case, case_id)
        assert case is not None
        code = (await advocacy.share_referral(world.app, tx, case)).code
    assert code is not None
    return person, code


async def event(app: App, kind: str, webhook_id: str | None = None, **data: Any) -> shop_events.EventResult:
    return await shop_events.handle_shop_event(app, webhook_id or new_id(), kind, app.now(), data)


async def signed_up(app: App, code: str, customer: str = "friend-1", **more: Any) -> str:
    return (await event(app, "referral.signed_up", code=code, customer=customer, **more)).result


async def ordered(app: App, code: str, customer: str = "friend-1", order: str = "LH-1", **more: Any) -> str:
    data = {"total_cents": 5900, **more}
    return (await event(app, "referral.ordered", code=code, customer=customer, order=order, **data)).result


async def ledger(app: App) -> list[tuple[str, int, str]]:
    async with app.read() as tx:
        rows = await tx.execute(select(Reward).order_by(Reward.party))
        return [(row.party, row.amount, row.currency) for row in rows.scalars()]


def hashed(app: App, address: str) -> str:
    return email_hash(app.settings.secret("shop_secret"), address)


async def test_a_visit_counts_once_a_visitor_and_day_and_no_address_is_kept(world: World) -> None:
    world.app.settings = world.app.settings.model_copy(update={"sites": "https://shop.example.com, https://b.example"})
    _, code = await advocate(world, name="Ada Lovelace")
    for visitor in ("1.2.3.4 firefox", "1.2.3.4 firefox", "5.6.7.8 safari"):
        landing = await referrals.record_visit(world.app, code.lower(), visitor)
    assert landing is not None
    assert landing.offer == "£5 off your first order"
    assert landing.text.startswith("Ada thought you'd like Lumen & Hearth")
    assert landing.shop_url == f"https://shop.example.com/?ref={code}"
    world.clock.forward(days=1)
    await referrals.record_visit(world.app, code, "1.2.3.4 firefox")
    async with world.app.read() as tx:
        visits = list((await tx.execute(select(ReferralVisit))).scalars())
    assert len(visits) == 3
    assert all("1.2.3.4" not in visit.visitor for visit in visits)


@pytest.mark.parametrize("code", ["", "AAAA", "x" * 500, "22222222222222", "' or 1=1 --"])
async def test_an_unknown_code_lands_nowhere_and_counts_nothing(world: World, code: str) -> None:
    await advocate(world)
    assert await referrals.record_visit(world.app, code, "someone") is None
    async with world.app.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(ReferralVisit))).scalar_one() == 0


async def test_a_friends_first_order_rewards_both_and_tells_the_advocate(world: World) -> None:
    person, code = await advocate(world)
    assert await signed_up(world.app, code) == "signed_up"
    assert await ordered(world.app, code, payment_hash="a" * 64) == "rewarded"
    assert await ledger(world.app) == [("advocate", 1000, "GBP"), ("friend", 500, "GBP")]
    async with world.app.read() as tx:
        said = (
            (await tx.execute(select(Message).where(Message.conversation_id == person.conversation_id))).scalars().all()
        )
        assert [message.author for message in said] == ["system"]
        assert "Your reward of £10 is yours" in said[0].text
        [standing] = await referrals.standings(tx, person.customer_id, 1000)
    assert (standing.state, standing.reward) == ("rewarded", 1000)


async def test_an_order_without_a_sign_up_and_events_in_the_wrong_order_pay_once(world: World) -> None:
    _, code = await advocate(world)
    assert await ordered(world.app, code) == "rewarded"
    assert await signed_up(world.app, code) == "rewarded"
    assert await ordered(world.app, code, order="LH-2") == "rewarded"
    assert len(await ledger(world.app)) == 2


async def test_a_repeated_webhook_id_changes_nothing(world: World) -> None:
    _, code = await advocate(world)
    data: dict[str, Any] = {"code": code, "customer": "friend-1", "order": "LH-1", "total": 59.0}
    first = await event(world.app, "referral.ordered", "msg-1", **data)
    again = await event(world.app, "referral.ordered", "msg-1", **{**data, "order": "LH-9", "customer": "friend-9"})
    assert (first.result, first.repeated, again.result, again.repeated) == ("rewarded", False, "rewarded", True)
    async with world.app.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(Referral))).scalar_one() == 1


async def test_the_advocates_own_address_earns_nothing(world: World) -> None:
    _, code = await advocate(world, email="Ada@Example.com")
    result = await ordered(world.app, code, email_hash=hashed(world.app, " ada@example.COM "))
    assert result == "blocked: self_referral_email"
    assert await ledger(world.app) == []


async def test_an_alias_of_the_advocates_mailbox_earns_nothing(world: World) -> None:
    _, code = await advocate(world, email="ada.l+shop@gmail.com")
    canonical = hashed(world.app, "adal@gmail.com")
    result = await signed_up(
        world.app, code, email_hash=hashed(world.app, "adal+x@gmail.com"), email_canonical_hash=canonical
    )
    assert result == "blocked: self_referral_email"


async def test_the_advocates_own_account_at_the_shop_earns_nothing(world: World) -> None:
    _, code = await advocate(world, external_id="cus_ada")
    assert await signed_up(world.app, code, "cus_ada") == "blocked: self_referral_customer"
    assert await ordered(world.app, code, "cus_ada") == "blocked: self_referral_customer"


async def test_one_friend_cannot_be_brought_by_two(world: World) -> None:
    (_, first), (_, second) = await advocate(world), await advocate(world)
    assert await signed_up(world.app, first) == "signed_up"
    assert await signed_up(world.app, second) == "blocked: already_referred"
    assert await ordered(world.app, second) == "blocked: already_referred"
    assert await ordered(world.app, first) == "rewarded"


async def test_the_same_order_is_not_paid_for_two_friends(world: World) -> None:
    _, code = await advocate(world)
    await ordered(world.app, code, "friend-1", "LH-1")
    assert await ordered(world.app, code, "friend-2", "LH-1") == "blocked: replayed_order"


async def test_a_card_seen_before_holds_the_reward_until_a_person_releases_it(world: World) -> None:
    _, code = await advocate(world)
    await ordered(world.app, code, "friend-1", "LH-1", payment_hash="b" * 64)
    assert await ordered(world.app, code, "friend-2", "LH-2", payment_hash="b" * 64) == "flagged: shared_payment"
    assert len(await ledger(world.app)) == 2
    async with world.app.read() as tx:
        held = (await tx.execute(select(Referral).where(Referral.state == "flagged"))).scalar_one()
    assert await referral_steps.release_referral(world.app, held.id) == "rewarded"
    assert len(await ledger(world.app)) == 4
    with pytest.raises(ReferralRefused):
        await referral_steps.release_referral(world.app, held.id)


async def test_a_ring_of_friends_is_held(world: World) -> None:
    _, ada = await advocate(world, external_id="cus_ada")
    _, bob = await advocate(world, external_id="cus_bob")
    assert await signed_up(world.app, ada, "cus_bob") == "signed_up"
    assert await signed_up(world.app, bob, "cus_ada") == "flagged: ring"


async def test_a_burst_of_sign_ups_is_held(world: World) -> None:
    _, code = await advocate(world)
    results = [await signed_up(world.app, code, f"friend-{number}") for number in range(6)]
    assert results == ["signed_up"] * 5 + ["flagged: burst"]


async def test_a_blocked_referral_stays_blocked(world: World) -> None:
    _, code = await advocate(world)
    await signed_up(world.app, code)
    async with world.app.read() as tx:
        row = (await tx.execute(select(Referral))).scalar_one()
    assert await referral_steps.block_referral(world.app, row.id, "staff family") == "blocked"
    assert await ordered(world.app, code) == "blocked: staff family"
    assert await ledger(world.app) == []


async def test_an_order_that_cost_nothing_is_held(world: World) -> None:
    _, code = await advocate(world)
    assert await ordered(world.app, code, total_cents=0) == "flagged: order_of_nothing"


async def test_an_unknown_code_is_noted_without_a_referral(world: World) -> None:
    assert await signed_up(world.app, "ABCDEFGHJKMNPQ") == "unknown code"


async def test_other_events_are_kept_and_unknown_types_refused(world: World) -> None:
    assert (await event(world.app, "order.delayed", "msg-d", order="LH-1")).result == "noted"
    with pytest.raises(shop_events.UnknownEvent, match="referral"):
        await event(world.app, "order.exploded")
    async with world.app.read() as tx:
        assert [row.type for row in (await tx.execute(select(ShopEvent))).scalars()] == ["order.delayed"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"customer": "c", "order": "1", "total": 1}, "code"),
        ({"code": "X", "order": "1", "total": 1}, "customer"),
        ({"code": "X", "customer": "c", "total": 1}, "order"),
        ({"code": "X", "customer": "c", "order": "1"}, "total"),
        ({"code": "X", "customer": "c", "order": "1", "total": float("nan")}, "total"),
        ({"code": "X", "customer": "c", "order": "1", "total": -1}, "total"),
        ({"code": "X", "customer": "c\x00", "order": "1", "total": 1}, "NUL"),
        ({"code": "X", "customer": "c", "order": "1", "total": 1, "email_hash": "ada@example.com"}, "email_hash"),
    ],
)
async def test_a_bad_field_is_named_and_the_event_may_be_sent_again(
    world: World, data: dict[str, Any], field: str
) -> None:
    with pytest.raises(shop_events.BadEvent, match=field):
        await event(world.app, "referral.ordered", "msg-x", **data)
    async with world.app.read() as tx:
        assert (await tx.execute(select(func.count()).select_from(ShopEvent))).scalar_one() == 0


def _signed(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    return {
        "Webhook-Id": "msg-1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg-1", at, body.decode()),
    }


async def test_only_the_shops_own_signature_opens_the_door(world: World) -> None:
    secret = world.app.settings.secret("shop_secret")
    assert len(secret_bytes(secret)) == 32
    body = json.dumps({"type": "order.delayed"}).encode()
    good = _signed(secret, body, datetime.now(UTC))
    assert shop_events.verify_signature(secret, good, body) == "msg-1"
    other = _signed("whsec_" + "A" * 40, body, datetime.now(UTC))
    old = _signed(secret, body, datetime(2026, 1, 1, tzinfo=UTC))
    for headers, sent in (
        (other, body),
        (old, body),
        (good, body + b" "),
        ({}, body),
        ({**good, "Webhook-Signature": "nonsense"}, body),
        (good, b"\xff\xfe"),
    ):
        with pytest.raises(shop_events.BadSignature):
            shop_events.verify_signature(secret, headers, sent)
