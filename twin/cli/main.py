"""The command ``twin``: the app, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from shlex import quote
from typing import Annotated, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from twin import __version__
from twin.cli import faults
from twin.cli.output import note
from twin.errors import TwinError

HELP = """Power grids, telecom networks and data centres as one graph: what depends on what,
what fails when something is lost, when and why.

Results go to stdout; progress, notices and hints to stderr. Exit codes: 0 fine, 1 findings (or an import with
rejects), 2 the command is not right, 3 Neo4j cannot be reached, 4 a fault of ours (a report is written)."""

# What the driver logs would else reach the terminal through Python's handler of last resort; faults are told by us.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

#: Modules with a ``register(app)``, in the order of the help page.
COMMANDS = (
    "twin.cli.server",
    "twin.cli.imports",
    "twin.cli.commands.loaders",
    "twin.cli.commands.map",
    "twin.cli.commands.edit",
    "twin.cli.commands.undo",
    "twin.cli.commands.find",
    "twin.cli.commands.show",
    "twin.cli.commands.walk",
    "twin.cli.commands.paths",
    "twin.cli.commands.mesh",
    "twin.cli.commands.impact",
    "twin.cli.commands.timeline",
    "twin.cli.commands.explain",
    "twin.cli.commands.compare",
    "twin.cli.commands.criticality",
    "twin.cli.commands.spof",
    "twin.cli.commands.cut_sets",
    "twin.cli.commands.exposed",
    "twin.cli.commands.screen",
    "twin.cli.commands.cold_start",
    "twin.cli.commands.deadlocks",
    "twin.cli.commands.findings",
    "twin.cli.commands.completeness",
    "twin.cli.commands.conflicts",
    "twin.cli.commands.runs",
    "twin.cli.commands.schema",
    "twin.cli.commands.queries",
    "twin.cli.commands.export",
    "twin.cli.commands.keys",
    "twin.cli.commands.serve",
)


class InOrder(TyperGroup):
    """Lists commands in the order in which they were registered."""


def build() -> typer.Typer:
    """The app with every command; heavy libraries are imported by the commands that use them."""
    app = typer.Typer(
        name="twin",
        help=HELP,
        cls=InOrder,
        no_args_is_help=False,
        suggest_commands=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    for name in COMMANDS:
        import_module(name).register(app)
    return app


def _root(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    if version:
        typer.echo(f"twin {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line; returns its exit code and never raises.

    Args:
        args: the words after ``twin``, by default those of the process.
    """
    words = list(sys.argv[1:] if args is None else args)
    as_json = "--json" in words
    try:
        code = typer.main.get_command(build()).main(words, prog_name="twin", standalone_mode=False)
        sys.stdout.flush()
        if code == faults.INTERRUPTED:
            _interrupted(words)
        return code if isinstance(code, int) else faults.OK
    except TwinError as error:
        return faults.show(error, as_json)
    except TyperException as error:
        return _usage(error, as_json)
    except BrokenPipeError:
        return _quiet_pipe()
    except SystemExit as stop:  # of shell completion, or typer's answer to a reader that went away
        return _quiet_pipe() if isinstance(stop.__context__, BrokenPipeError) else int(stop.code or 0)
    except (Abort, KeyboardInterrupt):
        _interrupted(words)
        return faults.INTERRUPTED
    except Exception as error:
        return faults.show_unexpected(error, as_json)


def run() -> NoReturn:
    """Entry point of the console script."""
    _own_stdout()
    sys.exit(main())


def _own_stdout() -> None:
    """Keep stdout for results: what libraries in C print by themselves (a solver does) goes to stderr.

    Nothing changes where one of the two is closed.
    """
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:
        return
    sys.stdout = open(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors, closefd=False)  # noqa: SIM115
    sys.stdout.reconfigure(line_buffering=os.isatty(kept))


def _interrupted(words: Sequence[str]) -> None:
    note("Interrupted.")
    if words[:1] == ["import"]:
        note("An import that was cut off is finished by running it again, or taken back with --rollback RUN.")


def _usage(error: TyperException, as_json: bool) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "twin"
    said = error.format_message()
    stray = re.search(r"unexpected extra arguments?(?:\(s\))? \((.+)\)", said)
    if path == "twin explain" and stray:
        events = " ".join(f"--event {quote(name)}" for name in stray.group(1).split())
        return faults.show_usage(said, f"What fails goes behind --event: twin explain ID {events}", as_json)
    return faults.show_usage(said, f"See: {path} --help", as_json)


def _quiet_pipe() -> int:
    """The reader of our output went away (``twin find x | head``): that is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return faults.OK


if __name__ == "__main__":
    run()
