#!/usr/bin/env python3
"""Trains the weights of `--strip main` and says how good they are on pages that they were not trained on.

  main_content.py hosts   FOLDER [SET...]   cross-validation by host: F1 and words lost, set by set
  main_content.py sets    FOLDER [SET...]   leave one set out
  main_content.py train   FOLDER [SET...]   trains on all sets, writes weights.tsv and odds.tsv in rules/main_content

FOLDER holds SET.jsonl.gz: records {id, host, text, ref}, optionally `either`: a page as plain lines, its article, and
what is neither asked for nor held against.  The features come from the program itself:

  cargo build --release --example line_features

Needs numpy and scipy.  See train/README.md.
"""
import collections, gzip, json, math, os, re, subprocess, sys, tempfile, zlib
import numpy as np
from scipy.optimize import minimize

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DUMP = os.environ.get("LINE_FEATURES", os.path.join(ROOT, "target", "release", "examples", "line_features"))
SETS = "aeb fundus waddle wcxb_article fr_dumps".split()
FOLDS, INNER = 5, 3  # folds over hosts; of the rest, for the scores that the second pass learns from
L2, ITERATIONS, CLIP = 3e-3, 60, 4.0  # weaker regularisation looks better by host and transfers worse
BIAS, SWITCH = 0.55, 1.5  # decoding: lean to keeping; cost of a change
CLEAN = 0.03  # share of the words outside the article up to which nothing is cut; as in src/strip/main_content/mod.rs
SAMPLE = 150_000  # lines that a fit uses; the models of inner folds use a third
LINE_POWER, SET_POWER = 0.75, 0.5  # a line weighs (words + 1)^a; a set (500 / pages)^a
CLEAN_EVERY, CLEAN_WEIGHT = 4, 0.5  # of so many articles one is a page of its own, all of it article; what such a page weighs
LONG, LEAST = 10, 1.0  # words of a long line; least log odds of a word, either way
HOSTS, HOSTS_OF_ARTICLES = 4, 8  # on which a word must stand that speaks for chrome, or (in a long line) for the article
WORD, PAIRED = re.compile(r"\w+"), re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


# ---- pages and labels ---------------------------------------------------------------------------------------------
def shingles(text):
    words = WORD.findall(text)
    return collections.Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))) if words else collections.Counter()


def key(line):
    return " ".join(WORD.findall(line.lower()))


def covered(lines, ref):
    "share of the characters in words of each line that lie in 4-shingles of ref; of a short line that is a line of ref: .9"
    words = [WORD.findall(line) for line in lines]
    flat = [(word, j) for j, line in enumerate(words) for word in line]
    known, hit = set(shingles(ref)), np.zeros(len(flat))
    for i in range(len(flat) - 3):
        if tuple(word for word, _ in flat[i : i + 4]) in known:
            hit[i : i + 4] = 1
    found, length = np.zeros(len(lines)), np.zeros(len(lines))
    for (word, j), h in zip(flat, hit):
        found[j] += h * len(word)
        length[j] += len(word)
    share, whole = found / np.maximum(length, 1), {key(line) for line in ref.split("\n")}
    for j, line in enumerate(lines):
        if words[j] and len(words[j]) < 4 and key(line) in whole:
            share[j] = max(share[j], 0.9)
    return share


def label(page):
    "adds y (article or not) and trust (0: says nothing)"
    n, lines = page["words"], page["lines"]
    keys, share = [key(line) for line in lines], covered(lines, page["ref"])
    y, trust = (share >= 0.5).astype(np.int8), np.ones(len(n))
    # Of a line that is printed more often than the article has it, the copies nearest the article's middle count.
    body = np.flatnonzero((y > 0) & (n >= 15))
    middle = np.median(body) if len(body) else 0
    copies, ref = collections.defaultdict(list), f" {key(page['ref'])} "
    for j in np.flatnonzero((y > 0) & (n < 30)):
        copies[keys[j]].append(j)
    for k, at in copies.items():
        for j in sorted(at, key=lambda j: abs(j - middle))[max(1, ref.count(f" {k} ")) :]:
            y[j], trust[j] = 0, 0
    if page.get("either"):
        trust[(covered(lines, page["either"]) >= 0.5) & (y == 0)] = 0
    trust[(share > 0.25) & (share < 0.75) & (n >= 4)] *= 0.3
    trust[[not k for k in keys]] = 0
    trust *= 1 - page["gone"]
    page["y"], page["trust"] = y, trust


