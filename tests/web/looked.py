"""A page of the map that is watched: what it asks for, and what goes wrong on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

# Long enough for a busy machine; what is there sooner is seen sooner.
expect.set_options(timeout=45_000)

#: Drawn by the processor, the same on every machine.
DRAWN = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
#: As where no WebGL2 is to be had.
NOT_DRAWN = ["--disable-3d-apis"]

Launch = Callable[[list[str]], Browser]


@dataclass
class Looked:
    """A page that is watched: what it asked for, and what went wrong on it."""

    page: Page
    server: str
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def open(self, address: str = "") -> Page:
        """Open the map with this hash, and wait until it stands."""
        self.page.goto(f"{self.server}#{address}" if address else self.server)
        return self.settle()

    def reload(self) -> Page:
        """Load the same address again."""
        self.page.reload()
        return self.settle()

    def settle(self) -> Page:
        """Wait until the page is ready."""
        self.until("Boolean(window.twin?.ready)")
        self.page.evaluate("window.twin.ready")
        return self.page

    def until(self, holds: str, seconds: float = 60) -> None:
        """Wait until this expression holds. (The page's policy forbids what ``wait_for_function`` does.)"""
        end = time.monotonic() + seconds
        while not self.page.evaluate(holds):
            assert time.monotonic() < end, f"not within {seconds} s: {holds}"
            self.page.wait_for_timeout(50)

    def foreign(self) -> list[str]:
        """Requests that left the server; none may."""
        return [url for url in self.asked if not url.startswith((self.server, "data:", f"blob:{self.server}"))]


def watch(context: BrowserContext, server: str) -> Looked:
    """A new page of *context*, watched."""
    looked = Looked(context.new_page(), server)
    looked.page.set_default_timeout(60_000)

    def requested(request: Request) -> None:
        looked.asked.append(request.url)

    def said(message: Any) -> None:
        if message.type in ("error", "warning"):
            looked.wrong.append(f"{message.type}: {message.text}")

    looked.page.on("request", requested)
    looked.page.on("console", said)
    looked.page.on("pageerror", lambda error: looked.wrong.append(str(error)))
    return looked


@contextmanager
def page_on(browser: Browser, server: str) -> Iterator[Looked]:
    """A page; at the end no request may have left the machine, and nothing may have gone wrong."""
    context = browser.new_context(viewport={"width": 1000, "height": 640}, reduced_motion="reduce")
    made = watch(context, server)
    yield made
    context.close()
    assert made.foreign() == []
    assert made.wrong == []
