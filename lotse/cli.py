"""The command `lotse`. A sub-command is a module named in COMMANDS, imported only when it is called for."""

import importlib
import sys
from typing import Annotated, Final

import typer
from rich.console import Console

from lotse.refusal import Refusal

COMMANDS: Final = {
    "up": "lotse.up",
    "demo": "lotse.demo",
    "status": "lotse.status",
    "doctor": "lotse.doctor",
    "report": "lotse.report",
    "release": "lotse.release",
    "check": "lotse.check.command",
    "replay": "lotse.replay",
    "trace": "lotse.trace",
    "audit": "lotse.audit",
    "dlq": "lotse.dlq",
    "backup": "lotse.backup",
    "restore": "lotse.restore",
}
"""By name the module whose `register(app)` adds the command, in the order of the help."""
BUG: Final = 70
HELP: Final = """Lotse: a city's Sozialzentren and the agencies that place their clients in work.

Exit codes: 0 done · 1 refused, or not all is well · 2 wrong usage · 3 the home is taken or damaged · 4 a port is taken
· 5 jars are missing · 6 a part does not start · 7 a topic does not fit · 8 a database cannot be migrated · 70 a bug.

Settings are environment variables: LOTSE_HOME (.lotse), LOTSE_CACHE, LOTSE_CONFIG (deploy/bremen), LOTSE_PARTITIONS
(before the configuration's, at the first start), and LOTSE_<part>_PORT for intake 8001, casework 8002, referrals 8003,
reporting 8004, calendar 8005, kafka 19092, kafka_controller 19093, postgres 15432.
"""


def command_line(arguments: list[str]) -> typer.Typer:
    """The command with the sub-command that the arguments call for; with all of them if they call for none."""
    app = typer.Typer(help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

    @app.callback()
    def options(
        *, debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False
    ) -> None:
        """Options of every command; `main` reads them."""

    wanted = next((argument for argument in arguments if argument in COMMANDS), None)
    for name, module in COMMANDS.items():
        if wanted in {None, name}:
            importlib.import_module(module).register(app)
    return app


def main() -> None:
    """Run the command. What it refuses is told to people, with what to do now; a traceback comes with --debug only."""
    arguments = sys.argv[1:]
    try:
        command_line(arguments)()
    except Exception as error:
        if "--debug" in arguments:
            raise
        sys.exit(_explain(error))


def _explain(error: Exception) -> int:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if isinstance(error, Refusal):
        console.print(error.what, style="bold red", markup=False)
        console.print(error.remedy, markup=False)
        return error.exit_code
    if isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    name = type(error).__name__
    console.print(f"This should not have happened: {name}.", style="bold red", markup=False)
    console.print("Run the command again as `lotse --debug …` and report what it prints.", markup=False)
    return BUG
