"""Every endpoint of the JSON API in one table: what it takes, gives and refuses (docs/api.md).

The server registers its routes by it, the client calls by it, and the OpenAPI document is made from it.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import accounts as a
from peerseal.wire import challenge as challenge_wire
from peerseal.wire import damage as d
from peerseal.wire import guard as guard_wire
from peerseal.wire import limits
from peerseal.wire import operator as operator_wire
from peerseal.wire import parks as p
from peerseal.wire import reports as reports_wire
from peerseal.wire import stored as s
from peerseal.wire.fields import Field
from peerseal.wire.value import Value

Access: TypeAlias = Literal["anyone", "account", "operator"]
Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]


class Endpoint(Value):
    """One address and method. `path` is under /api/v1, with `{name}` for its parts.

    `access` `operator`: to everybody else the address does not exist (404). `takes` and `gives` are None for no body; `if_match`: the request needs an If-Match header; `most` bytes a
    body may have.
    """

    method: Method
    path: str
    access: Access
    takes: Field | None
    gives: Field | None
    status: int
    refusals: tuple[int, ...]
    if_match: bool = False
    query: tuple[str, ...] = ()
    most: int = limits.JSON_MAX_BYTES


#: Also possible everywhere: 400, 405, 411, 413, 415, 429, 431, 503; with an account 401 and 403.
ENDPOINTS: Final[dict[str, Endpoint]] = {
    # accounts
    "register": Endpoint("POST", "/register", "anyone", a.REGISTER, a.REGISTERED, 202, (403, 422)),
    "login_params": Endpoint("POST", "/login/params", "anyone", a.NAMED, a.PASSWORD_PARAMETERS, 200, (422,)),
    "login": Endpoint("POST", "/login", "anyone", a.LOGIN, a.SIGNED_IN, 200, (401, 403, 422)),
    "logout": Endpoint("POST", "/logout", "account", a.EMPTY, None, 204, ()),
    "me": Endpoint("GET", "/me", "account", None, a.SIGNED_IN, 200, ()),
    "change_password": Endpoint(
        "POST", "/account/password", "account", a.CHANGE_PASSWORD, a.SIGNED_IN, 200, (403,)
    ),
    "change_vault": Endpoint("POST", "/account/vault", "account", a.CHANGE_VAULT, None, 204, (403,)),
    "change_identity": Endpoint("POST", "/account/identity", "account", a.CHANGE_IDENTITY, None, 204, (403,)),
    "delete_account": Endpoint("DELETE", "/account", "account", a.PROOF, None, 204, (403,)),
    "recover_challenge": Endpoint("POST", "/recover/challenge", "anyone", a.NAMED, a.CHALLENGE, 200, (422,)),
    "recover": Endpoint("POST", "/recover", "anyone", a.RECOVER, None, 204, (401, 422)),
    "sessions": Endpoint("GET", "/sessions", "account", None, a.SESSIONS, 200, ()),
    "end_session": Endpoint("DELETE", "/sessions/{session}", "account", None, None, 204, (404,)),
    # contacts and key exchange
    "user_key": Endpoint("GET", "/users/{name}/key", "account", None, a.PUBLIC_KEYS, 200, (404,)),
    "book": Endpoint("GET", "/contacts", "account", None, a.BOOK, 200, ()),
    "store_book": Endpoint(
        "PUT",
        "/contacts",
        "account",
        a.BOOK,
        None,
        204,
        (409, 412, 422, 428),
        if_match=True,
        most=2 * limits.BOOK_MAX_BYTES,
    ),
    "exchanges": Endpoint("GET", "/exchanges", "account", None, a.EXCHANGES, 200, ()),
    "ask_exchange": Endpoint(
        "POST", "/exchanges", "account", a.ASK_EXCHANGE, a.EXCHANGE, 201, (404, 409, 422)
    ),
    "accept_exchange": Endpoint(
        "POST", "/exchanges/{exchange}/accept", "account", a.ACCEPT_EXCHANGE, a.EXCHANGE, 200, (404, 409, 422)
    ),
    "decline_exchange": Endpoint(
        "POST", "/exchanges/{exchange}/decline", "account", a.EMPTY, a.EXCHANGE, 200, (404, 409)
    ),
    "withdraw_exchange": Endpoint("DELETE", "/exchanges/{exchange}", "account", None, None, 204, (404,)),
    # stored files
    "files": Endpoint("GET", "/files", "account", None, s.FILES, 200, (), query=("cursor", "limit")),
    "new_file": Endpoint(
        "POST",
        "/files",
        "account",
        s.NEW_FILE,
        s.STORE_TICKET,
        201,
        (404, 409, 422, 507),
        most=limits.FILES_JSON_MAX_BYTES,
    ),
    "file": Endpoint("GET", "/files/{file}", "account", None, s.FILE, 200, (404,)),
    "change_file": Endpoint(
        "PUT", "/files/{file}", "account", s.CHANGE_FILE, s.FILE, 200, (404, 412, 422, 428), if_match=True
    ),
    "delete_file": Endpoint("DELETE", "/files/{file}", "account", None, None, 204, (404,)),
    "versions": Endpoint(
        "GET", "/files/{file}/versions", "account", None, s.VERSIONS, 200, (404,), query=("cursor", "limit")
    ),
    "new_version": Endpoint(
        "POST",
        "/files/{file}/versions",
        "account",
        s.NEW_FILE_VERSION,
        s.STORE_TICKET,
        201,
        (404, 409, 412, 422, 428, 507),
        if_match=True,
        most=limits.FILES_JSON_MAX_BYTES,
    ),
    "delete_version": Endpoint(
        "DELETE", "/files/{file}/versions/{version}", "account", None, None, 204, (404, 409)
    ),
    "share": Endpoint(
        "PUT",
        "/files/{file}/recipients/{name}",
        "account",
        s.SHARE,
        None,
        204,
        (404, 409, 422, 507),
        most=limits.FILES_JSON_MAX_BYTES,
    ),
    "revoke": Endpoint(
        "DELETE", "/files/{file}/recipients/{name}", "account", s.REVOKE, None, 204, (404, 409, 422)
    ),
    "new_link": Endpoint(
        "POST", "/files/{file}/links", "account", s.NEW_LINK, None, 201, (404, 409, 422, 507)
    ),
    "revoke_link": Endpoint(
        "DELETE", "/files/{file}/links/{link}", "account", s.REVOKE, None, 204, (404, 409, 422)
    ),
    "set_sender": Endpoint("POST", "/senders", "account", s.SET_SENDER, None, 204, (404, 422)),
    # uploads and their chunks
    "upload": Endpoint("GET", "/uploads/{upload}", "account", None, s.UPLOAD, 200, (404,)),
    "store_ticket": Endpoint(
        "POST", "/uploads/{upload}/ticket", "account", s.ASK_STORE_TICKET, s.STORE_TICKET, 200, (404, 409)
    ),
    "reserve": Endpoint(
        "POST", "/uploads/{upload}/reserve", "account", s.RESERVE, None, 204, (404, 409, 422, 507)
    ),
    "commit": Endpoint(
        "POST", "/uploads/{upload}/commit", "account", s.COMMIT, s.FILE, 200, (404, 409, 412, 422)
    ),
    "abandon": Endpoint("DELETE", "/uploads/{upload}", "account", None, None, 204, (404, 409)),
    # links, for people without an account
    "link": Endpoint("GET", "/links/{link}", "anyone", None, s.LINK_ASK, 200, (404,)),
    "open_link": Endpoint("POST", "/links/{link}/open", "anyone", s.LINK_TOKEN, s.LINK_FILE, 200, (404,)),
    "link_ticket": Endpoint(
        "POST", "/links/{link}/ticket", "anyone", s.LINK_TOKEN, s.STORE_TICKET, 200, (404, 409)
    ),
    "confirm_link": Endpoint("POST", "/links/{link}/confirm", "anyone", s.CONFIRM, None, 204, (404, 409)),
    # parks, for whoever has their tokens
    "new_park": Endpoint("POST", "/parks", "anyone", p.NEW_PARK, s.STORE_TICKET, 201, (403, 409, 422, 507)),
    "park_ticket": Endpoint(
        "POST", "/parks/{park}/ticket", "anyone", p.PARK_TOKEN, s.STORE_TICKET, 200, (404, 409)
    ),
    "add_reader": Endpoint(
        "POST", "/parks/{park}/readers", "anyone", p.ADD_READER, None, 204, (404, 409, 422)
    ),
    "park_closing": Endpoint("POST", "/parks/{park}/closing", "anyone", p.PARK_CLOSING, None, 204, (404,)),
    "reserve_park": Endpoint(
        "POST", "/parks/{park}/reserve", "anyone", p.PARK_SIZES, None, 204, (404, 409, 422, 507)
    ),
    "commit_park": Endpoint(
        "POST", "/parks/{park}/commit", "anyone", p.PARK_SIZES, p.PARK, 200, (404, 409, 422)
    ),
    "park": Endpoint("POST", "/parks/{park}/look", "anyone", p.PARK_TOKEN, p.PARK, 200, (404,)),
    "end_park": Endpoint("POST", "/parks/{park}/end", "anyone", p.PARK_TOKEN, None, 204, (404,)),
    "parked": Endpoint("POST", "/parked/{reader}", "anyone", p.PARK_TOKEN, p.PARKED, 200, (404,)),
    "parked_ticket": Endpoint(
        "POST", "/parked/{reader}/ticket", "anyone", p.PARK_TOKEN, s.STORE_TICKET, 200, (404,)
    ),
    "parked_done": Endpoint("POST", "/parked/{reader}/done", "anyone", p.PARK_TOKEN, None, 204, (404,)),
    # the challenge, and a word to the operator
    "challenge": Endpoint("GET", "/challenge", "anyone", None, challenge_wire.CHALLENGE, 200, ()),
    "solve_challenge": Endpoint(
        "POST", "/challenge", "anyone", challenge_wire.SOLVED, challenge_wire.PASS, 201, (409, 422)
    ),
    "report": Endpoint("POST", "/report", "anyone", reports_wire.REPORT, None, 204, (422,)),
    # the operator
    "operator_page_link": Endpoint(
        "POST", "/operator/page-links", "operator", a.EMPTY, operator_wire.PAGE_LINK, 201, (404,)
    ),
    "operator_open_page": Endpoint(
        "POST",
        "/operator/session",
        "anyone",
        operator_wire.OPEN_PAGE,
        operator_wire.OPERATOR_SESSION,
        201,
        (404,),
    ),
    "operator_session": Endpoint(
        "GET", "/operator/session", "operator", None, operator_wire.OPERATOR_SESSION, 200, (404,)
    ),
    "operator_close_page": Endpoint("DELETE", "/operator/session", "operator", None, None, 204, (404,)),
    "operator_overview": Endpoint(
        "GET", "/operator/overview", "operator", None, guard_wire.OVERVIEW, 200, (404,)
    ),
    "operator_standings": Endpoint(
        "GET", "/operator/standing", "operator", None, guard_wire.STANDINGS, 200, (404,)
    ),
    "operator_standing": Endpoint(
        "GET", "/operator/standing/{standing}", "operator", None, guard_wire.STANDING_WHY, 200, (404,)
    ),
    "operator_undo": Endpoint(
        "POST", "/operator/standing/{standing}/undo", "operator", a.EMPTY, None, 204, (404,)
    ),
    "operator_allowed": Endpoint(
        "GET", "/operator/allow", "operator", None, guard_wire.ALLOWED_LIST, 200, (404,)
    ),
    "operator_allow": Endpoint(
        "POST", "/operator/allow", "operator", guard_wire.ALLOW, guard_wire.ALLOWED, 201, (404, 422)
    ),
    "operator_disallow": Endpoint(
        "DELETE", "/operator/allow/{allowed}", "operator", None, None, 204, (404, 409)
    ),
    "operator_mode": Endpoint("PUT", "/operator/mode", "operator", guard_wire.SET_MODE, None, 204, (404,)),
    "operator_events": Endpoint(
        "GET", "/operator/events", "operator", None, guard_wire.EVENTS, 200, (404,), query=("cursor", "limit")
    ),
    "operator_damage": Endpoint("GET", "/operator/damage", "operator", None, d.DAMAGE_LIST, 200, (404,)),
    "operator_accounts": Endpoint(
        "GET",
        "/operator/accounts",
        "operator",
        None,
        operator_wire.OPERATED_ACCOUNTS,
        200,
        (404,),
        query=("cursor", "limit"),
    ),
    "operator_change_account": Endpoint(
        "PUT",
        "/operator/accounts/{name}",
        "operator",
        operator_wire.CHANGE_OPERATED,
        operator_wire.OPERATED_ACCOUNT,
        200,
        (404, 409, 422),
    ),
    "operator_invites": Endpoint(
        "GET", "/operator/invites", "operator", None, operator_wire.INVITES, 200, (404,)
    ),
    "operator_invite": Endpoint(
        "POST",
        "/operator/invites",
        "operator",
        operator_wire.NEW_INVITE,
        operator_wire.MADE_INVITE,
        201,
        (404, 422),
    ),
    "operator_end_invite": Endpoint(
        "DELETE", "/operator/invites/{invite}", "operator", None, None, 204, (404,)
    ),
    "operator_reports": Endpoint(
        "GET",
        "/operator/reports",
        "operator",
        None,
        reports_wire.REPORTED_LIST,
        200,
        (404,),
        query=("cursor", "limit"),
    ),
    "operator_close_report": Endpoint(
        "POST", "/operator/reports/{report}/close", "operator", a.EMPTY, None, 204, (404,)
    ),
    "operator_revoke_reported": Endpoint(
        "POST", "/operator/reports/{report}/revoke", "operator", a.EMPTY, None, 204, (404,)
    ),
}