def fold(page, folds, salt=""):
    return zlib.crc32((salt + host(page)).encode()) % folds


class Features:
    "features of all pages, from the program"

    def __init__(self, pages):
        self.folder, self.pages = tempfile.TemporaryDirectory(), pages
        names = subprocess.run([DUMP, "names"], check=True, capture_output=True, text=True).stdout
        self.names = [part.split("\n") for part in names.strip().split("\n\n")]

    def read(self, first=None, odds=(), of=None):
        """of each page: (begin, end), then words and share cut by rules, by line, and its features; those of the second
        pass if scores of a first are given.  odds: of words, made of several parts; of: with which each page is seen"""
        page_file, self.output, *odds_files = [os.path.join(self.folder.name, name) for name in ["pages", "features", *map(str, range(len(odds)))]]
        with open(page_file, "w", encoding="utf8") as f:
            for page, at in zip(self.pages, of or [None] * len(self.pages)):
                f.write(json.dumps({"host": page["host"], "text": page["text"], "odds": at}, ensure_ascii=False) + "\n")
        for path, words in zip(odds_files, odds):
            write_odds(path, words)
        first_file = "-" if first is None else self.output + ".first"
        if first is not None:
            np.concatenate(first).astype("<f4").tofile(first_file)
        subprocess.run([DUMP, page_file, self.output, first_file, *odds_files], check=True)
        width, raw, at, found = 4 + len(self.names[first is not None]), np.fromfile(self.output, "<u4"), 0, []
        while at < len(raw):
            lines = int(raw[at])
            rows = raw[at + 1 : at + 1 + lines * width].reshape(lines, width)
            found.append((rows[:, :2].astype(int), rows[:, 2:].view("<f4")))
            at += 1 + lines * width
        return found


def load(folder, sets):
    pages = []
    for name in sets:
        with gzip.open(os.path.join(folder, name + ".jsonl.gz"), "rt", encoding="utf8") as f:
            pages += [dict(json.loads(line), set=name) for line in f]
    clean = [page for page in pages if zlib.crc32(page["host"].encode() + str(page["id"]).encode()) % CLEAN_EVERY == 0]
    pages += [dict(host=p["host"], text=p["ref"], ref=p["ref"], set="clean of " + p["set"]) for p in clean]
    features = Features(pages)
    for page, (place, numbers) in zip(pages, features.read()):
        text = page["text"].encode("utf8", "surrogatepass")
        page["lines"] = [text[a:b].decode("utf8", "replace") for a, b in place]
        page["words"], page["gone"] = numbers[:, 0].astype(float), numbers[:, 1]
        label(page)
        if page["set"].startswith("clean"):
            page["y"][:], page["trust"][:] = 1, 1
    return pages, features


# ---- odds of words ------------------------------------------------------------------------------------------------
def host(page):
    return page["host"].replace("www.", "")


def units(line):
    "its words, lower case; pairs of characters where no spaces part words; any number is 0.  As in src/strip/main_content/line.rs"
    found = []
    for word in WORD.findall(line.lower()):
        if PAIRED.search(word):
            found += [a + b for a, b in zip(word, word[1:]) if PAIRED.match(a) and PAIRED.match(b)]
        else:
            found.append("0" if word.isdigit() else word)
    return found


