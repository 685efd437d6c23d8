"""Unfold what a source holds into resources: Bundles, Parameters and requests of CDS Hooks, also within each other.

What stands in the place of a resource, such as the answer of a server that has failed, is told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import HipkgError, UnreadableInput
from hipkg.base.limits import DEPTH
from hipkg.reading.fhir.context import part_of
from hipkg.reading.fhir.elements import Malformed, parts
from hipkg.reading.fhir.json_form import TWICE
from hipkg.reading.fhir.lenient import object_in, objects, text_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.reading.account import Outcome
    from hipkg.reading.fhir.elements import Raw

HOLDING = {None, "Bundle", "OperationOutcome", "Parameters"}
"""The types of what is no resource to be read by itself, and none where it may be a request."""
_DEEPEST = 20
_GRAVE = {"fatal", "error"}
_LACKING = {
    "exception", "forbidden", "incomplete", "not-found", "security", "suppressed", "throttled", "timeout", "too-costly",
    "transient",
}  # fmt: skip
"""The codes of what a warning must be about to tell that something is missing."""
_TOLD = 120
_IN_PART = re.compile(r"[?&]_(?:elements=|summary=(?!false))")


class Entry(NamedTuple):
    """A resource as it stands in a source, or with ``trouble`` what stands there instead of one.

    ``url`` is its full URL; ``gone`` that of a resource which an entry says was deleted.
    """

    raw: object
    url: str
    place: str
    trouble: tuple[Outcome, str] | None = None
    gone: str = ""


def unfolded(content: object, url: str, place: str, depth: int = 0) -> Iterator[Entry]:
    """Unfold Bundles and what else holds resources, also nested ones, into their resources."""
    if depth > _DEEPEST:
        raise too_deep(place)
    if isinstance(content, list):
        for number, one in enumerate(content):
            yield from unfolded(one, "", f"{place}[{number}]", depth)
        return
    kind = content.get("resourceType") if isinstance(content, dict) else None
    if not isinstance(content, dict):
        yield Entry(content, url, place)
    elif kind == "Bundle":
        yield from _of_bundle(content, place, depth)
    elif kind == "Parameters":
        yield from _of_parameters(content, "parameter", place, depth)
    elif kind == "OperationOutcome":
        yield _outcome(content, place)
    elif kind is None and isinstance(content.get("hook"), str):
        yield from _of_request(content, place, depth)
    else:
        yield Entry(content, url, place)


def _of_request(request: Raw, place: str, depth: int) -> Iterator[Entry]:
    """Unfold what a request of CDS Hooks has fetched before, and the resources of its context; nothing is fetched."""
    fetched, context = request.get("prefetch"), request.get("context")
    names = [*request.get(TWICE, ()), *object_in(request, "prefetch").get(TWICE, ())]
    if names:
        yield Entry(None, "", place, ("malformed", f"the request has {', '.join(names)} twice"))
    if not fetched:
        yield Entry(None, "", place, ("set aside", "the request has fetched nothing before, and nothing is fetched"))
    patients: set[str] = set()
    for name, given in (("prefetch", fetched), ("context", context)):
        for key, value in given.items() if isinstance(given, dict) else ():
            if isinstance(value, dict) and "resourceType" in value:
                for one in unfolded(value, "", f"{place} {name}.{key}", depth + 1):
                    if isinstance(one.raw, dict) and text_in(one.raw, "resourceType") == "Patient":
                        patients.add(text_in(one.raw, "id"))
                    yield one
    asked = text_in(request, "context", "patientId").rpartition("/")[2]
    if asked and patients and asked not in patients:
        told = f"the request is about Patient/{asked}, who was not fetched"
        yield Entry(None, "", place, ("set aside", told))


def _of_parameters(content: Raw, name: str, place: str, depth: int) -> Iterator[Entry]:
    """Unfold the resources among parameters and their parts."""
    given = content.get(name)
    for number, one in enumerate(given if isinstance(given, list) else ()):
        where = f"{place} {name}[{number}]"
        if isinstance(one, dict):
            if one.get("resource") is not None:
                yield from unfolded(one["resource"], "", where, depth + 1)
            if depth > _DEEPEST:
                raise too_deep(place)
            yield from _of_parameters(one, "part", where, depth + 1)


def _outcome(content: Raw, place: str) -> Entry:
    """Tell of what a server could not give."""
    grave = [one for one in objects(content.get("issue")) if _is_grave(text_in(one, "severity"), text_in(one, "code"))]
    words = [text_in(one, "diagnostics") or text_in(one, "details", "text") or text_in(one, "code") for one in grave]
    told = "; ".join(filter(None, words))[:_TOLD]
    if grave:
        return Entry(
            None, "", place, ("set aside", f"the source could not give all of it: {told or 'it does not say why'}")
        )
    return Entry(None, "", place, ("ignored", "it tells of how the source was made"))


def _is_grave(severity: str, code: str) -> bool:
    return severity in _GRAVE or (severity == "warning" and code in _LACKING)


def _of_bundle(content: Raw, place: str, depth: int) -> Iterator[Entry]:
    """Unfold a Bundle, and tell of what it leaves out."""
    if names := content.get(TWICE):
        raise UnreadableInput(
            f"The Bundle has {', '.join(names)} twice.", place=place, remedy="Write it again with its tool."
        )
    try:
        entries = parts(content, "entry")
    except Malformed:
        raise UnreadableInput(
            "The entries of the Bundle are no list of objects.", place=place, remedy="Write it again with its tool."
        ) from None
    yield from _missing_pages(content, place)
    for number, entry in enumerate(entries):
        resource, full_url = entry.get("resource"), entry.get("fullUrl")
        where, url = f"{place} entry[{number}]", full_url if isinstance(full_url, str) else ""
        status = text_in(entry, "response", "status")
        if names := entry.get(TWICE):
            yield Entry(None, url, where, ("malformed", f"the entry has {', '.join(names)} twice"))
        elif status[:1] in {"4", "5"}:
            yield Entry(None, url, where, ("set aside", f"the server answered {status[:40]} instead"))
        elif text_in(entry, "request", "method") == "DELETE":
            yield Entry(None, url, where, ("ignored", "it was deleted"), url or text_in(entry, "request", "url"))
        elif resource is not None:
            yield from unfolded(resource, url, where, depth + 1)


def _missing_pages(bundle: Raw, place: str) -> Iterator[Entry]:
    """Tell of a Bundle that is one page of several; it may lack what speaks against a plan."""
    named = objects(bundle.get("link"))
    following = [one for one in named if one.get("relation") == "next"]
    if following:
        yield Entry(None, "", place, ("set aside", "it is one page of several, and the next may not be here"))
    yield from (Entry(None, "", place, ("set aside", told)) for told in part_of(bundle))
    found, total = _matches(bundle), bundle.get("total")
    if not following and isinstance(total, int) and total > found:
        yield Entry(None, "", place, ("set aside", f"it tells of {total} resources that were found, and holds {found}"))
    asked = [text_in(one, "url") for one in named if one.get("relation") == "self"]
    if any(map(_IN_PART.search, asked)):
        yield Entry(None, "", place, ("set aside", "it was asked for in part, so what is not there may be recorded"))


def _matches(bundle: Raw) -> int:
    """Count what a search has found, without what it has added or tells."""
    found = objects(bundle.get("entry"))
    return sum(text_in(one, "search", "mode") not in {"include", "outcome"} for one in found)


def too_deep(place: str) -> HipkgError:
    """Say that something is nested deeper than it can be read."""
    return DEPTH.exceeded(place)
