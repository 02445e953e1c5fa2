#!/usr/bin/env python3
"""What people use today: Shapely's STRtree over prepared zones, asked which hold each point.

    zones_peers.py DIR WORKLOAD

Reads what gen_zones.py wrote, snaps it to the 1e-7 degree grid, and prints one line of JSON:
points, pairs, checksum, build_s, match_s, cpu_s. The time runs from float arrays in memory
to all pairs, making the point geometries included.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import shapely

CHUNK = 1_000_000


def steps(path):
    """Coordinates as whole grid steps, which doubles hold exactly."""
    return np.rint(np.fromfile(path, dtype="<f8").reshape(-1, 2) * 1e7)


def main():
    folder, name = Path(sys.argv[1]), sys.argv[2]
    points = steps(folder / f"{name}_pts.f64")
    vertices = steps(folder / f"{name}_xy.f64")
    offsets = np.fromfile(folder / f"{name}_off.i64", dtype="<i8")
    rings = (offsets, np.arange(len(offsets)))

    start = time.perf_counter()
    zones = shapely.from_ragged_array(shapely.GeometryType.POLYGON, vertices, rings)
    shapely.prepare(zones)
    tree = shapely.STRtree(zones)
    build_s = time.perf_counter() - start

    start, start_cpu = time.perf_counter(), time.process_time()
    found = []
    for first in range(0, len(points), CHUNK):
        chunk = shapely.points(points[first : first + CHUNK])
        rows, held_by = tree.query(chunk, predicate="within")
        found.append((rows + first, held_by))
    rows, held_by = (np.concatenate(column).astype(np.uint64) for column in zip(*found))
    match_s, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu

    checksum = int((rows * np.uint64(1_000_003) + held_by).sum(dtype=np.uint64))
    figures = {"workload": name, "points": len(points), "pairs": len(rows), "checksum": checksum}
    print(json.dumps(figures | {"build_s": build_s, "match_s": match_s, "cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
