#!/usr/bin/python3
"""Requests over a limit: CPU of the server and of Redis for each 429, beside nginx with the same answer fixed.

Needs what `scripts/deps build run bench` installs and a release build. One tenant, or one user, has used up his limit and
is asked for all the same, over all connections. The rounds alternate; ratios are taken within each.
"""

import json
import pathlib
import shutil
import statistics
import tempfile
import urllib.error
import urllib.request

from dialects import Bench, options_of, ratio_quartiles

TARGET = 1.3
FLOODS = {"tenant": "a tenant's quota is used up", "user": "a user's limit is used up"}


class FloodBench(Bench):
    """Its users are two: of the tenant whose quota is used up, and of one with plenty, whose own limit is."""

    def environment(self, url):
        return {**super().environment(url), "MFAD_LIMITS_USER": "3/1h", "MFAD_LOG_REQUESTS": "none"}

    def write_users(self):
        file = self.folder / "users.ndjson"
        self.keys = {flood: self.server_key + flood for flood in FLOODS}
        limits = {"tenant": {"rebilly": "3/1h"}, "user": {"rebilly": "3000000/1h"}}
        with file.open("w") as out:
            for tenant, key in self.keys.items():
                for entry in ({"tenant": {"id": tenant, "limits": limits[tenant]}},
                              {"user": {"tenant": tenant, "id": "1", "email": "u@bench.example"}},
                              {"credential": {"tenant": tenant, "kind": "secret", "user": "1", "secret": key}}):
                    out.write(json.dumps(entry) + "\n")
        return file

    def aim(self, flood):
        """All that follows is of this tenant's user."""
        (self.folder / "users.txt").write_text(f"{flood} 1 {self.keys[flood]}\n")

    def sample(self, mfad):
        url = f"http://127.0.0.1:{mfad.port}/organizations/tenant/profile/mfa"
        request = urllib.request.Request(url, method="POST", headers={"REB-APIKEY": self.keys["tenant"]})
        for _ in range(10):
            try:
                urllib.request.urlopen(request).close()
            except urllib.error.HTTPError as answer:
                return answer.code, dict(answer.headers), answer.read().decode()
        raise SystemExit("nothing was over its limit")

    def complain(self, target, call, refused, broken):
        if broken:
            super().complain(target, call, refused, broken)


def main():
    options = options_of(__doc__).parse_args()

    folder = pathlib.Path(tempfile.mkdtemp(prefix="mfad-bench-"))
    bench = FloodBench(folder, options)
    try:
        redis, url = bench.start_redis()
        mfad = bench.start_mfad(url, redis)
        nginx = bench.start_nginx(mfad)
        figures = {name: [] for name in ("fixed", *FLOODS)}
        for turn in range(options.rounds + 1):
            for flood in FLOODS:
                bench.aim(flood)
                figures[flood].append(bench.load(mfad, "rebilly"))
            figures["fixed"].append(bench.load(nginx, "rebilly"))
            if turn == 0:  # to warm up
                figures = {name: [] for name in figures}
    finally:
        bench.stop()
        shutil.rmtree(folder)

    print(f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections, {options.threads} thread(s); "
          "medians, of the ratio with quartiles\n")
    print(f"{'':34} {'req/s':>8} {'server':>8} {'Redis':>9} {'to nginx':>19}")
    for name, rounds in figures.items():
        rate, server, store = map(statistics.median, zip(*rounds))
        low, ratio, high = ratio_quartiles(rounds, figures["fixed"])
        print(f"{FLOODS.get(name, 'nginx, one fixed 429'):34} {rate:8.0f} {server:5.1f} µs {store:6.2f} µs "
              f"{ratio:6.2f}x ({low:.2f}-{high:.2f})")
    print(f"\ntarget: {TARGET}x")


if __name__ == "__main__":
    main()