def count_words(pages):
    """-> {host: {(word or two, long): share}}: of the rates at which a word stands in lines of the host's chrome and of
    its articles, lines as long as that, the share of the first"""
    counts = collections.defaultdict(lambda: [[collections.Counter(), collections.Counter()] for _ in "sl"])
    lines = collections.Counter()
    for page in pages:
        for line, words, y, trust in zip(page["lines"], page["words"], page["y"], page["trust"]):
            if trust < 0.5 or page["set"].startswith("clean"):
                continue
            long, one = int(words >= LONG), units(line)
            counts[host(page)][long][y].update({*one, *map(" ".join, zip(one, one[1:]))})
            lines[host(page), long, y] += 1
    shares = {}
    for name, lengths in counts.items():
        of = shares[name] = {}
        for long, (chrome, article) in enumerate(lengths):
            few = [lines[name, long, y] + 5 for y in (0, 1)]
            for word in chrome.keys() | article.keys():
                rates = chrome[word] / few[0], article[word] / few[1]
                of[word, long] = rates[0] / sum(rates)
    return shares


def word_odds(shares, hosts):
    "-> {word or two: log odds of chrome in short lines, in long ones}, by the hosts named"
    sums, known = collections.Counter(), collections.Counter()
    for name in sorted(hosts & shares.keys()):
        sums.update(shares[name])
        known.update(shares[name].keys())
    found = collections.defaultdict(lambda: [0.0, 0.0])
    for (word, long), n in known.items():
        odds = math.log((sums[word, long] + 1) / (n - sums[word, long] + 1))
        of_articles = long and " " not in word and n >= HOSTS_OF_ARTICLES
        if (odds >= LEAST and n >= HOSTS) or (odds <= -LEAST and of_articles):
            found[word][long] = odds
    return found


def write_odds(path, words):
    with open(path, "w", encoding="utf8") as f:
        f.write("# How much oftener words stand around articles than in them, made by train/main_content.py. A word or two in a row; log\n")
        f.write(f"# odds of chrome in lines of less than {LONG} words, and in longer ones. Of {HOSTS} sites or more; below 0, of {HOSTS_OF_ARTICLES}.\n")
        f.writelines(f"{word}\t{round(short, 1):g}\t{round(long, 1):g}\n" for word, (short, long) in sorted(words.items()))


# ---- model --------------------------------------------------------------------------------------------------------
def fit(pages, X, sample=SAMPLE, l2=L2):
    """-> mean, deviation, weights, start: logistic regression; every page weighs alike within its set.  Of the lines about
    `sample` are used: light ones are drawn by their weight, and then weigh as much as those that they stand for"""
    size = collections.Counter(page["set"].removeprefix("clean of ") for page in pages)
    shares = []
    for page in pages:
        line = (page["words"] + 1) ** LINE_POWER
        of = CLEAN_WEIGHT if page["set"].startswith("clean") else 1
        shares.append(of * page["trust"] * line / max(1e-9, line.sum()) * (500 / size[page["set"].removeprefix("clean of ")]) ** SET_POWER)
    w = np.concatenate(shares)
    chance = np.minimum(1, w * sample / w.sum())
    drawn = np.random.default_rng(0).random(len(w)) < chance
    ends = np.cumsum([len(page["y"]) for page in pages])[:-1]
    X = np.concatenate([x[d] for x, d in zip(X, np.split(drawn, ends))])
    w = w[drawn] / chance[drawn]
    w /= w.sum()
    t = np.concatenate([2.0 * page["y"] - 1 for page in pages]).astype(np.float32)[drawn]
    mean = w @ X
    X -= mean.astype(np.float32)
    deviation = np.sqrt(np.maximum(w @ X**2, 1e-8))
    deviation[deviation < 1e-3] = 1
    X /= deviation.astype(np.float32)
    Z, w = X, w.astype(np.float32)

    def loss(v):
        margin = t * (Z @ v[:-1].astype(np.float32) + np.float32(v[-1]))
        slope = -(w * t) / (1 + np.exp(np.clip(margin, -30, 30)))
        value = float((w * np.logaddexp(0, -margin)).sum()) + 0.5 * l2 * (v[:-1] ** 2).sum()
        return value, np.append(slope @ Z + l2 * v[:-1], slope.sum())

    v = minimize(loss, np.zeros(X.shape[1] + 1), jac=True, method="L-BFGS-B", options=dict(maxiter=ITERATIONS)).x
    return mean, deviation, v[:-1], v[-1]


