"""Builds areas.geojson from OCHA's boundaries and checks it. Run by hand, not by any build.

    python3 packs/southern-syria-2017/make_areas.py COD_AB_FOLDER

Needs pyshp and shapely 2.1. The three governorates are simplified together, so that
neighbours stay joined, and every one of UCDP's events of 2017 must lie in the same
governorate, or in none, as with the boundaries as published.
"""

import csv
import datetime
import json
import pathlib
import sys

import shapefile
import shapely
from shapely.geometry import shape

HERE = pathlib.Path(__file__).resolve().parent
EVENTS = HERE.parent.parent / "data/ucdp/ged_syria_2017.csv"

GOVERNORATES = {
    "SY12": ("dara", "Dar'a", ["Dara", "Daraa", "Deraa", "Daraa Governorate", "درعا"]),
    "SY13": ("as-suwayda", "As-Sweida", ["As-Suwayda", "As Suwayda", "Sweida", "As Suwayda Governorate", "السويداء"]),
    "SY14": ("quneitra", "Quneitra", ["Al Quneitra", "Al-Qunaytirah", "Quneitra Governorate", "القنيطرة"]),
}
# About 100 m: the boundaries' own accuracy is no better, and neither are the events' places.
TOLERANCE_DEG = 0.001
DECIMALS = 5
START = datetime.date(2017, 7, 9)
# Checked by an independent count over the boundaries as published: before, from the day on.
EXPECTED = {"SY12": (104, 32), "SY13": (5, 7), "SY14": (22, 7)}


def governorates(folder: str):
    reader = shapefile.Reader(f"{folder}/syr_admin1.shp")
    read = {s.record["PCODE"]: shape(s.shape.__geo_interface__) for s in reader.iterShapeRecords()}
    return {code: read[code] for code in GOVERNORATES}, read["SY03"]


def simplified(areas):
    joined = list(areas.values())
    assert shapely.coverage_is_valid(joined), "neighbours share their edges as published"
    fewer = shapely.coverage_simplify(joined, TOLERANCE_DEG)
    rounded = [shapely.transform(area, lambda xy: xy.round(DECIMALS)) for area in fewer]
    assert all(area.is_valid for area in rounded) and shapely.coverage_is_valid(rounded)
    return dict(zip(areas, rounded))


def check_events(published, bundled) -> None:
    with open(EVENTS, newline="") as rows:
        events = list(csv.DictReader(rows))
    points = shapely.points([[float(e["longitude"]), float(e["latitude"])] for e in events])
    days = [(datetime.date.fromisoformat(e["date_start"][:10]) - START).days for e in events]
    for code in GOVERNORATES:
        was, now = shapely.covers(published[code], points), shapely.covers(bundled[code], points)
        assert (was == now).all(), f"{code}: an event changed sides"
        before = sum(bool(inside) and -60 <= day < 0 for inside, day in zip(now, days))
        after = sum(bool(inside) and 0 <= day < 60 for inside, day in zip(now, days))
        assert (before, after) == EXPECTED[code], (code, before, after)
        off = bundled[code].hausdorff_distance(published[code]) * 111_000
        vertices = len(shapely.get_coordinates(bundled[code]))
        print(f"{code}: {before} before, {after} from {START}; {vertices} vertices, at most {off:.0f} m off")


def feature(properties, geometry):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def border(one, other, points=12):
    """The shared boundary of two areas as one rough line."""
    line = shapely.line_merge(shapely.intersection(one.boundary, other.boundary))
    if line.geom_type == "MultiLineString":
        line = max(line.geoms, key=lambda part: part.length)
    steps = [line.interpolate(n / (points - 1), normalized=True) for n in range(points)]
    return [[round(p.x, 3), round(p.y, 3)] for p in steps]


def main(folder: str) -> None:
    published, rural_damascus = governorates(folder)
    bundled = simplified(published)
    check_events(published, bundled)
    features = []
    for code, (name, title, aliases) in GOVERNORATES.items():
        area = shapely.orient_polygons(bundled[code])
        properties = {"id": name, "name": title, "pcode": code, "aliases": aliases}
        properties["note"] = "OCHA COD-AB, CC BY-IGO, simplified"
        rings = [area.exterior, *area.interiors]
        rings = [[[round(x, DECIMALS), round(y, DECIMALS)] for x, y in r.coords] for r in rings]
        features.append(feature(properties, {"type": "Polygon", "coordinates": rings}))
    # Ends of the illustrative corridor: where Dar'a meets Rural Damascus, and its southern side.
    north = border(published["SY12"], rural_damascus)
    south = shapely.difference(published["SY12"].boundary, shapely.union_all(
        [rural_damascus, published["SY13"], published["SY14"]]).buffer(0.002))
    south = shapely.line_merge(south)
    south = max(south.geoms, key=lambda p: p.length) if hasattr(south, "geoms") else south
    steps = [south.interpolate(n / 11, normalized=True) for n in range(12)]
    south = [[round(p.x, 3), round(p.y, 3)] for p in steps]
    features += [
        feature(
            {"id": "al-tanf-55km", "name": "55 km around al-Tanf", "aliases": ["At Tanf", "al-Tanf"], "radius_m": 55000,
             "note": "constructed: a geodesic circle about the garrison's published place"},
            {"type": "Point", "coordinates": [38.6178, 33.5064]}),
        feature(
            {"id": "daraa-al-balad", "name": "Dar'a al-Balad", "radius_m": 1500,
             "note": "illustrative: a circle about the old town; the agreed map is not public"},
            {"type": "Point", "coordinates": [36.098, 32.612]}),
        feature(
            {"id": "dara-north", "name": "Northern border of Dar'a", "radius_m": 500,
             "note": "illustrative: a rough line along the border with Rural Damascus"},
            {"type": "LineString", "coordinates": north}),
        feature(
            {"id": "dara-south", "name": "Southern border of Dar'a", "radius_m": 500,
             "note": "illustrative: a rough line along the border with Jordan"},
            {"type": "LineString", "coordinates": south}),
        feature(
            {"id": "synthetic-coverage", "name": "Coverage of the synthetic receiver", "radius_m": 70000,
             "note": "synthetic: no such receiver is known"},
            {"type": "Point", "coordinates": [36.2, 32.7]}),
    ]
    lines = [json.dumps(f, ensure_ascii=False, separators=(", ", ": ")) for f in features]
    text = '{ "type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n] }\n"
    (HERE / "areas.geojson").write_text(text)


main(sys.argv[1])
