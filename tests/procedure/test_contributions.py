"""procedure/contributions.py: rule 10 of the financial procedures."""

from __future__ import annotations

from decimal import Decimal

import pytest

from procedure.contributions import Approver, amount_in_usd, approver_of


@pytest.mark.parametrize(
    ("amount", "approver"),
    [
        ("0.01", Approver.BUREAU),
        ("300000", Approver.BUREAU),
        ("300000.00", Approver.BUREAU),
        ("300000.01", Approver.PLENARY),
        ("5000000", Approver.PLENARY),
    ],
)
def test_approver_of_is_the_plenary_above_300000_dollars(amount, approver):
    assert approver_of(Decimal(amount)) is approver


def test_approver_of_takes_the_threshold_of_another_body():
    assert approver_of(Decimal(1000), threshold_usd=Decimal(999)) is Approver.PLENARY


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
def test_approver_of_refuses_what_is_no_contribution(amount):
    with pytest.raises(ValueError, match="above zero"):
        approver_of(Decimal(amount))


def test_amount_in_usd_is_to_the_cent():
    assert amount_in_usd(Decimal("1000"), Decimal("1.084567")) == Decimal("1084.57")
