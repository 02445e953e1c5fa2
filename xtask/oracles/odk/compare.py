"""Holds what the reader of submissions made of the client's folders against what the client was told to send.

usage: compare.py TOLD.json FOLDER.jsonl ZIP.jsonl

TOLD.json is the client's last line; the other two are what the reader said of the folder and of the same
files as a zip. Exits with 1 when something is not as it should be.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

FROM = "2017-07-10T01:31:00Z"
PHOTO = sha256(bytes.fromhex("ffd8ffe000104a464946")).hexdigest()
# What has to have been read, by the submission's folder.
READ = {
    "edited": {
        "source": "مراقب-٠٥", "post": "نقطة الجسر", "source_kind": "human", "stands_somewhere": True, "method": "heard",
        "kind": "explosion", "from": FROM, "count": [3, 9], "bearing": [4500, 2250, 1200], "range": [2000, 5000],
        "sides": ["القوات الشمالية"], "weapon_class": "mortar", "language": "ar", "media": [["photo", PHOTO, 10]],
    },
    "sensor": {
        "source": "m-1", "source_kind": "acoustic", "clock_sd_us": 500_000, "arrival": "2017-07-10T01:31:29.221Z",
        "bearing": [27150, 0, 200], "range": [1000, 4000], "media": [], "replaces": None, "count": None,
    },
    "sighting": {
        "source": "m-2", "method": "told", "sources": 3, "kind": "helicopter", "count": [2, 2], "place_forms": 4,
        "sides": ["A", "B"], "weapon": "رشاش", "deaths": 1,
        "sighting": {"class": "attack helicopter", "heading_cdeg": 19000, "height_cm": [10000, 40000]},
    },
    "pack": {"sides": ["government", "opposition"], "place_forms": 1},
}
# The reader's word for what the form held something against, too.
REFUSED = {
    "future": "in-the-future",
    "backwards": "ends-before-start",
    "bearing": "bearing-out-of-range",
    "negative": "count-out-of-range",
    "billion": "count-out-of-range",
    "grid": "bad-mgrs",
    "pcode": "bad-pcode",
    "long": "text-too-long",
    "nobody": "missing-field",
    "twice": "same-id-another-body",
}


def lines_of(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def faults_of(ids, lines):
    read = {line["id"]: line for line in lines if "id" in line}
    refused = [line for line in lines if "rejected" in line]
    for name, wanted in READ.items():
        report = read.pop(ids[name], None)
        if report is None:
            yield f"{name} was not read"
            continue
        if name == "edited" and report["replaces"] != ids["first"]:
            yield f"edited replaces {report['replaces']}"
        for field, value in wanted.items():
            if report[field] != value:
                yield f"{name}: {field} is {report[field]}, and {value} was sent"
    yield from (f"{name} was read, and should not have been" for name in read)
    for name, code in REFUSED.items():
        found = [line["rejected"] for line in refused if (line["entry"] or "").endswith(f"{name}/instance.xml")]
        if found != [code]:
            yield f"{name}: {found}, not {code}"
    if len(refused) != len(REFUSED):
        yield f"{len(refused)} were refused, not {len(REFUSED)}"


def main():
    told, folder, archive = sys.argv[1:]
    told = json.loads(Path(told).read_text(encoding="utf-8"))
    ids = {one["name"]: one["id"] for one in told["told"]}
    faults = [f"{path}: {fault}" for path in (folder, archive) for fault in faults_of(ids, lines_of(path))]
    held = {one["name"]: one["held"] for one in told["told"]}
    faults += [f"the form let {name} through" for name in REFUSED if name != "twice" and not held[name]]
    faults += [f"the form refused {name}: {held[name]}" for name in READ if held[name]]
    for fault in faults:
        print(fault)
    print(f"{len(READ)} submissions read as they were sent, {len(REFUSED)} refused by the reader and by the form" if not faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
