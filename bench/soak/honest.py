"""The process of honest people in `sign_ins`: each signs in some times a second, as long as they are let."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException

from bench.soak.sign_ins import PROOF, login
from peerseal.client.challenge import solve

#: Each begins so many sign-ins a second at most: together more than must succeed, and no flood of their own.
PACE = 4.0


def main() -> None:
    port, seconds, kind = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    people = json.loads(sys.stdin.readline())
    counts = {"in": 0, "out": 0}
    end = time.monotonic() + seconds
    # Solving is processor time of this machine, so only two strangers do it at once.
    threads = [
        threading.Thread(target=live, args=(port, end, number, one, counts))
        for number, one in enumerate(people[: 2 if kind == "unknown" else len(people)])
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    print(json.dumps(counts))


def live(port: int, end: float, number: int, who: tuple[str, str], counts: dict[str, int]) -> None:
    name, device = who
    source = f"127.{210 + (not device)}.{number}.1"
    headers = {"Content-Type": "application/json"} | ({"Peerseal-Device": device} if device else {})
    due = time.monotonic() + number / PACE / 8
    while time.monotonic() < end:
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due + 1 / PACE, time.monotonic())
        status, said = ask(port, source, "POST", "/api/v1/login", login(name, PROOF), headers)
        counts["in" if status == 200 else "out"] += 1
        if status == 429 and said.get("code") == "challenge" and not device:
            headers |= earn(port, source)
        elif status != 200:
            time.sleep(0.05)


def earn(port: int, source: str) -> dict[str, str]:
    """A pass, as a client earns it."""
    status, asked = ask(port, source, "GET", "/api/v1/challenge", None, {})
    if status != 200:
        return {}
    solutions = solve(asked["challenge"], asked["bits"], asked["count"])
    body = json.dumps({"challenge": asked["challenge"], "solutions": solutions}).encode()
    status, said = ask(port, source, "POST", "/api/v1/challenge", body, {"Content-Type": "application/json"})
    return {"Peerseal-Pass": said["pass"]} if status == 201 else {}


def ask(  # type: ignore[no-untyped-def] # noqa: ANN201, PLR0917 - JSON; a request has so many parts
    port: int, source: str, method: str, path: str, body: bytes | None, headers: dict[str, str]
):
    link = HTTPConnection("127.0.0.1", port, timeout=20, source_address=(source, 0))
    try:
        link.request(method, path, body, headers)
        answer = link.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, HTTPException, ValueError):
        return 0, {}
    finally:
        link.close()


if __name__ == "__main__":
    main()
