"""One run: plan on the driver, read on the executors, finish on the driver."""

import subprocess

from pyspark import cloudpickle

from . import kernel

cloudpickle.register_pickle_by_value(kernel)

# Partitions for each core of the cluster: small enough that none is late, large enough that starting costs little.
PARTITIONS_A_CORE = 4


class Failed(Exception):
    """A stage ended with an exit code other than 0; the binary has said why."""

    def __init__(self, stage, code):
        super().__init__(f"tamis worker {stage} ended with {code}")
        self.code = code


def clean(spark, arguments, partitions=None):
    """Cleans a corpus; returns the exit code of `tamis clean` (0, or 3 where inputs were rejected).

    spark: a function that gives the session; called only if there is something to read.
    arguments: those of `tamis clean`, a list of words; all machines see inputs and OUT under the same paths.
    partitions: into how many parts the units are dealt.
    Raises Failed; and whatever Spark raises if a partition fails again and again.
    """
    head, *units = plan(arguments)
    answers = read(spark(), head, units, arguments, partitions) if units else []
    return finish(arguments, answers)


def plan(arguments):
    """The lines of the plan: its head, and the units."""
    planned = subprocess.run([kernel.binary(), "worker", "plan", *arguments], stdout=subprocess.PIPE)
    if planned.returncode != 0:
        raise Failed("plan", planned.returncode)
    return planned.stdout.decode().splitlines()


def read(spark, head, units, arguments, partitions=None):
    """The answers to all units, as lines sorted by unit and part."""
    if partitions is None:
        partitions = PARTITIONS_A_CORE * spark.sparkContext.defaultParallelism
    partitions = max(1, min(partitions, len(units)))
    # Neighbouring units are dealt to different partitions: large files come in runs.
    rows = [(number % partitions, line) for number, line in enumerate(units)]
    dealt = spark.createDataFrame(rows, "partition int, line string")
    found = (
        dealt.repartitionByRange(partitions, "partition")
        .select("line")
        .mapInArrow(kernel.reader(head, arguments, kernel.binary()), kernel.SCHEMA)
    )
    # A few hundred bytes for four megabytes of input. Sorted here, so that nothing is read twice for a sample.
    answers = [(row.unit, row.part, row.line) for row in found.collect()]
    answers.sort(key=lambda answer: answer[:2])
    return [line for _, _, line in answers]


def finish(arguments, answers):
    """Groups, writes and publishes."""
    process = subprocess.Popen([kernel.binary(), "worker", "finish", *arguments], stdin=subprocess.PIPE)
    try:
        with process.stdin as lines:
            for line in answers:
                lines.write(line.encode() + b"\n")
    except BrokenPipeError:
        pass  # Its exit code says why it went.
    code = process.wait()
    if code not in (0, 3):
        raise Failed("finish", code)
    return code
