"""Honest traffic: offices, bulk programs, people who forget, phones that roam, clients without an account."""

from __future__ import annotations

from bench.guard.world import AGENTS, API, CHUNK, FILE, LOGIN, PARAMS, Party, World, every, person


def sign_in(world: World, who: Party, t: float, wrong: int = 0, *, pause: float = 6.0) -> float:
    """Wrong some times, then right. When it was done. The answer names the session it made, or not."""
    r = world.random
    world.see(t, who, PARAMS, session=None, account=who.account)
    t += 0.5 + r.random()
    for _ in range(wrong):
        world.see(t, who, LOGIN, 401, "login_failed", session=None, account=who.account)
        t += max(1.5, r.gauss(pause, pause / 3))
        if r.random() < 0.5:
            world.see(t - 0.7, who, PARAMS, session=None, account=who.account)
    session = world.hex()
    world.see(t, who, LOGIN, 200, session=r.choice((session, None)), account=who.account)
    who.session = session
    return t


def browse(
    world: World, who: Party, start: float, stop: float, *, rate: float = 0.02, slips: float = 0.004
) -> None:
    """A signed-in page: looks at lists and files, sometimes at one that is gone."""
    r = world.random
    for t in every(world, start, stop, rate):
        if r.random() < slips:
            world.see(t, who, FILE, 404, "not_found_object", id=world.hex())
        elif r.random() < slips / 4:
            world.see(t, who, f"{API}/files", 400, "malformed")
        elif r.random() < 0.01:
            world.see(t, who, "*", 404, "unknown_route", path="/favicon.ico", session=None)
        elif r.random() < 0.01:
            world.see(t, who, "*", 404, "unknown_route", path=f"/old/bookmark{r.randrange(9)}", session=None)
        elif r.random() < 0.1:
            world.see(t, who, "/", session=None)
        else:
            world.see(t, who, r.choice((f"{API}/files", FILE, f"{API}/me", CHUNK)))


