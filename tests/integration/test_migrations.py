"""What was stored under an older schema is there, and means the same, under the newer one."""

from sqlalchemy import text

from bot.services.app import App
from bot.store.migrate import check, downgrade, migrate
from bot.store.tables import Conversation


async def test_the_page_kept_as_an_address_becomes_a_page_and_goes_back(app: App) -> None:
    await downgrade(app.store, "0004")
    async with app.write() as tx:
        await tx.execute(
            text("INSERT INTO rp_customer (id, created_at, seen_at) VALUES ('c', '2026-07-01', '2026-07-01')")
        )
        for name, page in (("a", 'https://shop.example/hub?q="1"'), ("b", None)):
            await tx.execute(
                text(
                    "INSERT INTO rp_conversation (id, customer_id, last_seq, page, created_at)"
                    " VALUES (:id, 'c', 0, :page, '2026-07-01')"
                ),
                {"id": name, "page": page},
            )
    await migrate(app.store)
    await check(app.store)
    async with app.read() as tx:
        assert (await tx.get(Conversation, "a")).page == {"url": 'https://shop.example/hub?q="1"'}
        assert (await tx.get(Conversation, "b")).page is None
    await downgrade(app.store, "0004")
    async with app.read() as tx:
        rows = (await tx.execute(text("SELECT id, page FROM rp_conversation ORDER BY id"))).all()
    assert [tuple(row) for row in rows] == [("a", 'https://shop.example/hub?q="1"'), ("b", None)]
