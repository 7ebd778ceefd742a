"""Where model files lie: in `models/` of the checkout, and a copy in the user's cache by data version."""

import contextlib
import os
import shutil
import time
from datetime import datetime
from pathlib import Path

from bot.settings import ROOT
from bot.training.dataset import short_version

MODELS = ROOT / "models"


def cache_path(version: str) -> Path:
    """Where a model of this data version is kept for this user, across checkouts and data folders."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "rapport" / "models" / f"{version}.tar.gz"


def model_path(version: str, now: datetime) -> Path:
    stem = f"{now:%Y%m%dT%H%M%SZ}-{short_version(version)}"
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        path = MODELS / f"{stem}{suffix}.tar.gz"
        if not path.exists():
            return path
    return MODELS / f"{stem}-{time.time_ns()}.tar.gz"


def copy_whole(source: Path, target: Path) -> None:
    """Under its name only when whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, fresh)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)


def keep_in_cache(model: Path, cached: Path) -> None:
    # The cache is a comfort: a full disk or a read-only home must not spoil a model that is made.
    with contextlib.suppress(OSError):
        copy_whole(model, cached)
