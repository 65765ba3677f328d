"""Hostile traffic: one function for each kind of attacker."""

from __future__ import annotations

from bench.guard.world import API, FILE, LOGIN, PARAMS, Party, World, every

PROBES = (
    "/admin",
    "/phpmyadmin/index.php",
    "/backup.zip",
    "/cgi-bin/test.cgi",
    "/config.yml",
    "/solr/",
    "/api/v2/users",
)
TRAPS = ("/.env", "/.git/config", "/wp-login.php")


def attacker(
    world: World, kind: str, ip: str | None = None, agent: str | None = "python-requests/2.32"
) -> Party:
    """One more of them."""
    return Party(f"{kind}-{world.hex(4)}", ip or world.address(), agent, attack=True)


def _start(world: World) -> float:
    return world.seconds * (0.05 + 0.7 * world.random.random())


def _wrong(world: World, who: Party, t: float, name: str, **more: object) -> None:
    world.see(t, who, LOGIN, 401, "login_failed", account=name, session=None, **more)


def scanner(
    world: World, rate: float = 4.0, count: int = 150, traps: float = 0.1, ip: str | None = None
) -> None:
    r = world.random
    who = attacker(world, "scanner", ip)
    t = _start(world)
    for number in range(count):
        t += r.expovariate(rate)
        if r.random() < traps:
            world.see(t, who, "*", 404, "honeypot", path=r.choice(TRAPS))
        else:
            path = r.choice(PROBES) if r.random() < 0.5 else f"/dir{number}"
            world.see(t, who, "*", 404, "unknown_route", path=path)


def guesser(
    world: World,
    rate: float = 2.0,
    count: int = 200,
    *,
    ip: str | None = None,
    agent: str | None = None,
    name: str | None = None,
) -> None:
    """Many passwords for one name."""
    r = world.random
    who = attacker(world, "guesser", ip, agent or "python-requests/2.32")
    name = name or f"user{r.randrange(1, max(2, world.people))}"
    t = _start(world)
    for _ in range(count):
        t += r.expovariate(rate)
        _wrong(world, who, t, name)


def slow_guesser(world: World, gap: float = 60.0) -> None:
    """One password a minute, for as long as it lasts."""
    who = attacker(world, "slow")
    name = f"user{world.random.randrange(1, max(2, world.people))}"
    t = world.random.random() * 120
    while t < world.seconds:
        _wrong(world, who, t, name)
        t += gap * (0.8 + 0.4 * world.random.random())


def shared_guess(world: World, addresses: int = 60, gap: float = 20.0) -> None:
    """One account, low and slow from many addresses."""
    who = attacker(world, "distributed")
    pool = [world.address() for _ in range(addresses)]
    name = f"user{world.random.randrange(1, max(2, world.people))}"
    t = world.random.random() * 120
    while t < world.seconds:
        _wrong(world, who, t, name, ip=world.random.choice(pool))
        t += gap


def sprayer(
    world: World, rate: float = 0.5, count: int = 120, ip: str | None = None, agent: str | None = None
) -> None:
    """One password for many names."""
    r = world.random
    who = attacker(world, "sprayer", ip, agent or "Go-http-client/2.0")
    t = _start(world)
    for _ in range(count):
        t += r.expovariate(rate)
        _wrong(world, who, t, f"user{r.randrange(1, 4 * world.people)}")


def botnet(
    world: World, addresses: int = 400, tries: int = 6, minutes: float = 10.0, net: str | None = None
) -> None:
    """Stolen names and passwords from many addresses, a few from each."""
    r = world.random
    who = attacker(world, "botnet24" if net else "botnet")
    start = min(_start(world), max(0.0, world.seconds - minutes * 60))
    pool = [f"{net}.{1 + n % 254}" if net else world.address() for n in range(addresses)]
    for number in range(addresses * tries):
        t = start + r.random() * minutes * 60
        _wrong(
            world,
            who,
            t,
            f"leaked{world.seed}{number}",
            ip=r.choice(pool),
            ua=r.choice((who.agent, "okhttp/4", None)),
        )


