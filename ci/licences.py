#!/usr/bin/env python3
"""Checks licences and sources of the dependency tree against deny.toml, where cargo-deny is not at hand.

usage: ci/licences.py        run in the project's folder; exits with 1 and names every crate that is not allowed
"""
import json, re, subprocess, sys

deny = open("deny.toml", encoding="utf8").read()


def strings(key):
    "the strings of a list in deny.toml"
    found = re.search(rf"^{key}\s*=\s*\[(.*?)\]", deny, re.M | re.S)
    if not found:
        sys.exit(f"error: deny.toml has no list `{key}`")
    return set(re.findall(r'"([^"]+)"', found.group(1)))


allowed, registries = strings("allow"), {"registry+" + r for r in strings("allow-registry")}


def permitted(expression):
    "whether an SPDX expression (also the old form A/B) can be met with the allowed licences"
    words = re.findall(r"[()]|[^\s()/]+|/", expression)
    at = 0

    def one():
        nonlocal at
        word = words[at]
        at += 1
        if word == "(":
            inner = either()
            at += 1
            return inner
        if at < len(words) and words[at] == "WITH":
            word, at = f"{word} WITH {words[at + 1]}", at + 2
        return word in allowed

    def both():
        nonlocal at
        met = one()
        while at < len(words) and words[at] == "AND":
            at += 1
            met = one() and met
        return met

    def either():
        nonlocal at
        met = both()
        while at < len(words) and words[at] in ("OR", "/"):
            at += 1
            met = both() or met
        return met

    return either()


tree = json.loads(subprocess.check_output(["cargo", "metadata", "--format-version", "1", "--locked"]))
bad = []
for package in tree["packages"]:
    name = f"{package['name']} {package['version']}"
    if not package["license"] or not permitted(package["license"]):
        bad.append(f"{name}: licence {package['license']!r} is not allowed")
    if package["source"] is None:
        if package["name"] != "tamis":
            bad.append(f"{name}: does not come from a registry")
    elif package["source"] not in registries:
        bad.append(f"{name}: comes from {package['source']}")
print(*bad, sep="\n", end="\n" if bad else "")
print(f"{len(tree['packages'])} packages: {len(bad) or 'none'} against deny.toml")
sys.exit(bool(bad))
