"""Whatever the order in which people come back, leave and are lost: a room has one of each side, and two members."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from peerseal.wire import messages as m
from support.meeting_world import Person, World

PLACES = [bytes([number]) * 16 for number in range(2)]
SIDES: tuple[m.Side, m.Side] = ("initiator", "responder")
who = st.integers(0, 4)
place = st.sampled_from(PLACES)
side = st.sampled_from(SIDES)


class ComingAndGoing(RuleBasedStateMachine):
    """Five people at two rendezvous, and a model of who waits where and which room is whose."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.people = [self.newcomer() for _ in range(5)]
        self.rooms: dict[str, list[Person]] = {}
        self.resumed: set[str] = set()
        self.waiting: dict[tuple[bytes, m.Side], Person] = {}
        self.room_at: dict[bytes, str] = {}

    def newcomer(self) -> Person:
        person = self.world.person()
        person.join()
        return person

    @rule(number=who, at=place, on=side)
    def waits(self, number: int, at: bytes, on: m.Side) -> None:
        person = self.people[number]
        reply = person.say(m.Rejoin(at, on, None))
        if isinstance(reply, m.Refusal):
            assert reply.code == "busy"
            assert self.is_in_a_room(person)
        else:
            self.shows_no_more(person, at)
            self.waiting[at, on] = person
            old = self.room_at.get(at)
            if old is not None:
                assert not any(member.connection.room == old for member in self.rooms[old])
        self.listen()

    @rule(number=who, at=place, on=side)
    def names_its_room(self, number: int, at: bytes, on: m.Side) -> None:
        person = self.people[number]
        room = person.connection.room
        if room is None:
            return
        others = [one for (where, _), one in self.waiting.items() if where == at and one is not person]
        reply = person.say(m.Rejoin(at, on, room))
        assert (person.connection.room == room) == (reply == m.Done())
        if reply == m.Done():
            assert others == []
            self.shows_no_more(person, at)
            self.listen()
            self.room_at[at] = room
        else:
            assert isinstance(reply, m.Refusal)
            assert reply.code == "room_closed"
            self.listen()

    @rule(first=who, second=who)
    def two_meet_otherwise(self, first: int, second: int) -> None:
        alice, bob = self.people[first], self.people[second]
        request = alice.say(m.Connect(bob.id))
        if isinstance(request, m.Requested):
            bob.say(m.Answer(request.request, accept=True))
        self.listen()

    @rule(number=who)
    def closes_its_room_and_is_listed_again(self, number: int) -> None:
        person = self.people[number]
        room = person.connection.room
        if room is not None:
            assert person.say(m.Close(room)) == m.Done()
            if not self.is_in_a_room(person):  # else it met somebody it waited for
                person.join()
        self.listen()

    @rule(number=who)
    def leaves_and_joins(self, number: int) -> None:
        person = self.people[number]
        person.say(m.Leave())
        for at in PLACES:
            self.shows_no_more(person, at)
        person.join()
        self.listen()

    @rule(number=who)
    def is_lost_and_comes_as_somebody_else(self, number: int) -> None:
        lost = self.people[number]
        self.world.meeting.depart(lost.connection, "vanished")
        self.world.settle()
        for at in PLACES:
            self.shows_no_more(lost, at)
        self.people[number] = self.newcomer()
        self.listen()

    def shows_no_more(self, person: Person, at: bytes) -> None:
        for on in SIDES:
            if self.waiting.get((at, on)) is person:
                del self.waiting[at, on]

    def is_in_a_room(self, person: Person) -> bool:
        return person.connection.room is not None

    def listen(self) -> None:
        """Take in what everybody was told, and hold it against the model."""
        self.world.now += 10  # ten refusals within a minute would end a connection
        for at, room in list(self.room_at.items()):
            if any(member.connection.room != room for member in self.rooms[room]):
                del self.room_at[at]
        fresh = set()
        for person in self.people:
            for told in person.heard("room"):
                self.rooms.setdefault(told["room"], []).append(person)
                if told["mode"] == "resume":
                    fresh.add(told["room"])
        for room in fresh:
            first, second = self.rooms[room]
            (at,) = [
                at
                for at in PLACES
                if [self.waiting.get((at, on)) for on in SIDES] in ([first, second], [second, first])
            ]
            for on in SIDES:
                del self.waiting[at, on]
            self.room_at[at] = room

    @invariant()
    def a_room_has_two_members_who_are_not_the_same(self) -> None:
        for members in self.rooms.values():
            assert len(set(members)) == len(members) == 2

    @invariant()
    def who_is_in_a_room_is_there_with_somebody_who_is_too(self) -> None:
        inside = [person.connection.room for person in self.people if person.connection.room is not None]
        assert all(inside.count(room) == 2 for room in inside)

    @invariant()
    def two_who_wait_for_each_other_and_are_free_have_met(self) -> None:
        for at in PLACES:
            couple = [self.waiting.get((at, on)) for on in SIDES]
            assert any(one is None or self.is_in_a_room(one) for one in couple)


ComingAndGoing.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestComingAndGoing = ComingAndGoing.TestCase
