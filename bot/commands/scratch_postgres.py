"""A PostgreSQL server for one test run: a fresh cluster in a temporary folder, on a free port, gone afterwards."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

START_WITHIN_S = 30.0


class ScratchPostgres:
    """A cluster of its own. As root the server runs as Debian's `postgres` user, for it refuses root."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="rapport-pg-"))
        self._user = _server_user()
        if self._user:
            shutil.chown(self._folder, self._user)
        self._data = self._folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"postgresql://rapport@127.0.0.1:{self._port}/postgres"

    def make(self) -> None:
        """Initialise the cluster. Raises CalledProcessError."""
        self._run("initdb", "-U", "rapport", "-A", "trust", "-E", "UTF8", "--locale=C")

    def start(self) -> None:
        """Start the server and wait until it answers; after a crash it recovers first. Raises CalledProcessError."""
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        arguments = ("-w", "-l", str(self._folder / "log"), "-o", f"{options} -c max_connections=200", "start")
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                self._run("pg_ctl", *arguments)
            except subprocess.CalledProcessError:
                # The killed server's processes may not all have left their shared memory yet.
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """Stop the server and remove the cluster."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL the server; its own processes notice and leave."""
        os.kill(self._pid(), signal.SIGKILL)

    def freeze(self) -> Callable[[], None]:
        """SIGSTOP the server and all its processes; returns what wakes them."""
        server = psutil.Process(self._pid())
        stopped = [server, *server.children(recursive=True)]

        def send(number: int) -> None:
            for process in stopped:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(number)

        send(signal.SIGSTOP)
        return lambda: send(signal.SIGCONT)

    def _pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().splitlines()[0])

    def _run(self, program: str, *arguments: str) -> None:
        prefix = ["runuser", "-u", self._user, "--"] if self._user else []
        command = [*prefix, str(self._programs / program), "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL)


@contextmanager
def scratch_postgres(programs: Path) -> Iterator[ScratchPostgres]:
    """A running server."""
    server = ScratchPostgres(programs)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    pwd.getpwnam("postgres")
    return "postgres"
