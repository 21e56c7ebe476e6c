"""The play that somebody asks for, or why it cannot be."""

from collections.abc import Sequence
from datetime import date, timedelta

from lotse.play import Play
from lotse.refusal import Refusal
from simulation.facts import Scene


def asked(
    scene: Scene,
    *,
    command: str,
    scale: float,
    seed: int,
    first: date | None,
    until: date | None,
    without: Sequence[str],
) -> Play:
    """Raises `Refusal` for days without a year and for agencies that the city does not have."""
    latest = scene.reorganised_on - timedelta(days=1)
    first, until = first or scene.first_day, until or scene.last_day
    if not scene.first_day <= first <= latest:
        raise Refusal(
            f"The city's first day lies between {scene.first_day} and {latest}.", remedy=f"{command} --from {latest}"
        )
    if until < first:
        raise Refusal(f"The city's first day is {first}.", remedy=f"{command} --until {scene.last_day}")
    absent = tuple(sorted(set(without)))
    if unknown := set(absent) - set(scene.city.agency_ids):
        raise Refusal(
            f"{scene.city.name} has no agency {', '.join(sorted(unknown))}.",
            remedy=f"It has: {', '.join(scene.city.agency_ids)}.",
        )
    return Play(city=scene.city.name, scale=scale, seed=seed, first=first, until=until, without=absent)
