"""Vectors of article texts kept between starts: encoding seventy articles takes seconds, reading them does not."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from bot.knowledge.embedding import DIMENSION, MODEL_ASSET, FloatArray


def load_vectors(path: Path) -> dict[str, FloatArray]:
    """Read what `save_vectors` wrote; empty when there is no file, it is damaged, or another model made it."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            texts, matrix, model = stored["texts"], stored["matrix"], str(stored["model"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return {}  # only a cache: what is missing is encoded again
    if model != MODEL_ASSET.sha256 or matrix.shape != (len(texts), DIMENSION):
        return {}
    return {str(text): vector for text, vector in zip(texts, matrix.astype(np.float32), strict=True)}


def save_vectors(path: Path, vectors: Mapping[str, FloatArray]) -> None:
    """Write the vectors so that a crash leaves the old file or the new one; raises OSError when it cannot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    with unfinished.open("wb") as file:
        np.savez(
            file,
            texts=np.asarray(list(vectors), dtype=np.str_),
            matrix=np.asarray(list(vectors.values()), dtype=np.float32).reshape(-1, DIMENSION),
            model=np.asarray(MODEL_ASSET.sha256),
        )
    unfinished.replace(path)