def score(model, X):
    mean, deviation, weights, start = model
    return np.clip((X - mean.astype(np.float32)) / deviation.astype(np.float32), -CLIP, CLIP) @ weights.astype(np.float32) + start


def out_of_fold(pages, folds):
    "scores of a first pass that has not seen the page's host"
    result = [None] * len(pages)
    for k in sorted(set(folds)):
        rest = [page for page, at in zip(pages, folds) if at != k]
        model = fit(rest, [page["X"] for page in rest], SAMPLE / 3)
        for i, at in enumerate(folds):
            if at == k:
                result[i] = score(model, pages[i]["X"])
    return result


def two_passes(pages, features, learn):
    """-> models of both passes and odds of words, learnt from the pages of `learn`, and the scores of both passes on all
    pages.  A page of `learn` is seen with odds that were learnt without its host, as pages will be in use"""
    chosen = [page for page, ok in zip(pages, learn) if ok]
    shares, hosts = count_words(chosen), {host(page) for page in chosen}
    part = {name: zlib.crc32(("odds" + name).encode()) % FOLDS for name in hosts}
    odds = [word_odds(shares, {name for name in hosts if part[name] != k}) for k in range(FOLDS)] + [word_odds(shares, hosts)]
    seen = dict(odds=odds, of=[part[host(page)] if ok else FOLDS for page, ok in zip(pages, learn)])
    for page, (_, numbers) in zip(pages, features.read(**seen)):
        page["X"] = numbers[:, 2:]
    first = fit(chosen, [page["X"] for page in chosen])
    unseen = iter(out_of_fold(chosen, [fold(page, INNER, "inner") for page in chosen]))
    scores = [next(unseen) if ok else score(first, page["X"]) for page, ok in zip(pages, learn)]
    X = [np.concatenate([page["X"], more], 1) for page, (_, numbers) in zip(pages, features.read(scores, **seen)) for more in [numbers[:, 2:]]]
    second = fit(chosen, [x for x, ok in zip(X, learn) if ok])
    return first, second, odds[FOLDS], scores, [score(second, x) for x in X]


def viterbi(gain, switch):
    out, inn, back = 0.0, gain[0] - switch, np.zeros((len(gain), 2), bool)
    for i in range(1, len(gain)):
        back[i] = inn - switch > out, inn >= out - switch
        out, inn = max(out, inn - switch), max(inn, out - switch) + gain[i]
    state, keep = bool(inn > out), np.zeros(len(gain), bool)
    for i in range(len(gain) - 1, -1, -1):
        keep[i] = state
        state = bool(back[i, int(state)])
    return keep


def decode(page, scores, bias=BIAS, switch=SWITCH):
    "which lines are kept: something, if the page has a word"
    for step in range(64):
        gain = np.where(page["gone"] >= 0.9, 0, (scores + bias + step / 2) * np.sqrt(page["words"] + 1))
        keep = viterbi(gain, switch) if len(gain) else np.zeros(0, bool)
        if (page["words"] * keep).sum() > 0 or not page["words"].sum():
            break
    return keep


def final(page, scores, **decoding):
    "as decode; an article that stands alone already stays as it is"
    keep, words = decode(page, scores, **decoding), page["words"]
    return keep if (words * ~keep).sum() > CLEAN * words.sum() else np.ones(len(keep), bool)


