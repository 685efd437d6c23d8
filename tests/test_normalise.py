"""Normalising: days from dates and durations, checked against the calendar of Python, and sides of parts."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, serialize

from hipkg.base import hip
from hipkg.base.paths import QUERIES
from hipkg.base.vocabulary import HIP, XSD
from hipkg.record.lasting import days_lasted
from hipkg.record.normalise import constructed, normalise
from support.doors import read

FILES = sorted((QUERIES / "normalise").glob("*.rq"))
TODAY = date(2026, 3, 10)
PREFIXES = f"PREFIX : <https://example.org/> PREFIX hip: <{HIP}>\n"


class Days(NamedTuple):
    least: int
    most: int


def store_of(facts: str, as_of: date = TODAY) -> Store:
    store = Store()
    for graph in read(f"{PREFIXES} :ann a hip:Patient . {facts}".encode(), format="turtle", as_of=as_of):
        store.extend(Quad(*triple) for triple in graph.triples)
    return store


def normalised(facts: str, as_of: date = TODAY) -> Store:
    store = store_of(facts, as_of)
    normalise(store)
    return store


def values(store: Store, subject: str, predicate: str) -> list[str]:
    quads = store.quads_for_pattern(NamedNode(f"https://example.org/{subject}"), NamedNode(HIP + predicate), None)
    return sorted(quad.object.value.removeprefix(HIP) for quad in quads)


def as_text(store: Store) -> list[str]:
    return sorted(str(quad.triple) for quad in store)


def days(course: str, as_of: date = TODAY, link: str = ":ann hip:hasCourse :course .") -> Days | None:
    store = normalised(f"{link} :course {course} .", as_of)
    least, most = (values(store, "course", name) for name in ("minimumDays", "maximumDays"))
    assert len(least) == len(most)
    return Days(int(*least), int(*most)) if least else None


class Recorded(NamedTuple):
    """A date as people write it, and the first and the last day that it can mean."""

    text: str
    first: date
    last: date


def recorded(day: date, precision: int) -> Recorded:
    if precision == 4:
        return Recorded(f"{day.year}", date(day.year, 1, 1), date(day.year, 12, 31))
    if precision == 7:
        return Recorded(f"{day:%Y-%m}", day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
    return Recorded(day.isoformat(), day, day)


calendar = st.dates(date(1900, 1, 1), date(2100, 12, 31))
month_ends = st.builds(lambda day: day.replace(day=1) - timedelta(1), st.dates(date(1900, 2, 1), date(2100, 12, 31)))
leap_days = st.integers(1904 // 4, 2096 // 4).map(lambda number: date(4 * number, 2, 29))
any_date = st.builds(recorded, st.one_of(calendar, month_ends, leap_days), st.sampled_from([4, 7, 10]))


@given(any_date, any_date, st.one_of(calendar, leap_days))
def test_days_between_two_dates_are_those_of_the_calendar(start, end, as_of):
    found = days(f'hip:startDate "{start.text}" ; hip:endDate "{end.text}"', as_of)
    if end.last < start.first:
        assert found is None
    else:
        least = (min(end.first, as_of) - min(start.last, as_of)).days
        most = (min(end.last, as_of) - min(start.first, as_of)).days
        assert found == Days(max(least, 0), most)


@given(any_date, st.one_of(calendar, month_ends))
def test_what_is_ongoing_lasts_until_the_date_of_the_plan(start, as_of):
    found = days(f'hip:startDate "{start.text}" ; hip:hasStatus hip:ongoing', as_of)
    if as_of < start.first:
        assert found is None
    else:
        assert found == Days((as_of - min(start.last, as_of)).days, (as_of - start.first).days)


@pytest.mark.parametrize("status", ["completed", "stopped", "ongoing"])
def test_no_activity_is_counted_beyond_the_date_of_the_plan(status):
    course = f'hip:startDate "2026-03-01" ; hip:endDate "2026-06-30" ; hip:hasStatus hip:{status}'
    assert days(course) == Days(9, 9)


@pytest.mark.parametrize(
    "course",
    [
        'hip:startDate "2026-01-01"',
        'hip:startDate "2026-01-01" ; hip:hasStatus hip:stopped',
        'hip:startDate "2026-01-01" ; hip:endDate "2026-02-01" ; hip:hasStatus hip:planned',
        'hip:startDate "2026-01-01" ; hip:endDate "2026-02-01" ; hip:hasStatus hip:notDone',
        'hip:endDate "2026-01-01" ; hip:hasStatus hip:completed',
        'hip:startDate "2026-02-01" ; hip:endDate "2026-01-01"',
        'hip:startDate "2026-01-01", "2026-01-02" ; hip:endDate "2026-02-01"',
        'hip:startDate "last spring" ; hip:endDate "2026-02-01"',
        'hip:startDate "2026-13-01" ; hip:endDate "2026-14-01"',
        'hip:duration "P28D" ; hip:hasStatus hip:planned',
        'hip:duration "P28D" ; hip:hasStatus hip:notDone',
        *[f'hip:duration "{text}"' for text in ("P", "P1M", "P1Y", "PT28H", "P4W/P6W", "-P28D", "28", "P1.5W", "four")],
    ],
)
def test_nothing_is_made_up(course):
    assert days(course) is None


@pytest.mark.parametrize(("text", "count"), [("P28D", 28), ("P4W", 28), ("P2W3D", 17), ("P365D", 365), ("P08W", 56)])
def test_durations_in_weeks_and_days_are_read(text, count):
    assert days(f'hip:duration "{text}"') == Days(count, count)
    assert days(f'hip:duration "{text}"^^<http://www.w3.org/2001/XMLSchema#duration>') == Days(count, count)


def test_dates_outrank_a_duration():
    dates = 'hip:startDate "2026-01-01" ; hip:endDate "2026-01-15"'
    assert days(f'{dates} ; hip:duration "P90D"') == Days(14, 14)


def test_a_duration_fills_in_for_an_unknown_end():
    assert days('hip:startDate "2025" ; hip:hasStatus hip:stopped ; hip:duration "P6W"') == Days(42, 42)


@pytest.mark.parametrize("name", ["minimumDays", "maximumDays"])
def test_days_recorded_by_hand_stay(name):
    course = f'hip:startDate "2026-01-01" ; hip:endDate "2026-02-01" ; hip:duration "P9D" ; hip:{name} 5'
    store = normalised(f":ann hip:hasCourse :course . :course {course} .")
    assert values(store, "course", "minimumDays") + values(store, "course", "maximumDays") == ["5"]


def test_times_and_time_zones_of_dates_are_left_aside():
    assert days('hip:startDate "2026-01-01+02:00" ; hip:endDate "2026-01-15T10:00:00Z"') == Days(14, 14)


@pytest.mark.parametrize(
    "link",
    [
        ":ann hip:hasStudy :course .",
        ":ann hip:hasActivity :course .",
        ":course hip:activityOf :ann .",
        ":ann hip:hasCourse :course ; hip:hasActivity :course .",
    ],
)
def test_however_an_activity_is_linked_it_counts_once(link):
    assert days('hip:startDate "2026-01-01" ; hip:endDate "2026-01-15"', link=link) == Days(14, 14)


SITES = ":ann hip:hasProblem :pain . :pain hip:hasSite :part . :part hip:partOf :whole . "


def test_a_part_is_on_the_side_of_the_whole():
    store = normalised(f"{SITES} :whole hip:partOf :leg . :leg hip:hasSide hip:left .")
    assert values(store, "part", "hasSide") == values(store, "whole", "hasSide") == ["left"]


def test_a_whole_may_lie_in_the_midline():
    assert values(normalised(f"{SITES} :part hip:hasSide hip:left ."), "whole", "hasSide") == []


def test_a_recorded_side_stays():
    store = normalised(f"{SITES} :part hip:hasSide hip:right . :whole hip:hasSide hip:left .")
    assert values(store, "part", "hasSide") == ["right"]


def test_a_part_of_both_sides_has_none():
    store = normalised(
        f"{SITES} :part hip:partOf :other . :whole hip:hasSide hip:left . :other hip:hasSide hip:right ."
    )
    assert values(store, "part", "hasSide") == []


EVERYTHING = f"""{SITES} :whole hip:hasSide hip:left . :ann hip:hasCourse :one , :two , :three .
    :one hip:startDate "2025" ; hip:endDate "2026-02" . :two hip:startDate "2026-01-31" ; hip:hasStatus hip:ongoing .
    :three hip:duration "P2W3D" ."""


def test_normalising_twice_adds_nothing():
    store = normalised(EVERYTHING)
    before = as_text(store)
    normalise(store)
    assert as_text(store) == before


def test_what_was_recorded_stays():
    assert set(store_of(EVERYTHING)) < set(normalised(EVERYTHING))


def test_queries_give_the_same_in_another_store():
    graph = rdflib.Graph()
    graph.parse(data=serialize((quad.triple for quad in store_of(EVERYTHING)), format=RdfFormat.N_TRIPLES), format="nt")
    for file in FILES:
        for triple in list(graph.query(file.read_text())):
            graph.add(triple)
    assert as_text(normalised(EVERYTHING)) == sorted(" ".join(node.n3() for node in triple) for triple in graph)


PLACED = ["hasActivity", "hasCourse", "hasStudy", "activityOf", "hasProblem"]
WRITTEN = [
    "2024",
    "2025-12",
    "2026-03-10",
    "2026-02-31",
    "0000-01",
    "2027",
    "2026-13",
    "2026-01-01T10:00:00Z",
    "",
    "soon",
]
ONE_ACTIVITY = st.fixed_dictionaries(
    {
        "placed": st.sets(st.sampled_from(PLACED), min_size=1, max_size=2),
        "startDate": st.sets(st.sampled_from(WRITTEN), min_size=1, max_size=2),
        "endDate": st.sets(st.sampled_from(WRITTEN), max_size=2),
        "hasStatus": st.sets(st.sampled_from(["ongoing", "stopped", "planned", "notDone"]), max_size=2),
        "minimumDays": st.sets(st.just(3), max_size=1),
    }
)


@given(ONE_ACTIVITY, st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.booleans())
def test_days_are_worked_out_as_the_query_constructs_them(activity, as_of, twice):
    node, store = NamedNode("https://example.org/one"), Store()
    owners = [NamedNode(f"https://example.org/{name}") for name in ("ann", "bob")[: 1 + twice]]
    for number, owner in enumerate(owners):
        day = Literal((as_of - timedelta(number)).isoformat(), datatype=NamedNode(XSD + "date"))
        store.add(Quad(owner, NamedNode(hip.asOf), day))
        for name in activity["placed"]:
            pair = (node, owner) if name == "activityOf" else (owner, node)
            store.add(Quad(pair[0], NamedNode(HIP + name), pair[1]))
    for name in ("startDate", "endDate", "minimumDays"):
        store.extend(Quad(node, NamedNode(HIP + name), Literal(value)) for value in activity[name])
    store.extend(Quad(node, NamedNode(hip.hasStatus), NamedNode(HIP + value)) for value in activity["hasStatus"])
    assert {*days_lasted(store)} == {*constructed(store, FILES[0].read_text())}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_header_names_what_the_query_needs(file):
    text = file.read_text()
    lines = text.splitlines()
    assert lines[0].startswith("#+ summary: ")
    assert lines[0].endswith("?")
    (needs,) = (line.removeprefix("#+ needs: ").split(", ") for line in lines if line.startswith("#+ needs: "))
    body = "\n".join(line for line in lines if not line.startswith("#+"))
    assert all(name in body for name in needs)


# Doses


@pytest.mark.parametrize(
    ("recorded_doses", "daily"),
    [
        ("hip:singleDose 500 ; hip:doseInterval 6", "2000"),
        ("hip:singleDose 500 ; hip:doseInterval 10", "1500"),
        ("hip:singleDose 2.5 ; hip:doseInterval 12.0", "5"),
        ("hip:singleDose 70 ; hip:doseInterval 168", "70"),
        ("hip:singleDose 500 ; hip:doseInterval 6 ; hip:dailyDose 1000", "1000"),
    ],
)
def test_a_daily_dose_follows_from_single_doses(recorded_doses: str, daily: str) -> None:
    store = normalised(f":ann hip:hasCourse :course . :course {recorded_doses} .")
    assert [float(one) for one in values(store, "course", "dailyDose")] == [float(daily)]


@pytest.mark.parametrize("facts", ["hip:singleDose 500", "hip:doseInterval 6", "hip:singleDose 5 ; hip:doseInterval 0"])
def test_no_daily_dose_follows_from_half_of_it(facts: str) -> None:
    assert not values(normalised(f":ann hip:hasCourse :course . :course {facts} ."), "course", "dailyDose")
