"""The corpus that all peers get: made by a generator, or any JSONL file with the fields `id` and `text`."""

import itertools
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from kit import install
from kit.measure import Failed


@dataclass(frozen=True)
class Corpus:
    """`texts` for fingerprints, `pages` (these with chrome around them) for jobs, `truth` for quality."""

    texts: Path
    pages: Path
    truth: Path | None
    documents: int
    text_bytes: int

    def sample(self, documents: int, work: Path) -> Path:
        """A file with the first texts. A made corpus is shuffled already."""
        path = work / f"{self.texts.stem}-first-{documents}.jsonl"
        with open(self.texts, "rb") as source, open(path, "wb") as target:
            target.writelines(itertools.islice(source, documents))
        return path


def measured(texts: Path, pages: Path, truth: Path | None) -> Corpus:
    """A corpus that is there already. Raises Failed if it is empty."""
    documents = size = 0
    with open(texts, encoding="utf8") as file:
        for line in file:
            documents += 1
            size += len(json.loads(line)["text"].encode())
    if not documents:
        raise Failed(f"{texts} holds no documents")
    return Corpus(texts, pages, truth, documents, size)


def made(generator: Path, documents: int, work: Path) -> Corpus:
    """A made corpus; kept for the next run. The generator is called `GENERATOR OUT_PREFIX DOCUMENTS` and writes
    OUT_PREFIX.jsonl, OUT_PREFIX_chrome.jsonl and OUT_PREFIX_truth.tsv; it needs numpy."""
    prefix = work / f"made-{documents}"
    texts, pages, truth = (Path(f"{prefix}{end}") for end in (".jsonl", "_chrome.jsonl", "_truth.tsv"))
    if not truth.exists():
        if not generator.exists():
            raise Failed(f"there is no {generator}; name another --generator, or a --corpus")
        print(f"  making {documents:,} documents", file=sys.stderr, flush=True)
        part = f"{prefix}-part"
        install.call(install.python("base"), generator, part, str(documents))
        for path, end in ((texts, ".jsonl"), (pages, "_chrome.jsonl"), (truth, "_truth.tsv")):
            Path(part + end).rename(path)
    return measured(texts, pages, truth)
