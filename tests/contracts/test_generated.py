"""The generated files are what the events say now, and a bad change is refused before it is written."""

import json
from pathlib import Path

import pytest

from contracts import generate
from contracts.city import read_city

RUN = f"run: {generate.COMMAND}"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generate.generated(read_city(generate.CITY))


@pytest.fixture
def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    generate.write(files, tmp_path, list(files))
    return tmp_path


def test_nothing_generated_is_stale(files: dict[str, str]) -> None:
    assert not generate.stale(files, generate.HERE), RUN


def test_nothing_that_is_generated_is_refused(files: dict[str, str]) -> None:
    assert generate.refusals(files, generate.HERE) == []


def test_generating_twice_gives_the_same(files: dict[str, str]) -> None:
    assert generate.generated(read_city(generate.CITY)) == files


def test_a_check_names_stale_missing_and_surplus_files_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stale, missing = folder / "asyncapi/city.json", folder / "examples/intake/ClientRegistered.v1.complete.json"
    stale.write_text("{}")
    missing.unlink()
    (folder / "examples/intake/Invented.v1.complete.json").write_text("{}")

    assert generate.main(["--check"], folder=folder) == 1

    said = capsys.readouterr().out
    assert "stale: contracts/asyncapi/city.json" in said
    assert "stale: contracts/examples/intake/ClientRegistered.v1.complete.json" in said
    assert "stale: contracts/examples/intake/Invented.v1.complete.json" in said
    assert RUN in said
    assert stale.read_text() == "{}"
    assert not missing.exists()


def test_generating_repairs_what_a_check_named(folder: Path) -> None:
    (folder / "asyncapi/city.json").write_text("{}")
    (folder / "examples/intake/Invented.v1.complete.json").write_text("{}")
    assert generate.main([], folder=folder) == 0
    assert generate.main(["--check"], folder=folder) == 0


def test_a_published_schema_is_not_replaced_by_an_incompatible_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = folder / "schemas/intake/ClientDeparted.v1.json"
    schema = json.loads(published.read_text(encoding="utf-8"))
    schema["properties"]["place"] = {"type": "string"}
    published.write_text(json.dumps(schema))

    assert generate.main([], folder=folder) == 1

    said = capsys.readouterr().out
    assert "schemas/intake/ClientDeparted.v1.json changed incompatibly:\n  place: removed" in said
    assert "roll out every consumer" in said
    assert json.loads(published.read_text()) == schema


def test_an_event_that_was_published_cannot_go(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orphan = folder / "schemas/intake/Forgotten.v1.json"
    orphan.write_text("{}")
    assert generate.main([], folder=folder) == 1
    assert "schemas/intake/Forgotten.v1.json: its event is gone" in capsys.readouterr().out
    assert orphan.exists()


def test_another_citys_documents_are_written_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neuwerder = generate.CITY.parent / "neuwerder"
    assert generate.main(["--config", str(neuwerder), "--out", str(tmp_path)]) == 0
    city = read_city(neuwerder)
    assert {path.stem for path in tmp_path.iterdir()} == {"city", *city.agency_ids}
    whole = json.loads((tmp_path / "city.json").read_text(encoding="utf-8"))
    assert whole["channels"]["intake.person.v1"]["bindings"]["kafka"]["partitions"] == city.partitions.person
    for path in tmp_path.iterdir():
        said = path.read_text(encoding="utf-8").lower()
        assert not [word for word in ("bremen", "arbeitsamt", "bremer-arbeit") if word in said], path.name
    assert "kreishandwerkerschaft.json" in capsys.readouterr().out


def test_a_misconfigured_citys_documents_are_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--config", str(tmp_path / "nowhere"), "--out", str(tmp_path)]) == 1
    assert "does not exist" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--config", "deploy/neuwerder"], ["--out", "x"], ["--check", "--config", "x"]])
def test_another_citys_documents_need_both_options(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        generate.main(arguments)
