"""News: numbers that only grow, answers that wait, and nobody hears of somebody else's."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from http.client import HTTPConnection

import pytest

from peerseal.server.accounts.asking import Signed
from peerseal.server.asgi_types import Event, Scope
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.news import WAITING_MAX, News, NewsEndpoint
from peerseal.wire import accounts as a
from support.api_client import BUNDLE, new_password
from support.live_server import LiveServer

ALL = ("exchanges", "files", "contacts", "account")
ZOE = Signed(1, "zoe", "zoe", "0" * 32, "token", None, "")


@pytest.fixture
def news() -> News:
    return News(lambda: 1000)


def test_what_changed_since_is_told_once(news: News) -> None:
    at = news.since(1, None).at
    assert (at, news.since(1, None).changed) == (1000, ())
    news.publish(1, "files")
    news.publish(2, "contacts")
    news.publish(1, "account", "exchanges")
    assert news.since(1, at).changed == ("exchanges", "files", "account")
    assert news.since(2, at).changed == ("contacts",)
    assert news.since(3, at).changed == ()
    assert news.since(1, news.since(1, at).at).changed == ()
    assert news.since(1, at + 1).changed == ("exchanges", "account")


@pytest.mark.parametrize("after", [0, 999, 1001, 2**53 - 1])
def test_after_a_restart_everything_counts_as_changed(news: News, after: int) -> None:
    assert news.since(1, after).changed == ALL


def test_who_waits_hears_at_once_from_any_thread(news: News) -> None:
    async def main() -> tuple[str, ...]:
        waiting = asyncio.ensure_future(news.wait(ZOE, 1000, 60))
        other = asyncio.ensure_future(news.wait(_user(2), 1000, 0.1))
        await asyncio.sleep(0)
        threading.Thread(target=news.publish, args=(1, "files")).start()
        heard = await asyncio.wait_for(waiting, 20)
        assert (await other).changed == ()
        return heard.changed

    assert asyncio.run(main()) == ("files",)
    assert news._waiting == {}


def test_at_most_8_wait_for_one_account(news: News) -> None:
    async def main() -> None:
        waiting = [asyncio.ensure_future(news.wait(ZOE, 1000, 60)) for _ in range(WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(HttpProblem) as refused:
            await news.wait(ZOE, 1000, 60)
        assert (refused.value.status, refused.value.retry_after) == (429, 20)
        assert (await news.wait(_user(2), 1000, 0.01)).changed == ()
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(main())
    assert news._waiting == {}


def test_who_goes_away_waits_no_longer(news: News) -> None:
    async def main() -> list[Event]:
        sent: list[Event] = []
        events: list[Event] = [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]

        async def receive() -> Event:
            return events.pop(0)

        endpoint = NewsEndpoint(news, _always(ZOE))
        await asyncio.wait_for(endpoint(_scope(b"after=1000&wait=20"), receive, _into(sent)), 10)
        return sent

    assert asyncio.run(main()) == []
    assert news._waiting == {}


def test_a_session_that_ends_while_waiting_is_refused(news: News) -> None:
    asked: list[Signed | None] = [ZOE, None]

    async def identify(_scope: Scope) -> Signed | None:
        return asked.pop(0)

    async def main() -> None:
        call = asyncio.ensure_future(NewsEndpoint(news, identify)(_scope(b"after=1000"), _never, _into([])))
        await asyncio.sleep(0.05)
        news.session_ended("1" * 32)
        await asyncio.sleep(0.05)
        assert not call.done()
        news.session_ended(ZOE.session_id)
        with pytest.raises(HttpProblem) as refused:
            await asyncio.wait_for(call, 10)
        assert refused.value.code == "not_signed_in"

    asyncio.run(main())


@pytest.mark.parametrize(
    "query", [b"after=x", b"after=-1", b"wait=21&after=1", b"after=1&after=2", b"x=1", b"after=", b"after=01"]
)
def test_a_query_is_read_strictly(news: News, query: bytes) -> None:
    endpoint = NewsEndpoint(news, _always(ZOE))
    with pytest.raises(Exception, match=r"number|belong|most"):
        asyncio.run(endpoint(_scope(query), _never, _into([])))


def test_over_http(server: LiveServer) -> None:
    token = {"Authorization": f"Bearer {_token(server, 'zoe')}"}
    other = {"Authorization": f"Bearer {_token(server, 'yan')}"}
    status, said = _ask(server, "GET", "/api/v1/news", token)
    assert (status, said["changed"]) == (200, [])
    answers: list[tuple[int, dict[str, object]]] = []
    waiting = threading.Thread(
        target=lambda: answers.append(_ask(server, "GET", f"/api/v1/news?after={said['at']}&wait=20", token))
    )
    waiting.start()
    body = a.ASK_EXCHANGE.write(a.AskExchange("zoe", BUNDLE))
    assert _ask(server, "POST", "/api/v1/exchanges", other, body)[0] == 201
    waiting.join(15)  # less than it would wait for nothing
    assert [(status, said["changed"]) for status, said in answers] == [(200, ["exchanges"])]
    assert _ask(server, "GET", "/api/v1/news", {})[1]["code"] == "not_signed_in"
    assert _ask(server, "POST", "/api/v1/news", token)[0] == 405


def _user(user_id: int) -> Signed:
    return Signed(user_id, "x", "x", "f" * 32, "token", None, "")


def _scope(query: bytes) -> Scope:
    return {"type": "http", "method": "GET", "query_string": query, "headers": []}


def _always(signed: Signed) -> Callable[[Scope], Awaitable[Signed | None]]:
    async def identify(_scope: Scope) -> Signed | None:
        return signed

    return identify


async def _never() -> Event:
    await asyncio.sleep(3600)
    return {}


def _into(sent: list[Event]) -> Callable[[Event], Awaitable[None]]:
    async def send(event: Event) -> None:
        sent.append(event)

    return send


def _token(server: LiveServer, name: str) -> str:
    register = a.REGISTER.write(a.Register(name, BUNDLE, new_password()))
    assert _ask(server, "POST", "/api/v1/register", {}, register)[0] == 202
    login = a.LOGIN.write(a.Login(name, b"a" * 32, "token", "test"))
    return str(_ask(server, "POST", "/api/v1/login", {}, login)[1]["token"])


def _ask(
    server: LiveServer, method: str, path: str, headers: dict[str, str], body: object = None
) -> tuple[int, dict[str, object]]:
    link = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        data = None if body is None else json.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        link.request(method, path, data, {**kind, **headers})
        answer = link.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        link.close()
