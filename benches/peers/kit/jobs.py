"""Measure: the whole job, plain JSONL in, plain JSONL without copies out."""

import fileinput
import json
from collections.abc import Callable
from pathlib import Path

from kit import install, quality
from kit.corpus import Corpus
from kit.install import version
from kit.measure import MB, Failed, Task, remove
from kit.table import Row, compare

MEASURE = "whole job"
TAMIS = "tamis clean --events off -j 1"
NO_RULES = f"{TAMIS} --strip none"
# The peers strip nothing.
BASELINES = {"": TAMIS, "without stripping": NO_RULES}
SCRIPTS = install.HERE / "python"
# Nothing is fetched, nothing is reported.
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


class Job:
    """A task that writes to `out`, with its records in `data`; similarity is judged over windows of `shingle` words."""

    def __init__(
        self, name: str, command: list[str], work: Path, out: Path, shingle: int = 5, data: Path | None = None
    ) -> None:
        self.shingle, self.out, self.data = shingle, out, data or out
        self.kept = work / f"kept-{out.stem}.txt"
        self.task = Task(name, command, clear=[out], after=self.read_kept)

    def read_kept(self) -> None:
        """Writes the ids of the kept records, one a line."""
        files = sorted(self.data.rglob("*.jsonl")) if self.data.is_dir() else [self.data]
        if not files:
            raise ValueError("wrote no files")
        # Line by line: a child's peak memory is never below that of the process that started it.
        with fileinput.input(files, encoding="utf8") as lines, open(self.kept, "w", encoding="utf8") as kept:
            kept.writelines(f"{json.loads(line)['id']}\n" for line in lines)
        if not self.kept.stat().st_size:
            raise ValueError("wrote no records")


class TextDedupJob(Job):
    """Writes Arrow files, which its own environment reads."""

    def read_kept(self) -> None:
        script = install.HERE / "python" / "kept_text_dedup.py"
        install.call(self.task.command[0], script, self.out, self.kept)


def script(peer: str, corpus: Corpus, work: Path) -> Job:
    """A script that takes IN and OUT, with 3-word shingles."""
    out = work / f"out-{peer}.jsonl"
    command = [str(install.python("base")), str(SCRIPTS / f"job_{peer}.py"), str(corpus.pages), str(out)]
    return Job("", command, work, out, shingle=3)


def text_dedup(corpus: Corpus, work: Path) -> Job:
    out, cache = work / "out-text-dedup", work / "cache-text-dedup"
    command = [str(install.python("text-dedup")), "-m", "text_dedup.minhash", "--path", "json", "--split", "train"]
    command += ["--data_files", str(corpus.pages), "--column", "text", "--cache_dir", str(cache), "--output", str(out)]
    job = TextDedupJob("", command, work, out)
    job.task.clear.append(cache)
    job.task.env = {**OFFLINE, "HF_HOME": str(cache)}
    return job


def datatrove(corpus: Corpus, work: Path) -> Job:
    out, given = work / "out-datatrove", work / "in-datatrove"
    remove(given)
    given.mkdir()
    (given / "pages.jsonl").symlink_to(corpus.pages.resolve())
    command = [str(install.python("datatrove")), str(SCRIPTS / "job_datatrove.py"), str(given), str(out)]
    job = Job("", command, work, out, data=out / "kept")
    job.task.env = OFFLINE
    return job


def peers(corpus: Corpus, work: Path, wanted: Callable[[str], bool]) -> list[Job]:
    """The jobs of the peers whose names are wanted; what cannot be installed has failed."""
    makers: dict[str, Callable[[], Job]] = {
        f"rensa {version('base', 'rensa')} script": lambda: script("rensa", corpus, work),
        f"datasketch {version('base', 'datasketch')} script": lambda: script("datasketch", corpus, work),
        f"text-dedup {version('text-dedup', 'text-dedup')} minhash": lambda: text_dedup(corpus, work),
        f"datatrove {version('datatrove', 'datatrove')} minhash": lambda: datatrove(corpus, work),
    }
    found = []
    for name, make in makers.items():
        if wanted(name):
            try:
                job = make()
                job.task.name = name
            except Failed as error:
                job = failed(name, work, error)
            found.append(job)
    return found


def failed(name: str, work: Path, error: Failed) -> Job:
    job = Job(name, [], work, work / "nothing")
    job.task.failed = str(error)
    return job


def jobs(corpus: Corpus, tamis: Path, work: Path, wanted: Callable[[str], bool]) -> list[Job]:
    """A copy of the file, tamis in several ways, and the peers."""
    pages, copy = str(corpus.pages), work / "out-cp.jsonl"
    found = [Job("cp", ["cp", pages, str(copy)], work, copy)]
    found[0].task.after = None
    for name, more, shingle in [
        (TAMIS, ["-j", "1"], 5),
        ("tamis clean --events off", [], 5),
        (f"{TAMIS} --shingle 3", ["-j", "1", "--shingle", "3"], 3),
        (NO_RULES, ["-j", "1", "--strip", "none"], 5),
    ]:
        out = work / f"out-tamis-{len(found)}"
        command = [
            str(tamis),
            "clean",
            pages,
            "-o",
            str(out),
            "--events",
            "off",
            *more,
            "-q",
            "--progress",
            "none",
        ]
        found.append(Job(name, command, work, out, shingle, data=out / "data"))
    return found + peers(corpus, work, wanted)


def rows(found: list[Job], corpus: Corpus, score: Path) -> list[Row]:
    made, size = [], corpus.pages.stat().st_size
    for job in found:
        row = Row.of(MEASURE, job.task, f"{corpus.documents:,} pages, {size / MB:.1f} MB", size)
        if row.cost and job.task.after:
            row.result = quality.judged(job.kept, corpus, score, job.shingle)
        made.append(row)
    compare(made, BASELINES)
    return made
