"""`python -m bot.processes.gateway`: the public process."""

import asyncio
import sys

from aiohttp import web

from bot.gateway.app import build_gateway
from bot.gateway.door import all_descriptors
from bot.gateway.keys import DOOR
from bot.logs import configure_logs
from bot.processes.garbage import keep_loaded
from bot.processes.stopping import run_until_told
from bot.settings import Settings, load_settings

BACKLOG = 4096
"""Connections the kernel holds until they are accepted; a wave beyond it waits for its own repeated SYNs."""
KEEP_ALIVE_S = 75.0
"""A connection that has asked for something and does not ask again for this long is closed."""
STOP_WITHIN_S = 3.0


async def serve(settings: Settings) -> None:
    """Run until cancelled; what is being answered then gets a moment. Raises OSError when it cannot listen."""
    application = build_gateway(settings, connections=all_descriptors())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_WITHIN_S, keepalive_timeout=KEEP_ALIVE_S)
    await runner.setup()
    keep_loaded()
    try:
        assert runner.server is not None
        # Not a site of the runner: its connections would not pass the door.
        listening = await asyncio.get_running_loop().create_server(
            application[DOOR].guard(runner.server), settings.host, settings.port, backlog=BACKLOG
        )
        try:
            await asyncio.Event().wait()
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def main() -> None:
    """Serve until SIGTERM or SIGINT; open sockets get a moment to finish."""
    settings = load_settings()
    configure_logs(settings.log_level)
    try:
        run_until_told(serve(settings))
    except OSError as error:
        sys.exit(f"The gateway cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.")


if __name__ == "__main__":
    main()
