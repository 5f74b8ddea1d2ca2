"""What a refusal looks like in each dialect, and one write and one read of each: for tests that hold for all of them."""

import dataclasses
import json
import re

DIALECTS = ("xsolla", "rebilly", "quiva", "navixy", "native")

JSON_TYPE = "application/json; charset=utf-8"
PROBLEM_TYPE = "application/problem+json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"

# The texts that vendors publish; of the others only the codes are promised.
NAVIXY_TEXTS = {
    3: "Wrong hash", 4: "User or API key not found or session ended", 5: "Wrong request format",
    6: "Unexpected error", 7: "Invalid parameters", 9: "Too large request", 13: "Operation not permitted",
    14: "Database unavailable", 15: "Too many requests (rate limit exceeded)", 111: "Wrong handler",
    112: "Wrong method", 201: "Not found in database",
    264: "Timeout not reached", 276: "Action is forbidden for received session type", 282: "Wrong authentication code",
}


@dataclasses.dataclass(frozen=True)
class Call:
    """A request, ready to be sent; `but` makes one that differs."""

    dialect: str
    method: str
    path: str
    headers: dict
    json_body: object = None

    def but(self, *, headers=None, without=(), **changes):
        kept = {name: value for name, value in self.headers.items() if name not in without}
        return dataclasses.replace(self, headers={**kept, **(headers or {})}, **changes)

    def send(self, client, **options):
        options.setdefault("json_body", None if "body" in options else self.json_body)
        headers = {**self.headers, **options.pop("headers", {})}
        return client.request(self.method, self.path, headers=headers, **options)

    def wire(self, *lines, body=b"", target=None):
        """The request as bytes, with more header lines."""
        head = [f"{self.method} {target or self.path} HTTP/1.1", "Host: localhost",
                *(f"{name}: {value}" for name, value in self.headers.items()), *lines]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def write_of(dialect, world, user="1", *, on=True):
    """The dialect's main write: on a fresh user it succeeds, and changes him."""
    if dialect == "xsolla":
        return Call(dialect, "POST", f"/projects/{world.tenant}/users/{user}/mfa",
                    {"X-SERVER-AUTHORIZATION": world.server_key}, {"mfa_type": "email", "enabled": on})
    if dialect == "rebilly":
        return Call(dialect, "POST", f"/organizations/{world.tenant}/profile/mfa",
                    {"REB-APIKEY": world.secrets[user]})
    if dialect == "quiva":
        return Call(dialect, "PATCH", "/accounts/mfa-settings", {"X-Api-Key": world.secrets[user]},
                    {"totp_enabled": on})
    if dialect == "native":
        return Call(dialect, "PATCH", f"/v1/users/{user}/mfa", {"Authorization": f"Bearer {world.server_key}"},
                    {"enabled": ["email"] if on else []})
    settings = {"type": "allowed", "factor_types": ["email"]} if on else {"type": "disallowed"}
    return Call(dialect, "POST", "/panel/user/mfa/settings/update", {"Authorization": f"NVX {world.session}"},
                {"target": {"type": "selected", "ids": [int(user)]}, "settings": settings})


def read_of(dialect, world, user="1"):
    if dialect == "xsolla":
        return Call(dialect, "GET", f"/projects/{world.tenant}/users/{user}/mfa",
                    {"X-SERVER-AUTHORIZATION": world.server_key})
    if dialect == "rebilly":
        return Call(dialect, "GET", f"/organizations/{world.tenant}/profile/mfa", {"REB-APIKEY": world.secrets[user]})
    if dialect == "quiva":
        return Call(dialect, "GET", "/accounts/user-mfa-info", {"X-Api-Key": world.secrets[user]})
    if dialect == "native":
        return Call(dialect, "GET", f"/v1/users/{user}/mfa", {"Authorization": f"Bearer {world.server_key}"})
    return Call(dialect, "POST", "/panel/user/mfa/settings/default/read", {"Authorization": f"NVX {world.session}"}, {})


SUCCESS = {"xsolla": 204, "rebilly": 201, "quiva": 200, "navixy": 200, "native": 200}  # of the write


# ---- shapes --------------------------------------------------------------------------------------------------------


def check_headers(response):
    """What every answer carries, and what none does."""
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", response.header("Date")), response.headers
    assert response.header("Cache-Control") == "no-store"
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", response.header("X-Request-Id"))
    assert response.header("Server") is None
    for name in ("Date", "Cache-Control", "X-Request-Id", "Content-Type", "Content-Length"):
        assert len(response.headers.get_all(name, [])) <= 1, f"{name} twice"
    if response.body:
        assert response.header("Content-Type").endswith("; charset=utf-8"), response.headers
    if response.status in (429, 503):
        assert re.fullmatch(r"[1-9]\d*", response.header("Retry-After")), response.headers
    else:
        assert response.header("Retry-After") is None
    if response.status == 405:
        assert response.header("Allow"), f"405 without Allow: {response.headers}"


