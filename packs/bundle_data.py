"""Cuts the excerpts under data/ from the full data sets. Run by hand, not by any build.

    python3 packs/bundle_data.py RAW_MODES.jsonl.gz RAW_GED.csv [PYOCTO_TEST_DATA]

Writes data/modes/paris_toulouse_2024.jsonl.gz (time and frame only), an excerpt of what
another decoder made of it, and data/ucdp/ged_syria_2017.csv without the columns that are
prose or repeat others; given the folder tests/data of PyOcto, also data/acoustic (with pandas
and pyarrow).
"""

import csv
import gzip
import json
import pathlib
import sys

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
DROPPED = {"source_original", "geom_wkt"}
EVERY = 20


def bundle_modes(raw: str) -> None:
    frames, positions = [], []
    with gzip.open(raw, "rt") as lines:
        for line in lines:
            record = json.loads(line)
            frames.append({"timestamp": record["timestamp"], "frame": record["frame"]})
            if record.get("bds") == "05" and "latitude" in record:
                positions.append(record)
    # A fixed modification time keeps the file the same from run to run.
    with gzip.GzipFile(DATA / "modes/paris_toulouse_2024.jsonl.gz", "wb", 9, mtime=0) as out:
        for frame in frames:
            out.write((json.dumps(frame, separators=(",", ":")) + "\n").encode())
    with open(DATA / "modes/expected_positions.csv", "w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(["timestamp", "icao24", "latitude", "longitude", "altitude_ft", "nuc_p"])
        for p in positions[::EVERY]:
            row = [p["timestamp"], p["icao24"], p["latitude"], p["longitude"]]
            table.writerow([*row, p["altitude"], p["NUCp"]])


def bundle_ged(raw: str) -> None:
    with open(raw, newline="") as rows, open(DATA / "ucdp/ged_syria_2017.csv", "w") as out:
        reader = csv.DictReader(rows)
        kept = [name for name in reader.fieldnames if name not in DROPPED]
        table = csv.DictWriter(out, kept, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(reader)


def bundle_acoustic(folder: str) -> None:
    import pandas

    picks = pandas.read_parquet(f"{folder}/picks").sort_values("time", kind="stable")
    seconds = (picks.time - pandas.Timestamp(0)).dt.total_seconds()
    picks["second"] = seconds.map("{:.6f}".format)
    picks = picks[["station", "phase", "second", "event"]]
    picks.to_csv(DATA / "acoustic/picks.csv", index=False)
    stations = pandas.read_parquet(f"{folder}/stations")
    stations = stations.rename(columns={"elevation": "elevation_m"})
    stations.to_csv(DATA / "acoustic/stations.csv", index=False)


if __name__ == "__main__":
    bundle_modes(sys.argv[1])
    bundle_ged(sys.argv[2])
    for folder in sys.argv[3:]:
        bundle_acoustic(folder)
