"""Whole hours of traffic: the mix the rules were tuned on, and held-out ones of another design they were not."""

from __future__ import annotations

from collections.abc import Callable

from bench.guard import attackers as a
from bench.guard import people as p
from bench.guard.world import World


def tuned(seed: int, scale: float = 1.0) -> World:
    """An office, homes, bulk programs, phones, forgetful users; every kind of attacker."""
    w = World(seed)
    offices = [p.office(w) for _ in range(max(1, round(scale)))]
    for _ in range(round(40 * scale)):
        p.forgetful(w)
        p.roaming(w)
    for _ in range(round(100 * scale)):
        p.home(w)
        p.link_opener(w)
    for _ in range(max(2, round(12 * scale))):
        p.bulk(w)
        p.stale_program(w)
    for _ in range(round(20 * scale)):
        p.slips(w)
    p.guests(w, max(20, round(300 * scale)))
    p.monitor(w)
    everybody(w, offices[0])
    return w


def everybody(w: World, office: str) -> None:
    """Each kind of attacker at least once."""
    for rate in (10.0, 4.0, 1.0):
        a.scanner(w, rate)
        a.guesser(w, rate)
        a.sprayer(w, rate / 4)
        a.code_guesser(w, rate / 2, fresh=rate > 2)
        a.prober(w, rate)
        a.prober(w, rate, account=False)
        a.params_scraper(w, rate)
    a.slow_guesser(w)
    a.slow_guesser(w, 50)
    a.shared_guess(w)
    a.botnet(w)
    a.botnet(w, 250, 5, net="198.51.100")
    a.rotating(w)
    a.insider(w)
    a.insider(w, office)
    a.scanner(w, ip=office)
    a.sprayer(w, 1.0, ip=office, agent="Mozilla/5.0 (Windows NT 10.0) Chrome/141")
    a.sprayer(w, 1.0, ip=office)
    a.guesser(w, ip=office)
    a.code_guesser(w, ip=office)
    a.registrar(w)
    a.trap(w)
    a.hijacker(w)
    for point in ("csrf", "malformed", "bad_name", "slow_client", "bad_public_key"):
        a.sender(w, point)


def held_out(seed: int, scale: float = 1.0) -> World:
    """Other sizes, rates and circumstances: an office at its sign-in rush, many strangers' mistakes, patient attackers."""
    w = World(seed ^ 0x5EED, agents=seed % 2 == 0)
    r = w.random
    office = p.office(w, 120, forgetting=0.3, carrying=0.3, rush=0.15)
    cafe = p.office(w, 12, forgetting=0.2, carrying=0.5, rush=0.9)
    shared_home = p.home(w, 3)
    for _ in range(round(60 * scale)):
        p.forgetful(w, most=12, pause=4.0)
        p.home(w, r.randrange(1, 5), slips=0.02)
        p.link_opener(w)
    for _ in range(round(20 * scale)):
        p.roaming(w)
    for _ in range(max(2, round(10 * scale))):
        p.bulk(w, rate=12.0, slips=0.01, minutes=4)
        p.bulk(w, rate=2.0, slips=0.02, minutes=15)
        p.stale_program(w, 30)
    for _ in range(2):
        a.scanner(w, r.uniform(0.3, 8), r.randrange(60, 200), traps=0.0)
        a.guesser(w, r.uniform(0.2, 6), agent="Mozilla/5.0 (X11; Linux) Firefox/143")
        a.sprayer(w, r.uniform(0.05, 2))
        a.code_guesser(w, r.uniform(0.1, 2), fresh=r.random() < 0.5)
        a.prober(w, r.uniform(0.3, 5), good=20)
        a.prober(w, r.uniform(0.3, 5), account=False)
        a.params_scraper(w, r.uniform(1, 8))
        a.sender(w, r.choice(("csrf", "malformed", "bad_name", "slow_client")), r.uniform(0.3, 4))
    a.slow_guesser(w, 75)
    a.shared_guess(w, 200, 40)
    a.botnet(w, 400, 6, minutes=4)
    a.botnet(w, 150, 3, minutes=15)
    a.botnet(w, 120, 6, minutes=8, net="192.0.2")
    for ip in (office, cafe, shared_home):
        a.guesser(w, r.uniform(0.5, 4), ip=ip)
        a.sprayer(
            w, r.uniform(0.2, 2), ip=ip, agent=r.choice((None, "Mozilla/5.0 (Windows NT 10.0) Chrome/141"))
        )
        a.scanner(w, r.uniform(0.5, 4), 80, traps=0.05, ip=ip)
    a.code_guesser(w, 0.5, ip=cafe)
    a.insider(w, cafe)
    a.rotating(w, 150, 0.7)
    a.trap(w, office)
    return w


def people_only(seed: int, scale: float = 1.0) -> World:
    """No attack at all: everything that is stopped is wrong."""
    w = World(seed)
    p.office(w, 200, forgetting=0.25, rush=0.2)
    for _ in range(round(80 * scale)):
        p.forgetful(w, most=15, pause=5.0)
        p.roaming(w)
        p.home(w, 3, slips=0.03)
        p.link_opener(w)
    for _ in range(round(20 * scale)):
        p.bulk(w, rate=20, slips=0.02, minutes=3)
        p.stale_program(w, 10)
        p.slips(w)
    p.guests(w, 300, minutes=25)
    p.guests(w, 150, minutes=4)
    p.monitor(w)
    return w


MIXES: dict[str, Callable[[int, float], World]] = {
    "tuned": tuned,
    "held-out": held_out,
    "people-only": people_only,
}
