"""Sentence embeddings: MiniLM, quantised to int8 and multiplied as such, run by onnxruntime on one thread.

Four poolings are each brought to unit length and put side by side: of the last layer the mean, which carries the
topic, and the maximum, which shows single telling words; of two middle layers the mean, with less weight, as they keep
more of how a thing was said. The middle layers are passed on the way, so they cost nothing.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from bot.rasa_runtime.understanding.assets import ENCODER_MODEL, ENCODER_TOKENIZER, read_asset
from bot.rasa_runtime.understanding.integer_graph import integer_graph

HIDDEN_SIZE = 384
"""Width of one pooling; the mean pooling comes first in an embedding and is the one to compare by cosine."""
EMBEDDING_SIZE = 4 * HIDDEN_SIZE
SCALE = 2.0
"""Length of each pooling of the last layer, beside tf-idf features, whose rows have unit length."""
MIDDLE_SCALE = 1.2
"""Length of each pooling of a middle layer; found by cross-validation (docs/benchmarks.md)."""
MAX_TOKENS = 128
_KEPT_AT_END = 48
_SCALES = np.array([[SCALE], [SCALE], [MIDDLE_SCALE], [MIDDLE_SCALE]], dtype=np.float32)


class SentenceEncoder:
    """Turns texts into embeddings. Loading takes a few hundred milliseconds and about 100 MB; share one."""

    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_buffer(read_asset(ENCODER_TOKENIZER))
        # The file asks for padding to 128 tokens, which would make every short message as slow as a long one.
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            integer_graph(read_asset(ENCODER_MODEL)), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds `texts`: float32 of shape (len(texts), EMBEDDING_SIZE), parts of length SCALE and of MIDDLE_SCALE.

        One text at a time: integer multiplications gain nothing from a batch, and a text's embedding must not depend
        on its neighbours. An empty text gives zeros.
        """
        result = np.zeros((len(texts), EMBEDDING_SIZE), dtype=np.float32)
        for row, text in enumerate(texts):
            if text.strip():
                result[row] = self._encode(np.asarray([self._token_ids(text)], dtype=np.int64))
        return result

    def _token_ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8")).ids
        if len(ids) > MAX_TOKENS:
            # A long message often ends with what is wanted, so keep both ends.
            ids = ids[: MAX_TOKENS - _KEPT_AT_END] + ids[-_KEPT_AT_END:]
        return ids

    def _encode(self, tokens: np.ndarray) -> np.ndarray:
        earlier, later, last = (state[0] for state in self._session.run(None, {"input_ids": tokens}))
        pooled = unit_rows(np.stack([last.mean(axis=0), last.max(axis=0), earlier.mean(axis=0), later.mean(axis=0)]))
        return np.asarray((pooled * _SCALES).reshape(-1), dtype=np.float32)


def mean_vector(embedding: np.ndarray) -> np.ndarray:
    """The part of one text's embedding that is its mean-pooled sentence vector, of length 1 (zeros stay zeros)."""
    return np.asarray(embedding[:HIDDEN_SIZE] / SCALE, dtype=np.float32)


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Each row of `matrix` brought to length 1; a row of zeros stays zeros."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-12), dtype=np.float32)
