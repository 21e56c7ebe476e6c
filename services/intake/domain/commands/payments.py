"""What a household is paid, and what is taken back."""

from dataclasses import dataclass

from contracts.words import BenefitKind, Currency, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The members' monthly amounts of one kind and currency, summed; `head` receives them for the household."""

    head: str
    kind: BenefitKind
    minor: int
    currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class PayHousehold:
    """Pays a household's benefits of a month, once for each kind."""

    household_id: str
    month: str
    # prepared: only what is not paid yet
    shares: tuple[Share, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(sorted({share.head for share in self.shares}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A household's aid of a month, as it was paid to `person_id`."""

    person_id: str
    household_id: str
    kind: BenefitKind
    month: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePayment:
    """Takes back a payment that was made in error. What the month then still owes, the next payment pays."""

    payment_id: str
    author: str
    # prepared
    paid: Paid | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.paid.person_id,) if self.paid else ()
