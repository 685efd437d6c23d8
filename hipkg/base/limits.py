"""How much of what users supply is taken: each limit once, with what is said beyond it.

The table of `docs/limits.md` is made of these, and a test holds it to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import EngineUnavailable, UnreadableInput, UsageError

if TYPE_CHECKING:
    from hipkg.base.errors import HipkgError

_MB = 2**20
_XML_WEIGHT = 4
"""For how many values of JSON an element of XML counts, which takes as much more memory."""


class Limit(NamedTuple):
    """A limit on what users supply.

    ``what`` is bounded by ``most``, counted in ``unit``; ``message`` says so beyond it, with ``{most}`` for
    the number; ``remedy`` says how to mend it; ``option`` sets another limit, if there is one; ``error`` is raised.
    """

    what: str
    most: int
    unit: str
    message: str
    remedy: str
    option: str = ""
    error: type[HipkgError] = UnreadableInput

    def exceeded(self, place: str = "", most: int | None = None, of: str = "") -> HipkgError:
        """Make the error that says so, of something that has a name, and of another limit where one is set."""
        message = self.message.format(most=self.told(most), of=of and f" of {of}")
        return self.error(message, place=place, remedy=self.remedy)

    def told(self, most: int | None = None) -> str:
        """Write the limit, or another, with its unit."""
        number = self.most if most is None else most
        return f"{number / _MB:g} MB" if self.unit == "MB" else f"{number:,} {self.unit}".replace(",", " ")


_FEWER = "Split it into files of fewer patients, or allow a larger max_bytes from Python."
_BY_PARTS = "Split it; of FHIR, plan for NDJSON with --format ndjson, which reads it part by part."
INPUT = Limit("an input, unpacked", 64 * _MB, "MB", "The input is larger than {most}.", _FEWER, "`max_bytes` in Python")
FOLDER = Limit(
    "all files of a folder of FHIR, unpacked", 512 * _MB, "MB", "The folder holds more than {most}.",
    _FEWER.replace("files", "folders"), "`max_bytes` in Python",
)  # fmt: skip
FILES = Limit(
    "the files of a folder", 100_000, "files", "The folder holds more than {most}.", "Name the folder of the export."
)
VALUES = Limit(
    "the values and elements of a source in JSON or XML", 12_000_000, "values",
    "The input holds more than {most}.", "Split it into files of fewer patients.",
)  # fmt: skip
DEPTH = Limit(
    "what is nested in JSON and XML", 200, "levels", "The input is nested too deep: nested more than {most}.",
    "Link the nodes by IRI instead; of FHIR, export the resources one by one.",
)  # fmt: skip
LITERAL = Limit(
    "a literal", 2**20, "characters", "The value{of} is longer than {most}.",
    "Keep documents and images out of the patient graph and link to them.",
)  # fmt: skip
NAMESPACES = Limit(
    "the namespaces that RDF/XML declares", 1_000, "namespaces", "The document declares more than {most}.",
    "Declare those that are used, once.",
)  # fmt: skip
RESOURCES = Limit(
    "the resources of a source of FHIR that is read at once", 150_000, "resources", "The input holds more than {most}.",
    _BY_PARTS,
)  # fmt: skip
TRIPLES = Limit(
    "the triples of a source", 250_000, "triples", "The input holds more than {most}.",
    "Split it into files of fewer patients.",
)  # fmt: skip
PATIENTS = Limit(
    "the patients of a source that is read at once", 2_000, "patients", "The input holds more than {most}.",
    _BY_PARTS,
)  # fmt: skip
SUBJECTS = Limit(
    "the problems and sites of a source that is read at once", 8_000, "problems and sites",
    "The input holds more than {most}.", "Split it into files of fewer patients.",
)  # fmt: skip
REPEATS = Limit(
    "the values of one property of a node of RDF, but for the links of a patient", 2_000, "values",
    "The node has more than {most}{of}.", "Record those that matter.",
)  # fmt: skip
ACTIVITIES = Limit(
    "the courses and studies of one patient who is planned for", 4_000, "courses and studies",
    "The patient has more than {most}.", "Record those of the last years.",
)  # fmt: skip
JUDGEMENTS = Limit(
    "how often statements are judged for one patient, once for each place", 100_000, "times",
    "The statements would be judged more than {most} for one patient.",
    "Record the body sites that matter, each once.",
)  # fmt: skip
_AS_JSON = "Write JSON or NDJSON, or plan for fewer patients at once."
PAGES = Limit(
    "the judgements in text, Markdown or HTML", 75_000, "judgements",
    "The pages would tell of more than {most} of statements.", _AS_JSON, error=UsageError,
)  # fmt: skip
GRAPHS = Limit(
    "the judgements in Turtle, JSON-LD or FHIR", 50_000, "judgements",
    "The plans would hold more than {most} of statements.", _AS_JSON, error=UsageError,
)  # fmt: skip
BLANK_NODES = Limit(
    "comparisons of blank nodes that are alike", 1_000_000, "comparisons",
    "Too many blank nodes are alike, or their chains are too long: more than {most}.", "Give the nodes IRIs.",
)  # fmt: skip
QUERY_SECONDS = Limit(
    "the time of a query", 30, "s", "The query gave no answer within {most}.",
    "Ask for less, or give it more time: --timeout.", "`--timeout`", EngineUnavailable,
)  # fmt: skip
QUERY_MEMORY = Limit(
    "the memory of a query", 1024 * _MB, "MB",
    "The query needs more than {most} of memory.",
    "Ask for less: patterns that share variables, fewer rows.", error=EngineUnavailable,
)  # fmt: skip
QUERY_DEPTH = Limit(
    "what is nested in a query", 100, "brackets", "The query has more than {most} in each other.",
    "Write it with fewer brackets.", error=UsageError,
)  # fmt: skip
QUERY_TEXT = Limit(
    "the text of a query", _MB, "MB", "The query is longer than {most}.", "Give its values in a patient file.",
    error=UsageError,
)  # fmt: skip
ANSWER = Limit(
    "an answer that is held whole: a table, Turtle, or in Python", 64 * _MB, "MB", "The answer is larger than {most}.",
    "Ask for less, with LIMIT or --limit, or write csv, tsv, json, jsonl, xml or ntriples.", "`--limit`", UsageError,
)  # fmt: skip
REASONER_SECONDS = Limit(
    "the time of HermiT or Pellet", 600, "s", "The reasoner{of} gave no answer within {most}.", "Use --engine native.",
    error=EngineUnavailable,
)  # fmt: skip
COMPARING_SECONDS = Limit(
    "the time of HermiT while ontologies are compared, all questions together", 180, "s",
    "The reasoner gave no answer within {most}.", "Give it more time: --timeout.", "`--timeout`", EngineUnavailable,
)  # fmt: skip
NEAR_NAMES = 10
"""For how many unknown names of a source the names that are written most like them are looked up."""
LIMITS = tuple(one for one in globals().values() if isinstance(one, Limit))


def refuse_many_values(data: bytes, place: str, before: int = 0) -> int:
    """Count the values in JSON, or the elements in XML, by their marks, and those before.

    Raises `UnreadableInput` for more than `VALUES`.
    """
    if data[:99].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        count = before + data.count(b"<") * _XML_WEIGHT
    else:
        count = before + data.count(b",") + data.count(b"[") + data.count(b"{")
    if count > VALUES.most:
        raise VALUES.exceeded(place)
    return count
