"""Who waits for nothing makes room for who comes: few of one network, half of the room in all, the oldest first."""

from hypothesis import given
from hypothesis.strategies import booleans, lists, sampled_from, tuples

from peerseal.server.guard.waiting_room import GRACE_SECONDS, Room, Waiting


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class One:
    """A connection."""

    cut = False

    def make_room(self) -> None:
        self.cut = True


def entered(waiting: Waiting, source: str, count: int) -> list[One]:
    ones = [One() for _ in range(count)]
    for one in ones:
        waiting.enter(source, one)
    return ones


def test_the_oldest_of_a_network_goes_when_it_has_too_many_and_had_its_time() -> None:
    clock = Clock()
    waiting = Waiting(clock, per_source=3)
    ones = entered(waiting, "a", 3)
    clock.now = GRACE_SECONDS + 1
    more = entered(waiting, "a", 2)
    assert [one.cut for one in ones + more] == [True, True, False, False, False]
    assert len(waiting) == 3


def test_many_at_once_over_a_slow_line_are_not_cut_at_once() -> None:
    waiting = Waiting(Clock(), per_source=3)
    assert not any(one.cut for one in entered(waiting, "a", 50))


def test_beyond_the_room_for_all_whoever_has_most_gives_way() -> None:
    waiting = Waiting(Clock(), in_all=6)
    many, few = entered(waiting, "many", 5), entered(waiting, "few", 1)
    newcomer = entered(waiting, "new", 1)
    assert [one.cut for one in many] == [True, False, False, False, False]
    assert not few[0].cut
    assert not newcomer[0].cut


def test_somebody_whose_head_has_come_is_no_longer_in_the_way() -> None:
    waiting = Waiting(Clock())
    (one,) = entered(waiting, "a", 1)
    waiting.leave("a", one)
    waiting.leave("a", one)
    assert len(waiting) == 0
    assert not waiting.cut_one()
    assert not one.cut


def test_an_exempt_network_has_no_limit_of_its_own() -> None:
    clock = Clock()
    waiting = Waiting(clock, per_source=1)
    ones = entered(waiting, "", 1)
    clock.now = GRACE_SECONDS + 1
    assert not any(one.cut for one in ones + entered(waiting, "", 5))


def test_coming_again_does_not_make_it_young() -> None:
    clock = Clock()
    waiting = Waiting(clock, per_source=2)
    old, other = entered(waiting, "a", 2)
    clock.now = GRACE_SECONDS + 1
    waiting.enter("a", old)
    entered(waiting, "a", 1)
    assert (old.cut, other.cut) == (True, False)


@given(lists(tuples(sampled_from("abcd"), booleans()), max_size=60))
def test_whoever_has_most_is_known_whatever_came_and_went(steps: list[tuple[str, bool]]) -> None:
    waiting = Waiting(Clock())
    here: dict[str, list[One]] = {}
    for source, comes in steps:
        mine = here.setdefault(source, [])
        if comes:
            mine += entered(waiting, source, 1)
        elif mine:
            waiting.leave(source, mine.pop(0))
    most = max(map(len, here.values()), default=0)
    assert len(waiting) == sum(map(len, here.values()))
    assert waiting.cut_one() is (most > 0)
    cut = [source for source, mine in here.items() for one in mine if one.cut]
    assert len(cut) == min(most, 1)
    assert all(len(here[source]) == most and here[source][0].cut for source in cut)


def test_files_are_left_for_everything_that_is_no_connection() -> None:
    assert Room.of(1024, 2048) == Room(connections=768, per_address=384, half_open=384)
    assert Room.of(64, 2048) == Room(connections=16, per_address=8, half_open=8)
    assert Room.of(65_536, 2048) == Room(connections=64_512, per_address=2048, half_open=32_256)
    assert Room.of(None, 2048).connections == Room.of(65_536, 2048).connections
