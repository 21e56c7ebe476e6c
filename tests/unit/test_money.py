"""Money is whole minor units; mixtures are refused; a sum is converted once, half up."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.words import DM_PER_EURO, Currency, Money, is_uuid

minors = st.integers(min_value=-(10**15), max_value=10**15)
currencies = st.sampled_from(Currency)


def dm(minor: int) -> Money:
    return Money(minor=minor, currency=Currency.DEM)


def euro(minor: int) -> Money:
    return Money(minor=minor, currency=Currency.EUR)


@given(first=minors, second=minors, currency=currencies)
def test_sums_are_exact(first: int, second: int, currency: Currency) -> None:
    total = Money(minor=first, currency=currency) + Money(minor=second, currency=currency)
    assert total == Money(minor=first + second, currency=currency)


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(ValueError, match="cannot add EUR to DEM"):
        dm(100) + euro(100)


@pytest.mark.parametrize(
    ("mark", "cent"),
    [
        (dm(195583), euro(100000)),
        (dm(100), euro(51)),
        (dm(1), euro(1)),
        (dm(67_690_000_000), euro(34_609_347_438)),
        (dm(0), euro(0)),
    ],
)
def test_marks_become_euros_at_the_fixed_rate(mark: Money, cent: Money) -> None:
    assert mark.to(Currency.EUR) == cent


@given(minor=minors)
def test_a_conversion_is_at_most_half_a_unit_off(minor: int) -> None:
    exact = Decimal(minor) / DM_PER_EURO
    assert abs(dm(minor).to(Currency.EUR).minor - exact) <= Decimal("0.5000001")
    assert euro(minor).to(Currency.DEM).minor == (minor * DM_PER_EURO).quantize(Decimal(1), ROUND_HALF_UP)


@given(minor=minors)
def test_euros_survive_the_way_to_marks_and_back(minor: int) -> None:
    assert euro(minor).to(Currency.DEM).to(Currency.EUR) == euro(minor)


@given(minor=minors, currency=currencies)
def test_to_its_own_currency_money_does_not_change(minor: int, currency: Currency) -> None:
    money = Money(minor=minor, currency=currency)
    assert money.to(currency) is money


@given(first=minors, second=minors)
def test_converting_keeps_the_order(first: int, second: int) -> None:
    low, high = sorted((first, second))
    assert dm(low).to(Currency.EUR).minor <= dm(high).to(Currency.EUR).minor


@pytest.mark.parametrize("minor", ["12", 12.0, True, None, 1.5])
def test_json_money_is_a_whole_number(minor: object) -> None:
    body = f'{{"minor": {str(minor).lower() if not isinstance(minor, str) else repr(minor)}, "currency": "DEM"}}'
    with pytest.raises(ValidationError):
        Money.model_validate_json(body.replace("'", '"'), strict=True)


def test_a_uuid_is_canonical() -> None:
    assert is_uuid("5a3c9f6e-0a51-4f0e-9a53-0f1f0c5a9d11")
    for other in ("", "5A3C9F6E-0A51-4F0E-9A53-0F1F0C5A9D11", "5a3c9f6e-0a51-4f0e-9a53-0f1f0c5a9d11\n"):
        assert not is_uuid(other)
