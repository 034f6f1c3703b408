"""`make demo`: from nothing to a served twin of Germany, by the commands that a user would type.

Each step prints its command and runs it. On a terminal the API stays in the foreground until Ctrl-C; without
one, or with CI set, it is started, asked once and stopped again, so that the demo always ends.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TWIN = Path(sys.executable).with_name("twin")
MANIFEST = "samples/germany/twin.toml"
HOST = "127.0.0.1"
PORT = 8000
WAIT_S = 60.0


def main() -> int:
    """Run the demo; returns the exit code of the first step that fails, else 0."""
    os.chdir(ROOT)
    event = json.loads((ROOT / "samples/germany/demo.json").read_text(encoding="utf-8"))
    steps = [["up"], ["import", MANIFEST], ["impact", *event["failed"], "--horizon", event["horizon"]]]
    for number, step in enumerate(steps, 1):
        if number == 3:
            print(f"\n{event['question']}", flush=True)
        say(step)
        code = subprocess.run([str(TWIN), *step], check=False).returncode
        if code != 0 and not (step[0] == "import" and code == 1):  # 1: imported, with findings to read
            print(f"The step failed (exit {code}); `{shown('doctor')}` says more.", file=sys.stderr)
            return code
    return serve(["serve", "--port", str(free_port())])


def serve(command: list[str]) -> int:
    """Serve the API: in the foreground on a terminal, else just long enough for one request."""
    url = f"http://{HOST}:{command[-1]}"
    say(command)
    server = subprocess.Popen([str(TWIN), *command])
    try:
        if not healthy(f"{url}/health", server):
            print(f"The API did not answer on {url}.", file=sys.stderr)
            return server.poll() or 4
        print(f"\nThe map: {url}/#{shown_event()}\nThe reference of the API: {url}/docs", flush=True)
        print(f"More questions, in another terminal:  {shown('impact', '--help')}", flush=True)
        if interactive():
            print("Ctrl-C stops the API.", flush=True)
            server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        stop(server)
    print(f"\nThe API is stopped. Neo4j still runs; stop it with:  {shown('down')}", flush=True)
    return 0


def shown_event() -> str:
    """The event of the demo as the map's address names it."""
    event = json.loads((ROOT / "samples/germany/demo.json").read_text(encoding="utf-8"))
    return f"view=impact&fail={','.join(event['failed'])}&horizon={event['horizon']}"


def healthy(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Whether *url* answers 200 before the server ends or ``WAIT_S`` seconds have passed."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback address
                print(f"GET {url}\n{answer.read().decode()}", flush=True)
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the API politely, then for sure."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def interactive() -> bool:
    """Whether somebody sits at a terminal who can press Ctrl-C."""
    return sys.stdin.isatty() and not os.environ.get("CI")


def free_port() -> int:
    """The usual port, or any free one when it is taken."""
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
            except OSError:
                continue
    return PORT


def shown(*command: str) -> str:
    """The command as a user would type it from the clone."""
    return shlex.join([str(TWIN.relative_to(ROOT)) if TWIN.is_relative_to(ROOT) else "twin", *command])


def say(command: list[str]) -> None:
    """Print the command that runs next."""
    print(f"\n$ {shown(*command)}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
