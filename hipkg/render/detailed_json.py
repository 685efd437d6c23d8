"""Write plans as JSON with what is worked out from them besides: therapy ledgers, and the answers to questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.render.asking import questions_to_json
from hipkg.render.encoder import one_or_all, written
from hipkg.render.ledger import ledger_to_json
from hipkg.render.plan_json import plan_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.defence.asking import Interview
    from hipkg.defence.ledger import Ledger
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan


def detailed_plans_to_json(
    plans: Sequence[Plan], knowledge: Knowledge, interviews: Sequence[Interview], ledgers: Sequence[Ledger]
) -> str:
    """Write plans as `hipkg.render.plan_json.plans_to_json` does, with details.

    Parameters: ``interviews`` give the questions of each plan with their answers, ``ledgers`` its therapy ledger; each
    are none or as many as the plans.
    """
    made = [plan_to_json(one, knowledge) for one in plans]
    for told, interview in zip(made, interviews, strict=bool(interviews)):
        told["questions"] = questions_to_json(interview)
    for told, ledger in zip(made, ledgers, strict=bool(ledgers)):
        told["ledger"] = ledger_to_json(ledger)
    return one_or_all([*map(written, made)])
