"""Renew the outputs in this README.md and in the project's: every ``$ twin ...`` line of a console block is run again.

``python samples/germany/build/outputs.py [--check]``; the sample must be imported (``twin import samples/germany``).
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

SAMPLE = Path(__file__).resolve().parent.parent
PAGES = (SAMPLE / "README.md", SAMPLE.parent.parent / "README.md")
BLOCK = re.compile(r"```console\n\$ twin (?P<command>[^\n]*)\n(?P<output>.*?)```", re.DOTALL)
#: What differs from run to run: how long an answer took, and how old the imports are.
PASSING = re.compile(r" · [\d.,]+ m?s$|^Data: .* old\)\n", re.MULTILINE)
BEGINNING = "from twin.cli.main import run; run()"


def commands(text: str) -> list[str]:
    """The commands of the console blocks, without ``$ twin``."""
    return [found["command"] for found in BLOCK.finditer(text)]


def run(command: str) -> str:
    """Standard output of one command, without what differs from run to run.

    Raises:
        RuntimeError: it ended with a usage, store or internal error.
    """
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING, *shlex.split(command)], capture_output=True, text=True, check=False
    )
    if done.returncode > 1:  # 1 is: there are findings
        raise RuntimeError(f"twin {command} ended with {done.returncode}: {done.stderr}")
    return plain(done.stdout)


def plain(output: str) -> str:
    """Output as the README shows it."""
    return "\n".join(line.rstrip() for line in PASSING.sub("", output).strip("\n").splitlines()) + "\n"


def renewed(text: str) -> str:
    """A page with the output of every command run again."""
    return BLOCK.sub(lambda m: f"```console\n$ twin {m['command']}\n{run(m['command'])}```", text)


def main() -> int:
    """Renew the pages, or only say whether they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where an output differs")
    given = parser.parse_args()
    stale = 0
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        new = renewed(text)
        stale += new != text
        if not given.check:
            page.write_text(new, encoding="utf-8")
    return int(given.check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
