"""Whether a person without an open case gets one, or an earlier one goes on, without anybody asking for it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from contracts.words import CaseClosedReason, ReopenReason
from services.casework.domain.cases import Case
from services.casework.domain.circumstances import Records, aid_begun_after

FACTS: Final = {
    CaseClosedReason.AID_ENDED: ReopenReason.AID_AGAIN,
    CaseClosedReason.DEPARTED: ReopenReason.RETURNED,
    CaseClosedReason.PROTECTED: ReopenReason.PROTECTION_ENDED,
    CaseClosedReason.NOT_ABLE: ReopenReason.ABLE_AGAIN,
}
"""Closed by a fact of intake's: the case goes on when the fact has ceased, for this reason."""


def last_closed(cases: Sequence[Case]) -> Case | None:
    """The case that could go on: a merged one went on elsewhere. Of one day's, what a case manager closed counts."""
    closed = [
        (one.closing.on, one.closing.reason not in FACTS, one.case_id, one)
        for one in cases
        if one.closing is not None and not _merged(one)
    ]
    return max(closed, key=lambda found: found[:3])[3] if closed else None


def may_begin(records: Records, cases: Sequence[Case], day: date) -> bool:
    """No case yet, or one that goes on: not what a case manager closed, unless aid has begun anew since."""
    if not cases:
        return True
    case = last_closed(cases)
    if case is None or case.closing is None:
        return False
    if case.closing.reason in FACTS:
        return True
    return case.closing.reason is CaseClosedReason.INTEGRATED and aid_begun_after(records, case.closing.on, day)


def why_on(closed: CaseClosedReason) -> ReopenReason:
    """Why a case that was closed so goes on by itself: after an integration only new aid lets it."""
    return FACTS.get(closed, ReopenReason.AID_AGAIN)


def _merged(case: Case) -> bool:
    return case.closing is not None and case.closing.reason is CaseClosedReason.MERGED
