"""A stack that runs: isolated databases, parts that die and come back, nothing left at the end."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
import pytest_asyncio

from lotse.refusal import Refusal
from lotse.settings import Settings
from lotse.stack import kafka
from lotse.stack.home import ClockKind, HomeTaken
from lotse.stack.http import ready
from lotse.stack.ledger import lives
from lotse.stack.part import Part
from lotse.stack.ports import PortBusy, on_free_ports
from lotse.stack.postgres import dsn
from lotse.stack.running import PartFailed, State
from lotse.stack.stack import Stack
from tests.system import stack_standin

pytestmark = pytest.mark.asyncio(loop_scope="module")
SOON = 20.0


class Said(list[tuple[str, State, str]]):
    """A report that remembers."""

    def __call__(self, part: str, state: State, words: str) -> None:
        self.append((part, state, words))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return on_free_ports(Settings(home=tmp_path_factory.mktemp("home"), fsync=False, partitions=3))


@pytest.fixture(scope="module")
def said() -> Said:
    return Said()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(settings: Settings, said: Said) -> AsyncIterator[Stack]:
    async with Stack(settings, application=stack_standin.service, report=said) as stack:
        yield stack


def role(stack: Stack, name: str, database: str) -> str:
    return dsn(stack.settings, role=name, password=stack.installation.passwords[name], database=database)


async def test_everything_started_answers(stack: Stack) -> None:
    assert await kafka.answers(stack.settings.kafka_address)
    assert await ready("127.0.0.1", stack.settings.intake_port)
    assert {part.state for part in stack.parts.values()} == {State.READY}


async def test_a_service_reaches_its_own_database_and_no_other(stack: Stack) -> None:
    connection = await asyncpg.connect(role(stack, "intake", "intake"))
    await connection.execute("CREATE TABLE mine (id int)")
    await connection.close()
    for other in ("casework", "referrals", "reporting", "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(role(stack, "intake", other))


async def test_secrets_are_for_the_owner_only(stack: Stack) -> None:
    assert (stack.home.path / "installation.json").stat().st_mode & 0o077 == 0


async def test_a_second_stack_on_the_same_home_is_refused(stack: Stack) -> None:
    with pytest.raises(HomeTaken, match="already runs"):
        await Stack(on_free_ports(stack.settings), application=stack_standin.service).start()


async def test_a_busy_port_is_named_with_the_setting_that_moves_it(stack: Stack, tmp_path: Path) -> None:
    elsewhere = stack.settings.model_copy(update={"home": tmp_path})
    with pytest.raises(PortBusy) as refused:
        await Stack(elsewhere, application=stack_standin.service).start()
    assert str(stack.settings.postgres_port) in refused.value.what
    assert "LOTSE_POSTGRES_PORT" in refused.value.remedy


@pytest.mark.parametrize("name", ["intake", "postgres", "kafka"])
async def test_a_part_that_is_killed_is_started_again_and_this_is_said(stack: Stack, said: Said, name: str) -> None:
    part, before = stack.parts[name], stack.parts[name].pid
    part.signal(signal.SIGKILL)
    await until(lambda: part.pid not in {None, before} and part.state is State.READY)
    assert any(who == name and state is State.RESTARTING and "SIGKILL" in words for who, state, words in said)


async def test_what_was_stored_outlives_a_killed_server(stack: Stack) -> None:
    connection = await asyncpg.connect(role(stack, "intake", "intake"))
    await connection.execute("CREATE TABLE kept (id int)")
    await connection.close()
    postgres, before = stack.parts["postgres"], stack.parts["postgres"].pid
    postgres.signal(signal.SIGKILL)
    await until(lambda: postgres.pid not in {None, before} and postgres.state is State.READY)
    connection = await asyncpg.connect(role(stack, "intake", "intake"))
    assert await connection.fetchval("SELECT to_regclass('kept')") == "kept"
    await connection.close()


async def test_a_home_keeps_its_clock(tmp_path: Path, settings: Settings) -> None:
    elsewhere = on_free_ports(settings.model_copy(update={"home": tmp_path}))
    nothing = Stack(elsewhere, base=lambda *_: (), application=lambda *_: (), clock=ClockKind.REAL)
    async with nothing:
        namespace = nothing.installation.namespace
    with pytest.raises(Refusal, match="clock"):
        await Stack(elsewhere, base=lambda *_: (), application=lambda *_: (), clock=ClockKind.SIMULATED).start()
    async with Stack(elsewhere, base=lambda *_: (), application=lambda *_: ()) as again:
        assert again.installation.namespace == namespace


async def test_a_part_that_never_gets_ready_stops_the_start_and_names_its_log(
    tmp_path: Path, settings: Settings
) -> None:
    elsewhere = on_free_ports(settings.model_copy(update={"home": tmp_path}))
    broken = Part(name="broken", command=("false",), probe=lambda: ready("127.0.0.1", elsewhere.intake_port))
    sound = Part(name="sound", command=("sleep", "1000"))
    stack = Stack(elsewhere, base=lambda *_: (), application=lambda *_: (broken, sound))
    with pytest.raises(PartFailed, match="broken") as failed:
        await stack.start()
    assert "broken.log" in failed.value.remedy
    assert stack.parts["sound"].pid is None


async def test_stopping_ends_even_a_paused_part_and_leaves_no_process(tmp_path: Path, settings: Settings) -> None:
    elsewhere = on_free_ports(settings.model_copy(update={"home": tmp_path}))
    stack = await Stack(elsewhere, application=stack_standin.service).start()
    pids = {part.pid for part in stack.parts.values() if part.pid}
    children = {child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)}
    stack.parts["intake"].signal(signal.SIGSTOP)
    began = time.monotonic()
    await stack.stop()
    assert time.monotonic() - began < 15
    assert not [pid for pid in pids | children if lives(pid)]
