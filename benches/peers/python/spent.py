"""Times parts of this process and prints what they cost."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Spent:
    """CPU seconds (all threads) and wall seconds in the measured parts, summed up."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    @contextmanager
    def on(self) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu += time.process_time() - cpu
        self.wall += time.perf_counter() - wall

    def print(self, passes: int = 1, **more: float) -> None:
        """One JSON object; the times are those of one pass."""
        print(json.dumps({"cpu": self.cpu / passes, "wall": self.wall / passes, **more}))


def status(field: str) -> int:
    """A field of /proc/self/status, in bytes (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


class Memory:
    """Peak memory on top of what was resident before."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")
        self.before = status("VmRSS")

    def on_top(self) -> int:
        return max(0, status("VmHWM") - self.before)
