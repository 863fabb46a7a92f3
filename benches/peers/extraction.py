#!/usr/bin/env python3
"""How well tamis and its peers find the article of a page: saved pages, and pages dumped as plain lines.

  extraction.py TAMIS FOLDER SCORE [--only TEXT]

TAMIS is the binary. FOLDER holds the labelled pages: NAME.jsonl.gz with {id, host, lang, text, ref} and, for NAME with saved
pages, NAME_html/ID.html.gz. SCORE is the judge, `score.py` of the evaluation material: F1 over 4-word shingles, precision
and recall averaged over pages. Peers from PyPI are installed under target/peers; crates are measured if the program in
html/ can be built. Of lines, peers see each as a paragraph of HTML: they are made for markup, and have none here.
"""

import argparse
import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kit import install
from kit.measure import Failed

READER = Path(__file__).resolve().parent / "python" / "articles.py"
CRATES = Path(__file__).resolve().parent / "html" / "Cargo.toml"


def load(path: Path):
    "the judge, as a module"
    spec = importlib.util.spec_from_file_location("score", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(figures: dict) -> str:
    return f".{figures['F1'] * 1000:03.0f}, {figures['words_lost']:.1%}"


def tamis_rows(score, binary: Path, folder: Path, sets: list[str], saved: str | None) -> list[tuple[str, list[str]]]:
    "tamis at each level; saved pages know one"
    rows = []
    for level in ("none", "rules", "repeats", "page", "main"):
        cells = []
        if saved:
            html = score.html(str(binary), str(folder / f"{saved}_html"), str(folder / f"{saved}.jsonl.gz"))
            cells.append(said(html) if level == "main" else "")
        cells += [said(score.strip(str(binary), str(folder / f"{name}.jsonl.gz"), level)) for name in sets]
        rows.append((f"tamis `--strip {level}`", cells))
    return rows


def peer_rows(score, folder: Path, sets: list[str], saved: str | None, only: str) -> list[tuple[str, list[str]]]:
    "peers from PyPI: one process each, so that one that fails leaves the others alone"
    python = install.python("extraction")
    peers = subprocess.run([python, READER, "--peers"], capture_output=True, text=True, check=True).stdout.split("\n")
    rows = []
    for peer in (peer for peer in peers if peer and only in peer):
        print(f"  {peer}", file=sys.stderr, flush=True)
        cells = []
        for name in ([f"{saved}_html"] if saved else []) + sets:
            base = name.removesuffix("_html")
            docs = score.rows(str(folder / f"{base}.jsonl.gz"))
            with tempfile.TemporaryDirectory() as tmp:
                pages = Path(tmp) / "pages.jsonl"
                score.write(str(pages), list(markup(docs, folder / name if base != name else None)))
                done = subprocess.run([python, READER, peer, pages], capture_output=True, text=True)
            if done.returncode:
                cells.append("failed")
                continue
            texts = dict(json.loads(line) for line in done.stdout.splitlines())
            triples = ((texts.get(str(d["id"]), ""), d["ref"], d.get("either", "") if base == name else "") for d in docs)
            try:
                cells.append(said(score.article(triples)))
            except ZeroDivisionError:
                cells.append("nothing found")
        rows.append((peer, cells))
    return rows


def markup(docs: list[dict], saved: Path | None):
    "pages as HTML: as they were saved, or their lines as paragraphs"
    import html

    for doc in docs:
        if saved:
            page = gzip.open(saved / f"{doc['id']}.html.gz", "rb").read().decode("utf8", "replace")
        else:
            lines = "".join(f"<p>{html.escape(line)}</p>\n" for line in doc["text"].split("\n") if line.strip())
            page = f"<html lang=\"{doc.get('lang') or ''}\"><body>\n{lines}</body></html>"
        yield dict(id=str(doc["id"]), html=page, lang=doc.get("lang"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tamis", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("score", type=Path)
    parser.add_argument("--only", default="", metavar="TEXT", help="only tamis and peers with TEXT in their name")
    parser.add_argument("--no-crates", action="store_true", help="leave the crates out (they take minutes to build)")
    options = parser.parse_args()
    folder, score = options.folder.resolve(), load(options.score.resolve())
    sets = sorted(path.name.removesuffix(".jsonl.gz") for path in folder.glob("*.jsonl.gz"))
    saved = next((name for name in sets if (folder / f"{name}_html").is_dir()), None)
    rows = tamis_rows(score, options.tamis.resolve(), folder, sets, saved)
    try:
        rows += peer_rows(score, folder, sets, saved, options.only)
    except (Failed, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    head = ["F1, words lost"] + ([f"{saved}, saved pages"] if saved else []) + [f"{name}, lines" for name in sets]
    print("| " + " | ".join(head) + " |")
    print("|---" + "|---:" * (len(head) - 1) + "|")
    for name, cells in rows:
        print("| " + " | ".join([name, *cells]) + " |", flush=True)
    if saved and not options.no_crates:
        print("\nCrates, on the saved pages:\n", flush=True)
        program = ["cargo", "run", "--release", "--quiet", "--manifest-path", str(CRATES), "--"]
        env = {**os.environ, "CARGO_TARGET_DIR": str(install.TARGET / "html")}
        return subprocess.run([*program, folder / f"{saved}_html", folder / f"{saved}.jsonl.gz"], env=env).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
