"""What runs on the machines of the cluster: the binary, fed with units of the plan.

Sent to executors by value, so that they need neither this package nor its version.
"""

import json
import os
import shutil
import socket
import subprocess
import threading

import pyarrow

COLUMNS = [("unit", pyarrow.int64()), ("part", pyarrow.int64()), ("line", pyarrow.string())]
SCHEMA = "unit long, part long, line string"
# Answers in one batch, and characters of a message that are passed on.
BATCH = 64
MESSAGE = 4000


def binary(elsewhere=None):
    """The path of tamis on this machine: TAMIS_BIN, else what PATH finds, else where it is on the driver."""
    named = os.environ.get("TAMIS_BIN")
    found = shutil.which(named or "tamis") or (None if named else shutil.which(elsewhere or ""))
    if found is None:
        where = f"TAMIS_BIN={named} is not there" if named else "tamis is not on PATH"
        raise FileNotFoundError(
            f"{socket.gethostname()}: {where}; install it, or set spark.executorEnv.TAMIS_BIN"
        )
    return found


def stage(name, head, arguments, driver):
    """A function for mapInArrow: batches with a column `line` of units in, answers out.

    name: `read` or `write`; head: the first line of the plan; arguments: those of `tamis clean`; driver: the path of
    tamis there.

    It fails if the binary does; Spark then tries the partition again, and what was read before stays in the cache.
    """

    def run(batches):
        first = next(batches, None)
        if first is None:
            return
        worker = subprocess.Popen(
            [binary(driver), "worker", name, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said = []

        def feed():
            try:
                with worker.stdin as plan:
                    plan.write(head.encode() + b"\n")
                    for batch in (first, *batches):
                        for line in batch.column(batch.schema.get_field_index("line")).to_pylist():
                            plan.write(line.encode() + b"\n")
            except BrokenPipeError:
                pass  # Its exit code says why it went.

        threads = [
            threading.Thread(target=feed, daemon=True),
            threading.Thread(target=lambda: said.append(worker.stderr.read()), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            rows = []
            for line in worker.stdout:
                answer = json.loads(line)
                rows.append((answer["unit"], answer.get("part", 0), line.decode().rstrip("\n")))
                if len(rows) == BATCH:
                    yield table(rows)
                    rows = []
            if rows:
                yield table(rows)
            code = worker.wait()
            for thread in threads:
                thread.join()
            if code != 0:
                message = b"".join(said).decode(errors="replace").strip()[-MESSAGE:]
                raise RuntimeError(f"{socket.gethostname()}: tamis worker {name} ended with {code}: {message}")
        finally:
            worker.kill()
            worker.wait()

    return run


def table(rows):
    """Answers as a record batch."""
    columns = [pyarrow.array(column, kind) for column, (_, kind) in zip(zip(*rows), COLUMNS)]
    return pyarrow.RecordBatch.from_arrays(columns, names=[name for name, _ in COLUMNS])
