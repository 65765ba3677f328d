"""The response headers that stand on every answer, errors and static files included.

The page may run only its own files, turn no text into markup or script but where its framework does, talk only to this
server, and be shown in nobody's frame. What is no page may do nothing at all.
"""

from __future__ import annotations

import re
from typing import Final

_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?", re.ASCII)
#: What runs under a policy of its own: documents, and workers by the answer their script came in.
_RUNS: Final = (b"text/html", b"text/javascript")
_STORED: Final = b"application/octet-stream"
#: A year. Not for subdomains: those may be somebody else's.
_STRICT_TRANSPORT: Final = b"max-age=31536000"
#: The framework's, for its own templates, and the page's one for the address of its worker.
TRUSTED_TYPES: Final = ("svelte-trusted-html", "peerseal-scripts")
_NOTHING: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

_FIXED: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (
        b"permissions-policy",
        (
            b"accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
            b"geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), "
            b"publickey-credentials-get=(), screen-wake-lock=(self), serial=(), usb=(), xr-spatial-tracking=()"
        ),
    ),
)


def content_security_policy(host: str, *, secure: bool = False) -> str:
    """The policy for a page whose address has this `Host`.

    `connect-src` names the WebSocket addresses of the same host, because not every browser counts them
    as `'self'`; under TLS (`secure`) only the one that is.
    """
    schemes = ("wss",) if secure else ("ws", "wss")
    sockets = "".join(f" {scheme}://{host}" for scheme in schemes) if _HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            f"connect-src 'self'{sockets}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            f"trusted-types {' '.join(TRUSTED_TYPES)}",
        )
    )


def secured(
    headers: list[tuple[bytes, bytes]],
    host: str,
    request_id: str,
    *,
    secure: bool = False,
    policy: str | None = None,
) -> list[tuple[bytes, bytes]]:
    """`headers` and the fixed ones; `Cache-Control: no-store` unless the maker knew better.

    `secure`: over TLS; `policy`: of a page that is not one of the built ones, else what its type may do.
    """
    present = {name.lower(): value for name, value in headers}
    result = list(headers)
    if b"cache-control" not in present:
        result.append((b"cache-control", b"no-store"))
    result += [(name, value) for name, value in _FIXED if name not in present]
    policy = policy or _policy_for(present.get(b"content-type", b""), host, secure=secure)
    result.append((b"content-security-policy", policy.encode("ascii")))
    if secure:
        result.append((b"strict-transport-security", _STRICT_TRANSPORT))
    result.append((b"x-request-id", request_id.encode("ascii")))
    return result


def _policy_for(kind: bytes, host: str, *, secure: bool) -> str:
    if kind.startswith(_RUNS):
        return content_security_policy(host, secure=secure)
    # Somebody else's bytes: opened as a page of its own they have no origin, no scripts, no forms.
    return f"{_NOTHING}; sandbox" if kind.startswith(_STORED) else _NOTHING
