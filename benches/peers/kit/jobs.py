"""Measure: the whole job, plain JSONL in, plain JSONL without copies out."""

import json
from pathlib import Path

from kit import install, quality
from kit.corpus import Corpus
from kit.install import version
from kit.measure import MB, Failed, Task
from kit.table import Row, compare

MEASURE = "whole job"
TAMIS = "tamis clean --events off -j 1"
NO_RULES = f"{TAMIS} --strip none"
# The peers strip nothing.
BASELINES = {"": TAMIS, "without stripping": NO_RULES}
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
        names = [json.loads(line)["id"] for path in files for line in path.read_bytes().splitlines()]
        if not names:
            raise ValueError("wrote no records")
        self.kept.write_text("".join(f"{name}\n" for name in names), encoding="utf8")


class TextDedupJob(Job):
    """Writes Arrow files, which its own environment reads."""

    def read_kept(self) -> None:
        script = install.HERE / "python" / "kept_text_dedup.py"
        install.call(self.task.command[0], script, self.out, self.kept)


def peers(corpus: Corpus, work: Path) -> list[Job]:
    pages, scripts = str(corpus.pages), install.HERE / "python"
    found: list[Job] = []

    def script(peer: str, name: str, shingle: int) -> None:
        out = work / f"out-{peer}.jsonl"
        try:
            command = [str(install.python("base")), str(scripts / f"job_{peer}.py"), pages, str(out)]
            found.append(Job(name, command, work, out, shingle))
        except Failed as error:
            found.append(failed(name, work, error))

    script("rensa", f"rensa {version('base', 'rensa')} script", 3)
    script("datasketch", f"datasketch {version('base', 'datasketch')} script", 3)

    name, out = f"text-dedup {version('text-dedup', 'text-dedup')} minhash", work / "out-text-dedup"
    try:
        cache = work / "cache-text-dedup"
        command = [
            str(install.python("text-dedup")),
            "-m",
            "text_dedup.minhash",
            "--path",
            "json",
            "--split",
            "train",
        ]
        command += [
            "--data_files",
            pages,
            "--column",
            "text",
            "--cache_dir",
            str(cache),
            "--output",
            str(out),
        ]
        found.append(TextDedupJob(name, command, work, out))
        found[-1].task.clear.append(cache)
        found[-1].task.env = {**OFFLINE, "HF_HOME": str(cache)}
    except Failed as error:
        found.append(failed(name, work, error))

    name, out = f"datatrove {version('datatrove', 'datatrove')} minhash", work / "out-datatrove"
    try:
        given = work / "in-datatrove"
        given.mkdir(exist_ok=True)
        for old in given.iterdir():
            old.unlink()
        (given / "pages.jsonl").symlink_to(corpus.pages.resolve())
        command = [str(install.python("datatrove")), str(scripts / "job_datatrove.py"), str(given), str(out)]
        found.append(Job(name, command, work, out, data=out / "kept"))
        found[-1].task.env = OFFLINE
    except Failed as error:
        found.append(failed(name, work, error))
    return found


def failed(name: str, work: Path, error: Failed) -> Job:
    job = Job(name, [], work, work / "nothing")
    job.task.failed = str(error)
    return job


def jobs(corpus: Corpus, tamis: Path, work: Path) -> list[Job]:
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
    return found + peers(corpus, work)


def rows(found: list[Job], corpus: Corpus, score: Path) -> list[Row]:
    made, size = [], corpus.pages.stat().st_size
    for job in found:
        row = Row.of(MEASURE, job.task, f"{corpus.documents:,} pages, {size / MB:.1f} MB", size)
        if row.cost and job.task.after:
            row.result = quality.judged(job.kept, corpus, score, job.shingle)
        made.append(row)
    compare(made, BASELINES)
    return made
