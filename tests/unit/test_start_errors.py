"""What stops `./rapport up` is told in one sentence that says what to do."""

import errno
import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from bot.commands import up as command
from bot.commands.up import Refused
from bot.environments import SetupFailed, _python310
from bot.settings import Settings


def test_a_busy_port_is_named_with_what_wanted_it(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        settings = Settings(data=tmp_path, port=20_000, worker_port=port, rasa_port=20_002, shop_port=20_004)
        with pytest.raises(Refused) as caught:
            command._check_ports(settings)
    assert f"port {port} for the worker" in str(caught.value)
    assert "--port" in str(caught.value)


def test_a_nearly_full_disk_is_told_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1_000, 999, 1))
    with pytest.raises(Refused) as caught:
        command._check_disk(Settings(data=tmp_path))
    assert "free at least 500 MB" in str(caught.value)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "is full; free some space"), (errno.EACCES, "cannot be written"), (errno.EROFS, "--data")],
)
def test_errors_of_the_disk_become_sentences(tmp_path: Path, number: int, words: str) -> None:
    error = OSError(number, "what the system says", str(tmp_path / "file"))
    assert words in command._os_error(error, Settings(data=tmp_path))


def test_a_rasa_python_that_is_no_python_310_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed) as caught:
        _python310(Settings(data=tmp_path, rasa_python="/nowhere/python3.10"))
    assert "RASA_PYTHON=/nowhere/python3.10" in str(caught.value)


def test_a_missing_python_310_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.delenv("UV", raising=False)
    with pytest.raises(SetupFailed) as caught:
        _python310(Settings(data=tmp_path))
    assert str(caught.value) == (
        "Rasa needs Python 3.10 and none was found; install one and set RASA_PYTHON to its path."
    )


def test_a_second_up_on_the_same_data_is_refused(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with command._only_one(settings), pytest.raises(Refused) as caught, command._only_one(settings):
        pass
    assert "another `rapport up` is running" in str(caught.value)
