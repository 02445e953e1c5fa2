"""Adds the named places to areas.geojson. Run by hand after make_areas.py, not by any build.

    python3 packs/southern-syria-2017/make_places.py COD_AB_FOLDER GEONAMES.csv

Needs pyshp and shapely 2.1. Places are GeoNames' populated places in the three governorates, with
the P-code of the sub-district (ADM3 of OCHA's boundaries as published) that each lies in. How far
a place reaches is ours: 1.5 km for villages, 3 km from 10,000 people on, 5 km from 50,000 on.
"""

import csv
import json
import pathlib
import sys
import unicodedata

import shapefile
import shapely
from shapely.geometry import shape

AREAS = pathlib.Path(__file__).resolve().parent / "areas.geojson"
ALIASES_MAX = 24


def reach_m(population: int) -> int:
    return 5000 if population >= 50_000 else 3000 if population >= 10_000 else 1500


def plain(name: str) -> str:
    """Without the controls of direction that GeoNames has in a few: no pack may hold them."""
    return "".join(c for c in name if unicodedata.category(c) not in ("Cf", "Cc")).strip()


def named_places(boundaries: str, gazetteer: str):
    reader = shapefile.Reader(f"{boundaries}/syr_admin3.shp")
    units = [(s.record["PCODE"], shape(s.shape.__geo_interface__)) for s in reader.iterShapeRecords()]
    units = [(code, unit) for code, unit in units if code.startswith(("SY12", "SY13", "SY14"))]
    with open(gazetteer, newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            lon, lat = float(row["longitude"]), float(row["latitude"])
            inside = [code for code, unit in units if shapely.covers(unit, shapely.Point(lon, lat))]
            if not inside:
                continue
            # Latin, Arabic and Cyrillic: the scripts that observers here write.
            names = [plain(n) for n in row["alternatenames"].split("|")]
            readable = lambda n: n and all(ord(c) < 0x700 or 0x1E00 <= ord(c) < 0x2070 for c in n)
            aliases = sorted({n for n in names if readable(n) and n != row["name"]})[:ALIASES_MAX]
            yield {
                "type": "Feature",
                "properties": {
                    "name": row["name"],
                    **({"aliases": aliases} if aliases else {}),
                    "pcode": inside[0],
                    "reach_m": reach_m(int(row["population"] or 0)),
                },
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
            }


def main() -> None:
    boundaries, gazetteer = sys.argv[1:]
    lines = AREAS.read_text(encoding="utf-8").splitlines()
    areas = [line.rstrip(",") for line in lines[1:-1] if '"reach_m"' not in line]
    places = [json.dumps(p, ensure_ascii=False) for p in named_places(boundaries, gazetteer)]
    text = "\n".join([lines[0], ",\n".join([*areas, *sorted(places)]), lines[-1]])
    AREAS.write_text(text + "\n", encoding="utf-8")
    print(f"{len(places)} places")


if __name__ == "__main__":
    main()
