"""Writes schemas, golden examples and AsyncAPI documents from the events and the topic registry.

`python -m contracts.generate` writes them; with `--check` it only says which are stale. Neither replaces a published
schema by an incompatible one, or describes a message that would tell an agency more than it may know. `--config
deploy/<city> --out <folder>` writes another city's AsyncAPI documents, and nothing else.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from contracts import disclosure, golden, schema, topics
from contracts.city import City, CityMisconfigured, read_city
from contracts.compatibility import ROLL_OUT, breaks
from contracts.document import agency_document, city_document
from contracts.event import Event
from contracts.story import AGENCY
from contracts.topics import Topic

HERE: Final = Path(__file__).parent
CITY: Final = HERE.parent / "deploy" / "bremen"
COMMAND: Final = "python -m contracts.generate"
FOLDERS: Final = ("schemas", "examples", "asyncapi")


def described() -> Iterator[tuple[Topic, type[Event]]]:
    """Every event version, once, with its topic; those of agencies with the topic of the story's agency."""
    for topic in topics.event_topics((AGENCY,)):
        for event in topic.events:
            yield topic, event


def generated(city: City) -> dict[str, str]:
    """Every generated file by its path below contracts/."""
    found: dict[str, str] = {}
    for topic, event in described():
        found[f"schemas/{schema.file_of(event)}.json"] = _text(schema.closed(event))
        found |= {f"examples/{name}": text for name, text in golden.files(topic, event).items()}
    return found | {f"asyncapi/{name}": text for name, text in documents(city).items()}


def documents(city: City) -> dict[str, str]:
    """The city's AsyncAPI documents: `city.json` and one for each agency."""
    told = {f"{agency.id}.json": _text(agency_document(city, agency)) for agency in city.agencies}
    return {"city.json": _text(city_document(city))} | told


def refusals(files: dict[str, str], folder: Path) -> list[str]:
    """Why these files must not be: incompatible with the published schemas in `folder`, or too open to agencies."""
    told = [event for topic in (topics.partner_out(AGENCY), topics.DAY) for event in topic.events]
    found = disclosure.beyond(told) + disclosure.kept(topics.event_topics((AGENCY,)))
    for path in sorted((folder / "schemas").rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        if name not in files:
            found.append(f"{name}: its event is gone, but old versions stay readable for ever.\n{ROLL_OUT}")
        elif changes := breaks(json.loads(path.read_text(encoding="utf-8")), json.loads(files[name])):
            found.append(f"{name} changed incompatibly:\n  " + "\n  ".join(changes) + f"\n{ROLL_OUT}")
    return found


def stale(files: dict[str, str], folder: Path) -> list[str]:
    """Files that differ from what would be generated, are missing, or are there although nothing generates them."""
    there = {path.relative_to(folder).as_posix(): path for name in FOLDERS for path in (folder / name).rglob("*.json")}
    differing = {name for name, path in there.items() if files.get(name) != path.read_text(encoding="utf-8")}
    return sorted(differing | (files.keys() - there.keys()))


def write(files: dict[str, str], folder: Path, names: Sequence[str]) -> None:
    """Writes the files `names`; one that nothing generates any more is removed."""
    for name in names:
        path = folder / name
        if name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], encoding="utf-8")
        else:
            path.unlink()


def main(arguments: Sequence[str] | None = None, *, folder: Path = HERE) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    parser.add_argument("--config", type=Path, help="the folder of another city's configuration; needs --out")
    parser.add_argument("--out", type=Path, help="where to write that city's documents")
    asked = parser.parse_args(arguments)
    if asked.config or asked.out:
        if asked.check or not (asked.config and asked.out):
            parser.error("another city's documents need both --config and --out, and are not checked")
        return _write_documents(asked.config, asked.out)
    check: bool = asked.check
    files = generated(read_city(CITY))
    if refused := refusals(files, folder):
        _say("\n".join(refused))
        return 1
    names = stale(files, folder)
    if check and names:
        _say("\n".join(f"stale: contracts/{name}" for name in names) + f"\nrun: {COMMAND}")
        return 1
    if not check:
        write(files, folder, names)
    _say(f"contracts: {len(files)} generated files, {len(names)} of them written" if names else "contracts: up to date")
    return 0


def _write_documents(config: Path, out: Path) -> int:
    try:
        files = documents(read_city(config))
    except CityMisconfigured as error:
        _say(str(error))
        return 1
    write(files, out, list(files))
    _say(f"{out}: {', '.join(files)}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main())
