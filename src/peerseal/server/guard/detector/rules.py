"""Every number the detector decides by (docs/guard.md §2). Times and half-lives in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """Thresholds, half-lives and bounds."""

    half_life: float = 600.0
    slow_half_life: float = 21_600.0
    """Of the second, slower score: it finds who guesses once in some minutes."""
    tempo_half_life: float = 5.0
    flow_half_life: float = 60.0

    log: float = 10.0
    challenge: float = 20.0
    challenge_newcomer: float = 15.0
    """Of an address where nobody was good so far."""
    challenge_bare: float = 6.5
    """Of an address that within the hour had no ordinary answer at all, not even a page: people begin with one."""
    block: float = 40.0
    pass_in_mode: float = 6.5
    """A pass is lost at this much of wrong passwords while the site is attacked."""
    block_slips: float = 80.0
    """Where nothing but mistakes a broken client makes too was seen."""
    most: float = 4.0
    """No score grows beyond so many times what blocks: whatever was done, it is forgotten in half an hour or so."""
    net: float = 30.0
    slow: float = 10.0
    account: float = 12.0
    device: float = 10.0
    tempo: float = 3.0
    """So many points at once make an address a program: its points weigh double."""
    flow: float = 60.0
    """So many ordinary sign-ins, registrations and look-ups of strangers at once are free, and so many connections."""
    crowd: float = 120.0
    """Of guests who connect at once so many count as having come: about 80 a minute."""
    came: float = 1_000.0
    """So many guests may come back to an address at once, if they came there one by one before."""
    came_half_life: float = 86_400.0
    room: float = 20.0

    good_seconds: float = 86_400.0
    shared: int = 1
    """An address where so many accounts were good is never blocked, only challenged."""
    conduct: float = 50.0
    """After so many good requests a slip of a session weighs half."""

    challenge_seconds: float = 600.0
    block_seconds: float = 600.0
    block_longest: float = 86_400.0
    wait_seconds: float = 30.0
    wait_longest: float = 3_600.0
    pass_tries: int = 3
    """Wrong passwords under one pass at accounts whose strangers wait: then it is lost."""

    ended_sessions: int = 3
    """After so many blocked sessions of an account its sign-ins need a pass."""
    ended_seconds: float = 3_600.0

    site_names: int = 60
    site_strangers: int = 25
    site_networks: int = 30
    site_codes: int = 20
    site_seconds: float = 300.0
    site_networks_seconds: float = 900.0
    mode_seconds: float = 600.0

    breaker_share: float = 0.05
    breaker_least: int = 20
    breaker_seconds: float = 3_600.0
    block_worst: float = 120.0
    """An address without an ordinary answer is blocked at this much though the breaker is open."""

    names: int = 8
    """So many names may fail with one program at a shared address within `half_life`, and none of them be right."""
    names_hard: int = 20
    """With more than these a pass is lost as early as in a mode of the site."""
    joins: float = 4.0
    """Right codes raise a threshold as accounts do, as if there were at most so many."""

    subjects: int = 50_000
    agents: int = 8
    """A blocked address stops only the programs that made points there, the latest of them; others pay."""
    evidence: int = 48
    """What one subject remembers of single things: names, codes, paths."""
    evidence_in_all: int = 150_000
