"""The operator's page of a real server, opened by a link as `peerseal guard page` prints it."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from support.live_server import LiveServer


def operator_at(live: LiveServer, context: BrowserContext, data: Path | None = None) -> Page:
    """The page in this browser, open as an operator's. `data`: the server's folder, if it was named one."""
    token = live.operator_token() if data is None else (data / "operator.token").read_text().strip()
    page = context.new_page()
    page.goto(f"{live.url}/operator#{_secret(live, token)}")
    page.get_by_role("heading", name="Stopped or challenged").wait_for()
    return page


def _secret(live: LiveServer, token: str) -> str:
    link = HTTPConnection("127.0.0.1", live.port, timeout=30)
    headers = {"Authorization": f"Operator {token}", "Content-Type": "application/json"}
    try:
        link.request("POST", "/api/v1/operator/page-links", "{}", headers)
        return str(json.load(link.getresponse())["secret"])
    finally:
        link.close()
