"""Sentence embeddings: MiniLM, quantised to int8, run by onnxruntime on one thread.

Three poolings of the last layer (mean, maximum, first token) are each brought to unit length and put side by side:
the mean carries the topic, the maximum single telling words, the first token what the encoder was trained on.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from bot.rasa_runtime.understanding.assets import ENCODER_MODEL, ENCODER_TOKENIZER, read_asset

HIDDEN_SIZE = 384
"""Width of one pooling; the mean pooling comes first in an embedding and is the one to compare by cosine."""
EMBEDDING_SIZE = 3 * HIDDEN_SIZE
SCALE = 2.0
"""Weight of the embedding beside the tf-idf features, whose rows have unit length."""
MAX_TOKENS = 128
_KEPT_AT_END = 48
_BATCH = 16


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
            read_asset(ENCODER_MODEL), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {node.name for node in self._session.get_inputs()}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embeds `texts`: float32 of shape (len(texts), EMBEDDING_SIZE), three parts of length SCALE each.

        A text's embedding does not depend on its neighbours: only texts of equal length share a batch, so nothing
        is padded. An empty text gives zeros.
        """
        result = np.zeros((len(texts), EMBEDDING_SIZE), dtype=np.float32)
        by_length: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        for row, text in enumerate(texts):
            if text.strip():
                ids = self._token_ids(text)
                by_length[len(ids)].append((row, ids))
        for group in by_length.values():
            for start in range(0, len(group), _BATCH):
                part = group[start : start + _BATCH]
                tokens = np.asarray([ids for _, ids in part], dtype=np.int64)
                result[[row for row, _ in part]] = self._encode_equal_lengths(tokens)
        return result

    def _token_ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8")).ids
        if len(ids) > MAX_TOKENS:
            # A long message often ends with what is wanted, so keep both ends.
            ids = ids[: MAX_TOKENS - _KEPT_AT_END] + ids[-_KEPT_AT_END:]
        return ids

    def _encode_equal_lengths(self, tokens: np.ndarray) -> np.ndarray:
        feed = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        pooled = (hidden.mean(axis=1), hidden.max(axis=1), hidden[:, 0])
        return np.concatenate([SCALE * unit_rows(part) for part in pooled], axis=1)


def mean_vector(embedding: np.ndarray) -> np.ndarray:
    """The part of one text's embedding that is its mean-pooled sentence vector, of length 1 (zeros stay zeros)."""
    return np.asarray(embedding[:HIDDEN_SIZE] / SCALE, dtype=np.float32)


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Each row of `matrix` brought to length 1; a row of zeros stays zeros."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-12), dtype=np.float32)
