"""Runs commands and says what they cost.

CPU time is user and system time of the process and of all processes that it started and waited for; memory is the peak
of the largest one of these. A command that prints a JSON object in its last line with `cpu` and `wall` has measured a
part of itself, and these figures are taken instead.
"""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

MB = 1_000_000


@dataclass(frozen=True)
class Run:
    """One run: CPU and wall seconds, peak memory in bytes, and what the command said about itself."""

    cpu: float
    wall: float
    memory: int
    said: dict


@dataclass
class Task:
    """A command to measure. `clear` names what is removed before each run; `after` may look at what was written."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    clear: list[Path] = field(default_factory=list)
    after: Callable[[], None] | None = None
    runs: list[Run] = field(default_factory=list)
    failed: str = ""

    def median(self, figure: str) -> float:
        """The median of `cpu`, `wall` or `memory` over the runs."""
        return statistics.median(getattr(run, figure) for run in self.runs)


class Failed(Exception):
    """A command that ended badly, with the reason in one line."""


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no message"


def remove(path: Path) -> None:
    """Removes a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def run(command: list[str], env: dict[str, str], cwd: Path | None, timeout: float) -> Run:
    """Runs a command to its end. Raises Failed if it does not end well, or not within `timeout` seconds, or if Ctrl-C
    is pressed, which so skips one command."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        child = subprocess.Popen(
            command, stdout=out, stderr=err, cwd=cwd, env={**os.environ, **env}, start_new_session=True
        )
        too_long = threading.Timer(timeout, os.killpg, (child.pid, signal.SIGKILL))
        too_long.start()
        try:
            _, status, used = os.wait4(child.pid, 0)
        except KeyboardInterrupt:
            os.killpg(child.pid, signal.SIGKILL)
            too_long.cancel()
            child.wait()
            raise Failed("stopped by hand") from None
        wall = time.monotonic() - start
        late = not too_long.is_alive()
        too_long.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        if late and child.returncode:
            raise Failed(f"took longer than {timeout:.0f} s")
        if child.returncode:
            err.seek(0)
            raise Failed(f"exit {child.returncode}: {last_line(err.read().decode(errors='replace'))}")
        out.seek(0)
        said = own_figures(out.read().decode(errors="replace"))
    # Linux counts in KiB, macOS in bytes.
    memory = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Run(said.get("cpu", used.ru_utime + used.ru_stime), said.get("wall", wall), memory, said)


def own_figures(out: str) -> dict:
    """The JSON object in the last line, if there is one."""
    line = out.strip().rpartition("\n")[2]
    if not line.startswith("{"):
        return {}
    try:
        return json.loads(line)
    except ValueError:
        return {}


def rounds(tasks: Iterable[Task], repeat: int, patience: float, timeout: float) -> None:
    """Runs all tasks in turn, `repeat` times, so that what disturbs the machine disturbs all alike. A task whose
    first run took longer than `patience` seconds is not repeated; one that fails is not run again."""
    tasks = list(tasks)
    for turn in range(repeat):
        for task in tasks:
            if task.failed or (task.runs and task.runs[0].wall > patience):
                continue
            print(f"  {task.name} ({turn + 1} of {repeat})", file=sys.stderr, flush=True)
            try:
                for path in task.clear:
                    remove(path)
                task.runs.append(run(task.command, task.env, task.cwd, timeout))
                if task.after and turn == 0:
                    task.after()
            except (Failed, OSError, ValueError, KeyError) as error:
                task.failed = str(error) or type(error).__name__
                print(f"    failed: {task.failed}", file=sys.stderr, flush=True)
