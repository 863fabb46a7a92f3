"""One run: plan on the driver, read on the executors, decide on the driver, write on the executors, finish on the driver."""

import subprocess

from pyspark import cloudpickle

from . import fetch, kernel

for sent in fetch, kernel:
    cloudpickle.register_pickle_by_value(sent)

# Partitions for each core of the cluster: small enough that none is late, large enough that starting costs little.
PARTITIONS_A_CORE = 4


class Failed(Exception):
    """A stage ended with an exit code other than 0; the binary has said why."""

    def __init__(self, stage, code):
        super().__init__(f"tamis worker {stage} ended with {code}")
        self.code = code


def clean(spark, arguments, partitions=None):
    """Cleans a corpus; returns the exit code of `tamis clean` (0, or 3 where inputs were rejected).

    spark: a function that gives the session; called only if there is something to read or to write.
    arguments: those of `tamis clean`, a list of words; all machines see inputs and OUT under the same paths.
    partitions: into how many parts the units are dealt.
    Raises Failed; and whatever Spark raises if a partition fails again and again.
    """

    def dealt(stage, head, units):
        return answers(spark(), kernel.stage(stage, head, arguments, kernel.binary()), units, partitions) if units else []

    head, *units = plan(arguments)
    return finish(arguments, dealt("read", head, units), lambda head, units: dealt("write", head, units))


def plan(arguments):
    """The lines of the plan: its head, and the units."""
    planned = subprocess.run([kernel.binary(), "worker", "plan", *arguments], stdout=subprocess.PIPE)
    if planned.returncode != 0:
        raise Failed("plan", planned.returncode)
    return planned.stdout.decode().splitlines()


def answers(spark, stage, units, partitions=None):
    """The answers to all units, as lines sorted by unit and part."""
    if partitions is None:
        partitions = PARTITIONS_A_CORE * spark.sparkContext.defaultParallelism
    partitions = max(1, min(partitions, len(units)))
    # Neighbouring units are dealt to different partitions: large files come in runs.
    rows = [(number % partitions, line) for number, line in enumerate(units)]
    dealt = spark.createDataFrame(rows, "partition int, line string")
    found = dealt.repartitionByRange(partitions, "partition").select("line").mapInArrow(stage, kernel.SCHEMA)
    # A few hundred bytes for four megabytes of input. Sorted here, so that nothing is done twice for a sample.
    lines = [(row.unit, row.part, row.line) for row in found.collect()]
    lines.sort(key=lambda line: line[:2])
    return [line for _, _, line in lines]


def finish(arguments, read, write):
    """Groups, has the corpus written and publishes.

    read: the answers of `worker read`; write: a function that gives the answers to units of writing, from their head and
    the units.
    """
    process = subprocess.Popen(
        [kernel.binary(), "worker", "finish", "--deal", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        tell(process.stdin, read)
        # An empty line ends the units; a run that ends early has none.
        told = list(iter(lambda: process.stdout.readline().decode().rstrip("\n"), ""))
        if told:
            tell(process.stdin, write(told[0], told[1:]))
        process.stdin.close()
    except BrokenPipeError:
        pass  # Its exit code says why it went.
    except BaseException:
        process.kill()
        raise
    code = process.wait()
    if code not in (0, 3):
        raise Failed("finish", code)
    return code


def tell(lines, answers):
    """Sends answers."""
    for line in answers:
        lines.write(line.encode() + b"\n")
    lines.flush()
