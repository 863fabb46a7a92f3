"""What Spark gives is what one machine gives: the same SHA256SUMS, whatever the cluster, also if machines die.

usage: same_bytes.py TAMIS [--master M]... [--partitions N]... [--kill SECONDS] [--stage STAGE] [--cluster] [--address] [INPUT...]

Without INPUT a small mixed folder is made. --kill: one executor is killed (-9) so long after a stage has begun: reading,
or --stage write. --address: inputs are served by FTP, which Spark reads by way of Hadoop as it does HDFS, and are given as
addresses (needs pyftpdlib).
--cluster: a standalone master with two workers is started, and is one of the masters.
"""

import argparse
import contextlib
import gzip
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

import pyspark

WORDS = "bridge council harbour mayor budget ferry school river storm union vote market tram library court".split()
HOME = os.path.dirname(pyspark.__file__)


def article(chance, words):
    sentences = []
    while words > 0:
        sentence = " ".join(chance.choice(WORDS) + chance.choice(["", "s", "ward", "side"]) for _ in range(12))
        sentences.append(sentence.capitalize() + ".")
        words -= 12
    return " ".join(sentences)


def mixed_folder(folder):
    """Texts with chrome, copies, lines, a compressed file, rows, a page, and what cannot be used."""
    chance = random.Random(3)
    articles = [article(chance, 90) for _ in range(120)]
    os.makedirs(f"{folder}/texts")
    for n in range(60):
        chrome = "\nShare on Facebook\n\nTerms of Use | Privacy Policy\n" if n % 3 == 0 else "\n"
        with open(f"{folder}/texts/{n}.txt", "w") as file:
            file.write(chance.choice(articles) + chrome)
    line = lambda n: json.dumps({"id": n, "text": chance.choice(articles)}) + "\n"
    with open(f"{folder}/large.jsonl", "w") as file:
        file.writelines("no record\n" if n % 900 == 7 else line(n) for n in range(9000))
    with gzip.open(f"{folder}/packed.jsonl.gz", "wt") as file:
        file.writelines(line(n) for n in range(200))
    with open(f"{folder}/rows.csv", "w") as file:
        file.write("id,text\n" + "".join(f'{n},"{chance.choice(articles)}"\n' for n in range(50)))
    with open(f"{folder}/page.html", "w") as file:
        file.write(f"<html><body><article><p>{articles[0]}</p></article></body></html>")
    with open(f"{folder}/picture.txt", "wb") as file:
        file.write(bytes([0, 1, 2, 0, 255]))


def sums(out):
    with open(f"{out}/SHA256SUMS", "rb") as file:
        return file.read()


@contextlib.contextmanager
def standalone():
    """A master and two workers of Spark on this machine; gives the master's address."""
    run = lambda *words: subprocess.Popen(
        [f"{HOME}/bin/spark-class", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)
    address = "spark://127.0.0.1:17077"
    folder = tempfile.mkdtemp()
    processes = [run("org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "17077",
                     "--webui-port", "0")]
    time.sleep(6)
    processes += [run("org.apache.spark.deploy.worker.Worker", address, "--cores", "1", "--memory", "1g",
                      "--webui-port", "0", "--work-dir", folder) for _ in range(2)]
    time.sleep(6)
    try:
        yield address
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)


@contextlib.contextmanager
def served(folder):
    """A server of files on this machine; gives its address and the settings that Spark needs for it."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.log import config_logging
    from pyftpdlib.servers import ThreadedFTPServer

    config_logging(level=logging.WARNING)
    handler = type("Handler", (FTPHandler,), {"authorizer": DummyAuthorizer()})
    handler.authorizer.add_anonymous(folder)
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = {"user.127.0.0.1": "anonymous", "password.127.0.0.1": "anonymous", "host.port": server.address[1],
                "data.connection.mode": "PASSIVE_LOCAL_DATA_CONNECTION_MODE"}
    words = [word for key, value in settings.items() for word in ("--conf", f"spark.hadoop.fs.ftp.{key}={value}")]
    try:
        yield "ftp://127.0.0.1", {"PYSPARK_SUBMIT_ARGS": " ".join([*words, "pyspark-shell"])}
    finally:
        server.close_all()


def executors():
    """Processes of executors that now run a worker of tamis, by their number."""
    listed = subprocess.run(["ps", "-eo", "pid=,args="], stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return [int(line.split()[0]) for line in listed if "CoarseGrainedExecutorBackend" in line and "java" in line]


def kill_one(stage, after, killed):
    """Kills an executor, so many seconds after the first worker of tamis was seen in a stage."""
    for _ in range(6000):
        listed = subprocess.run(["pgrep", "-f", f"worker {stage}"], stdout=subprocess.PIPE).stdout.split()
        if listed:
            time.sleep(after)
            victims = executors()
            if victims:
                os.kill(victims[0], signal.SIGKILL)
                killed.append(victims[0])
            return
        time.sleep(0.01)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tamis")
    parser.add_argument("inputs", nargs="*")
    parser.add_argument("--master", action="append", default=[])
    parser.add_argument("--partitions", type=int, action="append", default=[])
    parser.add_argument("--kill", type=float)
    parser.add_argument("--stage", choices=["read", "write"], default="read")
    parser.add_argument("--address", action="store_true")
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--options", default="", help="more options for both")
    known = parser.parse_args()
    tamis = os.path.abspath(known.tamis)
    environment = {**os.environ, "TAMIS_BIN": tamis, "PYSPARK_PYTHON": sys.executable,
                   "SPARK_LOCAL_IP": "127.0.0.1"}
    environment["PYTHONPATH"] = os.path.join(os.path.dirname(__file__), "..", "src")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        if known.inputs:
            inputs = [os.path.abspath(path) for path in known.inputs]
        else:
            mixed_folder(f"{folder}/mixed")
            inputs = [f"{folder}/mixed"]
        options = ["--rejects", "ok", *known.options.split()]
        started = time.time()
        subprocess.run([tamis, "clean", *inputs, "-o", f"{folder}/alone", "-q", *options], check=True)
        alone = time.time() - started
        masters = known.master or ["local-cluster[2,1,1024]"]
        if known.cluster:
            masters.append(stack.enter_context(standalone()))
        places = inputs
        if known.address:
            shown = os.path.commonpath([os.path.dirname(path) for path in inputs])
            address, settings = stack.enter_context(served(shown))
            environment.update(settings)
            places = [f"{address}/{os.path.relpath(path, shown)}" for path in inputs]
        failed = 0
        for master in masters:
            for partitions in known.partitions or [3]:
                out = tempfile.mkdtemp(dir=folder)
                killed = []
                if known.kill is not None:
                    threading.Thread(target=kill_one, args=(known.stage, known.kill, killed), daemon=True).start()
                started = time.time()
                words = [word for place in places for word in ("--in", place)]
                done = subprocess.run(
                    [sys.executable, "-m", "tamis_spark.main", *words, "--out", out, "--master", master,
                     "--partitions", str(partitions), "-q", *options],
                    env=environment, stderr=subprocess.PIPE, text=True)
                same = done.returncode == 0 and sums(out) == sums(f"{folder}/alone")
                too_late = known.kill is not None and not killed
                failed += not same or too_late
                print(f"{'same bytes' if same else 'DIFFERENT'}: {master}, {partitions} partitions"
                      + (f", {len(killed)} executor killed" if known.kill is not None else "")
                      + f", {time.time() - started:.0f} s (alone {alone:.1f} s)", flush=True)
                if not same:
                    print(done.stderr[-3000:])
                if too_late:
                    print("the run was over before an executor could be killed: give a smaller --kill, or more input")
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
