"""One generation of the index: a Chroma folder, written once through LlamaIndex and only read from then on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, cast

import chromadb
import numpy as np
from chromadb.api.client import Client
from chromadb.api.collection_configuration import CreateHNSWConfiguration
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from llama_index.core import VectorStoreIndex
from llama_index.core.callbacks import CallbackManager
from llama_index.core.schema import BaseNode, QueryBundle, TextNode, TransformComponent
from llama_index.vector_stores.chroma import ChromaVectorStore
from numpy.typing import NDArray

from memory.docs_index.chunks import Chunk
from memory.docs_index.embedding import SentenceEmbedding

Vector = NDArray[np.float32]
BATCH = 512
LEAST_IN_VIEW = 100
"""Chroma's own ``ef_search``."""

SENTENCES, PASSAGES, WORDS = "sentences", "passages", "words"
"""What the collections hold: sentences of passages, each passage as the mean of its sentences, words of the docs."""
COLLECTIONS = (SENTENCES, PASSAGES, WORDS)
_PASSAGE = "passage"


class Vectors:
    """A generation, opened. Made of a folder that ``write`` has filled."""

    def __init__(self, folder: Path) -> None:
        self._client = _client(folder)
        try:
            self._collections = {
                name: self._client.get_collection(name, embedding_function=None) for name in COLLECTIONS
            }
            self._indexes = {name: _index(collection) for name, collection in self._collections.items()}
        except BaseException:
            self._client.close()
            raise

    def close(self) -> None:
        """Let go of the folder."""
        self._client.close()

    def passages(self, query: str, limit: int) -> dict[str, float]:
        """Chunk id to how near it is, as the mean of its nearest sentence's cosine and of its own."""
        nearest: dict[str, float] = {}
        for node, cosine in self._nearest(SENTENCES, query, 3 * limit):
            nearest.setdefault(str(node.metadata[_PASSAGE]), cosine)
        whole = {str(node.metadata[_PASSAGE]): cosine for node, cosine in self._nearest(PASSAGES, query, limit)}
        # What only one of the two searches has found is, to the other, at most as near as the last that it found.
        last, least = min(nearest.values(), default=0.0), min(whole.values(), default=0.0)
        return {one: (nearest.get(one, last) + whole.get(one, least)) / 2 for one in {**nearest, **whole}}

    def words_like(self, word: str, limit: int, at_least: float) -> dict[str, float]:
        """Words of the docs that mean much the same, with their cosines."""
        found = self._nearest(WORDS, word, limit)
        return {str(node.metadata[WORDS]): cosine for node, cosine in found if cosine >= at_least}

    def known(self) -> dict[str, Vector]:
        """The vectors that are there, by the text that was embedded."""
        return _held(self._collections[SENTENCES]) | _held(self._collections[WORDS])

    def _nearest(self, name: str, query: str, limit: int) -> list[tuple[BaseNode, float]]:
        count = min(limit, self._collections[name].count())
        if not count:
            return []
        found = self._indexes[name].as_retriever(similarity_top_k=count).retrieve(QueryBundle(query))
        # LlamaIndex gives exp(-distance) for Chroma's distances, which are 1 - cosine here.
        return [(one.node, 1.0 + math.log(max(one.score or 0.0, 1e-9))) for one in found]


def write(folder: Path, chunks: Sequence[Chunk], vocabulary: Sequence[str], known: Mapping[str, Vector]) -> int:
    """Make a generation of these chunks; how many texts had to be embedded, as ``known`` has no vector of theirs."""
    spoken = [(chunk, text) for chunk in chunks for text in chunk.spoken]
    wanted = dict.fromkeys([*(text for _, text in spoken), *vocabulary])
    # Texts of like length together: a batch is as slow as its longest.
    missing = sorted((text for text in wanted if text not in known), key=lambda text: (len(text), text))
    vectors = {text: known[text] for text in wanted if text in known} | dict(_embedded(missing))
    client = _client(folder)
    try:
        sentences = (
            _node(f"{chunk.id}-{number}", text, vectors[text], chunk) for number, (chunk, text) in enumerate(spoken)
        )
        _insert(client, SENTENCES, len(spoken), sentences)
        _insert(client, PASSAGES, len(chunks), (_node(one.id, one.heading, _mean(one, vectors), one) for one in chunks))
        _insert(client, WORDS, len(vocabulary), (_word(word, vectors[word]) for word in vocabulary))
    finally:
        client.close()
    return len(missing)


def _embedded(texts: Sequence[str]) -> Iterator[tuple[str, Vector]]:
    model = SentenceEmbedding()
    for start in range(0, len(texts), BATCH):
        batch = list(texts[start : start + BATCH])
        for text, vector in zip(batch, model.get_text_embedding_batch(batch), strict=True):
            yield text, np.asarray(vector, dtype=np.float32)


def _mean(chunk: Chunk, vectors: Mapping[str, Vector]) -> Vector:
    """Of all that is embedded of a passage; Chroma's cosine looks at the direction only."""
    mean: Vector = np.mean([vectors[text] for text in chunk.spoken], axis=0)
    return mean


def _node(identity: str, text: str, vector: Vector, chunk: Chunk) -> BaseNode:
    node = TextNode(id_=identity, text=text, embedding=vector.tolist())
    node.metadata = {_PASSAGE: chunk.id, "file": chunk.file, "heading": chunk.heading}
    return node


def _word(word: str, vector: Vector) -> BaseNode:
    return TextNode(id_=word, text=word, embedding=vector.tolist(), metadata={WORDS: word})


def _insert(client: Client, name: str, count: int, nodes: Iterable[BaseNode]) -> None:
    # A search that keeps as many in view as there are misses none: with fewer the nearest neighbours differ from one
    # building of the same index to the next, and with them what is answered.
    hnsw: CreateHNSWConfiguration = {"space": "cosine", "ef_search": max(LEAST_IN_VIEW, count)}
    index = _index(client.create_collection(name, embedding_function=None, configuration={"hnsw": hnsw}))
    # As lists of Python's numbers vectors take ten times their size, so few are that at once.
    waiting = iter(nodes)
    while batch := list(islice(waiting, BATCH)):
        index.insert_nodes(batch)


def _held(collection: Collection) -> dict[str, Vector]:
    held = collection.get(include=["embeddings", "documents"])
    vectors, texts = held["embeddings"], held["documents"]
    if vectors is None or texts is None:
        return {}
    return {text: np.asarray(vector, dtype=np.float32) for text, vector in zip(texts, vectors, strict=True)}


class _AsTheyAre(TransformComponent):
    """No splitting: LlamaIndex's own splitter, its default, would ask for a tokenizer's files."""

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> Sequence[BaseNode]:
        return nodes


def _client(folder: Path) -> Client:
    settings = Settings(anonymized_telemetry=False, is_persistent=True)
    return cast("Client", chromadb.PersistentClient(path=str(folder), settings=settings))


def _index(collection: Collection) -> VectorStoreIndex:
    return VectorStoreIndex.from_vector_store(
        ChromaVectorStore(chroma_collection=collection),
        embed_model=SentenceEmbedding(),
        transformations=[_AsTheyAre()],
        callback_manager=CallbackManager([]),
    )
