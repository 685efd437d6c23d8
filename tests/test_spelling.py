"""A misspelt name is told the names that are most like it, by its letters or by its words."""

from __future__ import annotations

import pytest

from hipkg.base.spelling import nearest
from hipkg.base.vocabulary import HIP, curie

KNOWN = [
    HIP + one
    for one in (
        "BlackThorn", "GardenHedge", "HedgeOfThorns", "OralHSAID", "TopicalHsaid", "MossOnRoof", "RoofMoss84Days",
        "RoofMoss28Days", "onSite", "OnSite", "planting", "Planting",
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("BlakThorn", "BlackThorn"),
        ("blackThorns", "BlackThorn"),
        ("HedgeGarden", "GardenHedge"),
        ("ThornsOfHedge", "HedgeOfThorns"),
        ("oralHsaid", "OralHSAID"),
        ("MossRoof84Days", "RoofMoss84Days"),
        ("plantng", "planting"),
        ("Plantng", "Planting"),
        ("Quartz", ""),
    ],
)
def test_the_first_suggestion_is_the_name_that_is_meant(written: str, first: str) -> None:
    assert "".join(map(curie, nearest(HIP + written, KNOWN))).removeprefix("hip:") == first


def test_what_is_much_less_like_it_than_the_first_is_not_told() -> None:
    assert nearest(HIP + "GardenHedges", KNOWN, 3) == (HIP + "GardenHedge",)
    assert nearest(HIP + "RoofMoss48Days", KNOWN, 2) == (HIP + "RoofMoss28Days", HIP + "RoofMoss84Days")
