"""Whether an agency is away, or only slow: by its consumer group alone."""

from lotse.absence import GRACE_SECONDS, Absence, Seen, remedy

NOBODY, SOMEBODY = Seen(0, {"out/0": 3}), Seen(1, {"out/0": 3})


def _looks(*seen: Seen | None) -> list[list[str]]:
    """What is found when looking once a second."""
    absence = Absence()
    return [absence.away({} if one is None else {"a": one}, float(second)) for second, one in enumerate(seen)]


def test_an_agency_without_members_and_progress_is_away_after_the_grace() -> None:
    found = _looks(*[NOBODY] * 12)
    assert [bool(away) for away in found].index(True) == GRACE_SECONDS
    assert found[-1] == ["a"]


def test_one_that_is_restarted_within_the_grace_is_not_away() -> None:
    assert not any(_looks(*[NOBODY] * 9, *[SOMEBODY] * 9, *[NOBODY] * 9))


def test_one_that_assigns_its_partitions_itself_is_there_as_long_as_it_commits() -> None:
    assert not any(_looks(*(Seen(0, {"out/0": second // 5}) for second in range(60))))


def test_an_agency_with_members_is_never_away_however_slow() -> None:
    assert not any(_looks(*[SOMEBODY] * 60))


def test_having_caught_up_or_a_broker_away_begins_the_grace_anew() -> None:
    assert not any(_looks(*[NOBODY] * 9, None, *[NOBODY] * 9))


def test_the_remedy_names_who_is_missing_and_what_to_do() -> None:
    assert remedy(["arbeitsamt"]).startswith("arbeitsamt does not read")
    assert "Start the agency, or remove it from the configuration" in remedy(["a", "b"])
