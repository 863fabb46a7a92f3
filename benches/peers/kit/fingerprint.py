"""Measure: texts to fingerprints over 3-word shingles, one thread, MB of text a CPU second."""

from pathlib import Path

from kit import install
from kit.corpus import Corpus
from kit.measure import MB, Failed, Task
from kit.table import Row, compare

MEASURE = "fingerprint"
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
BASELINES = {
    "": "tamis, no digest",
    "with digest": "tamis",
    "portable": "tamis, portable, no digest",
}

TAMIS = {
    "tamis": "tamis",
    "tamis, no digest": "tamis-no-digest",
    "tamis, portable": "tamis-portable",
    "tamis, portable, no digest": "tamis-portable-no-digest",
}
CRATES = {
    "simhash crate": "simhash",
    "gaoya simhash": "gaoya-simhash",
    "gaoya minhash 128 of 32 bits": "gaoya-minhash32",
    "gaoya minhash 128 of 64 bits": "gaoya-minhash64",
}
PYTHON = {
    "rensa RMinHash-128": "rensa-r",
    "rensa RMinHash-128, batch": "rensa-batch",
    "rensa rho-128 (samples positions)": "rensa-rho",
    "rensa CMinHash-128": "rensa-c",
    "datasketch MinHash-128": "datasketch",
    "Python simhash": "simhash",
}
# Too slow for a whole corpus.
ON_SAMPLE = {"datasketch", "simhash"}
GIVEN = {"ready": "shingles given", "text": "from text"}


def tasks(corpus: Corpus, sample: int, work: Path) -> list[tuple[Task, str]]:
    """Each task with the kind of corpus that it gets."""
    found: list[tuple[Task, str]] = []
    try:
        crates = str(install.crates())
        for name, peer in TAMIS.items():
            found.append((Task(name, [crates, "fingerprint", peer, "text", str(corpus.texts)]), "all"))
        for name, peer in CRATES.items():
            for given, words in GIVEN.items():
                command = [crates, "fingerprint", peer, given, str(corpus.texts)]
                found.append((Task(f"{name}, {words}", command), "all"))
    except Failed as error:
        found.append((Task("tamis and the crates", [], failed=str(error)), "all"))
    try:
        python, script = str(install.python("base")), str(install.HERE / "python" / "fingerprint.py")
        few = corpus.sample(sample, work)
        for name, peer in PYTHON.items():
            for given, words in GIVEN.items():
                on = "sample" if peer in ON_SAMPLE else "all"
                path = few if on == "sample" else corpus.texts
                found.append((Task(f"{name}, {words}", [python, script, peer, given, str(path)]), on))
    except Failed as error:
        found.append((Task("the peers from PyPI", [], failed=str(error)), "all"))
    for task, _ in found:
        task.env = ONE_THREAD
    return found


def rows(found: list[tuple[Task, str]]) -> list[Row]:
    made = []
    for task, kind in found:
        said = task.runs[0].said if task.runs else {}
        size = said.get("bytes", 1)
        on = f"{'first ' if kind == 'sample' else ''}{said.get('documents', 0):,} texts, {size / MB:.1f} MB"
        row = Row.of(MEASURE, task, on if said else "", size)
        if row.cost:
            row.result = f"{1 / row.cost / MB:,.1f} MB/s"
        made.append(row)
    compare(made, BASELINES)
    return made
