"""`python -m demo`: runs the sample shop until it is asked to stop."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from demo.app import make_app
from demo.settings import Settings, load_settings

BUSY_PORT = 3


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; exits with 2 and a usage line when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m demo", description="The sample shop, Lumen & Hearth.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8084, help="port to listen on (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=Path("var/shop"), help="folder of the shop's database")
    parser.add_argument("--rapport-url", help="Rapport as the browser reaches it (else RAPPORT_PUBLIC_URL)")
    parser.add_argument("--events-url", help="Rapport as this server reaches it, if that differs")
    parser.add_argument("--public-url", help="this shop as the browser reaches it, if that differs")
    parser.add_argument("--chaos", action="store_true", help="allow POST /backstage/chaos to break the API on purpose")
    return parser.parse_args(arguments)


async def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way. Raises OSError when the port cannot be had."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    # The port comes first: a second shop on the same folder must fail before it touches the database.
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    runner = web.AppRunner(make_app(settings), access_log=None, shutdown_timeout=5)
    try:
        await runner.setup()
        await web.SockSite(runner, listener).start()
        sys.stdout.write(f"Lumen & Hearth is open at {settings.public_url}\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await runner.cleanup()
        listener.close()


def main(arguments: list[str]) -> int:
    """Exit code: 0 after a stop, 2 for a wrong setting, 3 when the port is taken."""
    options = parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = load_settings(
            os.environ,
            data=options.data,
            rapport_url=options.rapport_url,
            events_url=options.events_url,
            public_url=options.public_url or f"http://{options.host}:{options.port}",
            chaos=options.chaos,
        )
        settings.data.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"The shop cannot start: {error}\n")
        return 2
    try:
        asyncio.run(serve(settings, options.host, options.port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            sys.stderr.write(f"The shop cannot listen on {options.host}:{options.port}: {error.strerror}.\n")
            return BUSY_PORT
        sys.stderr.write(f"Port {options.port} is already in use; stop what uses it, or choose another with --port.\n")
        return BUSY_PORT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
