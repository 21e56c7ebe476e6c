"""Small stand-ins for the city's processes: the stack is what is tested.

python -m tests.system.stack_standin service <port>          answers GET /health/ready
python -m tests.system.stack_standin stack <settings.json>   runs servers and that service until it is told to end
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from lotse.settings import HOST, Settings
from lotse.stack.foreground import attend
from lotse.stack.home import Home, Installation
from lotse.stack.http import ready
from lotse.stack.part import Node, Part, python
from lotse.stack.stack import Stack

MODULE = "tests.system.stack_standin"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()


def service(settings: Settings, _: Installation, __: Home) -> Sequence[Node]:
    """One service, at intake's port."""
    port = settings.intake_port
    return (
        Part(
            name="intake",
            command=python(MODULE, "service", str(port)),
            probe=lambda: ready(HOST, port),
            after=("databases", "kafka"),
            grace=2.0,
        ),
    )


async def stay(stack: Stack) -> None:
    (stack.home.path / "up.json").write_text(json.dumps({name: part.pid for name, part in stack.parts.items()}))
    await asyncio.Event().wait()


def main() -> None:
    match sys.argv[1:]:
        case ["service", port]:
            HTTPServer((HOST, int(port)), Answer).serve_forever()
        case ["stack", path]:
            settings = Settings.model_validate_json(Path(path).read_bytes())
            asyncio.run(attend(Stack(settings, application=service), stay))


if __name__ == "__main__":
    main()
