"""The vendor's login widget in a real browser: a page of another origin that asks as its client does."""

import http.server
import threading

import pytest

from page_site import window  # noqa: F401 fixture
from sign_in import SignIn

# XMLHttpRequest in credentials mode, with the header that the client adds.
ASK = """
const [method, url, body, done] = arguments;
const ask = new XMLHttpRequest();
ask.open(method, url);
ask.withCredentials = true;
ask.setRequestHeader("X-REQUEST-ID", "from-the-widget");
if (body) ask.setRequestHeader("Content-Type", "application/json");
ask.onload = () => done([ask.status, JSON.parse(ask.responseText), ask.getResponseHeader("Retry-After")]);
ask.onerror = () => done([0, null, null]);
ask.send(body);
"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Login</title>")

    def log_message(self, *_):
        pass


@pytest.fixture
def origin():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def user_of(make_world, redis_server, origins):
    options = {"xsolla.callback_url": "https://game.example/second", "xsolla.widget_origins": origins}
    user = SignIn(make_world(options=options), redis_server.connection())
    user.enable("email")
    return user


def ask(window, user, method, path, body=None):
    url = user.world.mfad.url + path
    return window.driver.execute_async_script(ASK, method, url, body)


def test_the_widget_reads_good_answers_and_bad_ones(window, make_world, redis_server, origin):
    user = user_of(make_world, redis_server, [origin])
    token = user.challenge()
    window.open(origin)
    status, answer, _ = ask(window, user, "PUT", f"/otp/resend?challenge_id={token}", '{"locale":"en_US"}')
    assert (status, answer) == (200, {})
    status, answer, wait = ask(window, user, "PUT", f"/otp/resend?challenge_id={token}", '{"locale":"en_US"}')
    assert (status, answer["error"]["code"]) == (429, "002-057") and int(wait) >= 1
    wrong = f"/otp/validate?code=000000&remember_me=true&challenge_id={token}"
    status, answer, _ = ask(window, user, "GET", wrong)
    assert (status, answer["error"]["code"]) == (422, "003-039")


def test_another_page_reads_nothing(window, make_world, redis_server, origin):
    user = user_of(make_world, redis_server, ["https://login.example"])
    window.open(origin)
    opened = user.ask().json()
    assert ask(window, user, "PUT", f"/otp/resend?challenge_id={opened['token']}", "{}") == [0, None, None]
    # The browser has asked first, and not sent it.
    assert user.world.native("GET", f"challenges/{opened['id']}").json()["codes_sent"] == 0
