"""Key exchange and contact books: who sees what, in which state what may happen, and how often."""

import pytest

from peerseal.server.accounts.asking import Asking
from peerseal.server.exchange import places, service
from peerseal.server.exchange.models import ExchangeRow
from peerseal.wire import accounts as a
from peerseal.wire.encoding import base64url_encode
from peerseal.wire.stored import SetSender
from support.api_client import BUNDLE, ApiServer, Caller, problem

YANS = bytes(reversed(BUNDLE))


@pytest.fixture
def zoe(api: ApiServer) -> Caller:
    return api.person("Zoe")


@pytest.fixture
def yan(api: ApiServer) -> Caller:
    return api.person("Yan", bundle=YANS)


def ask(caller: Caller, to: str, bundle: bytes = BUNDLE) -> str:
    answer = caller.call("ask_exchange", a.AskExchange(to, bundle))
    assert answer.status_code == 201
    id_: str = answer.get_json()["id"]
    return id_


def listed(caller: Caller) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = caller.call("exchanges").get_json()["exchanges"]
    return rows


def test_two_people_get_each_others_keys(api: ApiServer, zoe: Caller, yan: Caller) -> None:
    id_ = ask(zoe, "YAN")
    (out,), (into,) = listed(zoe), listed(yan)
    created = int(api.seconds * 1000)
    pending = {"id": id_, "state": "pending", "created": created, "answered": None}
    assert out == pending | {"peer": "yan", "direction": "out", "bundle": None}
    assert into == pending | {"peer": "zoe", "direction": "in", "bundle": base64url_encode(BUNDLE)}
    api.pass_time(5)
    accepted = yan.call("accept_exchange", a.AcceptExchange(YANS), exchange=id_)
    assert accepted.status_code == 200
    (out,), (into,) = listed(zoe), listed(yan)
    assert accepted.get_json() == into
    assert (out["state"], out["answered"], out["bundle"]) == (
        "accepted",
        created + 5000,
        base64url_encode(YANS),
    )
    assert (into["state"], into["bundle"]) == ("accepted", base64url_encode(BUNDLE))


def test_a_declined_one_gives_no_keys(zoe: Caller, yan: Caller) -> None:
    id_ = ask(zoe, "yan")
    assert yan.call("decline_exchange", a.Empty(), exchange=id_).get_json()["state"] == "declined"
    assert [(row["state"], row["bundle"]) for row in listed(zoe)] == [("declined", None)]
    for endpoint, body in (("accept_exchange", a.AcceptExchange(YANS)), ("decline_exchange", a.Empty())):
        assert problem(yan.call(endpoint, body, exchange=id_)) == (409, "conflict")
    assert ask(zoe, "yan") != id_


def test_one_pending_request_for_each_pair(zoe: Caller, yan: Caller) -> None:
    id_ = ask(zoe, "yan")
    assert problem(zoe.call("ask_exchange", a.AskExchange("yan", BUNDLE))) == (409, "already_asked")
    assert problem(yan.call("ask_exchange", a.AskExchange("zoe", YANS))) == (409, "they_asked")
    assert zoe.call("withdraw_exchange", exchange=id_).status_code == 204
    assert listed(zoe) == listed(yan) == []
    ask(yan, "zoe", YANS)


def test_only_ones_own_keys_and_never_to_oneself(zoe: Caller, yan: Caller) -> None:
    assert problem(zoe.call("ask_exchange", a.AskExchange("yan", YANS))) == (422, "invalid")
    assert problem(zoe.call("ask_exchange", a.AskExchange("ZOE", BUNDLE))) == (422, "invalid")
    id_ = ask(zoe, "yan")
    assert problem(yan.call("accept_exchange", a.AcceptExchange(BUNDLE), exchange=id_)) == (422, "invalid")
    assert listed(yan)[0]["state"] == "pending"


