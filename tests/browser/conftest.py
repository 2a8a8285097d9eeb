"""The built site on loopback, and a browser that notices whatever a page does wrong."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from site_support import SITE

# Nothing but the pages: no updates, no services of the browser's vendor.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# How long the browser may take to do what it is told; a machine under load is slow.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


class _Files(SimpleHTTPRequestHandler):
    """Serves the site as its host does: with the page for wrong addresses."""

    protocol_version = "HTTP/1.1"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code != 404:
            super().send_error(code, message, explain)
            return
        body = (SITE / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any, **named: Any) -> None:
        """Be silent: a test that fails says what it saw."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the site is served; ends with a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(SITE)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=os.environ["NBCLOUD_BROWSER"], args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Opens a page of the site; what it logs as an error, fails to load or wants from elsewhere fails the test."""
    problems: list[str] = []
    contexts: list[Any] = []

    def watch(page: Page) -> None:
        page.on("console", lambda each: problems.append(f"console: {each.text}") if each.type == "error" else None)
        page.on("pageerror", lambda each: problems.append(f"error: {each}"))
        # What a page was still loading when it is left is given up.
        page.on(
            "requestfailed",
            lambda each: None if "ABORTED" in each.failure else problems.append(f"failed: {each.url} {each.failure}"),
        )
        page.on("response", lambda each: problems.append(f"{each.status}: {each.url}") if each.status >= 400 else None)
        page.on("request", lambda each: None if _local(each.url, address) else problems.append(f"sent: {each.url}"))

    def open_page(path: str = "", *, width: int = 1280, height: int = 900, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        watch(page)
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _local(url: str, address: str) -> bool:
    return url.startswith((address, "data:", f"blob:{address}"))
