"""Sets up tamis, the peers from PyPI and those from crates.io.

Each file in requirements/ is a virtual environment; the crates are dependencies of the program in rust/.
"""

import functools
import hashlib
import subprocess
import sys
from pathlib import Path

from kit.measure import Failed, last_line

HERE = Path(__file__).resolve().parent.parent
PROJECT = HERE.parent.parent
TARGET = PROJECT / "target" / "peers"


def call(*command: str | Path) -> None:
    """Runs a command; raises Failed with the end of what it said."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=PROJECT)
    if done.returncode:
        raise Failed(f"{Path(command[0]).name}: {last_line(done.stderr)}")


@functools.cache
def python(name: str) -> Path:
    """The interpreter of the environment `name`, made anew if its requirements changed."""
    requirements = HERE / "requirements" / f"{name}.txt"
    folder = TARGET / f"venv-{name}"
    stamp, wanted = folder / "requirements.sha256", hashlib.sha256(requirements.read_bytes()).hexdigest()
    interpreter = folder / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"  installing {requirements.relative_to(PROJECT)}", file=sys.stderr, flush=True)
        call(sys.executable, "-m", "venv", "--clear", folder)
        pip = (interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        # A pip that came with an older Python stumbles over extras of extras.
        call(*pip, "--upgrade", "pip")
        call(*pip, "-r", requirements)
        stamp.write_text(wanted)
    return interpreter


def build(manifest: Path, target: Path) -> None:
    """A release build with the committed lock file, or without it, if it lags behind."""
    print(f"  building {manifest.relative_to(PROJECT)}", file=sys.stderr, flush=True)
    command: list[str | Path] = [
        "cargo",
        "build",
        "--release",
        "--quiet",
        "--manifest-path",
        manifest,
        "--target-dir",
        target,
    ]
    try:
        call(*command, "--locked")
    except Failed:
        call(*command)
        print(
            f"  note: {manifest.with_suffix('.lock').relative_to(PROJECT)} was not up to date",
            file=sys.stderr,
        )


@functools.cache
def crates() -> Path:
    """The program that measures tamis and the other crates."""
    build(HERE / "rust" / "Cargo.toml", TARGET / "rust")
    return TARGET / "rust" / "release" / "peers"


def tamis() -> Path:
    """The tamis binary of this clone."""
    build(PROJECT / "Cargo.toml", PROJECT / "target")
    return PROJECT / "target" / "release" / "tamis"


def version(name: str, package: str) -> str:
    """The pinned version of a package."""
    for line in (HERE / "requirements" / f"{name}.txt").read_text().splitlines():
        left, _, right = line.partition("==")
        if left.lower().replace("_", "-") == package:
            return right.split()[0]
    return "?"


def crate_version(package: str) -> str:
    """The locked version of a crate."""
    lines = (HERE / "rust" / "Cargo.lock").read_text().splitlines()
    for name, number in zip(lines, lines[1:]):
        if name == f'name = "{package}"':
            return number.split('"')[1]
    return "?"
