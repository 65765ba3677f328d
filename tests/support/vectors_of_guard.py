"""How Python runs the vectors about the challenge of a server under attack."""

from peerseal.client.challenge import solve
from support.vectors import Case, Run, Values


def _solve(case: Case, seen: Values) -> None:
    given = case.given
    seen["solutions"] = list(solve(given["challenge"], given["bits"], given["count"]))


OPERATIONS: dict[str, Run] = {"challenge.solve": _solve}