def code_guesser(
    world: World, rate: float = 1.0, count: int = 100, *, fresh: bool = True, ip: str | None = None
) -> None:
    """Guesses codes, with a new connection for each or on one."""
    r = world.random
    who = attacker(world, "codes", ip, "node")
    t = _start(world)
    for _ in range(count):
        t += r.expovariate(rate)
        if fresh or who.session is None:
            who.session = world.hex()
            world.see(t, who, "sio:connect")
        world.see(
            t + 0.05, who, "sio:code_join", 404, "code_wrong", code=f"{r.randrange(1000)}-{world.hex(3)}"
        )


def prober(world: World, rate: float = 2.0, count: int = 80, *, account: bool = True, good: int = 3) -> None:
    """Ids of other people's files, signed in or not."""
    r = world.random
    who = attacker(world, "prober" if account else "prober-anon")
    t = _start(world)
    if account:
        who.account = f"mallory{world.hex(3)}"
        world.see(t, who, PARAMS, account=who.account)
        world.see(t + 0.2, who, LOGIN, account=who.account)
        who.session = world.hex()
    for _ in range(count):
        t += r.expovariate(rate)
        for _ in range(good if account and r.random() < 0.3 else 0):
            world.see(t, who, f"{API}/files")
        route = FILE if account else "/s/{id}"
        world.see(t + 0.01, who, route, 404, "not_found_object", id=world.hex())


def insider(world: World, ip: str | None = None) -> None:
    """Has an account and attacks other people's meetings and the server's parsers."""
    r = world.random
    who = attacker(world, "insider", ip, "Mozilla/5.0 (Windows NT 10.0) Chrome/141")
    who.account, who.session = f"mallory{world.hex(3)}", world.hex()
    t = _start(world)
    for n in range(60):
        t += r.expovariate(1.0)
        point = ("not_accepted", "bad_public_key", "bad_name", "malformed")[n % 4]
        world.see(t, who, "sio:handshake" if n % 2 else f"{API}/files", 400, point)


def sender(world: World, point: str, rate: float = 2.0, count: int = 60) -> None:
    """Sends what no client of ours sends: `csrf`, `malformed`, `bad_name`, `slow_client`, `bad_public_key`."""
    r = world.random
    who = attacker(world, point)
    t = _start(world)
    for _ in range(count):
        t += r.expovariate(rate)
        live = point in ("bad_public_key", "not_accepted")
        session = world.hex() if live else None
        world.see(t, who, "sio:handshake" if live else f"{API}/files", 400, point, session=session)


def params_scraper(world: World, rate: float = 4.0, count: int = 300) -> None:
    """Asks about name after name, and never signs in."""
    r = world.random
    who = attacker(world, "scraper")
    t = _start(world)
    for n in range(count):
        t += r.expovariate(rate)
        world.see(t, who, PARAMS, account=f"name{world.seed}x{n}")


def registrar(world: World, rate: float = 1.0, count: int = 100) -> None:
    """Makes account after account."""
    who = attacker(world, "registrar")
    t = _start(world)
    for when in every(world, t, t + count / rate, rate):
        world.see(when, who, f"{API}/register", 202)


def rotating(world: World, count: int = 200, rate: float = 2.0) -> None:
    """Sprays from ever new addresses of its own IPv6 /48."""
    r = world.random
    who = attacker(world, "rotating")
    base = f"2001:db8:{r.randrange(65536):x}"
    t = _start(world)
    for n in range(count):
        t += r.expovariate(rate)
        _wrong(
            world,
            who,
            t,
            f"user{r.randrange(1, 4 * world.people)}",
            ip=f"{base}:{n % 8:x}::{r.randrange(1, 65536):x}",
        )


def trap(world: World, ip: str | None = None) -> None:
    """Asks once for what only scanners ask for."""
    who = attacker(world, "trap", ip, world.random.choice((None, "zgrab/0.x")))
    world.see(_start(world), who, "*", 404, "honeypot", path="/.env")


def hijacker(world: World) -> None:
    """Goes on with a stolen session from elsewhere while its owner uses it."""
    r = world.random
    owner = Party(
        f"owner-{world.hex(4)}", world.address(), "Mozilla/5.0 (iPhone) Safari/18", f"owner{world.hex(3)}"
    )
    owner.session = world.hex()
    who = attacker(world, "hijacker")
    who.account, who.session = owner.account, owner.session
    start = _start(world)
    for t in every(world, start, start + 600, 0.1):
        world.see(t, owner, f"{API}/files")
    for t in every(world, start + 200, start + 500, 0.2):
        world.see(t, who, r.choice((f"{API}/files", FILE)))
