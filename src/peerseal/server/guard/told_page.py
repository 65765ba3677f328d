"""What a person in a browser is shown in place of what they asked for: a page that says why, and goes on by itself.

It stands alone: no file of the page, nothing that a server in trouble would have to give besides. It repeats nothing of
the request. Programs get the JSON of `problems.py`.
"""

from __future__ import annotations

import base64
import hashlib
import math
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from peerseal.server.asgi_types import Scope
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem

CONTENT_TYPE: Final = "text/html; charset=utf-8"
#: A page that waits asks again no sooner and no later than this: an operator may have undone what stopped it.
_SOONEST: Final = 5
_LATEST: Final = 20
_NO_PAGES: Final = ("/api/", "/socket.io/")
#: The tokens of the page (web/src/ui/tokens.css), as far as a letter of a few lines needs them.
_STYLE: Final = """
:root{color-scheme:light dark;--paper:#faf7f1;--ink:#1e1b18;--quiet:#6b645c;--rule:#e4ddd2;--seal:#a3261b;--on:#fffaf4}
@media(prefers-color-scheme:dark){:root{--paper:#171513;--ink:#efeae2;--quiet:#a49b90;--rule:#2e2a26;--seal:#e5675b;--on:#1b0f0c}}
*{box-sizing:border-box}
html{background:var(--paper);color:var(--ink);font:.9375rem/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;text-size-adjust:100%}
body{max-inline-size:40rem;margin:0 auto;padding:16px 16px 48px}
header{display:flex;align-items:center;gap:12px;min-block-size:44px;margin-block-end:48px}
header,h1{font-family:'Newsreader','Iowan Old Style',Georgia,serif;font-weight:500;line-height:1.2}
header{font-size:1.625rem}
h1{margin:0 0 16px;font-size:clamp(1.5rem,6vw,2.25rem);text-wrap:balance}
p{margin:0 0 12px;max-inline-size:65ch}
a{display:inline-flex;align-items:center;min-block-size:44px;color:inherit;text-underline-offset:.2em}
a:focus-visible{outline:2px solid var(--seal);outline-offset:2px;border-radius:6px}
nav{display:flex;flex-wrap:wrap;gap:0 24px;margin-block-start:16px;padding-block-start:8px;border-block-start:1px solid var(--rule)}
.quiet{color:var(--quiet);font-size:.8125rem}
.wax{fill:var(--seal)}
.fold{fill:none;stroke:var(--on);stroke-width:1.8;stroke-linejoin:round}
@media(min-width:720px){body{padding:24px 32px 72px}}
"""
#: Asks whether it is over, and only then loads the address again: with what stands behind its `#`, which a refresh
#: without script would leave out or never load again for. Tells the time as it is here.
_SCRIPT: Final = """
const main = document.querySelector("main");
const time = document.querySelector("time");
const about = document.querySelector("time + span");
const begun = performance.now();
const wait = Number(main.dataset.wait) * 1000;
if (time !== null) {
  const end = new Date(time.dateTime);
  const today = end.toDateString() === new Date().toDateString();
  const clock = { hour: "2-digit", minute: "2-digit" };
  time.textContent = end.toLocaleString([], today ? clock : { weekday: "long", ...clock });
}
async function again() {
  if (about !== null) {
    const left = Math.max(1, Math.ceil((Number(main.dataset.left) - (performance.now() - begun) / 1000) / 60));
    about.textContent = left === 1 ? "in a minute" : left < 120 ? `in about ${left} minutes` : `in about ${Math.ceil(left / 60)} hours`;
  }
  try {
    const { ok } = await fetch(location.href, { method: "HEAD", cache: "no-store" });
    if (ok) return location.reload();
  } catch {}
  setTimeout(again, wait);
}
if (wait > 0) setTimeout(again, wait);
document.querySelector("#again").addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});
"""


