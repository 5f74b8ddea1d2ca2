#!/usr/bin/python3
"""What it costs to verify a passkey: our verifier beside SimpleWebAuthn (npm), and the whole server with its Redis.

    bench/passkeys.py [runs, 5]             MFAD_BINARY names another build

CPU seconds, of all threads of a process: what a core can do is their inverse. The verifiers take the same assertions
(ES256, each from its JSON and its stored COSE key), by turns; the medians of the runs make the ratio.
"""

import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/system"))

from authenticator import ORIGIN, RP_ID, WEBAUTHN, Passkey, b64
from conftest import start_mfad
from dialects import cpu_seconds
from harness import BINARY, RedisServer
from passkeys import PasskeyUser
from world import World

TARGET = 5
ASSERTIONS, OURS, THEIRS = 100, 100, 10  # assertions of a file, and how often each is verified in a run
SIGN_INS = 400


def write_assertions(file):
    lines = [RP_ID]
    for _ in range(ASSERTIONS):
        passkey, challenge = Passkey(), b64(os.urandom(32))
        passkey.user_handle = b64(os.urandom(32))
        credential = passkey.get({"challenge": challenge, "rpId": RP_ID})
        lines += [b64(passkey.public_key()), challenge, ORIGIN, json.dumps(credential)]
    file.write_text("\n".join(lines) + "\n")


def cost(*command):
    """CPU seconds of one assertion."""
    return float(subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE / "passkeys").stdout)


def sign_ins(directory):
    """CPU seconds of mfad and of Redis for a challenge and its verification, over HTTP."""
    redis = RedisServer(directory / "redis")
    server = start_mfad(directory, redis, directory / "keys.json", limits_enabled="false", server_threads="1", worker_enabled="false")
    try:
        world = World(server, server.client(), webauthn=WEBAUTHN)
        user = PasskeyUser(world, redis.connection())
        passkey = user.enroll_passkey()
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        headers = {"Authorization": f"Bearer {world.server_key}", "Content-Type": "application/json"}

        def post(path, body):
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            return json.loads(response.read()), response.status

        def opened():
            answer, status = post(f"/v1/users/{user.user}/challenges", {})
            assert status == 201, answer
            return answer

        def spent(work):
            before = cpu_seconds(server.process.pid), cpu_seconds(redis.process.pid)
            work()
            after = cpu_seconds(server.process.pid), cpu_seconds(redis.process.pid)
            return [(b - a) / SIGN_INS for a, b in zip(before, after)]

        challenges, answers = [], []
        opening = spent(lambda: challenges.extend(opened() for _ in range(SIGN_INS)))
        credentials = [passkey.get(c["passkey"]["publicKey"]) for c in challenges]
        verifying = spent(lambda: answers.extend(
            post("/v1/challenges/verify", {"token": c["token"], "factor": "passkey", "credential": made})
            for c, made in zip(challenges, credentials)))
        assert all(status == 200 for _, status in answers), answers[:3]
        return opening, verifying
    finally:
        server.stop()
        redis.stop()


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    program = BINARY.parent / "bench/bench_passkeys"
    if not (program.exists() and (HERE / "node_modules").exists()):
        sys.exit("first: scripts/deps bench && scripts/build release mfad bench_passkeys")
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        write_assertions(directory / "assertions")
        ours, theirs, opened, verified = [], [], [], []
        for run in range(runs):
            ours.append(cost(program, directory / "assertions", str(OURS)))
            theirs.append(cost("node", "simplewebauthn.mjs", directory / "assertions", str(THEIRS)))
            (directory / str(run)).mkdir()
            opening, verifying = sign_ins(directory / str(run))
            opened.append(opening)
            verified.append(verifying)
    mine, other = statistics.median(ours), statistics.median(theirs)
    micro = lambda seconds: f"{seconds * 1e6:7.0f} us"
    print(f"medians of {runs} runs, CPU of one assertion")
    print(f"  our verifier       {micro(mine)}   {1 / mine:8.0f} a second and core")
    print(f"  SimpleWebAuthn     {micro(other)}   {1 / other:8.0f} a second and core")
    for what, spent in (("open a challenge", opened), ("verify", verified)):
        server, redis = (statistics.median(each) for each in zip(*spent))
        print(f"  {what:<18} {micro(server)} of mfad, {micro(redis)} of Redis, over HTTP on one connection")
    ratio = other / mine
    print(f"ratio {ratio:.1f} (target {TARGET})")
    return 0 if ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
