"""Where the shipped ontology, queries and shapes are found, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from hipkg.base.own import own_folder

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
CATALOG = "catalog-v001.xml"
"""The file that leads Protégé from the IRI of each module to its file."""
PATTERNS = ONTOLOGY / "patterns.tsv"
POSSIBLE_CONTEXTS = ONTOLOGY / "possible.ttl"
DENIALS = ONTOLOGY / "denials.ttl"
PATIENT_SHAPES = SHAPES / "patient.ttl"
PLAN_SHAPES = SHAPES / "plan.ttl"
GUIDELINE_PAGES = ROOT / "docs" / "guideline"
MODEL_PAGES = ROOT / "docs" / "model"
SCHEMAS = _PACKAGE / "schemas"
CHECK_PAGES = ROOT / "docs" / "checks"


def module_files(folder: Path) -> tuple[Path, ...]:
    """List the modules of an ontology in a folder, in a fixed order."""
    return tuple(sorted([*folder.glob("*.ttl"), *folder.glob("guidelines/*.ttl")]))


def ontology_folder() -> Path:
    """Return the folder of the ontology that is worked on: that of one's own, or that of the shipped one."""
    return own_folder() or ONTOLOGY


def own_files() -> tuple[Path, ...]:
    """List the modules of the ontology of one's own that is used, in a fixed order; there may be none."""
    own = own_folder()
    return module_files(own) if own else ()


def ontology_files() -> tuple[Path, ...]:
    """List the Turtle sources of the shipped ontology, and of one's own that is used, in a fixed order."""
    return (*module_files(ONTOLOGY), *own_files())


def own_code_tables() -> tuple[Path, ...]:
    """List the tables of codes that an ontology of one's own brings."""
    own = own_folder()
    return tuple(sorted(one for one in own.glob("codes/*") if one.is_file())) if own else ()


def own_shapes() -> tuple[Path, ...]:
    """List the files of the shapes of patients that an ontology of one's own adds to the shipped ones."""
    own = own_folder()
    return tuple(sorted(own.glob("shapes/*.ttl"))) if own else ()


def normalising_queries() -> tuple[Path, ...]:
    """List the queries that bring a record into one form, in their order."""
    return tuple(sorted((QUERIES / "normalise").glob("*.rq")))


def edited_files() -> tuple[Path, ...]:
    """List the sources of the ontology that editors write, and that the release does not."""
    return tuple(path for path in ontology_files() if path.name not in {POSSIBLE_CONTEXTS.name, DENIALS.name})


def files_about_ontology() -> tuple[Path, ...]:
    """List the files that name terms of the ontology beside its modules: shapes, queries, mappings and the context."""
    beside = (SHAPES.glob("*.ttl"), QUERIES.rglob("*.rq"), MAPPINGS.glob("*.tsv"), ONTOLOGY.glob("*.jsonld"))
    return tuple(path for paths in beside for path in sorted(paths))


def patient_modules() -> tuple[Path, ...]:
    """List the sources that say something of patients; what others say would only slow reasoners."""
    others = {"plan.ttl", "results.ttl", "tensions.ttl", "words.ttl"}
    return tuple(path for path in ontology_files() if path.name not in others)
