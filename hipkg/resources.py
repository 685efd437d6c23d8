"""Where the shipped ontology, queries and shapes are found, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_SHIPPED = _PACKAGE / "_data"
ROOT = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent
ONTOLOGY = ROOT / "ontology"
QUERIES = ROOT / "queries"
SHAPES = ROOT / "shapes"
RELEASE = ONTOLOGY / "release"
PATIENT_SHAPES = SHAPES / "patient.ttl"


def ontology_files() -> tuple[Path, ...]:
    """List the Turtle sources of the ontology, in a fixed order."""
    return tuple(sorted([*ONTOLOGY.glob("*.ttl"), *ONTOLOGY.glob("guidelines/*.ttl")]))


def patient_modules() -> tuple[Path, ...]:
    """List the sources that say something of patients: all but the vocabulary of plans, which only slows reasoners."""
    return tuple(path for path in ontology_files() if path.name != "plan.ttl")
