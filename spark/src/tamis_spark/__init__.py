"""tamis on Apache Spark: Spark carries lines and retries, every decision stays in the binary."""

from .job import Failed, clean

__all__ = ["Failed", "clean"]
