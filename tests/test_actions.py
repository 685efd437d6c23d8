"""Actions: each has the status, and names what was done, as a case expects.

A folder of ``cases/actions`` holds a patient and the actions expected of the plan, each by intervention and site.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hipkg.api.plan import plan
from hipkg.base.vocabulary import expand
from hipkg.render.words import describe_done

CASES = sorted((Path(__file__).parent / "cases" / "actions").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name)
def test_actions_are_as_expected(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    day, invalid = date.fromisoformat(expected["asOf"]), expected.get("allowInvalid", False)
    made = plan(case / "patient.ttl", as_of=day, allow_invalid=invalid)
    actions = {(one.intervention, one.site): one for one in made.actions}
    for wanted in expected["actions"]:
        found = actions[expand(wanted["intervention"]), wanted["site"]]
        assert found.status == wanted["status"], expected["why"]
        for counts, name in ((True, "done"), (False, "before")):
            assert [one.day for one in found.done if one.counts is counts] == wanted[name], expected["why"]
        if "told" in wanted:
            assert [describe_done(one, found) for one in found.done] == wanted["told"], expected["why"]
