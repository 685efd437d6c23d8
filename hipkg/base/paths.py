"""Where the shipped ontology, queries and shapes are found, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_SHIPPED = _PACKAGE / "_data"
INSTALLED = _SHIPPED.is_dir()
"""Whether the package runs from an installed wheel rather than from a checkout."""
ROOT = _SHIPPED if INSTALLED else _PACKAGE.parent
ONTOLOGY = ROOT / "ontology"
QUERIES = ROOT / "queries"
SHAPES = ROOT / "shapes"
EXAMPLES = ROOT / "examples"
RELEASE = ONTOLOGY / "release"
MAPPINGS = ONTOLOGY / "mappings"
POSSIBLE_CONTEXTS = ONTOLOGY / "possible.ttl"
DENIALS = ONTOLOGY / "denials.ttl"
PATIENT_SHAPES = SHAPES / "patient.ttl"
PLAN_SHAPES = SHAPES / "plan.ttl"
GUIDELINE_PAGES = ROOT / "docs" / "guideline"
MODEL_PAGES = ROOT / "docs" / "model"
SCHEMAS = _PACKAGE / "schemas"
CHECK_PAGES = ROOT / "docs" / "checks"


def ontology_files() -> tuple[Path, ...]:
    """List the Turtle sources of the ontology, in a fixed order."""
    return tuple(sorted([*ONTOLOGY.glob("*.ttl"), *ONTOLOGY.glob("guidelines/*.ttl")]))


def normalising_queries() -> tuple[Path, ...]:
    """List the queries that bring a record into one form, in their order."""
    return tuple(sorted((QUERIES / "normalise").glob("*.rq")))


def edited_files() -> tuple[Path, ...]:
    """List the sources of the ontology that editors write, and that the release does not."""
    return tuple(path for path in ontology_files() if path not in {POSSIBLE_CONTEXTS, DENIALS})


def files_about_ontology() -> tuple[Path, ...]:
    """List the files that name terms of the ontology beside its modules: shapes, queries, mappings and the context."""
    beside = (SHAPES.glob("*.ttl"), QUERIES.rglob("*.rq"), MAPPINGS.glob("*.tsv"), ONTOLOGY.glob("*.jsonld"))
    return tuple(path for paths in beside for path in sorted(paths))


def patient_modules() -> tuple[Path, ...]:
    """List the sources that say something of patients; plans, tensions and the words of records only slow reasoners."""
    return tuple(path for path in ontology_files() if path.name not in {"plan.ttl", "tensions.ttl", "words.ttl"})
