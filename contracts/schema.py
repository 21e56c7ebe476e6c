"""The JSON Schema of one event version, and its file.

Producers are closed: they write only the fields of the schema, which is published so. Consumers are open: they ignore
what they do not know (`opened`), so that a producer may be newer than they are.
"""

import copy
import re
from collections.abc import Iterator
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from contracts.event import Event

Schema = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Without pydantic's titles, which only repeat the fields' names."""

    def field_title_should_be_set(self, schema: CoreSchema | Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002
        return value


def closed(event: type[Event]) -> Schema:
    """What a producer of `event` writes."""
    schema = event.model_json_schema(schema_generator=_Untitled)
    for part in _objects(schema):
        part["additionalProperties"] = False
    name = event.type_name()
    head = {"title": name, "description": schema.pop("description", "")}
    named = {"$schema": DIALECT, "$id": f"urn:{name.replace('.', ':')}", **head, **schema, **head}
    unwrapped: Schema = _unwrapped(named)
    return unwrapped


def opened(schema: Schema) -> Schema:
    """What a consumer accepts: the same with unknown fields, which it ignores."""
    found = copy.deepcopy(schema)
    for part in _objects(found):
        part.pop("additionalProperties", None)
    return found


def inlined(schema: Schema) -> Schema:
    """The schema without references. No message of ours contains itself."""
    definitions = schema.get("$defs", {})

    def resolve(part: Any) -> Any:
        match part:
            case {"$ref": str(reference), **rest}:
                return {**resolve(definitions[reference.removeprefix("#/$defs/")]), **resolve(rest)}
            case dict():
                return {name: resolve(value) for name, value in part.items() if name != "$defs"}
            case list():
                return [resolve(value) for value in part]
            case _:
                return part

    found: Schema = resolve(schema)
    return found


def file_of(event: type[Event]) -> str:
    """`intake/ClientRegistered.v1`, to which the kind of file is added."""
    name, version = event.type_name().rsplit(".", 2)[-2:]
    return f"{event.family}/{name}.{version}"


def _unwrapped(part: Any) -> Any:
    """Descriptions without the line ends of the source; paragraphs stay."""
    match part:
        case {"description": str(text)}:
            whole = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
            return {name: whole if name == "description" else _unwrapped(value) for name, value in part.items()}
        case dict():
            return {name: _unwrapped(value) for name, value in part.items()}
        case list():
            return [_unwrapped(value) for value in part]
        case _:
            return part


def _objects(schema: Schema) -> Iterator[Schema]:
    for part in (schema, *schema.get("$defs", {}).values()):
        if "properties" in part:
            yield part
