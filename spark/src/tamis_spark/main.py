"""The command `tamis-spark`; also what spark-submit is given."""

import argparse
import sys

from pyspark.sql import SparkSession

from tamis_spark.fetch import Refused, fetch
from tamis_spark.job import Failed, clean


def arguments():
    parser = argparse.ArgumentParser(
        prog="tamis-spark",
        description="Cleans a corpus on an Apache Spark cluster: the bytes are those of `tamis clean`.",
        epilog="All other options are those of `tamis clean`. All machines see inputs and OUT under the same paths.",
        allow_abbrev=False,
    )
    parser.add_argument("--in", dest="inputs", action="append", required=True, metavar="[NAME=]PATH",
                        help="file or folder to clean, or the address of one as Spark reads it (s3a://…, hdfs://…); "
                        "may be repeated")
    parser.add_argument("--out", required=True, metavar="OUT", help="folder for the result")
    parser.add_argument("--master", help="the cluster: spark://HOST:PORT, yarn, local[*] … [default: as spark-submit says]")
    parser.add_argument("--fetched", metavar="DIR",
                        help="where what lies at an address is copied to; all machines see it [default: OUT.fetched]")
    parser.add_argument("--partitions", type=int, metavar="N", help="parts that are dealt out [default: 4 a core]")
    return parser.parse_known_args()


def main():
    known, others = arguments()

    def session():
        builder = SparkSession.builder.appName("tamis")
        if known.master:
            builder = builder.master(known.master)
        return builder.getOrCreate()

    try:
        inputs = fetch(session, known.inputs, known.fetched or known.out.rstrip("/") + ".fetched")
        words = [*inputs, "-o", known.out, *others]
        return clean(session, words, known.partitions)
    except (FileNotFoundError, Refused) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Failed as failed:
        return failed.code
    except Exception as error:  # What Spark raises after several tries.
        lines = str(error).splitlines() or [type(error).__name__]
        # The kernel's own error, with what the binary said, stands among those of Spark; what Java says comes second.
        own = [line.partition(": ")[2] for line in lines if line.startswith(("RuntimeError: ", "FileNotFoundError: "))]
        java = [line[2:] for line in lines[1:2] if line.startswith(": ")]
        cause = [lines[0], *java, *own][-1]
        print(f"error: the cluster gave up; nothing was published: {cause}", file=sys.stderr)
        print("hint: the same command goes on where it was", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
