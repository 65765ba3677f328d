"""The endpoints of contacts and key exchange."""

from __future__ import annotations

from peerseal.server.accounts.asking import Signed
from peerseal.server.api import Answers
from peerseal.server.exchange.service import Exchanges
from peerseal.wire import accounts as wire


def register(answers: Answers, exchanges: Exchanges) -> None:
    """Others' keys, the own contact book, and requests."""
    answers("user_key")(exchanges.user_key)
    answers("book")(exchanges.book)
    answers("store_book")(exchanges.store_book)
    answers("exchanges")(exchanges.list)
    answers("ask_exchange")(exchanges.ask)

    @answers("accept_exchange")
    def accept(signed: Signed, wanted: wire.AcceptExchange, exchange: str) -> wire.Exchange:
        return exchanges.accept(signed, exchange, wanted)

    @answers("decline_exchange")
    def decline(signed: Signed, _empty: wire.Empty, exchange: str) -> wire.Exchange:
        return exchanges.decline(signed, exchange)

    @answers("withdraw_exchange")
    def withdraw(signed: Signed, exchange: str) -> None:
        exchanges.withdraw(signed, exchange)