def office(
    world: World, size: int = 150, *, forgetting: float = 0.12, carrying: float = 0.7, rush: float = 0.5
) -> str:
    """Many behind one address; most are signed in already or sign in during the first part."""
    r = world.random
    ip = f"203.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}"
    for _ in range(size):
        who = person(world, "office", ip, device=r.random() < carrying)
        start = r.random() * world.seconds * rush
        if r.random() < 0.4:
            who.session = world.hex()
        else:
            start = sign_in(world, who, start, r.choice((1, 1, 2, 3)) if r.random() < forgetting else 0)
        browse(world, who, start, world.seconds)
    for _ in range(size // 10):
        agent = r.choice(("peerseal/1.0", r.choice(AGENTS)))
        live(world, Party(f"visitor-{ip}-{world.hex(4)}", ip, agent), r.random() * world.seconds * 0.9)
    return ip


def live(world: World, who: Party, t: float, mistakes: int | None = None, joined: bool = True) -> None:
    """Somebody without an account joins by a code and receives."""
    r = world.random
    who.session = world.hex()
    world.see(t, who, "sio:connect")
    wrong = mistakes if mistakes is not None else r.choice((0, 0, 0, 0, 0, 1, 2))
    for _ in range(wrong):
        t += 4 + r.random() * 8
        world.see(t, who, "sio:code_join", 404, "code_wrong", code=f"{r.randrange(1000)}-{world.hex(3)}")
    if not joined:
        return
    t += 3
    world.see(t, who, "sio:code_join", code=f"{r.randrange(1000)}-right")
    for event in (
        "sio:connect_request",
        "sio:accept",
        "sio:handshake",
        "sio:signal",
        "sio:signal",
        "sio:offer",
        "sio:done",
    ):
        t += r.random() * 3
        world.see(t, who, event, 200)


def guests(world: World, size: int = 300, minutes: float = 15.0) -> str:
    """A hall where nobody has an account: all come in their time, and all at once after the line or the server was down."""
    r = world.random
    ip = f"192.{r.randrange(1, 160)}.{r.randrange(256)}.{r.randrange(1, 255)}"
    breaks = [world.seconds * share for share in (0.4, 0.41, 0.7)]
    for _ in range(size):
        who = Party(f"guest-{ip}-{world.hex(4)}", ip, r.choice(AGENTS))
        t = r.random() * minutes * 60
        world.see(t, who, "/")
        if r.random() < 0.3:
            live(world, who, t + 1)
        else:
            who.session = world.hex()
            world.see(t + 1, who, "sio:connect")  # the page stays open
        for down in breaks:
            who.session = world.hex()
            world.see(down + r.random() * 3, who, "sio:connect")
            if r.random() < 0.05:
                live(world, who, down + 20 + r.random() * 300)
    return ip


def slips(world: World, most: int = 8) -> None:
    """Somebody in a browser whose addresses were cut by a mailer, or typed: several wrong ones within some minutes."""
    r = world.random
    who = Party(f"slips-{world.hex(4)}", world.address(), r.choice(AGENTS))
    t = r.random() * world.seconds * 0.9
    for n in range(r.randrange(1, most + 1)):
        path = r.choice(
            (f"/s/{world.hex(8)}", f"/f/{n}.", f"//s/{world.hex()}", "/S/abc", "/Operator", "/help")
        )
        world.see(t, who, "*", 404, "unknown_route", path=f"{path}{n}", visitor=True)
        t += 2 + r.random() * 40
    world.see(t, who, "/")
    live(world, who, t + 1)


def bulk(world: World, rate: float = 8.0, slips: float = 0.002, minutes: float = 6.0) -> None:
    """A program that moves many chunks; now and then something it asks for is gone."""
    r = world.random
    who = person(world, "bulk", world.address())
    who.agent = "peerseal/1.0"
    start = r.random() * world.seconds * 0.6
    if r.random() < 0.5:
        who.session = world.hex()
    else:
        start = sign_in(world, who, start)
    for t in every(world, start, min(world.seconds, start + minutes * 60), rate):
        if r.random() < slips:
            world.see(t, who, FILE, 404, "not_found_object", id=world.hex())
        elif r.random() < slips / 2:
            world.see(t, who, CHUNK, 422, "malformed")
        else:
            world.see(t, who, CHUNK, 201)


def forgetful(world: World, most: int = 9, pause: float = 7.0) -> None:
    """Tries several passwords on a new device, then has it."""
    r = world.random
    who = person(world, "forgetful", world.address(), device=r.random() < 0.4)
    t = sign_in(world, who, r.random() * world.seconds * 0.7, r.randrange(2, most + 1), pause=pause)
    browse(world, who, t, world.seconds)


def roaming(world: World) -> None:
    """A phone whose address changes every few minutes, among those many share."""
    r = world.random
    who = person(world, "roaming", world.address())
    t = sign_in(world, who, r.random() * world.seconds * 0.3, r.choice((0, 0, 1)))
    while t < world.seconds:
        until = t + 60 + r.random() * 600
        browse(world, who, t, min(until, world.seconds), rate=0.05)
        t = until
        who.ip = f"100.64.{r.randrange(4)}.{r.randrange(1, 9)}" if r.random() < 0.7 else world.address()


def home(world: World, size: int = 2, slips: float = 0.004) -> str:
    """A household."""
    r = world.random
    ip = world.address()
    for _ in range(size):
        who = person(world, "home", ip)
        start = r.random() * world.seconds * 0.5
        if r.random() < 0.5:
            who.session = world.hex()
        else:
            start = sign_in(world, who, start, r.choice((0, 0, 0, 1)))
        browse(world, who, start, world.seconds, rate=0.03, slips=slips)
    return ip


def link_opener(world: World) -> None:
    """Opens a link somebody sent; sometimes one that has expired, a few times over."""
    r = world.random
    who = Party(f"opener-{world.hex(4)}", world.address(), r.choice(("Mozilla/5.0 Chrome/141", "curl/8")))
    t = r.random() * world.seconds * 0.9
    gone = r.random() < 0.3
    link = world.hex()
    for _ in range(r.randrange(1, 5) if gone else 2):
        if gone:
            world.see(t, who, "/s/{id}", 404, "not_found_object", id=link)
        else:
            world.see(t, who, "/s/{id}", id=link)
        t += 2 + r.random() * 20


def monitor(world: World) -> None:
    """A program that asks every few seconds whether the server is up."""
    who = Party(f"monitor-{world.hex(4)}", world.address(), "uptime/2")
    t = 0.0
    while t < world.seconds:
        world.see(t, who, f"{API}/health")
        t += 5


def stale_program(world: World, gap: float = 60.0) -> None:
    """A job on a timer whose password was changed: it goes on being wrong."""
    r = world.random
    who = person(world, "stale", world.address())
    who.agent = "peerseal/1.0"
    t = r.random() * 600
    for _ in range(10):
        world.see(t, who, LOGIN, 401, "login_failed", session=None, account=who.account)
        t += gap
