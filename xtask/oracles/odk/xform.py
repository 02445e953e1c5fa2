"""Converts the form with pyxform and checks the XForm apart from everything in crates/.

usage: xform.py FORM.xlsx FORM.xml SCHEMA.json

Exits with 1 when the XForm lacks a field of the report format, has another, or lacks a text in one of the
three languages. Runs ODK Validate, which comes with pyxform, where there is a Java.
"""

import json
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

from pyxform.xls2xform import convert

LANGUAGES = ["English (en)", "Arabic (ar)", "Russian (ru)"]
XF = "{http://www.w3.org/2002/xforms}"
# Those that every submission bears in its envelope; one that a form has no use for.
ENVELOPE = {"id", "received_at", "replaces", "critical"}


def fields_of(schema):
    """The format's fields, as the form spells points, sides and files."""
    for name, field in schema["properties"].items():
        if name in ENVELOPE:
            continue
        if name == "media":
            yield from ["photo", "video", "audio", "document"]
        elif name == "sides":
            yield from ["side_a", "side_b"]
        elif "properties" in field:
            for member in field["properties"]:
                point = "position" if name == "source" else "point"
                yield f"{name}/{point if member in ('lon', 'lat') else member}"
        else:
            yield name


def leaves_of(element, path=""):
    for child in element:
        here = f"{path}{child.tag.removeprefix(XF)}"
        if len(child):
            yield from leaves_of(child, f"{here}/")
        else:
            yield here


def main():
    form, xform, schema = sys.argv[1:]
    has_java = shutil.which("java") is not None
    result = convert(form, validate=has_java)
    Path(xform).write_text(result.xform, encoding="utf-8")
    root = ElementTree.fromstring(result.xform)
    model = root.find(f".//{XF}model")
    primary = model.find(f"{XF}instance")[0]
    asked = {leaf for leaf in leaves_of(primary)}
    asked = {leaf for leaf in asked if not leaf.endswith("_how") and not leaf.startswith("meta/")}
    asked -= {"start", "end"}
    wanted = set(fields_of(json.loads(Path(schema).read_text(encoding="utf-8"))))
    faults = [f"the form lacks {name}" for name in sorted(wanted - asked)]
    faults += [f"the form asks for {name}, which is no field" for name in sorted(asked - wanted)]
    texts = {}
    for translation in model.iter(f"{XF}translation"):
        said = {t.get("id"): "".join(v.text or "" for v in t) for t in translation}
        texts[translation.get("lang")] = said
    if sorted(texts) != sorted(LANGUAGES):
        faults.append(f"the form's languages are {sorted(texts)}")
    every = set().union(*(set(said) for said in texts.values()))
    for language, said in texts.items():
        missing = sorted(text for text in every if said.get(text, "").strip() in ("", "-"))
        faults += [f"{language} lacks {text}" for text in missing]
    for fault in faults:
        print(fault)
    judged = "ODK Validate takes it" if has_java else "no Java, so ODK Validate did not look"
    print(f"{Path(form).name}: {len(asked)} fields, {len(every)} texts in {len(texts)} languages; {judged}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
