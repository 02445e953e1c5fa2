"""Counts events before and after a day by area, apart from everything in crates/.

usage: tally.py PACK EVENTS.csv DAY DAYS all|in-scope TALLY.json

Reads the pack's texts and the events with Python's standard library alone, finds the area of each
event by a point-in-polygon of its own, and compares with what `armistice tally --by area --json`
counted. Exits with 1 when one number differs.
"""

import csv
import json
import sys
import tomllib
from datetime import date, timedelta
from pathlib import Path


def grid(degrees):
    return round(float(degrees) * 10_000_000)


def rings(geometry):
    polygons = geometry["coordinates"]
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    return [[(grid(x), grid(y)) for x, y, *_ in ring] for polygon in polygons for ring in polygon]


def inside(point, ring_list):
    """Even-odd over every ring, in whole numbers; whoever lies on an edge is inside."""
    px, py = point
    odd = False
    for ring in ring_list:
        for (ax, ay), (bx, by) in zip(ring, ring[1:]):
            side = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
            if side == 0 and min(ax, bx) <= px <= max(ax, bx) and min(ay, by) <= py <= max(ay, by):
                return True
            if (ay <= py) != (by <= py) and (side > 0) == (by > ay):
                odd = not odd
    return odd


def sides_in_scope(agreement, area):
    """For each ceasefire over the area: who forbears, and whether civilians are covered."""
    called = {}
    for party in agreement["party"]:
        for name in [party["id"], party["name"], *party.get("aliases", [])]:
            called[name.strip().lower()] = party
    scopes = []
    for clause in agreement["clause"]:
        if clause["kind"] == "ceasefire" and area in clause["areas"]:
            scopes.append((set(clause["between"]), clause.get("protects_civilians", False)))

    def in_scope(event):
        sides = [called.get(event[side].strip().lower()) for side in ("side_a", "side_b")]
        if None in sides:
            return False
        ids = [side["id"] for side in sides]
        civilian = [side["role"] == "civilian" for side in sides]
        return any(
            all(i in between or (c and protects) for i, c in zip(ids, civilian)) and not all(civilian)
            for between, protects in scopes
        )

    return in_scope


def count(pack, events, day, days, everything):
    agreement = tomllib.loads((pack / "agreement.toml").read_text(encoding="utf-8"))
    features = json.loads((pack / "areas.geojson").read_text(encoding="utf-8"))["features"]
    ceasefires = [clause for clause in agreement["clause"] if clause["kind"] == "ceasefire"]
    start, end = day - timedelta(days), day + timedelta(days)
    near = [event for event in events if start <= begins(event) < end]
    counts = {}
    # A feature without an id is a place's name, not an area.
    for feature in (f for f in features if "id" in f["properties"]):
        area = feature["properties"]["id"]
        if any(area in clause["areas"] for clause in ceasefires):
            ground, in_scope = rings(feature["geometry"]), sides_in_scope(agreement, area)
            here = [e for e in near if inside((grid(e["longitude"]), grid(e["latitude"])), ground)]
            here = [e for e in here if everything or in_scope(e)]
            before = sum(begins(event) < day for event in here)
            counts[area] = (before, len(here) - before)
    return counts


def begins(event):
    return date.fromisoformat(event["date_start"])


def main():
    pack, events, day, days, scope, tally = sys.argv[1:]
    with open(events, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ours = count(Path(pack), rows, date.fromisoformat(day), int(days), scope == "all")
    column = "all" if scope == "all" else "in_scope"
    lines = json.loads(Path(tally).read_text(encoding="utf-8"))["lines"]
    theirs = {area: (line["before"][column], line["after"][column]) for area, line in lines.items()}
    for area in sorted({*ours, *theirs}):
        same = ours.get(area) == theirs.get(area)
        print(f"{area:<14} {ours.get(area)} by hand, {theirs.get(area)} by armistice", "" if same else "DIFFERS")
    return 0 if ours == theirs else 1


if __name__ == "__main__":
    sys.exit(main())