def test_nobody_else_sees_or_touches_an_exchange(api: ApiServer, zoe: Caller, yan: Caller) -> None:
    id_ = ask(zoe, "yan")
    mallory = api.person("mallory")
    assert listed(mallory) == []
    for caller in (mallory, zoe):  # who asked cannot answer either
        assert problem(caller.call("accept_exchange", a.AcceptExchange(BUNDLE), exchange=id_)) == (
            404,
            "not_found",
        )
        assert problem(caller.call("decline_exchange", a.Empty(), exchange=id_)) == (404, "not_found")
    for caller in (mallory, yan):  # who was asked declines, and does not withdraw
        assert problem(caller.call("withdraw_exchange", exchange=id_)) == (404, "not_found")
    assert listed(yan)[0]["state"] == "pending"


def test_each_takes_an_answered_one_off_their_own_list(api: ApiServer, zoe: Caller, yan: Caller) -> None:
    id_ = ask(zoe, "yan")
    yan.call("accept_exchange", a.AcceptExchange(YANS), exchange=id_)
    assert zoe.call("withdraw_exchange", exchange=id_).status_code == 204
    assert listed(zoe) == []
    assert len(listed(yan)) == 1
    assert problem(zoe.call("withdraw_exchange", exchange=id_)) == (404, "not_found")
    assert yan.call("withdraw_exchange", exchange=id_).status_code == 204
    with api.database.reading() as session:
        assert session.get(ExchangeRow, id_) is None


def test_looking_up_names_is_limited_and_says_the_same_for_all_that_are_nobody(
    api: ApiServer, zoe: Caller, yan: Caller
) -> None:
    assert zoe.call("user_key", name="yAN").get_json() == {"name": "yan", "bundle": base64url_encode(YANS)}
    nobody = zoe.call("user_key", name="nobody")
    assert problem(nobody) == (404, "not_found")
    assert zoe.call("user_key", name="<no name>").get_data() == nobody.get_data()
    unknown = zoe.call("ask_exchange", a.AskExchange("nobody", BUNDLE))
    assert unknown.get_data() == nobody.get_data()
    statuses = [zoe.call("user_key", name="nobody").status_code for _ in range(57)]
    assert statuses == [404] * 56 + [429]
    assert zoe.call("ask_exchange", a.AskExchange("yan", BUNDLE)).status_code == 429
    assert yan.call("user_key", name="zoe").status_code == 200
    api.pass_time(60)
    assert zoe.call("user_key", name="yan").status_code == 200


def test_looking_again_at_the_same_keys_does_not_use_the_look_ups_up(
    api: ApiServer, zoe: Caller, yan: Caller
) -> None:
    assert {zoe.call("user_key", name="yan").status_code for _ in range(70)} == {200}
    others = [zoe.call("user_key", name=f"nobody{number}").status_code for number in range(60)]
    assert others == [404] * 59 + [429], "one was for Yan"


