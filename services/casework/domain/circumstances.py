"""What holds for a person on a day, by the intake records of everyone that they are: the canonical one first.

Protection and aid are asked of all records (a merge never lifts a protection), office, departments and departure of the
canonical one, ability of the newest assessment.
"""

from collections.abc import Sequence
from datetime import date

from contracts.words import BenefitEndReason, CaseClosedReason, Department, DepartureReason
from services.casework.domain.dates import in_force
from services.casework.domain.intake import WORKABLE, Assessment, Intake, OfficeSince

Records = Sequence[Intake]


def office_on(records: Records, day: date) -> OfficeSince | None:
    return in_force(records[0].offices, day)


def departments_on(records: Records, day: date) -> tuple[Department, ...]:
    found = in_force(records[0].departments, day)
    return () if found is None else found.departments


def assessment_on(records: Records, day: date) -> Assessment | None:
    found = [one for record in records if (one := in_force(record.assessments, day)) is not None]
    return max(found, key=lambda one: one.since, default=None)


def protected_on(records: Records, day: date) -> bool:
    return any(one.holds_on(day) for record in records for one in record.protections)


def aid_begun_after(records: Records, start: date, day: date) -> bool:
    """Whether a benefit in force on `day` began after `start`."""
    return any(one.in_force_on(day) and one.since > start for record in records for one in record.benefits)


def ground_to_close(records: Records, day: date) -> CaseClosedReason | None:
    """Why there can be no open case on that day; None if there can."""
    departed_on = records[0].departed_on
    if departed_on is not None and departed_on <= day:
        void = records[0].departure is DepartureReason.VOID
        return CaseClosedReason.ERROR if void else CaseClosedReason.DEPARTED
    if protected_on(records, day):
        return CaseClosedReason.PROTECTED
    benefits = [one for record in records for one in record.benefits]
    if not any(one.in_force_on(day) for one in benefits):
        last = max((one.ended_on for one in benefits if one.ended_on is not None and one.ended_on <= day), default=None)
        left = any(one.ended_on == last and one.end_reason is BenefitEndReason.DEPARTED for one in benefits)
        return CaseClosedReason.DEPARTED if left else CaseClosedReason.AID_ENDED
    assessment = assessment_on(records, day)
    if assessment is None or assessment.ability not in WORKABLE:
        return CaseClosedReason.NOT_ABLE
    return None


def may_have_case(records: Records, day: date) -> bool:
    """Domain.md C1: looked after by economic assistance of a Sozialzentrum, and no ground against a case."""
    office = office_on(records, day)
    return (
        records[0].registered
        and office is not None
        and office.centre
        and Department.ECONOMIC_ASSISTANCE in departments_on(records, day)
        and ground_to_close(records, day) is None
    )
