#!/usr/bin/python3
"""TOTP at sign-in over HTTP, end to end: mfad beside better-auth (npm) with its two-factor plugin, in one run.

Needs what `scripts/deps build run bench` installs and a release build. Each request is a right code on a challenge of its
own; mfad spends it, counts, and signs a token; better-auth checks it and opens a session. The target is for the same work:
better-auth with its sessions and challenges in the same Redis. Beside it stands better-auth with everything in its memory.
The rounds alternate; figures are medians. Then the round trips to Redis of a challenge and its verification are counted, one
pair after another.
"""

import argparse
import base64
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

from dialects import ROOT, Bench, Target, cpu_seconds, free_port, wait_until

sys.path.insert(0, str(ROOT / "tests/system"))

from redis import Redis
from sign_in import step_now, totp

TENANT, TARGET_RATIO, TARGET_TRIPS = "bench", 50, 4
SAME_WORK = "better-auth with Redis"
PAIRS = 200  # whose round trips are counted
VERIFY = "/v1/challenges/verify"


class TotpBench(Bench):
    # ---- mfad ----------------------------------------------------------------------------------------------------

    def write_users(self):
        """Users with an app each: a code is good once."""
        file = self.folder / "users.ndjson"
        self.secrets = {}
        with file.open("w") as out:
            def put(**entry):
                out.write(json.dumps(entry) + "\n")

            put(tenant={"id": TENANT, "limits": {"native": "3600000/1h"}})
            put(credential={"tenant": TENANT, "kind": "server", "secret": self.server_key})
            for u in range(1, self.options.rounds * self.options.requests + PAIRS + 1):
                self.secrets[u] = secret = base64.b32encode(secrets.token_bytes(20)).decode()
                put(user={"tenant": TENANT, "id": str(u), "email": f"u{u}@bench.example", "mfa": {"enabled": ["totp"]}})
                put(factors={"tenant": TENANT, "user": str(u), "totp": {"secret": secret}})
        return file

    def call(self, path, body=None):
        data = json.dumps(body).encode() if body is not None else b""
        request = urllib.request.Request(f"http://127.0.0.1:{self.mfad.port}{path}", method="POST", data=data, headers=self.fields)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    @property
    def fields(self):
        return {"Authorization": f"Bearer {self.server_key}", "Content-Type": "application/json"}

    def challenge(self, user):
        return self.call(f"/v1/users/{user}/challenges", {})["token"]

    def verification(self, user, token):
        return {"token": token, "factor": "totp", "code": totp(self.secrets[user], step_now())}

    def mfad_requests(self, number):
        """A round's verifications, on challenges that are open."""
        users = range(1 + number * self.options.requests, 1 + (number + 1) * self.options.requests)
        tokens = {user: self.challenge(user) for user in users}
        return [("POST", VERIFY, json.dumps(self.verification(user, token)), self.fields) for user, token in tokens.items()]

    # ---- better-auth ---------------------------------------------------------------------------------------------

    def start_better_auth(self, name, *store):
        port, folder = free_port(), ROOT / "bench/better_auth"
        if not (folder / "node_modules").is_dir():
            raise SystemExit("better-auth is missing: scripts/deps bench")
        process = self.start("node", str(folder / "server.mjs"), str(port), *store, env={**os.environ, "NODE_ENV": "production"})
        wait_until(lambda: answers_at_all(port))
        return Target(name, port, [process.pid])

    def better_auth_requests(self, target):
        url = f"http://127.0.0.1:{target.port}/prepare?count={self.options.their_requests}"
        with urllib.request.urlopen(url) as answer:
            opened = json.load(answer)
        step = step_now()
        return [("POST", "/api/auth/two-factor/verify-totp", json.dumps({"code": totp(one["secret"], step)}),
                 {"Content-Type": "application/json",
                  "Cookie": "; ".join(part for part in one["cookie"].split("; ") if not part.endswith("="))}) for one in opened]

    # ---- a round -------------------------------------------------------------------------------------------------

    def send(self, target, requests):
        """Sends each once; those a second, and CPU microseconds of server and store for each."""
        file = self.folder / "requests.txt"
        file.write_text("".join("\t".join([method, path, body, *(part for field in fields.items() for part in field)]) + "\n"
                                for method, path, body, fields in requests))
        environment = {**os.environ, "MFAD_BENCH_REQUESTS": str(file), "MFAD_BENCH_THREADS": "1"}
        before = [sum(map(cpu_seconds, pids or [])) for pids in (target.server, target.store)]
        wrk = subprocess.Popen(["wrk", "-t1", f"-c{self.options.connections}", "-d60s", "-s", str(ROOT / "bench/once.lua"),
                                f"http://127.0.0.1:{target.port}"], env=environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
        wrk.stderr.readline()
        after = [sum(map(cpu_seconds, pids or [])) for pids in (target.server, target.store)]
        wrk.send_signal(signal.SIGINT)
        done = wrk.communicate()[0]
        good, micros, bad = map(int, re.search(r"RESULT (.*)", done)[1].split())
        if bad or good != len(requests):
            raise SystemExit(f"{target.name}: {good} of {len(requests)} passed, {bad} did not")
        server, store = ((b - a) * 1e6 / good for a, b in zip(before, after))
        return good / (micros / 1e6), server, store

    # ---- round trips ---------------------------------------------------------------------------------------------

    def round_trips(self):
        """Of a challenge and its verification, one pair after another: reads by Redis from its clients, without those of
        as long a time in which nothing is asked (PINGs of the caches), and scripts that were called."""
        redis = Redis(unix_socket_path=str(self.folder / "r.sock"))

        def counts():
            scripts = redis.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
            return redis.info("stats")["total_reads_processed"], scripts, time.monotonic()

        first = 1 + self.options.rounds * self.options.requests
        before = counts()
        for user in range(first, first + PAIRS):
            self.call(VERIFY, self.verification(user, self.challenge(user)))
        after = counts()
        time.sleep(after[2] - before[2])
        idle = counts()
        reads = (after[0] - before[0]) - (idle[0] - after[0])
        return reads / PAIRS, (after[1] - before[1]) / PAIRS


def answers_at_all(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/prepare?count=1").read()
        return True
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/mfad")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000, help="a round, to mfad")
    parser.add_argument("--their-requests", type=int, default=500, help="a round, to better-auth")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1, help="of mfad; better-auth is one process")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mfad-bench-"))
    bench = TotpBench(folder, options)
    try:
        redis, url = bench.start_redis()
        bench.mfad = bench.start_mfad(url, redis)
        others = [bench.start_better_auth(SAME_WORK, str(folder / "r.sock")),
                  bench.start_better_auth("better-auth in memory")]
        for target in others:
            target.store = [redis]
            bench.send(target, bench.better_auth_requests(target))  # warm: compiled
        rounds = {target.name: [] for target in (bench.mfad, *others)}
        for number in range(options.rounds):
            rounds["mfad"].append(bench.send(bench.mfad, bench.mfad_requests(number)))
            for target in others:
                rounds[target.name].append(bench.send(target, bench.better_auth_requests(target)))
        trips, scripts = bench.round_trips()
    finally:
        bench.stop()
        shutil.rmtree(folder)
    return report(rounds, trips, scripts, options)


def report(rounds, trips, scripts, options):
    print(f"{options.rounds} rounds, {options.connections} connections, {options.threads} thread(s) of mfad; medians\n")
    print(f"{'':40} {'verified/s':>10} {'server':>10} {'Redis':>9}")
    medians = {}
    for name, columns in rounds.items():
        medians[name] = rate, server, store = [statistics.median(column) for column in zip(*columns)]
        spread = f"({min(r[0] for r in columns):.0f}..{max(r[0] for r in columns):.0f})"
        print(f"{name:40} {rate:10.0f} {server:7.1f} µs {store:6.1f} µs  {spread}")
    rate, server, _ = medians.pop("mfad")
    print()
    for name, (their_rate, their_server, _) in medians.items():
        print(f"verify rate: {rate / their_rate:.1f}x {name}; CPU of the server a verification: 1/{their_server / server:.1f}")
    ratio = rate / medians[SAME_WORK][0]
    print(f"target: {TARGET_RATIO}x {SAME_WORK}")
    print(f"Redis round trips of a challenge and its verification: {trips:.2f}, of which scripts {scripts:.2f} (target {TARGET_TRIPS})")
    return 0 if ratio >= TARGET_RATIO and round(trips) <= TARGET_TRIPS else 1


if __name__ == "__main__":
    sys.exit(main())
