"""Removes near copies from a JSONL file with datatrove's four minhash stages at their defaults, one local worker.

usage: job_datatrove.py IN_FOLDER OUT_FOLDER
"""

import sys

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter


def main(source: str, target: str) -> None:
    config = MinhashConfig()
    reader = JsonlReader(source, glob_pattern="*.jsonl")
    # The shards of the input bound the tasks: there is one.
    stages = [
        (1, [reader, MinhashDedupSignature(output_folder=f"{target}/signatures", config=config)]),
        (
            config.num_buckets,
            [MinhashDedupBuckets(f"{target}/signatures", output_folder=f"{target}/buckets", config=config)],
        ),
        (1, [MinhashDedupCluster(f"{target}/buckets", output_folder=f"{target}/remove", config=config)]),
        (
            1,
            [
                reader,
                MinhashDedupFilter(input_folder=f"{target}/remove"),
                JsonlWriter(f"{target}/kept", compression=None),
            ],
        ),
    ]
    for n, (tasks, pipeline) in enumerate(stages):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=f"{target}/logs/{n}").run()


if __name__ == "__main__":
    main(*sys.argv[1:])
