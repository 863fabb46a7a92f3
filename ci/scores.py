#!/usr/bin/env python3
"""Scores the binary from outside on the evaluation material, and holds the figures against ci/floors.json.

usage: ci/scores.py TAMIS SHARED_DIR     needs: numpy (for the corpus with planted copies)
Prints one line a figure; exits with 1 if one is worse than its floor, missing, or has no floor.
"""
import collections, json, os, pathlib, subprocess, sys, tempfile

sys.dont_write_bytecode = True
binary, shared = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
data = os.path.join(shared, "data")
sys.path.insert(0, os.path.join(shared, "eval"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "benches"))
import evidence, score


def scorer(*arguments):
    "what score.py prints; anything but success ends the run"
    call = subprocess.run([sys.executable, "-B", os.path.join(shared, "eval", "score.py"), *arguments], capture_output=True, text=True)
    if call.returncode:
        sys.exit(f"error: score.py {' '.join(arguments)} exited {call.returncode}\n{call.stdout}{call.stderr}")
    return json.loads(call.stdout)


def chrome_removed(path):
    "share of the words that are neither of the article nor neutral, and that the rules took"
    docs = score.rows(path)
    with tempfile.TemporaryDirectory() as tmp:
        score.write(tmp + "/in.jsonl", [dict(id=d["id"], url=f"https://{d['host']}/{i}", text=d["text"]) for i, d in enumerate(docs)])
        score.clean(binary, tmp + "/in.jsonl", tmp + "/out", "--copies", "off", "--events", "off")
        kept = score.records(tmp + "/out")
    words = lambda text: collections.Counter(score.toks(text))
    there = left = 0
    for doc in docs:
        article = words(doc["ref"]) + words(doc.get("either", ""))
        there += sum((words(doc["text"]) - article).values())
        left += sum((words(kept.get(str(doc["id"]), {}).get("text", "")) - article).values())
    return (there - left) / there


def words_lost_of_articles(path):
    "share of the words that `--strip main` takes from articles that have no page around them, beyond what rules take"
    if os.path.isdir(path):
        names = sorted(os.listdir(path))
        docs = [dict(id=name, text=open(os.path.join(path, name), encoding="utf8").read()) for name in names]
    else:
        docs = score.rows(path)
    left = {}
    with tempfile.TemporaryDirectory() as tmp:
        score.write(tmp + "/in.jsonl", [dict(id=i, text=d["text"]) for i, d in enumerate(docs)])
        for level in ("rules", "main"):
            score.clean(binary, tmp + "/in.jsonl", tmp + "/" + level, "--strip", level, "--copies", "off", "--events", "off")
            left[level] = sum(len(score.toks(d["text"])) for d in score.records(tmp + "/" + level).values())
    return 1 - left["main"] / left["rules"]


def come_apart(paths):
    "share of the events of two documents that are none without the sentences and terms that are shown for them"
    found = []
    for path in sorted(paths):
        for _, records in evidence.corpora(path):
            with tempfile.TemporaryDirectory() as tmp:
                found.append(evidence.measure(binary, records, pathlib.Path(tmp)))
    return sum(apart for _, apart in found) / sum(pairs for pairs, _ in found)


def figures():
    "(measure, figure, value), one by one"
    seeds, ideal = os.path.join(shared, "seeds"), os.path.join(shared, "ideal")
    events = os.path.join(data, "coverage", "fr_events.jsonl.gz")
    yield "seeds", "all_right", scorer("seeds", binary, seeds, ideal)["all_right"]
    yield "seeds among 345", "all_right", scorer("seeds", binary, seeds, ideal, events)["all_right"]
    for name in ("aeb", "fundus", "waddle", "wcxb_article", "fr_dumps"):
        path = os.path.join(data, "strip", name + ".jsonl.gz")
        got = scorer("strip", binary, path, "rules")
        yield f"strip {name}", "words_lost_by_rules", got["words_lost"] - got["words_lost_untouched"]
        yield f"strip {name}", "chrome_removed", chrome_removed(path)
        yield f"strip {name}", "F1_gain", got["F1"] - got["F1_untouched"]
        got = scorer("strip", binary, path, "main")
        yield f"main {name}", "F1", got["F1"]
        yield f"main {name}", "words_lost", got["words_lost"]
    for name, path in (("ideal", None), ("helsinki", os.path.join(data, "copies", "helsinki.jsonl.gz"))):
        yield f"main of {name}", "words_lost", words_lost_of_articles(path or ideal)
    got = scorer("html", binary, os.path.join(data, "strip", "aeb_html"), os.path.join(data, "strip", "aeb.jsonl.gz"))
    yield "saved pages", "F1", got["F1"]
    yield "saved pages", "words_lost", got["words_lost"]
    for threshold, got in scorer("copies", binary, os.path.join(data, "copies", "helsinki.jsonl.gz")).items():
        for figure in ("copies_left", "wrongly_removed", "similarity_misreported"):
            yield f"copies at {threshold}", figure, got[figure]
    with tempfile.TemporaryDirectory() as tmp:
        subprocess.run([sys.executable, "-B", os.path.join(shared, "eval", "gen_corpus.py"), tmp + "/made", "5000"], check=True)
        got = scorer("planted", binary, tmp + "/made_chrome.jsonl", tmp + "/made_truth.tsv", tmp + "/made.jsonl")
    for figure in ("missed", "wrong", "similarity_misreported"):
        yield "planted 5000", figure, got[figure]
    for name in ("ecbplus", "basil", "lina_fr", "fr_events"):
        got = scorer("coverage", binary, os.path.join(data, "coverage", name + ".jsonl.gz"))
        yield f"coverage {name}", "pair_F1", got["pair_F1"]
    yield "evidence of events", "come_apart", come_apart(pathlib.Path(data, "coverage").glob("*.jsonl.gz"))


floors = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "floors.json"), encoding="utf8"))
floors.pop("about", None)
shown = lambda value: str(value) if isinstance(value, (bool, int)) else f"{value:.4f}"
bad, seen = [], set()
print(f"{'measure':<20} {'figure':<24} {'value':>8} {'floor':>12}")
for measure, figure, value in figures():
    seen.add((measure, figure))
    rule = floors.get(measure, {}).get(figure)
    good = bool(rule) and value >= rule.get("least", value) and value <= rule.get("most", value)
    floor = ", ".join(f"{word} {shown(limit)}" for word, limit in (rule or {}).items()) or "no floor"
    print(f"{measure:<20} {figure:<24} {shown(value):>8} {floor:>12}{'' if good else '   WORSE'}", flush=True)
    if not good:
        bad.append(f"{measure}, {figure}")
bad += [f"{m}, {f} (not measured)" for m in floors for f in floors[m] if (m, f) not in seen]
if bad:
    sys.exit("error: below the floor: " + "; ".join(bad))
