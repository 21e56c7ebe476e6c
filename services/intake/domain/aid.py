"""Benefits: start, change, end, and the monthly payment to a household's head."""

from datetime import date

from contracts.events.intake import BenefitChanged, BenefitEnded, BenefitPaid, BenefitStarted, PaymentReversed
from contracts.words import BenefitKind, Currency, Money
from services.intake.domain import rules
from services.intake.domain.client import Benefit, Client
from services.intake.domain.commands import (
    ChangeBenefit,
    EndBenefit,
    EndBenefits,
    PayHousehold,
    ReversePayment,
    Share,
    StartBenefit,
)
from services.intake.domain.refusals import (
    BenefitAlreadyEnded,
    BenefitInForce,
    BenefitNotInForce,
    ImplausibleDate,
    OutOfOrder,
    UnknownBenefit,
    UnknownPayment,
)
from services.intake.domain.registration import benefit_started
from services.runtime.decision import Clients, Context

FIRST_EURO_MONTH = "2002-01"


def start(clients: Clients[Client], command: StartBenefit, context: Context) -> BenefitStarted:
    """One benefit of a kind at a time, whichever of a person's records holds it."""
    since = rules.plausible(command.grant.since, context.today, "since")
    client = rules.active(clients, command.person_id, since)
    for one in rules.family(clients, client):
        if any(b.kind is command.grant.kind and b.lasts_beyond(since) for b in one.benefits):
            raise BenefitInForce
    return benefit_started(client.person_id, command.grant, context)


def change(clients: Clients[Client], command: ChangeBenefit, context: Context) -> tuple[BenefitChanged, ...]:
    on = rules.plausible(command.on or context.today, context.today, "on")
    client, benefit = _find(clients, command.person_id, command.benefit_id)
    if not benefit.in_force(on):
        raise BenefitNotInForce
    newest = benefit.amounts[-1]
    if on < newest.since:
        raise OutOfOrder("amount")
    if newest.monthly == command.monthly:
        return ()
    return (
        BenefitChanged(
            occurred_on=on,
            person_id=client.person_id,
            benefit_id=benefit.benefit_id,
            monthly=command.monthly,
        ),
    )


def end(clients: Clients[Client], command: EndBenefit, context: Context) -> tuple[BenefitEnded, ...]:
    """Ended on its own first day it was never in force; an end that was foreseen may be brought forward."""
    on = rules.plausible(command.on or context.today, context.today, "on")
    client, benefit = _find(clients, command.person_id, command.benefit_id)
    if on < benefit.since:
        raise BenefitNotInForce
    if not benefit.lasts_beyond(on):
        raise BenefitAlreadyEnded
    return (
        BenefitEnded(occurred_on=on, person_id=client.person_id, benefit_id=benefit.benefit_id, reason=command.reason),
    )


def end_all(clients: Clients[Client], command: EndBenefits, context: Context) -> tuple[BenefitEnded, ...]:
    """Nothing if none is left; one that was yet to begin ends on its first day."""
    on = rules.plausible(command.on or context.today, context.today, "on")
    return tuple(
        BenefitEnded(
            occurred_on=max(on, benefit.since),
            person_id=one.person_id,
            benefit_id=benefit.benefit_id,
            reason=command.reason,
        )
        for one in rules.family(clients, rules.known(clients, command.person_id))
        for benefit in one.benefits
        if benefit.lasts_beyond(on)
    )


def payable(month: str, today: date) -> None:
    """Refuses a month after the next: it can be neither due nor known."""
    year, ordinal = int(month[:4]), int(month[5:])
    ahead = (year - today.year) * 12 + ordinal - today.month
    if ahead > 1 or year < rules.EARLIEST.year:
        raise ImplausibleDate("month")


def pay(command: PayHousehold, context: Context) -> tuple[BenefitPaid, ...]:
    payable(command.month, context.today)
    kinds = sorted({share.kind for share in command.shares})
    return tuple(_payment(command, kind, context) for kind in kinds)


def reverse(command: ReversePayment, context: Context) -> PaymentReversed:
    """Told under the key of the payment; a record that is void, departed or merged may have been paid too."""
    if command.paid is None:
        raise UnknownPayment
    return PaymentReversed(
        occurred_on=context.today,
        person_id=command.paid.person_id,
        payment_id=command.payment_id,
        household_id=command.paid.household_id,
        kind=command.paid.kind,
        month=command.paid.month,
        amount=command.paid.amount,
        author=command.author,
    )


def _payment(command: PayHousehold, kind: BenefitKind, context: Context) -> BenefitPaid:
    shares = [share for share in command.shares if share.kind is kind]
    return BenefitPaid(
        occurred_on=context.today,
        person_id=shares[0].head,
        payment_id=context.new_id(),
        household_id=command.household_id,
        kind=kind,
        month=command.month,
        amount=_in_currency_of(command.month, shares),
    )


def _in_currency_of(month: str, shares: list[Share]) -> Money:
    """Deutsche Mark to December 2001, then euro; each currency's sum is converted once, never a single share."""
    currency = Currency.DEM if month < FIRST_EURO_MONTH else Currency.EUR
    total = Money(minor=0, currency=currency)
    for given in sorted({share.currency for share in shares}):
        minor = sum(share.minor for share in shares if share.currency is given)
        total += Money(minor=minor, currency=given).to(currency)
    return total


def _find(clients: Clients[Client], person_id: str, benefit_id: str) -> tuple[Client, Benefit]:
    for one in rules.family(clients, rules.known(clients, person_id)):
        if (found := one.benefit(benefit_id)) is not None:
            return one, found
    raise UnknownBenefit
