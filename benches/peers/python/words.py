"""Words and 3-word shingles, the same for all Python peers."""

import re
from collections.abc import Iterator

# A CJK character is a word of its own, as it is for tamis.
WORD = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")


def shingles(text: str) -> list[str]:
    """Windows of three words, in lower case, joined by spaces; a shorter text is one window."""
    words = WORD.findall(text.lower())
    if len(words) < 3:
        return [" ".join(words)]
    return list(map(" ".join, zip(words, words[1:], words[2:])))


def lines(path: str) -> Iterator[bytes]:
    """The lines of a JSONL file, without their ends."""
    with open(path, "rb") as file:
        for line in file:
            yield line.rstrip(b"\n")
