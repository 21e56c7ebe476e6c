"""Secrets are made once, whole, and each folder is for one account."""

import os
import stat
from pathlib import Path

import pytest

from contracts.city import Partitions, read_city
from contracts.topics import Layout
from lotse.container.secrets import ACCOUNTS, MADE, OtherSeed, provide
from lotse.play import namespace_of
from lotse.settings import SERVICES
from services.runtime.settings import DatabaseSettings, Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
SEED = "7"
NAMESPACE = namespace_of(7)
MINE = dict.fromkeys(ACCOUNTS, os.getuid())


def test_a_service_has_its_dsn_and_the_namespace_and_databases_the_same_password(tmp_path: Path) -> None:
    provide(tmp_path, SEED, MINE)
    for service in SERVICES:
        dsn = (tmp_path / MADE / service / "lotse_database").read_text()
        password = (tmp_path / MADE / "databases" / service).read_text()
        assert dsn == f"postgresql://{service}:{password}@postgres:5432/{service}"
        assert (tmp_path / MADE / service / "lotse_namespace").read_text() == str(NAMESPACE)
    superuser = (tmp_path / MADE / "postgres" / "password").read_text()
    assert f":{superuser}@" in (tmp_path / MADE / "databases" / "superuser").read_text()


def test_nobody_but_the_owner_reads_anything(tmp_path: Path) -> None:
    provide(tmp_path, SEED, MINE)
    for path in (tmp_path / MADE).rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o377 == (0o100 if path.is_dir() else 0)


def test_every_reader_has_an_account_of_its_own() -> None:
    assert len(set(ACCOUNTS.values())) == len(ACCOUNTS)
    assert 0 not in ACCOUNTS.values()


def test_what_is_there_stays(tmp_path: Path) -> None:
    assert provide(tmp_path, SEED, MINE)
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert not provide(tmp_path, SEED, MINE)
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_another_seed_than_that_of_the_data_is_refused(tmp_path: Path) -> None:
    provide(tmp_path, SEED, MINE)
    for other in ("8", ""):
        with pytest.raises(OtherSeed, match="hold the city of seed 7"):
            provide(tmp_path, other, MINE)


def test_without_a_seed_the_namespace_is_secret(tmp_path: Path) -> None:
    namespaces = set()
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        assert provide(folder, "", MINE)
        assert not provide(folder, "", MINE)
        namespaces.add((folder / MADE / "intake" / "lotse_namespace").read_text())
    assert len(namespaces) == 2


def test_what_a_crash_left_half_made_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "left-half-made").mkdir()
    assert provide(tmp_path, SEED, MINE)
    assert (tmp_path / MADE / "intake" / "lotse_database").exists()


def test_a_seed_gives_the_same_namespace_everywhere() -> None:
    assert namespace_of(1) == namespace_of(1) != namespace_of(2)


def test_settings_are_read_from_the_folder_and_the_environment_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provide(tmp_path, SEED, MINE)
    monkeypatch.setenv("LOTSE_SECRETS", str(tmp_path / MADE / "casework"))
    assert DatabaseSettings().database.startswith("postgresql://casework:")
    found = Settings()
    assert (found.database, found.namespace) == (DatabaseSettings().database, NAMESPACE)
    monkeypatch.setenv("LOTSE_DATABASE", "postgresql://other")
    assert Settings().database == "postgresql://other"


def test_partitions_that_nobody_named_are_the_citys(monkeypatch: pytest.MonkeyPatch) -> None:
    city = read_city(DEPLOY / "neuwerder").model_copy(update={"partitions": Partitions(person=5, partner=2)})
    told = Settings(database="postgresql://", namespace=NAMESPACE)
    assert told.in_city(city).layout == Layout(person=5, partner=2)
    monkeypatch.setenv("LOTSE_PARTITIONS_PERSON", "7")
    assert Settings(database="postgresql://", namespace=NAMESPACE).in_city(city).layout == Layout(person=7, partner=2)
