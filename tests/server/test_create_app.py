"""The page and its files, through Flask's own test client."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from peerseal.server.create_app import create_app
from support.api_client import ApiServer, problem


@pytest.fixture
def static(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "app.js").write_text("run()")
    (tmp_path / "sw.js").write_text("serve()")
    (tmp_path / "assets" / "x-1a2b.js").write_text("x")
    (tmp_path.parent / "secret.txt").write_text("secret")
    return tmp_path


@pytest.fixture
def client(static: Path, api: ApiServer) -> FlaskClient:
    return create_app(api.services, lambda: ["http://192.168.1.5:5000"], static).test_client()


def test_the_page_has_nothing_inline(client: FlaskClient) -> None:
    text = client.get("/").text
    assert "static/app.js" in text
    assert "style=" not in text
    assert "<style" not in text
    assert "javascript:" not in text
    assert text.count("<script") == text.count('<script type="module" src=')


def test_the_page_of_a_link_finds_its_files_and_the_server_from_there(client: FlaskClient) -> None:
    link = client.get("/s/" + "0f" * 16)
    assert link.status_code == 200
    assert link.text == client.get("/").text.replace('"./', '"../')
    assert '<meta name="peerseal-base" content="../" />' in link.text
    assert 'src="../static/app.js"' in link.text
    assert '<meta name="peerseal-base" content="./" />' in client.get("/").text


@pytest.mark.parametrize("name", ["", "0", "0F" * 16, "0f" * 17, "0f" * 16 + "/", "../s/" + "0f" * 16 + "x"])
def test_what_is_no_link_has_no_page(client: FlaskClient, name: str) -> None:
    assert client.get(f"/s/{name}").status_code == 404


def test_a_page_that_was_not_built_says_how(tmp_path: Path, api: ApiServer) -> None:
    answer = create_app(api.services, list, tmp_path).test_client().get("/")
    assert (answer.status_code, problem(answer)[1]) == (503, "page_not_built")


def test_hashed_files_are_kept_and_named_ones_asked_for_again(client: FlaskClient) -> None:
    assert "immutable" in client.get("/static/assets/x-1a2b.js").headers["Cache-Control"]
    answer = client.get("/static/app.js")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert client.get("/static/app.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_the_service_worker_may_have_the_whole_page(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    assert (answer.status_code, answer.headers["Service-Worker-Allowed"]) == (200, "/")


@pytest.mark.parametrize(
    "name", ["../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "/etc/passwd", "assets", "", "a\0b"]
)
def test_nothing_outside_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("name", ["a" * 5000, "assets/" + "x/" * 3000, "a%00b", "%ff"])
def test_a_name_no_file_can_have_is_not_found(
    client: FlaskClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get(f"/static/{name}").status_code == 404
    assert caplog.text == ""


def test_the_log_of_a_defect_names_the_place_and_not_the_request(
    static: Path, api: ApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(api.services, list, static)

    @app.get("/broken/<name>")
    def broken(name: str) -> str:
        raise RuntimeError(name)

    assert app.test_client().get("/broken/canary").status_code == 500
    assert "unhandled RuntimeError at " in caplog.text
    assert "test_create_app.py" in caplog.text
    assert "canary" not in caplog.text
