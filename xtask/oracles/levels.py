"""Holds incidents against the events they came from: each event in one, and levels by number of sources.

usage: levels.py EVENTS.csv INCIDENTS.jsonl

An incident is corroborated when two sources or more stand behind it: UCDP says of each event how many do.
Of several events in one incident nobody knows which sources they share, so it has as many as the event
with the most, and at most as many as all together. Exits with 1 when that does not hold.
"""

import csv
import json
import sys
from collections import Counter
from pathlib import Path


def main():
    events, incidents = sys.argv[1:]
    with open(events, encoding="utf-8", newline="") as file:
        sources = {row["id"]: max(1, int(row["number_of_sources"] or 1)) for row in csv.DictReader(file)}
    lines = [json.loads(line) for line in Path(incidents).read_text(encoding="utf-8").splitlines()]
    of = Counter(event for line in lines for event in line["reports"])
    faults = [f"event {event} is in {of[event]} incidents" for event in sources if of[event] != 1]
    faults += [f"incident of an event that is none: {event}" for event in of if event not in sources]
    for line in lines:
        behind = [sources[event] for event in line["reports"] if event in sources]
        level = "corroborated" if line["sources"] >= 2 else "reported"
        if not max(behind) <= line["sources"] <= sum(behind) or line["level"] != level:
            faults.append(f"{line['id'][:10]}: {line['sources']} sources, {line['level']}, of {behind}")
    for fault in faults[:20]:
        print(fault)
    levels = Counter(line["level"] for line in lines)
    reckoned = [line["p_real"] for line in lines if line["p_real"] is not None]
    merged = sum(len(line["reports"]) > 1 for line in lines)
    print(f"{len(lines)} incidents of {len(sources)} events, {merged} of several; {dict(sorted(levels.items()))}")
    print(f"of {len(reckoned)} it is said how likely they are real; no event is lost or counted twice")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
