"""What operators are shown of what was asked for: short, harmless, and nothing where a route says it."""

from peerseal.server.guard.memory import shown_path


def test_a_path_is_shown_where_no_route_says_it() -> None:
    assert shown_path("honeypot", "*", "/.env") == "/.env"
    assert shown_path("unknown_route", "/static/{name}", "/static/x.js") == "/static/x.js"
    assert shown_path("not_found_object", "/api/v1/links/{link}", "/api/v1/links/" + "0" * 32) == ""


def test_it_is_short_and_turns_no_terminal_around() -> None:
    shown = shown_path("honeypot", "*", "/\x1b[2J\u202e\udcff" + "a" * 500)
    assert shown.startswith("/\ufffd[2J\ufffd\ufffdaaa")
    assert len(shown) == 120
    assert shown.endswith("a…")
