#!/usr/bin/python3
"""Whether strangers learn who is a user: what anybody may ask, of users and of nobody, by turns at random.

    bench/enumeration.py [samples of each, 10000]             MFAD_BINARY names another build

Needs what `scripts/deps build run test` installs and a release build. Status, fields and the shape of the body have to be
the same; of the times Welch's t is printed, of all of them and without the slowest tenth. Above 4.5 either way (the
threshold of dudect) the two are told apart.
"""

import http.client
import json
import math
import pathlib
import random
import statistics
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/system"))

from authenticator import WEBAUTHN
from conftest import start_mfad
from harness import RedisServer
from passkeys import PasskeyUser
from world import World

THRESHOLD = 4.5
WARM = 200
HASHING = 20  # how many times fewer samples where a password is hashed
# Of every answer, whoever is asked about; a connection ends after so many.
CHANGING = {"Date", "X-Request-Id", "RateLimit", "Connection"}


def shape(value):
    """What a body looks like, whatever it says, and in whatever order a list has it."""
    if isinstance(value, dict):
        return {name: shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return sorted(map(shape, value), key=json.dumps)
    return len(value) if isinstance(value, str) else type(value).__name__


class Asker:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, path, body):
        """Nanoseconds until the answer, and what of it anybody sees."""
        data = json.dumps(body)
        begun = time.perf_counter_ns()
        self.connection.request("POST", path, body=data, headers={"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read()
        took = time.perf_counter_ns() - begun
        fields = tuple(sorted((name, value) for name, value in answer.headers.items() if name not in CHANGING))
        return took, (answer.status, fields, json.dumps(shape(json.loads(text))))


def welch(a, b):
    """Welch's t of two samples."""
    spread = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    return (statistics.fmean(a) - statistics.fmean(b)) / math.sqrt(spread)


def faster(times):
    return sorted(times)[:len(times) * 9 // 10]


def compare(asker, path, users, strangers, samples):
    """Asks about users and strangers; `users` and `strangers` make bodies."""
    times, seen = {True: [], False: []}, {True: set(), False: set()}
    turns = [True, False] * samples
    random.shuffle(turns)
    for n, is_user in enumerate([True, False] * (WARM // 2) + turns):
        took, looks = asker.ask(path, users() if is_user else strangers())
        if n >= WARM:
            times[is_user].append(took)
            seen[is_user].add(looks)
    t = welch(times[True], times[False])
    trimmed = welch(faster(times[True]), faster(times[False]))
    return seen[True] == seen[False], t, trimmed, [statistics.median(times[who]) / 1000 for who in (True, False)]


def addresses(world):
    """Of strangers: as long as those of users."""
    return lambda: f"u{random.randrange(10**8, 10**9)}@{world.tenant}.example"


def main():
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    directory = pathlib.Path(tempfile.mkdtemp(prefix="mfad-bench-"))
    redis = RedisServer(directory / "redis")
    server = start_mfad(directory, redis, directory / "keys.json", limits_enabled="false", limits_panel_login="60000/1m",
                        server_threads="1", worker_enabled="false", log_requests="none")
    try:
        world = World(server, server.client(), webauthn=WEBAUTHN, users=("1", "2"))
        PasskeyUser(world, redis.connection()).enroll_passkey()
        stranger = addresses(world)
        known = {name: stranger() for name in ("1", "2")}
        for user, email in known.items():
            server.load({"user": {"tenant": world.tenant, "id": user, "email": email}})
        logins = {name: f"{name}{random.randrange(10**8, 10**9)}" for name in ("known", "nobody")}
        server.load({"panel_account": {"tenant": world.tenant, "login": logins["known"], "password": "right-password"}})

        begin = "/accounts/begin-auth-with-passkey"

        def about(email):
            return {"email": email, "account": world.tenant}

        def signing_in(login):
            return lambda: {"login": login, "password": "wrong-password"}

        cases = [
            ("quiva, begin-auth-with-passkey: who has a passkey", begin, lambda: about(known["1"]), lambda: about(stranger()), samples),
            ("quiva, begin-auth-with-passkey: who has none", begin, lambda: about(known["2"]), lambda: about(stranger()), samples),
            ("Navixy, account/auth: a wrong password", "/panel/account/auth", signing_in(logins["known"]),
             signing_in(logins["nobody"]), max(samples // HASHING, 100)),
        ]
        asker = Asker(server.port)
        print(f"{'':52} {'samples':>8} {'look':>6} {'user':>11} {'nobody':>11} {'t':>7} {'of 90 %':>8}")
        for name, path, users, strangers, count in cases:
            same, t, trimmed, (user, nobody) = compare(asker, path, users, strangers, count)
            print(f"{name:52} {count:8} {'same' if same else 'DIFFER':>6} {user:8.1f} µs {nobody:8.1f} µs {t:7.2f} {trimmed:8.2f}")
        print(f"\ntold apart: |t| above {THRESHOLD}")
    finally:
        server.stop()
        redis.stop()


if __name__ == "__main__":
    main()
