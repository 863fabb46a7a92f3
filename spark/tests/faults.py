"""What goes wrong on a cluster is said, and nothing is published.

usage: faults.py TAMIS
"""

import os
import subprocess
import sys
import tempfile

from same_bytes import mixed_folder


def main():
    tamis = os.path.abspath(sys.argv[1])
    base = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    base["PYTHONPATH"] = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src")
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        mixed_folder(f"{folder}/mixed")
        tiny = f"{folder}/tiny"
        os.mkdir(tiny)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", tiny]).returncode == 0
        elsewhere = {"PYSPARK_SUBMIT_ARGS": "--conf spark.executorEnv.TAMIS_BIN=/nowhere/tamis pyspark-shell"}
        precious = f"{folder}/own/1/precious.txt"
        os.makedirs(os.path.dirname(precious))
        open(precious, "w").close()
        own = ["--in", f"file://{folder}/mixed", "--fetched", f"{folder}/own"]
        cases = [
            ("no binary on the driver", {"TAMIS_BIN": "/nowhere/tamis"}, [], 1, "TAMIS_BIN=/nowhere/tamis is not there"),
            ("no binary on the executors", elsewhere, [], 1, "TAMIS_BIN=/nowhere/tamis is not there"),
            ("an address where nothing is", {}, ["--in", f"file://{folder}/nowhere"], 1, "Path does not exist"),
            ("an address that is written in another way", {}, ["--in", f"file://{folder}/own/../mixed"], 1, "as Spark writes it"),
            ("a folder for copies that holds other files", {}, own, 1, "holds other files than copies"),
            ("a typo in an option", {}, ["--similarty", "0.8"], 2, "--similarity"),
        ]
        if mounted:
            cases.append(("a full disk", {}, ["--cache", f"{tiny}/cache"], 1, "No space left"))
        else:
            print("skipped: a full disk (no right to mount a small one)")
        for name, environment, words, code, said in cases:
            out = f"{folder}/{name.replace(' ', '-')}"
            done = subprocess.run(
                [sys.executable, "-m", "tamis_spark.main", "--in", f"{folder}/mixed", "--out", out, "--master",
                 "local-cluster[2,1,1024]", "-q", "--rejects", "ok", *words],
                env={**base, "TAMIS_BIN": tamis, **environment}, stderr=subprocess.PIPE, text=True)
            # Spark logs at length, before and after.
            ours = [line for line in done.stderr.splitlines() if line.strip().startswith(("error:", "tip:", "hint:"))]
            ours = "\n".join(ours)
            right = done.returncode == code and said in ours and not os.path.exists(f"{out}/manifest.json")
            right &= os.path.exists(precious)
            failed += not right
            print(f"{'said' if right else 'NOT SAID'}: {name}, exit {done.returncode}", flush=True)
            if not right:
                print(ours)
        if mounted:
            subprocess.run(["umount", tiny])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
