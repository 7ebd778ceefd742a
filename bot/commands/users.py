"""`./rapport user add`."""

import asyncio

from rich.console import Console

from bot.bootstrap import ready_app
from bot.services.staff import StaffRefused, create_account
from bot.settings import Settings

console = Console(highlight=False, soft_wrap=True)


def add(settings: Settings, email: str, role: str, name: str | None, password: str) -> int:
    """Add the account; exit code 2 with a sentence when it is refused."""

    async def run() -> None:
        async with ready_app(settings) as app:
            await create_account(app, email=email, role=role, name=name or email.partition("@")[0], password=password)

    try:
        asyncio.run(run())
    except StaffRefused as error:
        console.print(f"rapport: {error}", markup=False)
        return 2
    console.print(f"{email} can sign in as {role}.", markup=False)
    return 0
