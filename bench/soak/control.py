"""The process of `server.Control`: asks until standard input ends, then says how long everything took."""

from __future__ import annotations

import json
import select
import sys
import time
from http.client import HTTPConnection, HTTPException

EVERY = 0.05
#: Somebody who is a part of no attack, at an address of their own.
SOURCE = "127.200.1.1"


def main() -> None:
    port, token = int(sys.argv[1]), sys.stdin.readline().strip()
    seconds: list[float] = []
    failed = 0
    while not select.select([sys.stdin], [], [], EVERY)[0]:
        begun = time.perf_counter()
        link = HTTPConnection("127.0.0.1", port, timeout=10, source_address=(SOURCE, 0))
        try:
            link.request("GET", "/api/v1/files", headers={"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            answer.read()
            if answer.status == 200:
                seconds.append(time.perf_counter() - begun)
            else:
                failed += 1
        except (OSError, HTTPException):
            failed += 1
        finally:
            link.close()
    print(json.dumps({"seconds": seconds, "failed": failed}))


if __name__ == "__main__":
    main()
