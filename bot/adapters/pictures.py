"""Starts the process that draws an uploaded picture anew, and waits for it without holding the loop."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.domain.upload_kinds import UploadKind

_SCRIPT = Path(__file__).parent.parent / "processes" / "picture.py"
WITHIN_S = 30.0
AT_ONCE = 2
"""Pictures drawn at the same time: each takes a processor and some hundred megabytes for a moment."""


class PictureRefused(Exception):
    """The file is no picture we keep; its text is `broken`, `too_many_pixels` or `too_long`."""


@dataclass(frozen=True)
class Picture:
    """The size of a picture as it was drawn, in pixels."""

    width: int
    height: int


class Pictures:
    """Hands pictures to processes, a few at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def redraw(self, source: Path, kind: UploadKind, result: Path, thumbnail: Path, max_bytes: int) -> Picture:
        """Write `result` and `thumbnail` from `source`. Raises PictureRefused; OSError when no process can be started
        or the disk refuses.
        """
        async with self._slots:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-I", str(_SCRIPT),
                str(source), kind.value, str(result), str(thumbnail), str(max_bytes),
                env={}, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                async with asyncio.timeout(WITHIN_S):
                    out, words = await process.communicate()
            except TimeoutError:
                raise PictureRefused("broken") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode == 0:
            answer = json.loads(out)
            if "refused" in answer:
                raise PictureRefused(answer["refused"])
            return Picture(answer["width"], answer["height"])
        if process.returncode is not None and process.returncode < 0:
            raise PictureRefused("broken")  # the limit of time or memory, or a decoder that was led astray
        raise OSError(f"the picture could not be drawn: {words.decode(errors='replace')[-400:]}")
