"""Deals the lines of a gzipped file out to two files, so that one input becomes two that interleave.

usage: halves.py LINES.gz FIRST SECOND
"""

import gzip
import sys

source, *targets = sys.argv[1:]
with gzip.open(source, "rb") as lines:
    files = [open(target, "wb") for target in targets]
    for number, line in enumerate(lines):
        files[number // 500 % 2].write(line)
    for file in files:
        file.close()
