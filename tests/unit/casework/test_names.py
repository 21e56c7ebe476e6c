"""Names as they are looked for."""

import pytest

from services.casework.domain.names import file_number, name_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Müller", "muller"),
        ("MUELLER", "muller"),
        ("Muller", "muller"),
        ("Groß", "gross"),
        ("de la Peña-Öztürk", "de la pena ozturk"),
        ("Yılmaz", "yilmaz"),
        ("Łukasz", "lukasz"),
        ("Çelik", "celik"),
        ("  O'Neill ", "o neill"),
        ("Neuer", "neur"),
        ("…", ""),
    ],
)
def test_a_name_is_the_same_however_it_is_written(name: str, key: str) -> None:
    assert name_key(name) == key


def test_what_a_name_begins_with_is_how_its_key_begins() -> None:
    for name in ("Mueller", "Bäuerle", "Goethe", "Łukasz"):
        for end in range(len(name)):
            key, part = name_key(name), name_key(name[: end + 1])
            assert key.startswith(part) or name[end + 1 : end + 2] == "e", (name, part)


def test_a_file_number_is_what_an_id_begins_with() -> None:
    assert file_number("0f3a91bc-0000-4000-8000-000000000000") == "0F3A-91BC"
