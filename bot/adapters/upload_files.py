"""The folder of uploaded files: written aside, made durable, then moved to their place under an opaque id.

Outside everything that is served, and no part of a path comes from a sender: names are kept in the database.
"""

import contextlib
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

_ID = re.compile(r"[0-9a-f]{32}")
THUMBNAIL = ".thumb"
_PART = ".part"


class TooLarge(Exception):
    """More bytes came than may be kept."""


class NoRoom(OSError):
    """Too little space is left on the disk, which the database needs more."""


class UploadFiles:
    """`folder` is made when the first file comes."""

    def __init__(self, folder: Path, *, reserve_bytes: int) -> None:
        self._folder = folder
        self._aside = folder / "incoming"
        self._reserve = reserve_bytes

    def place(self, upload_id: str, *, thumbnail: bool = False) -> Path:
        """Where a file lies, or would lie. Raises ValueError for what is no id of ours."""
        if not _ID.fullmatch(upload_id):
            raise ValueError("not an upload's id")
        return self._folder / upload_id[:2] / (upload_id + (THUMBNAIL if thumbnail else ""))

    def begin(self, upload_id: str, limit: int) -> "Incoming":
        """A place aside for the bytes that come. Raises OSError, NoRoom when the disk is nearly full."""
        self._aside.mkdir(parents=True, exist_ok=True, mode=0o700)
        if shutil.disk_usage(self._aside).free < self._reserve + limit:
            raise NoRoom("too little space is left for uploads")
        self.place(upload_id)
        return Incoming(self._aside / f"{upload_id}{_PART}", limit)

    def keep(self, path: Path, upload_id: str, *, thumbnail: bool = False) -> None:
        """Make a finished file durable and put it in its place. Raises OSError."""
        with path.open("rb") as file:
            os.fsync(file.fileno())
        place = self.place(upload_id, thumbnail=thumbnail)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(place)
        folder = os.open(place.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def remove(self, upload_id: str) -> None:
        """Delete a file and its thumbnail; what is gone already is no error."""
        for thumbnail in (False, True):
            self.place(upload_id, thumbnail=thumbnail).unlink(missing_ok=True)

    def older_than(self, age_s: float) -> Iterator[str]:
        """The ids whose file was put there longer ago; leftovers of uploads that never ended are deleted on the way."""
        before = time.time() - age_s
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= before:
                    continue
                if path.parent == self._aside:
                    path.unlink()
                elif _ID.fullmatch(path.name.removesuffix(THUMBNAIL)):
                    yield path.name.removesuffix(THUMBNAIL)


class Incoming:
    """A file on its way in; whatever happens, nothing of it is left aside when the block ends."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.size = 0
        self._limit = limit
        self._hash = hashlib.sha256()
        self._file = path.open("xb")

    def __enter__(self) -> "Incoming":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        for path in self._leftovers():
            path.unlink(missing_ok=True)

    def beside(self, ending: str) -> Path:
        """A path aside that goes when this does, for what is made of the file."""
        return self.path.with_name(self.path.name + ending)

    def write(self, data: bytes) -> None:
        """Raises TooLarge before the byte that would be too many is written; OSError when the disk refuses."""
        if self.size + len(data) > self._limit:
            raise TooLarge("the file is larger than what is taken")
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def close(self) -> None:
        """All bytes are there: they can be read from `path`."""
        self._file.close()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def _leftovers(self) -> Iterator[Path]:
        yield self.path
        yield from self.path.parent.glob(f"{self.path.name}.*")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