# ---- measures -----------------------------------------------------------------------------------------------------
def measure(page, keep):
    "-> precision, recall of word 4-shingles, words lost, words"
    text = "\n".join(line for line, k, gone in zip(page["lines"], keep, page["gone"]) if k and gone < 0.9)
    if "of" not in page:
        folded = collections.Counter(WORD.findall(page["ref"].lower().replace("’", "'")))
        page["of"] = shingles(page["ref"]), shingles(page.get("either", "")), folded
    ref, either, folded = page["of"]
    a = shingles(text)
    tp = sum((a & ref).values())
    fn, fp = sum(ref.values()) - tp, sum((a - ref - either).values())
    lost = folded - collections.Counter(WORD.findall(text.lower().replace("’", "'")))
    return tp / (tp + fp) if tp + fp else 0.0, tp / (tp + fn) if tp + fn else 0.0, sum(lost.values()), sum(folded.values())


def report(pages, scores, name, sets, **decoding):
    cells = []
    for chosen in sets:
        found = [measure(p, final(p, s, **decoding)) for p, s in zip(pages, scores) if s is not None and p["set"] == chosen]
        if found:
            P, R, lost, words = np.array(found).T
            F1 = 2 * P.mean() * R.mean() / (P.mean() + R.mean())
            cells.append(f"{chosen} {F1:.4f} {lost.sum() / words.sum():.3f}")
    print(f"{name:<14} " + "   ".join(cells), flush=True)


def cross_validate(pages, features, groups, sets):
    "groups: every page's fold; prints F1 and words lost of each set"
    firsts, seconds = [None] * len(pages), [None] * len(pages)
    for k in sorted(set(groups)):
        _, _, _, first, second = two_passes(pages, features, [g != k for g in groups])
        for i, g in enumerate(groups):
            if g == k:
                firsts[i], seconds[i] = first[i], second[i]
    clean = ["clean of " + name for name in sets]
    report(pages, firsts, "first pass", sets)
    report(pages, seconds, "second pass", sets)
    report(pages, seconds, "articles alone", clean)
    return firsts, seconds


def write(first, second, names):
    "rules/main_content/weights.tsv"
    with open(os.path.join(ROOT, "rules", "main_content", "weights.tsv"), "w", encoding="utf8") as f:
        f.write("# Weights of the main-content model, made by train/main_content.py. Two fields: a setting.\n")
        f.write("# Five: feature, mean, deviation, weight in the first pass, weight in the second.\n")
        settings = [("bias", BIAS), ("switch", SWITCH), ("clip", CLIP), ("first", first[3]), ("second", second[3])]
        f.writelines(f"{name}\t{value:.4g}\n" for name, value in settings)
        for i, name in enumerate(names[0] + names[1]):
            one = first[2][i] if i < len(first[2]) else 0
            f.write(f"{name}\t{second[0][i]:.4g}\t{second[1][i]:.4g}\t{one:.4f}\t{second[2][i]:.4f}\n")


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("hosts", "sets", "train"):
        sys.exit(__doc__)
    sets = sys.argv[3:] or SETS
    pages, features = load(sys.argv[2], sets)
    print(len(pages), "pages,", sum(len(p["lines"]) for p in pages), "lines,", *map(len, features.names), "features", flush=True)
    if sys.argv[1] == "hosts":
        cross_validate(pages, features, [fold(page, FOLDS) for page in pages], sets)
    elif sys.argv[1] == "sets":
        cross_validate(pages, features, [page["set"].removeprefix("clean of ") for page in pages], sets)
    else:
        first, second, odds, _, scores = two_passes(pages, features, [True] * len(pages))
        write(first, second, features.names)
        write_odds(os.path.join(ROOT, "rules", "main_content", "odds.tsv"), odds)
        report(pages, scores, "trained on", sets)


if __name__ == "__main__":
    main()