def test_pending_requests_are_bounded_on_both_sides(
    api: ApiServer, zoe: Caller, yan: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PENDING_OUT_MAX", 2)
    monkeypatch.setattr(places, "PENDING_IN_MAX", 3)
    names = [api.person().name for _ in range(3)]
    ask(zoe, names[0])
    ask(zoe, names[1])
    assert problem(zoe.call("ask_exchange", a.AskExchange(names[2], BUNDLE))) == (429, "too_many_requests")
    for _ in range(3):
        ask(api.person(), "yan")
    assert problem(api.person().call("ask_exchange", a.AskExchange("yan", BUNDLE))) == (
        429,
        "too_many_requests",
    )


def test_one_network_keeps_nobody_from_asking_its_oldest_request_makes_place(
    api: ApiServer, zoe: Caller, yan: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PENDING_IN_MAX", 4)
    strangers = [api.person() for _ in range(4)]
    for one, source in zip(
        strangers, ("198.51.100.1", "192.0.2.1", "198.51.100.2", "198.51.100.3"), strict=True
    ):
        api.pass_time(1)
        one.source = source
        ask(one, "yan")
    again = api.person()
    again.source = "198.51.100.200"
    assert problem(again.call("ask_exchange", a.AskExchange("yan", BUNDLE))) == (429, "too_many_requests")
    zoe.source = "203.0.113.9"
    id_ = ask(zoe, "yan")
    assert [len(listed(one)) for one in strangers] == [0, 1, 1, 1]
    assert yan.call("accept_exchange", a.AcceptExchange(YANS), exchange=id_).status_code == 200
    with api.database.reading() as session:
        answered = session.get(ExchangeRow, id_)
        assert answered is not None
        assert answered.asker_network is None


def test_one_network_has_no_more_than_its_share_of_what_one_person_is_asked(
    api: ApiServer, zoe: Caller, yan: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "IN_PER_NETWORK", 2)
    for _ in range(2):
        ask(api.person(), "yan")
    assert problem(zoe.call("ask_exchange", a.AskExchange("yan", BUNDLE))) == (429, "too_many_requests")
    zoe.source = "203.0.113.9"
    ask(zoe, "yan")


def test_a_request_nobody_answers_for_a_month_is_over(api: ApiServer, zoe: Caller, yan: Caller) -> None:
    old = ask(zoe, "yan")
    api.pass_time(30 * 24 * 3600 - 1)
    assert [len(listed(one)) for one in (zoe, yan)] == [1, 1]
    api.pass_time(1)
    zoe.sign_in("Zoe")
    yan.sign_in("Yan")
    assert listed(zoe) == listed(yan) == []
    assert ask(zoe, "yan") != old
    with api.database.reading() as session:
        assert session.get(ExchangeRow, old) is None


def test_who_is_refused_does_not_ask(zoe: Caller, yan: Caller) -> None:
    assert yan.call("set_sender", SetSender("zoe", wanted=False)).status_code == 204
    assert problem(zoe.call("ask_exchange", a.AskExchange("yan", BUNDLE))) == (409, "not_wanted")
    assert yan.call("set_sender", SetSender("zoe", wanted=True)).status_code == 204
    ask(zoe, "yan")


def test_lists_keep_the_latest(
    api: ApiServer, zoe: Caller, yan: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LISTED_MAX", 3)
    ids = []
    for _ in range(5):
        api.pass_time(1)
        ids.append(ask(zoe, "yan"))
        yan.call("decline_exchange", a.Empty(), exchange=ids[-1])
    assert [row["id"] for row in listed(zoe)] == [row["id"] for row in listed(yan)] == ids[:1:-1]
    ask(zoe, "yan")
    with api.database.reading() as session:
        assert session.get(ExchangeRow, ids[0]) is None


def test_the_book_is_stored_on_condition(zoe: Caller, yan: Caller) -> None:
    assert zoe.call("book").get_json() == {"counter": 0, "book": None}

    def store(counter: int, book: bytes, if_match: int) -> int:
        return zoe.call("store_book", a.Book(counter, book), {"If-Match": f'"{if_match}"'}).status_code

    assert store(1, b"one", 0) == 204
    assert (store(1, b"lost update", 0), store(3, b"skips", 1), store(1, b"again", 1)) == (412, 409, 409)
    assert store(2, b"two", 1) == 204
    assert zoe.call("book").get_json() == {"counter": 2, "book": base64url_encode(b"two")}
    assert yan.call("book").get_json() == {"counter": 0, "book": None}
    nothing = zoe.call("store_book", a.Book(3, None), {"If-Match": '"2"'})
    assert problem(nothing) == (422, "invalid")


def test_the_biggest_book_fits(zoe: Caller) -> None:
    book = bytes(4 * 2**20 + 1024)
    assert zoe.call("store_book", a.Book(1, book), {"If-Match": '"0"'}).status_code == 204
    assert zoe.call("book").get_json()["book"] == base64url_encode(book)


def test_everybody_concerned_gets_the_news(api: ApiServer, zoe: Caller, yan: Caller) -> None:
    news = api.services.news

    def heard(caller: Caller, after: int) -> tuple[str, ...]:
        headers = [(b"authorization", f"Bearer {caller.token}".encode())]
        me = api.services.sessions.identify(Asking("GET", headers, False, ""))
        assert me is not None
        return news.since(me.user_id, after).changed

    at = news.since(0, None).at
    id_ = ask(zoe, "yan")
    assert heard(yan, at) == heard(zoe, at) == ("exchanges",)
    at = news.since(0, None).at
    yan.call("accept_exchange", a.AcceptExchange(YANS), exchange=id_)
    assert heard(zoe, at) == ("exchanges",)
    zoe.call("store_book", a.Book(1, b"x"), {"If-Match": '"0"'})
    assert heard(zoe, at) == ("exchanges", "contacts")
    assert heard(yan, at) == ("exchanges",)
