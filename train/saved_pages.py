#!/usr/bin/env python3
"""Trains the model that chooses the lines of a saved page, and says how good it is on pages it was not trained on.

  saved_pages.py hosts FOLDER PAGES.jsonl.gz   cross-validation by host, with five ways to share out the hosts
  saved_pages.py train FOLDER PAGES.jsonl.gz   trains on all pages, writes rules/html/weights.tsv

FOLDER holds ID.html.gz, PAGES records {id, host, ref}: ref is the article.  The features come from the program itself:

  cargo build --release --example page_features

Needs numpy and scipy.  See train/README.md.
"""
import collections, gzip, json, os, subprocess, sys
import numpy as np
import main_content as lines_model

DUMP = os.environ.get("PAGE_FEATURES", os.path.join(lines_model.ROOT, "target", "release", "examples", "page_features"))
FOLDS, SHARINGS = 10, ("", "again", "once more", "u", "v")
L2 = 1e-2
BIAS, SWITCH = 0.0, 1.0  # decoding: lean to keeping; cost of a change


def load(folder, path):
    with gzip.open(path, "rt", encoding="utf8") as f:
        known = {str(record["id"]): record for record in map(json.loads, f)}
    files = sorted(name for name in os.listdir(folder) if name.split(".")[0] in known)
    dump = subprocess.run([DUMP, *(os.path.join(folder, name) for name in files)], check=True, capture_output=True, text=True)
    found = collections.defaultdict(list)
    for line in map(json.loads, dump.stdout.splitlines()):
        found[line["page"]].append(line)
    pages = []
    for number, lines in found.items():
        record = known[files[number].split(".")[0]]
        page = dict(host=record["host"], ref=record["ref"], set="pages", lines=[line["text"] for line in lines])
        page.update(words=np.array([line["words"] for line in lines]), gone=np.array([line["gone"] for line in lines]))
        page["X"] = np.array([line["features"] for line in lines], np.float32)
        lines_model.label(page)
        pages.append(page)
    return pages, subprocess.run([DUMP, "names"], check=True, capture_output=True, text=True).stdout.split()


def fit(pages):
    return lines_model.fit(pages, [page["X"] for page in pages], l2=L2)


def choose(page, scores):
    return lines_model.viterbi((scores + BIAS) * np.sqrt(page["words"] + 1), SWITCH)


def report(name, pages, kept):
    P, R, lost, words = np.array([lines_model.measure(page, keep) for page, keep in zip(pages, kept)]).T
    F1 = 2 * P.mean() * R.mean() / (P.mean() + R.mean())
    print(f"{name:<12} F1 {F1:.4f}  P {P.mean():.4f}  R {R.mean():.4f}  words lost {lost.sum() / words.sum():.4f}  perfect {np.mean((P == 1) & (R == 1)):.3f}")


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in ("hosts", "train"):
        sys.exit(__doc__)
    pages, names = load(*sys.argv[2:])
    report("extraction", pages, [page["X"][:, names.index("extracted")] > 0 for page in pages])
    if sys.argv[1] == "hosts":
        for salt in SHARINGS:
            folds, kept = [lines_model.fold(page, FOLDS, salt) for page in pages], [None] * len(pages)
            for k in range(FOLDS):
                model = fit([page for page, at in zip(pages, folds) if at != k])
                for i, at in enumerate(folds):
                    if at == k:
                        kept[i] = choose(pages[i], lines_model.score(model, pages[i]["X"]))
            report("by host", pages, kept)
    else:
        mean, deviation, weights, start = model = fit(pages)
        path = os.path.join(lines_model.ROOT, "rules", "html", "weights.tsv")
        with open(path, "w", encoding="utf8") as f:
            f.write("# Weights of the model that chooses the lines of a saved page, made by train/saved_pages.py. Two fields: a\n")
            f.write("# setting. Four: feature, mean, deviation, weight.\n")
            settings = dict(bias=BIAS, switch=SWITCH, clip=lines_model.CLIP, start=start)
            f.writelines(f"{name}\t{value:.4g}\n" for name, value in settings.items())
            f.writelines(f"{name}\t{m:.4g}\t{d:.4g}\t{w:.4f}\n" for name, m, d, w in zip(names, mean, deviation, weights))
        report("trained on", pages, [choose(page, lines_model.score(model, page["X"])) for page in pages])


if __name__ == "__main__":
    main()
