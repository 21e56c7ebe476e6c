"""A case manager's desk on one day: how many open cases lie on it, and whether anybody sits there."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`load` open cases of at most `limit`. `absent` today: `deputy`, if one was named, takes the cases over."""

    staff_id: str
    office: str
    load: int
    limit: int
    absent: bool = False
    deputy: str | None = None


class Room:
    """The desks of a day, with their loads as cases are given out one by one."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._desks = {one.staff_id: one for one in desks}
        self._loads = {one.staff_id: one.load for one in desks}

    def is_present(self, staff_id: str | None) -> bool:
        desk = self._desks.get(staff_id or "")
        return desk is not None and not desk.absent

    def deputy_of(self, staff_id: str) -> str | None:
        desk = self._desks.get(staff_id)
        return None if desk is None else desk.deputy

    def least_loaded(self, office: str) -> str | None:
        """Of those present, whatever their limits: for cases that must not be left alone."""
        present = [one for one in self._desks.values() if one.office == office and not one.absent]
        return min((one.staff_id for one in present), key=lambda name: (self._loads[name], name), default=None)

    def moves(self, *, previous: str, to: str) -> None:
        self._loads[previous] = self._loads.get(previous, 0) - 1
        self._loads[to] += 1

    def left(self) -> tuple[Desk, ...]:
        """Who is there to be given new cases, with the loads of now."""
        return tuple(
            Desk(staff_id=one.staff_id, office=one.office, load=self._loads[one.staff_id], limit=one.limit)
            for one in self._desks.values()
            if not one.absent
        )
