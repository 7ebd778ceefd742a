"""The operator's virus scanner, if one is set: any command that is given a file's path and tells by its exit code."""

import asyncio
import shlex
from pathlib import Path

WITHIN_S = 60.0


async def is_clean(command: str, path: Path) -> bool:
    """Whether the scanner lets the file through: 0 is yes, 1 is no; without a command, yes.

    Raises OSError when it cannot be started, does not answer in time, or ends with anything else: then it did not look.
    """
    if not command:
        return True
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command), str(path),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(WITHIN_S):
            code = await process.wait()
    except TimeoutError as error:
        raise OSError("the virus scanner did not answer in time") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code not in {0, 1}:
        raise OSError(f"the virus scanner ended with {code}")
    return code == 0
