r"""Measure how many codes of public lists are known here, and how many are recorded under a term.

The lists are not part of the project; where each was taken from is told in ``docs/terminology.md``. Each is optional:

    python benchmarks/code_coverage.py --icd10cm codes.txt --icd10pcs codes.txt --atc atc.csv --drugs drugs.tsv \
        --value-sets bundle.json ...

``--icd10cm`` and ``--icd10pcs`` begin each line with a code, ``--atc`` has a column ``atc_code``, ``--drugs`` is the
table of PharmGKB with its identifiers of RxNorm and ATC, and ``--value-sets`` are FHIR ValueSets, or Bundles of them.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hipkg.knowledge.loading import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FAMILIES = {
    "osteoarthritis": r"M1[5-9]",
    "hip pain": r"M2555",
    "osteonecrosis": r"M87|M905",
    "ulcer": r"K2[5-8]",
    "obesity and body-mass index": r"E66|Z68",
    "back pain": r"M54[45689]",
    "hip replacement status": r"Z9664",
}
OPERATIONS = {
    "replacement of the hip joint": r"0SR[9B]",
    "replacement of a surface of it": r"0SR[AERS]",
    "revision of its prosthesis": r"0SW([9B](0[9BJ]|[34X]J)|[AERS].J)",
}
CLASSES = {
    "NSAIDs": r"M01A[ABCEG]|M01AX(01|02|04|07|13|17|18|22|23)",
    "COX-2 inhibitors": r"M01AH",
    "opioids": r"N02A|N07BC0[12356]|R05DA0[134568]",
    "anticoagulants": r"B01A[ABEF]|B01AX05",
    "acetaminophen": r"N02BE(01|51|71)",
    "proton pump inhibitors": r"A02BC",
    "bisphosphonates": r"M05B[AB]",
    "steroids": r"H02A[AB]",
}


def main() -> None:
    """Print a table for each list that is given."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name in ("--icd10cm", "--icd10pcs", "--atc", "--drugs"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--value-sets", type=Path, nargs="*", default=[])
    parser.add_argument("--title", default=".*", help="regular expression for the value sets to tell of")
    given = parser.parse_args()
    print("| list | system | codes | known | recorded |\n|---|---|---|---|---|")
    if given.icd10cm:
        _tell("ICD-10-CM", _families(_firsts(given.icd10cm), FAMILIES))
    if given.icd10pcs:
        _tell("ICD-10-PCS", _families(_firsts(given.icd10pcs), OPERATIONS))
    if given.atc:
        with given.atc.open(encoding="utf-8") as file:
            substances = [row["atc_code"] for row in csv.DictReader(file) if len(row["atc_code"]) == len("A00AA00")]
        _tell("ATC", _families(substances, CLASSES))
    if given.drugs:
        _tell("RxNorm", _ingredients(given.drugs))
    sets = (one for path in given.value_sets for one in _value_sets(json.loads(path.read_text("utf-8"))))
    for title, codes in sorted({title: codes for title, codes in sets if re.fullmatch(given.title, title)}.items()):
        for system, members in sorted(codes.items()):
            _tell(system, {title: members})


def _firsts(path: Path) -> list[str]:
    return sorted(
        {line.split()[0] for line in path.read_text("utf-8").splitlines() if line.strip() and "-" not in line}
    )


def _families(codes: Iterable[str], patterns: dict[str, str]) -> dict[str, set[str]]:
    given = list(codes)
    return {name: {one for one in given if re.match(pattern, one)} for name, pattern in patterns.items()}


def _ingredients(path: Path) -> dict[str, set[str]]:
    """List the identifiers of RxNorm of the substances of a class, as the table tells them."""
    found: dict[str, set[str]] = {name: set() for name in CLASSES}
    csv.field_size_limit(10**9)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            rxnorm, atc = (
                re.findall(r"[A-Z0-9]+", row[name] or "") for name in ("RxNorm Identifiers", "ATC Identifiers")
            )
            for name, pattern in CLASSES.items():
                if len(rxnorm) == 1 and any(re.match(pattern, one) for one in atc):
                    found[name].update(rxnorm)
    return found


def _value_sets(raw: Any) -> Iterator[tuple[str, dict[str, set[str]]]]:
    if raw.get("resourceType") == "Bundle":
        for one in raw.get("entry", ()):
            yield from _value_sets(one.get("resource", {}))
    elif raw.get("resourceType") == "ValueSet":
        codes: dict[str, set[str]] = defaultdict(set)
        for one in raw.get("expansion", {}).get("contains", ()):
            codes[one["system"]].add(one["code"])
        for part in [] if codes else raw.get("compose", {}).get("include", ()):
            codes[part["system"]].update(one["code"] for one in part.get("concept", ()))
        yield raw.get("title") or raw.get("name", ""), codes


def _tell(system: str, families: dict[str, set[str]]) -> None:
    terminology = load().terminology
    named = terminology.system(system)
    for name, codes in families.items():
        found = [terminology.of_code(system, one) for one in sorted(codes)]
        known, recorded = (sum(map(bool, found)), sum(any(one.asserts for one in each) for each in found))
        print(f"| {name} | {named.name if named else system} | {len(codes)} | {_share(known, found)} | ", end="")
        print(f"{_share(recorded, found)} |")


def _share(count: int, found: list[Any]) -> str:
    return f"{count} ({round(100 * count / len(found))} %)" if found else "0"


if __name__ == "__main__":
    main()
