"""Outcomes after 6 and 12 months, when what decides them is learned late or out of order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import intake, partners
from contracts.events import referrals as facts
from contracts.words import Sustainment
from services.referrals.domain.placement import months_after
from tests.unit.referrals.given import ANNA, ARBEITSAMT, BAG, BERTA, DAY, EMPLOYER, FIRST, SECOND, START, Referrals, uid

OTHER_EMPLOYER = "87654321"
SIX, TWELVE = months_after(START, 6), months_after(START, 12)
Told = list[tuple[int, Sustainment, int]]


def placed() -> Referrals:
    """Two referrals at both agencies; the first has led to a job from the first day on."""
    referrals = Referrals()
    referrals.client()
    referrals.request()
    referrals.request(SECOND, agency=BAG)
    job(referrals, "result-1")
    return referrals


def job(referrals: Referrals, result: str, *, start: date = START, second: bool = False, **fields: Any) -> None:
    given: dict[str, Any] = {"kind": "regular_job", "employer_id": OTHER_EMPLOYER if second else EMPLOYER}
    said = given | {"hours_per_week": 38, "start_date": start} | fields
    place = (SECOND, BAG) if second else (FIRST, ARBEITSAMT)
    referrals.partner(partners.PlacementResultReported, place[0], agency=place[1], message_id=result, **said)


def status(referrals: Referrals, *, insured: bool, on: date | None = None) -> None:
    referrals.partner(partners.PlacementStatusReported, result_id="result-1", insured=insured, on=on)


def told(referrals: Referrals, referral: str = FIRST) -> Told:
    checked = [one for one in referrals.said(facts.SustainmentChecked) if one.referral_id == referral]
    return [(one.months, one.outcome, one.revision) for one in checked]


@pytest.mark.parametrize(("insured", "outcome"), [(True, Sustainment.SUSTAINED), (False, Sustainment.FAILED)])
def test_an_answer_after_thirty_days_still_counts(outcome: Sustainment, *, insured: bool) -> None:
    referrals = placed()
    referrals.days(SIX + 45 * DAY)
    assert told(referrals) == [(6, Sustainment.UNKNOWN, 0)]
    status(referrals, insured=insured)
    assert told(referrals) == [(6, Sustainment.UNKNOWN, 0), (6, outcome, 1)]
    status(referrals, insured=insured)
    assert len(told(referrals)) == 2


def test_who_is_not_insured_in_the_other_job_any_more_is_not_sustained_by_it() -> None:
    referrals = placed()
    referrals.days(START + 40 * DAY)
    referrals.partner(partners.PlacementEnded, result_id="result-1", end_date=START + 40 * DAY, reason="employer_ended")
    job(referrals, "other", start=START + 60 * DAY, second=True)
    referrals.days(months_after(START, 9))
    referrals.partner(partners.PlacementStatusReported, SECOND, agency=BAG, result_id="other", insured=False)
    referrals.days(months_after(START, 12))
    assert told(referrals)[-1][:2] == (12, Sustainment.FAILED)
    referrals.partner(partners.PlacementStatusReported, SECOND, agency=BAG, result_id="other", insured=True)
    assert told(referrals)[-1][:2] == (12, Sustainment.SUSTAINED)


def test_the_same_job_told_by_both_agencies_does_not_outlive_its_end() -> None:
    """8.13: one job. One agency tells that it ended, the other never says anything again."""
    referrals = placed()
    job(referrals, "the-same", second=True, employer_id=EMPLOYER)
    referrals.days(START + 60 * DAY)
    referrals.partner(partners.PlacementEnded, result_id="result-1", end_date=START + 60 * DAY, reason="employer_ended")
    referrals.days(months_after(START, 12) + 40 * DAY)
    assert [one[1] for one in told(referrals)] == [Sustainment.FAILED, Sustainment.FAILED]
    assert Sustainment.SUSTAINED not in {one[1] for one in told(referrals, SECOND)}


def test_an_end_told_late_changes_what_the_agency_answered() -> None:
    referrals = placed()
    referrals.days(SIX + 3 * DAY)
    status(referrals, insured=True)
    referrals.days(SIX + 90 * DAY)
    referrals.partner(partners.PlacementEnded, result_id="result-1", end_date=SIX - 60 * DAY, reason="employer_ended")
    assert told(referrals) == [(6, Sustainment.SUSTAINED, 0), (6, Sustainment.FAILED, 1)]


def test_a_further_job_told_late_and_taken_back_again_changes_it_twice() -> None:
    referrals = placed()
    referrals.days(START + 40 * DAY)
    referrals.partner(partners.PlacementEnded, result_id="result-1", end_date=START + 40 * DAY, reason="client_quit")
    referrals.days(TWELVE + 60 * DAY)
    assert told(referrals) == [(6, Sustainment.FAILED, 0), (12, Sustainment.FAILED, 0)]
    job(referrals, "result-2", start=START + 45 * DAY, second=True)
    changed = [(6, Sustainment.SUSTAINED, 1), (12, Sustainment.SUSTAINED, 1)]
    assert told(referrals)[2:] == changed
    referrals.partner(partners.ResultCorrected, SECOND, agency=BAG, result_id="result-2", void=True)
    assert told(referrals)[4:] == [(6, Sustainment.FAILED, 2), (12, Sustainment.FAILED, 2)]


def test_a_correction_has_an_outcome_of_its_own() -> None:
    referrals = placed()
    referrals.days(SIX + 60 * DAY)
    said: dict[str, Any] = {"kind": "regular_job", "employer_id": OTHER_EMPLOYER, "hours_per_week": 20}
    referrals.partner(partners.ResultCorrected, result_id="result-1", start_date=START, **said)
    status(referrals, insured=True)
    successor = referrals.placements[-1]
    assert [(one.months, one.outcome, one.revision) for one in successor.checked] == [(6, Sustainment.SUSTAINED, 1)]


def test_not_insured_after_a_year_says_nothing_of_six_months() -> None:
    referrals = placed()
    referrals.days(SIX + 3 * DAY)
    status(referrals, insured=True)
    referrals.days(TWELVE + 3 * DAY)
    status(referrals, insured=False)
    assert told(referrals) == [(6, Sustainment.SUSTAINED, 0), (12, Sustainment.FAILED, 0)]


def test_insured_after_a_year_shows_that_six_months_were_sustained() -> None:
    referrals = placed()
    referrals.days(TWELVE + 3 * DAY)
    status(referrals, insured=True)
    last = {months: outcome for months, outcome, _ in told(referrals)}
    assert last == {6: Sustainment.SUSTAINED, 12: Sustainment.SUSTAINED}


def placed_apart() -> Referrals:
    """Two records of one person: the job of one ended early, that of the other went on."""
    referrals = Referrals()
    for person, referral, agency in ((ANNA, FIRST, ARBEITSAMT), (BERTA, SECOND, BAG)):
        referrals.client(person)
        referrals.request(referral, person=person, agency=agency)
    job(referrals, "result-1")
    referrals.days(START + 50 * DAY)
    referrals.partner(partners.PlacementEnded, result_id="result-1", end_date=START + 50 * DAY, reason="client_quit")
    job(referrals, "result-2", start=START + 50 * DAY, second=True)
    referrals.days(TWELVE + 3 * DAY)
    return referrals


@pytest.mark.parametrize("order", [(ANNA, BERTA), (BERTA, ANNA)])
def test_a_merge_brings_the_jobs_of_both_records_together_and_its_end_parts_them(order: tuple[str, str]) -> None:
    referrals = placed_apart()
    assert told(referrals) == [(6, Sustainment.FAILED, 0), (12, Sustainment.FAILED, 0)]
    referrals.merge(under=order)
    assert told(referrals)[2:] == [(6, Sustainment.SUSTAINED, 1), (12, Sustainment.SUSTAINED, 1)]
    for key in order:
        referrals.hears(intake.ClientsUnmerged, key, merge_id=uid("merge"), survivor_id=ANNA, loser_id=BERTA)
    assert told(referrals)[4:] == [(6, Sustainment.FAILED, 2), (12, Sustainment.FAILED, 2)]


@dataclass(frozen=True)
class Fact:
    """Something that an agency says of the first result or the second; `on` is the earliest day on which it can."""

    kind: Any
    on: date
    fields: dict[str, Any]
    second: bool = False

    def say(self, referrals: Referrals) -> None:
        place = (SECOND, BAG) if self.second else (FIRST, ARBEITSAMT)
        said = {"result_id": "result-2" if self.second else "result-1"} | self.fields
        referrals.partner(self.kind, place[0], agency=place[1], on=self.on, **said)


def days(first: int, last: int) -> st.SearchStrategy[date]:
    return st.integers(first, last).map(lambda number: START + number * DAY)


def answers() -> st.SearchStrategy[Fact]:
    near = st.tuples(st.sampled_from([SIX, TWELVE, TWELVE - 30 * DAY]), st.integers(-3, 50))
    return st.tuples(near, st.booleans()).map(
        lambda said: Fact(partners.PlacementStatusReported, said[0][0] + said[0][1] * DAY, {"insured": said[1]})
    )


def ends(*, second: bool) -> st.SearchStrategy[Fact]:
    """After every start: an end before the start of what it ends is no fact, it is refused."""
    return days(100, 420).map(
        lambda day: Fact(partners.PlacementEnded, day, {"end_date": day, "reason": "client_quit"}, second)
    )


def corrections(*, second: bool) -> st.SearchStrategy[Fact]:
    said = st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["regular_job", "minor_job"]),
            "employer_id": st.just("11111111"),
            "start_date": days(-30, 60),
            "hours_per_week": st.just(20),
        }
    )
    return st.one_of(st.just({"void": True}), said).flatmap(
        lambda fields: st.just(Fact(partners.ResultCorrected, START + 60 * DAY, fields, second))
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[date | None, list[Fact]]:
    """When the second job began, if it did, and all that is said of both afterwards."""
    second = draw(st.none() | days(0, 90))
    found = draw(st.lists(answers(), max_size=3))
    for job_is_second in (False, True):
        if second is not None or not job_is_second:
            for about in (ends(second=job_is_second), corrections(second=job_is_second)):
                found += draw(st.lists(about, max_size=1))
    return second, found


def outcomes(second: date | None, told_on: Sequence[tuple[date, int, Fact | None]]) -> dict[tuple[str, int], str]:
    """What is known in the end if each fact is told on its day; None stands for the second job itself."""
    referrals = Referrals()
    referrals.client()
    referrals.request()
    referrals.request(SECOND, agency=BAG)
    job(referrals, "result-1")
    for day, _, fact in sorted(told_on, key=lambda one: one[:2]):
        if day > referrals.today:
            referrals.day(day)
        if fact is not None:
            fact.say(referrals)
        elif second is not None:
            job(referrals, "result-2", start=second, second=True)
    for after in range(450, 1420, 30):
        if START + after * DAY > referrals.today:
            referrals.day(START + after * DAY)
    return {
        (one.referral_id, checked.months): checked.outcome.value
        for one in referrals.placements
        if one.counts
        for checked in one.checked
    }


@settings(deadline=None, max_examples=150)
@given(histories(), st.data())
def test_the_same_facts_come_to_the_same_outcome_in_whatever_order_they_are_told(
    history: tuple[date | None, list[Fact]], data: st.DataObject
) -> None:
    second, found = history
    late = st.lists(st.integers(0, 120), min_size=len(found), max_size=len(found))

    def tell() -> list[tuple[date, int, Fact | None]]:
        delays, begun = data.draw(late), second or START
        if second is not None:
            begun += data.draw(st.integers(0, 30)) * DAY
        order = data.draw(st.permutations(range(len(found))))
        told_on: list[tuple[date, int, Fact | None]] = [(begun, -1, None)]
        for fact, delay, place in zip(found, delays, order, strict=True):
            day = max(fact.on, begun if fact.second else START) + delay * DAY
            told_on.append((day, place, fact))
        return told_on

    assert outcomes(second, tell()) == outcomes(second, tell())
