"""`python -m bot.processes.gateway`: the public process."""

import sys

import uvloop
from aiohttp import web

from bot.gateway.app import build_gateway
from bot.logs import configure_logs
from bot.settings import load_settings

BACKLOG = 4096
"""Connections the kernel holds until they are accepted; a wave beyond it waits for its own repeated SYNs."""
KEEP_ALIVE_S = 75.0
"""A connection without a whole request for this long is closed, a new one that sends its headers drop by drop too."""


def main() -> None:
    """Serve until SIGTERM or SIGINT; open sockets get a moment to finish."""
    settings = load_settings()
    configure_logs(settings.log_level)
    try:
        web.run_app(
            build_gateway(settings),
            host=settings.host,
            port=settings.port,
            access_log=None,
            print=None,
            shutdown_timeout=3,
            keepalive_timeout=KEEP_ALIVE_S,
            backlog=BACKLOG,
            handle_signals=True,
            loop=uvloop.new_event_loop(),
        )
    except OSError as error:
        sys.exit(f"The gateway cannot listen on {settings.host}:{settings.port}: {error.strerror or error}.")


if __name__ == "__main__":
    main()
