"""Argon2id, off the event loop, two at a time: each hash takes 64 MiB and a tenth of a second on purpose."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

Result = TypeVar("Result")

MAX_LENGTH = 1000
"""Longer passwords are refused before hashing, so that nobody can make us hash megabytes."""


async def hash_password(password: str) -> str:
    """The Argon2id hash to store, with its own salt and parameters inside."""
    return await _run(_hasher().hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`; takes the same time when there is no such account (None)."""
    return await _run(_verify, stored, password)


def needs_rehash(stored: str) -> bool:
    """True when the hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    try:
        _hasher().verify(stored or _dummy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@lru_cache(maxsize=1)
def _dummy() -> str:
    """What an unknown account is checked against: time must not tell who has an account."""
    return _hasher().hash("nobody has this password")


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


async def _run(work: Callable[..., Result], *arguments: object) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: work(*arguments))
