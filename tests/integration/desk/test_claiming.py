"""Who takes a case: one winner of a claim, and the longest wait first."""

import asyncio

from tests.integration.desk.customer import path_of


async def test_of_fifty_parallel_claims_one_wins_and_the_others_learn_who(arrive, sign_up) -> None:
    agents = [await sign_up(name) for name in ("Ana", "Ben", "Cleo", "Dan", "Eve")]
    customer = await arrive()
    path = await path_of(customer)
    answers = await asyncio.gather(*(agents[n % 5].call("POST", f"{path}/claim") for n in range(50)))
    won = {body["case"]["agent"] for status, body in answers if status == 200}
    lost = {body["agent"] for status, body in answers if status == 409}
    assert len(won) == 1
    assert won == lost
    assert [status for status, _ in answers].count(200) == 10, "the winner's own repeats succeed"
    assert (await customer.texts()).count(f"{won.pop()} has joined the chat.") == 1


async def test_a_lost_claim_says_who_and_how_long_ago(arrive, sign_up, clock) -> None:
    ana, ben = await sign_up("Ana"), await sign_up("Ben")
    path = await path_of(await arrive())
    await ana.call("POST", f"{path}/claim")
    clock.forward(seconds=3)
    status, problem = await ben.call("POST", f"{path}/claim")
    assert (status, problem["title"], problem["agent"]) == (409, "already_claimed", "Ana")
    assert problem["detail"] == "Ana took this 3 s ago."


async def test_the_queue_is_longest_waiting_first_and_paged(arrive, sign_up, clock) -> None:
    ana = await sign_up("Ana")
    numbers = []
    for _ in range(5):
        customer = await arrive()
        numbers.append((await customer.case()).number)
        clock.forward(minutes=1)
    await arrive(waiting=False)
    _, first = await ana.call("GET", "/api/v1/desk/queue?limit=3")
    _, rest = await ana.call("GET", f"/api/v1/desk/queue?limit=3&cursor={first['next'].replace('+', '%2B')}")
    assert [item["number"] for item in first["items"] + rest["items"]] == numbers
    assert rest["next"] is None
    assert len(first["bot"]) == 1
    assert (await ana.call("GET", "/api/v1/desk/queue?cursor=nonsense"))[0] == 422


async def test_a_case_is_claimed_from_the_bot_in_mid_turn(arrive, sign_up) -> None:
    ana = await sign_up("Ana")
    customer = await arrive(waiting=False)
    before = (await customer.case()).epoch
    assert (await ana.call("POST", f"{await path_of(customer)}/claim"))[0] == 200
    case = await customer.case()
    assert (case.owner, case.agent_id, case.epoch) == ("agent", ana.id, before + 1)
