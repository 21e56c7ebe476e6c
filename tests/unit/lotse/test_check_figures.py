"""The checker's own fold of the figures, against numbers counted by hand."""

from datetime import date

from contracts.events import intake, referrals
from contracts.topics import PERSON, REFERRAL
from contracts.words import BenefitEndReason, Currency, DepartureReason, PlacementKind
from lotse.check.figures import compare_figures, months_between
from lotse.check.findings import Findings, Kind
from tests.unit.lotse.log import (
    AGENCY,
    OTHER,
    WrittenLog,
    benefit,
    confirmed,
    drafted,
    merged,
    paid,
    registered,
    reported,
    requested,
    uuid,
)
from tests.unit.lotse.log import PERSON as SOMEBODY
from tests.unit.lotse.log import REFERRAL as REFERRED

AS_OF = date(2002, 3, 31)


def ended(number: int, on: date) -> intake.BenefitEnded:
    return intake.BenefitEnded(
        occurred_on=on, person_id=SOMEBODY, benefit_id=uuid(number), reason=BenefitEndReason.WORK
    )


def test_a_recipient_is_a_person_with_a_benefit_in_force_on_the_last_day() -> None:
    log = WrittenLog()
    log.put(PERSON, benefit(10))
    log.put(PERSON, benefit(11))
    log.put(PERSON, benefit(12, OTHER, on=date(2001, 3, 31)))
    log.put(PERSON, ended(10, date(2001, 4, 30)))
    log.put(PERSON, ended(11, date(2001, 5, 1)))
    books = log.audited().books
    recipients = [books.month(month, AS_OF)["recipients"] for month in ("2001-02", "2001-03", "2001-04", "2001-05")]
    assert recipients == [0, 2, 2, 1]


def test_a_wrong_entry_that_is_registered_again_counts_again() -> None:
    log = WrittenLog()
    log.put(PERSON, registered())
    log.put(PERSON, benefit(10))
    void = intake.ClientDeparted(occurred_on=date(2001, 3, 5), person_id=SOMEBODY, reason=DepartureReason.VOID)
    log.put(PERSON, void)
    assert log.audited().books.month("2001-03", AS_OF)["recipients"] == 0
    log.put(PERSON, registered())
    assert log.audited().books.month("2001-03", AS_OF)["recipients"] == 1


def test_the_end_told_last_is_true_and_the_running_month_is_counted_today() -> None:
    log = WrittenLog()
    log.put(PERSON, benefit(10))
    log.put(PERSON, ended(10, date(2001, 3, 10)))
    log.put(PERSON, ended(10, date(2001, 3, 20)))
    books = log.audited().books
    assert books.month("2001-03", date(2001, 3, 19))["recipients"] == 1
    assert books.month("2001-03", date(2001, 3, 20))["recipients"] == 0


def test_merged_persons_count_once_and_wrong_entries_never() -> None:
    log = WrittenLog()
    for number, person in ((10, SOMEBODY), (11, OTHER), (12, uuid(77))):
        log.put(PERSON, registered(person))
        log.put(PERSON, benefit(number, person))
    log.put(PERSON, merged())
    void = intake.ClientDeparted(occurred_on=date(2001, 3, 5), person_id=uuid(77), reason=DepartureReason.VOID)
    log.put(PERSON, void)
    audit = log.audited()
    audit.books.canonical = audit.people.canonical()
    assert audit.books.month("2001-03", AS_OF)["recipients"] == 1
    assert audit.books.registered(AS_OF) == 1


def test_payments_are_summed_by_currency_and_the_sum_is_converted_once() -> None:
    log = WrittenLog()
    log.put(PERSON, paid("2001-12", minor=101))
    log.put(PERSON, paid("2002-01", minor=101, currency=Currency.EUR))
    books = log.audited().books
    assert books.month("2001-12", AS_OF)["expenditure"] == {"DEM": {"hlu": 101}}
    assert books.month("2002-01", AS_OF)["expenditure_dem_minor"] == 198


def test_one_job_told_by_both_agencies_is_one_placement_and_one_integration_a_month() -> None:
    log = WrittenLog()
    jobs = (
        reported(1),
        reported(2),
        reported(3, employer="87654321"),
        reported(4, person=OTHER, kind=PlacementKind.JOB_SCHEME),
        reported(5, person=uuid(77)),
    )
    for job in jobs:
        log.put(REFERRAL, job)
    for number, person in ((1, SOMEBODY), (2, SOMEBODY), (3, SOMEBODY), (4, OTHER)):
        log.put(REFERRAL, confirmed(number, person=person))
    month = log.audited().books.month("2001-03", AS_OF)
    assert (month["placements"], month["integrations"]) == (3, 1)


def test_a_voided_placement_counts_nowhere() -> None:
    log = WrittenLog()
    log.put(REFERRAL, reported(1))
    log.put(REFERRAL, confirmed(1))
    void = referrals.PlacementVoided(
        occurred_on=date(2001, 4, 1), person_id=SOMEBODY, referral_id=REFERRED, agency=AGENCY, placement_id=uuid(1)
    )
    log.put(REFERRAL, void)
    assert log.audited().books.month("2001-03", AS_OF)["placements"] == 0


def test_referrals_are_counted_by_their_state_on_the_day() -> None:
    log = WrittenLog()
    log.put(REFERRAL, drafted())
    log.put(REFERRAL, requested(on=date(2001, 3, 2)))
    found = log.audited().referrals
    assert found.by_state(date(2001, 3, 1)) == {"draft": 1}
    assert found.by_state(date(2001, 3, 2)) == {"requested": 1}


def test_what_reporting_has_yet_to_hear_of_a_parked_client_is_not_counted() -> None:
    log = WrittenLog()
    log.put(PERSON, registered())
    log.put(PERSON, benefit(10))
    audit = log.audited(heard={(PERSON.name, SOMEBODY): 1})
    assert audit.books.month("2001-03", AS_OF)["recipients"] == 0
    assert audit.folded == 1


def test_a_figure_that_differs_is_found() -> None:
    findings = Findings()
    assert compare_figures("reporting: 2001-03", {"recipients": 3}, {"recipients": 3}, findings) == 1
    assert findings.violations == 0
    compare_figures("reporting: 2001-03", {"recipients": 3}, {"recipients": 2}, findings)
    compare_figures("reporting: 2001-04", {}, {"recipients": 0}, findings)
    assert findings.counts == {Kind.FIGURE: 2}


def test_months_are_counted_over_the_turn_of_a_year() -> None:
    assert months_between(date(2001, 11, 30), date(2002, 1, 1)) == ["2001-11", "2001-12", "2002-01"]


def test_events_are_counted_even_if_they_cannot_be_read() -> None:
    log = WrittenLog()
    log.put(PERSON, registered())
    log.put(PERSON, registered(), value=b"{}")
    assert log.audited().folded == 2, "reporting's ledger counts what was discarded"