def _digest(inline: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode() + "'"


#: Nothing but this style may do anything on it.
POLICY: Final = (
    f"default-src 'none'; style-src {_digest(_STYLE)}; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
#: Of a page that can be tried again: also this one script, which asks this server alone.
TRYING_POLICY: Final = f"{POLICY}; script-src {_digest(_SCRIPT)}; connect-src 'self'"
_SEAL: Final = (
    '<svg viewBox="0 0 48 48" width="30" height="30" aria-hidden="true"><circle class="wax" cx="24" cy="24" r="22"/>'
    '<path class="fold" d="M15.5 19h17v11.5h-17ZM15.5 19.3l8.5 6.7l8.5-6.7"/></svg>'
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
{refresh}<title>{title} · Peerseal</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header>{seal}Peerseal</header>
<main{data}>
<h1>{title}</h1>
{text}
<nav>{ways}</nav>
<p class="quiet">{number}</p>
</main>
{script}</body>
</html>
"""
#: For browsers without script.
_UNSCRIPTED: Final = '<noscript><meta http-equiv="refresh" content="{wait}"></noscript>\n'
_TRY: Final = '<a id="again" href="">Try again now</a>'


class _Told(NamedTuple):
    """`again`: it may pass, so the page tries by itself. `ours`: whoever runs the server can find it in the log."""

    title: str
    text: tuple[str, ...]
    again: bool = False
    ours: bool = False


_NO_LINK: Final = _Told(
    "There is no such link",
    (
        "Something is missing from this address, or was changed: links are easily cut when they are copied.",
        "Ask whoever sent it for the whole link, and copy it from its beginning to its end.",
    ),
)
_NOTHING: Final = _Told("There is nothing here", ("The address may be mistyped, or what was here is gone.",))
_STOPPED: Final = _Told(
    "Stopped for a while",
    (
        "This server has seen what looks like an attack from your network, so it answers nobody there who is not signed in.",
        "If it was not you, it may be somebody or something else behind the same address.",
        "Whoever runs this server can see why, and undo it.",
    ),
    again=True,
)
_BUSY: Final = _Told(
    "Not at this moment",
    ("This server has too much to do, or its disk does not keep up. What is stored here stays as it is.",),
    again=True,
)
_MANY: Final = _Told(
    "One moment",
    ("More came from your network just now than this server takes from one at once.",),
    again=True,
)
_NOT_BUILT: Final = _Told(
    "The page is not built",
    (
        "This server runs, and command lines can use it, but the page was not built on this machine.",
        "In a checkout, run <code>make web</code> and load this page again.",
    ),
)
_OTHER_NAME: Final = _Told(
    "Not by this name",
    (
        "This server answers to other names than the one in this address. Use the one you were given.",
        "Whoever runs it can add this one to PEERSEAL_HOSTS.",
    ),
)
_BROKEN: Final = _Told(
    "This did not work", ("Something in this server is broken. It is not your doing.",), ours=True
)
_ODD: Final = _Told(
    "This server does not answer that",
    ("It was asked in a way that it does not know, or from a page that is not its own.",),
    ours=True,
)
_OF_CODE: Final = {"blocked": _STOPPED, "page_not_built": _NOT_BUILT, "misdirected": _OTHER_NAME}


def is_visit(scope: Scope) -> bool:
    """Whether a person went to an address in a browser, and it is none that only programs use."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and not scope["path"].startswith(_NO_PAGES)
        and any("text/html" in accepted for accepted in header_values(scope["headers"], b"accept"))
    )


def told_page(scope: Scope, problem: HttpProblem, request_id: str, now: datetime) -> tuple[bytes, str]:
    """The page of this refusal and its policy; it goes on when the refusal is over. `now` with its time zone."""
    told = _of(scope["path"], problem.status, problem.code)
    seconds = problem.retry_after or _LATEST
    wait = min(max(seconds, _SOONEST), _LATEST)
    tries = told.again or told.ours
    paragraphs = list(told.text)
    if told.again:
        paragraphs.insert(1, _when(seconds, now))
    page = _PAGE.format(
        refresh=_UNSCRIPTED.format(wait=wait) if told.again else "",
        data=f' data-wait="{wait}" data-left="{seconds}"' if told.again else ' data-wait="0"',
        title=told.title,
        style=_STYLE,
        seal=_SEAL,
        text="\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        ways=_TRY if tries else f'<a href="{_home(scope)}">To the start page</a>',
        number=f"Whoever runs this server finds more in its log under {request_id}." if told.ours else "",
        script=f"<script>{_SCRIPT}</script>\n" if tries else "",
    )
    return page.encode(), TRYING_POLICY if tries else POLICY


def _of(path: str, status: int, code: str) -> _Told:
    if status == 404:
        return _NO_LINK if path.startswith("/s/") else _NOTHING
    if code in _OF_CODE:
        return _OF_CODE[code]
    if status == 429:
        return _MANY
    if status in (408, 503, 507):
        return _BUSY
    return _BROKEN if status >= 500 else _ODD


def _when(seconds: int, now: datetime) -> str:
    """When it goes on: to the minute, as one may have to wait for hours."""
    if seconds < 90:
        return f"This page goes on by itself, in {seconds} seconds or sooner."
    until = (now + timedelta(seconds=seconds + 59)).astimezone(
        UTC
    )  # the first whole minute at which it is over
    day = "" if until.date() == now.astimezone(UTC).date() else f" on {until:%-d %B}"
    minutes = math.ceil(seconds / 60)
    about = f"{minutes} minutes" if minutes < 120 else f"{math.ceil(minutes / 60)} hours"
    return (
        f'It ends by itself at <time datetime="{until:%Y-%m-%dT%H:%MZ}">{until:%H:%M} UTC{day}</time>, '
        f"<span>in about {about}</span>. "
        "This page goes on then, or sooner if somebody undoes it: you can leave it open."
    )


def _home(scope: Scope) -> str:
    """The way to the start page from this address, relative: a proxy may have put all below another."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    return "../" * (raw.partition(b"?")[0].count(b"/") - 1) or "./"
