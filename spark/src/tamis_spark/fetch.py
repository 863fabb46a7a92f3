"""Inputs that lie where Spark reads and programs do not: HDFS, object stores. All machines copy them to a folder that all
see; what did not change since is not copied again."""

import os
import re
import uuid

import pyarrow

# Spark reads a file in one piece, and an array of Java holds no more.
MOST = (1 << 31) - 1
SCHEMA = "path string, length long"


# Says that a folder holds copies, and that what is in it may go.
MARK = ".fetched"


class Refused(Exception):
    """A file is larger than Spark reads in one piece, or the folder for copies holds something else."""


def is_remote(place):
    """Whether a place is an address: s3a://bucket/crawl, hdfs:///crawl."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", place) is not None


def fetch(spark, inputs, folder):
    """Copies the inputs that are addresses; returns all as `tamis clean` takes them.

    spark: a function that gives the session; inputs: [NAME=]PLACE each; folder: one that all machines see.
    Raises Refused; and whatever Spark raises if an input is not there or cannot be read.
    """
    words = []
    for number, word in enumerate(inputs):
        name, place = re.fullmatch(r"([^=/:]+=)?(.*)", word, re.DOTALL).groups(default="")
        if is_remote(place):
            place = copied(spark(), place, os.path.join(os.path.abspath(folder), str(number)))
        words.append(name + place)
    return words


def copied(spark, place, folder):
    """Copies a file or a folder that lies at an address into a folder; returns where it is there, under its own name."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", True)
    status = reader.load(literal(place)).selectExpr("path", "length", "unix_micros(modificationTime) micros").collect()
    root = path_of(place).rstrip("/")
    top = os.path.join(folder, os.path.basename(root) or "all")
    mark = os.path.join(folder, MARK)
    os.makedirs(folder, exist_ok=True)
    if os.listdir(folder) and not os.path.exists(mark):
        raise Refused(f"{folder}: holds other files than copies; give another --fetched DIR")
    open(mark, "w").close()
    missing, here = {}, {mark}
    for file in status:
        if file.length > MOST:
            raise Refused(f"{file.path}: {file.length} bytes are more than Spark reads in one piece; mount it or copy it")
        path = path_of(file.path)
        if path != root and not path.startswith(root + "/"):
            raise Refused(f"{place}: is {file.path} to Spark; give the address as Spark writes it")
        to = top + path[len(root):]
        here.add(to)
        if stamp(to) != (file.length, file.micros):
            missing[file.path] = (to, file.micros)
    for parent, _, names in os.walk(folder):
        for old in (os.path.join(parent, name) for name in names):
            if old not in here:
                os.remove(old)
    if missing:
        # A file a batch: each may be large.
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 1)
        files = reader.load([literal(path) for path in missing]).select("path", "content")
        files.mapInArrow(copier(missing), SCHEMA).collect()
    return top


def path_of(address):
    """The path in an address."""
    return re.fullmatch(r"[^:/]*:(?://[^/]*)?(/.*)?", address, re.DOTALL).group(1) or ""


def literal(address):
    """An address that Spark does not take for a pattern."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", address)


def stamp(path):
    """Size in bytes, and time of the last change in microseconds; None of a file that is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns // 1000


def copier(places):
    """A function for mapInArrow: writes files, each with its content in a row.

    places: for each address where it goes, and its time in microseconds.
    """

    def copy(batches):
        for batch in batches:
            paths = batch.column(0).to_pylist()
            for path, content in zip(paths, batch.column(1)):
                to, micros = places[path]
                os.makedirs(os.path.dirname(to), exist_ok=True)
                # Two machines may copy the same file at a time.
                new = os.path.join(os.path.dirname(to), f".new-{uuid.uuid4().hex}")
                with open(new, "wb") as file:
                    file.write(content.as_buffer())
                os.utime(new, ns=(micros * 1000, micros * 1000))
                os.replace(new, to)
            lengths = [len(content.as_buffer()) for content in batch.column(1)]
            yield pyarrow.RecordBatch.from_arrays([pyarrow.array(paths), pyarrow.array(lengths)], names=["path", "length"])

    return copy
