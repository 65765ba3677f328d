"""Driving Peerseal's page over bare DevTools, by the words a person sees."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal, NamedTuple

from bench.cdp import Chromium, Target

Route = Literal["auto", "direct", "relay"]
WAYS: dict[Route, str] = {"auto": "best path", "relay": "relay only", "direct": "direct only"}

CHOOSE = """
((route) => new Promise((done, failed) => {
  const opening = indexedDB.open("peerseal-accounts", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
  opening.onerror = failed;
  opening.onsuccess = () => {
    const change = opening.result.transaction("kept", "readwrite");
    change.objectStore("kept").put(route, "route");
    change.oncomplete = () => { opening.result.close(); done(true); };
    change.onabort = failed;
  };
}))
"""
FIND = """
((words, root) => {
  const visible = e => e.getClientRects().length > 0 && !e.disabled;
  const name = e => (e.getAttribute('aria-label') || e.textContent || '').trim();
  return [...(root || document).querySelectorAll('button, [role=button]')].find(e => visible(e) && name(e) === words);
})
"""


def click(page: Target, words: str, seconds: float = 30) -> None:
    """Click the button called `words`, as soon as it is there."""
    page.until(
        f"(() => {{ const e = {FIND}({json.dumps(words)}); if (e) e.click(); return !!e; }})()", seconds
    )


def join(page: Target, name: str, role: str) -> None:
    """Choose the role, give the name, press Join."""
    page.until("!!document.querySelector('input[type=radio]')")
    page.run(
        f"""(() => {{
          const radio = [...document.querySelectorAll('input[type=radio]')]
            .find(e => e.value.toLowerCase() === '{role}' || e.labels[0]?.textContent.trim().toLowerCase() === '{role}');
          radio.click();
          const box = [...document.querySelectorAll('input')].find(e => e.labels?.[0]?.textContent.includes('Your name'));
          box.value = {json.dumps(name)};
          box.dispatchEvent(new Event('input', {{bubbles: true}}));
        }})()"""
    )
    click(page, "Join")


def meet(sender: Chromium, receiver: Chromium, url: str, route: Route = "auto") -> None:
    """Two pages join, connect, and compare their words; the way a person would. `route`: what both remember of Way."""
    for browser, name, role in ((receiver, "Bob", "receiver"), (sender, "Alice", "sender")):
        browser.open(url)
        browser.page.run(f"({CHOOSE})({json.dumps(route)})")
        browser.open("about:blank#")
        browser.open(url)
        join(browser.page, name, role)
    click(sender.page, "Connect")
    click(receiver.page, "Accept")


class Took(NamedTuple):
    """Seconds from the receiver's Accept: until all of it was verified and kept, and until it was saved."""

    kept: float
    saved: float


def send(sender: Chromium, receiver: Chromium, file: Path, *, first: bool) -> Took:
    """Send a file and accept it, the way two people would; it ends in the receiver's download folder."""
    sender.page.until("!!document.querySelector('input[type=file]:not([webkitdirectory])')")
    sender.page.choose_files("input[type=file]:not([webkitdirectory])", [file])
    click(sender.page, "Send")
    if first:
        click(sender.page, "They match")
    click(receiver.page, "Accept")
    began = time.perf_counter()
    receiver.page.until(f"document.body.innerText.includes({json.dumps(file.name + ' is here')})", 900)
    kept = time.perf_counter() - began
    target, size = receiver.downloads / file.name, file.stat().st_size
    until = time.monotonic() + 900
    while not (target.exists() and target.stat().st_size == size):
        if time.monotonic() > until:
            raise TimeoutError(f"{file.name} did not arrive")
        time.sleep(0.02)
    return Took(kept, time.perf_counter() - began)