def problem_type(response, problem):
    """Of a problem, by draft-ietf-httpapi-ratelimit-headers; takes the limits that were violated out of it."""
    registry = "https://iana.org/assignments/http-problem-types#"
    if "violated-policies" in problem:
        violated = problem.pop("violated-policies")
        assert response.status == 429 and violated and all(isinstance(name, str) and name for name in violated)
        return registry + "quota-exceeded"
    native = response.header("Content-Type") == "application/problem+json; charset=utf-8"
    return registry + "temporary-reduced-capacity" if response.status == 503 and native else "about:blank"


def check_problem(response, content_type, members=()):
    """RFC 9457; the request's id is told as its instance. `members` of the product's own are allowed."""
    assert response.header("Content-Type") == content_type
    problem = response.json()
    for member in members:
        assert problem.pop(member, "-") not in ("", None)
    assert problem.pop("type", "about:blank") == problem_type(response, problem)
    assert problem.pop("status") == response.status
    assert problem.pop("title")
    assert problem.pop("detail", "-")
    assert problem.pop("instance").endswith(response.header("X-Request-Id"))
    assert problem == {}
    if response.status == 401:
        assert response.header("WWW-Authenticate")


def check_xsolla(response, code):
    error = response.json()
    assert list(error) == ["error"]
    error = error["error"]
    assert set(error) == {"code", "description", "details"}
    assert isinstance(error["code"], str) and re.fullmatch(r"[0-9-]+", error["code"])
    assert error["description"] and isinstance(error["details"], dict)
    assert error["code"] == code, response


def check_navixy(response, code):
    body = response.json()
    assert body["success"] is False
    assert set(body) <= {"success", "status", "errors", "request_id"}
    assert set(body["status"]) == {"code", "description"}
    assert body["status"]["code"] == code, response
    assert body["status"]["description"] == NAVIXY_TEXTS.get(code, body["status"]["description"])
    for error in body.get("errors", []):
        assert set(error) == {"parameter", "error"} and all(error.values())


def check_refusal(dialect, response, status, code=None):
    """Holds an answer against the dialect's shape, whole, and against what is expected of it."""
    assert response.status == status, response
    check_headers(response)
    if dialect == "native":
        check_problem(response, PROBLEM_TYPE, ("code", "field", "attempts_left", "enrollment"))
    elif dialect == "rebilly":
        check_problem(response, JSON_TYPE)
    elif dialect == "quiva" and status == 404:
        assert response.header("Content-Type") == TEXT_TYPE
        assert response.text.rstrip("\n") == "404 page not found"
    else:
        assert response.header("Content-Type") == JSON_TYPE
        if dialect == "xsolla":
            check_xsolla(response, code)
        elif dialect == "navixy":
            check_navixy(response, code)
        else:
            body = json.loads(response.body)
            assert list(body) == ["error"] and isinstance(body["error"], str) and body["error"]


def problem(response, status, code):
    """A refusal of the native API's; the answer."""
    check_refusal("native", response, status)
    assert response.json()["code"] == code, response
    return response


def problem_at(response, status, code, field=None):
    """The same, which names this member, or none."""
    assert problem(response, status, code).json().get("field") == field, response


def parameters_named(response):
    """The parameters that a Navixy refusal names."""
    return [error["parameter"] for error in response.json().get("errors", [])]


# DECISIONS: what each failure is in each dialect.
NO_CREDENTIAL = {"xsolla": (401, "003-040"), "rebilly": (401,), "quiva": (401,), "navixy": (400, 3), "native": (401,)}
BAD_CREDENTIAL = {"xsolla": (401, "002-016"), "rebilly": (401,), "quiva": (401,), "navixy": (400, 4), "native": (401,)}
FORBIDDEN = {"xsolla": (403, "1901-0001"), "rebilly": (403,), "quiva": (401,), "navixy": (403, 13), "native": (403,)}
NO_PATH = {"xsolla": (404, "003-061"), "rebilly": (404,), "quiva": (404,), "navixy": (400, 111), "native": (404,)}
WRONG_METHOD = {"xsolla": (405, "0"), "rebilly": (405,), "quiva": (405,), "navixy": (400, 112), "native": (405,)}
MALFORMED = {"xsolla": (400, "0"), "rebilly": (400,), "quiva": (400,), "navixy": (400, 5), "native": (400,)}
TOO_LARGE = {"xsolla": (413, "0"), "rebilly": (413,), "quiva": (413,), "navixy": (412, 9), "native": (413,)}
WRONG_MEDIA = {"xsolla": (400, "0"), "rebilly": (415,), "quiva": (400,), "navixy": (400, 5), "native": (415,)}
TOO_MANY = {"xsolla": (429, "002-057"), "rebilly": (429,), "quiva": (429,), "navixy": (429, 15), "native": (429,)}
STORE_DOWN = {"xsolla": (503, "004-001"), "rebilly": (503,), "quiva": (503,), "navixy": (503, 14), "native": (503,)}
OUR_FAULT = {"xsolla": (500, "004-001"), "rebilly": (500,), "quiva": (500,), "navixy": (500, 6), "native": (500,)}
KEY_REUSED = {"xsolla": (422, "0"), "rebilly": (422,), "quiva": (400,), "navixy": (400, 7), "native": (422,)}
