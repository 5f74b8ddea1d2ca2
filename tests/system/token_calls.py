"""Calls with a signed token, one a dialect, and what becomes of them."""

from shapes import BAD_CREDENTIAL, Call, check_refusal


def profile(world, token, *, path=None, header="Authorization"):
    """Rebilly: a user on himself."""
    path = path or f"/organizations/{world.tenant}/profile/mfa"
    return Call("rebilly", "GET", path, {header: f"Bearer {token}" if header == "Authorization" else token})


def info(token, header="Authorization"):
    """quiva: a user on himself; no tenant in the path."""
    return Call("quiva", "GET", "/accounts/user-mfa-info", {header: f"Bearer {token}" if header == "Authorization" else
                                                            token})


def project(world, token, user="1", tenant=None):
    """Xsolla: a server on any user."""
    path = f"/projects/{tenant or world.tenant}/users/{user}/mfa"
    return Call("xsolla", "GET", path, {"X-SERVER-AUTHORIZATION": token})


def check_refused(client, *calls):
    for call in calls:
        check_refusal(call.dialect, call.send(client), *BAD_CREDENTIAL[call.dialect])


def check_taken(client, *calls):
    for call in calls:
        assert call.send(client).status == 200, call
