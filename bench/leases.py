#!/usr/bin/python3
"""What a tenant's quota, leased, adds to the CPU of a request: the same server with and without it, interleaved.

Needs what `scripts/deps build run bench` installs and a release build. Rebilly's POST, which counts a quota before its
work; without limits on users, so that the quota is all that differs. Redis has to be asked for as many requests at a
time as the tenant's traffic wants: how often it was is printed, too.
"""

import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

from dialects import Bench, options_of, ratio_quartiles

TARGET = 1.05


class Quotas(Bench):
    """Servers that differ in whether they count."""

    counts = True

    def environment(self, url):
        return {**super().environment(url), "MFAD_LIMITS_ENABLED": str(self.counts).lower(), "MFAD_LIMITS_USER": ""}

    def scripts(self):
        """How often Redis has run a script."""
        said = subprocess.run(["redis-cli", "-s", str(self.folder / "r.sock"), "info", "commandstats"], check=True,
                              capture_output=True, text=True).stdout
        return int(re.search(r"cmdstat_evalsha:calls=(\d+)", said)[1])


def main():
    parser = options_of(__doc__)
    parser.set_defaults(rounds=25)  # what is looked for is small
    parser.add_argument("--users", type=int, default=20_000)
    options = parser.parse_args()
    benches = []
    try:
        for counts in (False, True):
            bench = Quotas(pathlib.Path(tempfile.mkdtemp(prefix="mfad-bench-")), options)
            benches.append(bench)
            bench.counts = counts
            redis, url = bench.start_redis()
            bench.server = bench.start_mfad(url, redis)
            bench.load(bench.server, "rebilly")
            bench.rounds, bench.asked = [], []
        for _ in range(options.rounds):
            for bench in benches:
                before = bench.scripts()
                bench.rounds.append(bench.load(bench.server, "rebilly"))
                bench.asked.append((bench.scripts() - before) / (bench.rounds[-1][0] * options.seconds))
    finally:
        for bench in benches:
            bench.stop()
            shutil.rmtree(bench.folder)

    free, counted = benches
    print(f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections; medians\n")
    print(f"{'':24} {'req/s':>8} {'server':>9} {'Redis':>9} {'scripts a request':>18}")
    for name, bench in (("no limits", free), ("the tenant's quota", counted)):
        rate, server, store = map(statistics.median, zip(*bench.rounds))
        print(f"{name:24} {rate:8.0f} {server:6.1f} µs {store:6.1f} µs {statistics.median(bench.asked):18.3f}")
    low, ratio, high = ratio_quartiles(counted.rounds, free.rounds)
    print(f"\nCPU of the server with to without: {ratio:.3f} ({low:.3f}-{high:.3f}), wanted {TARGET}")


if __name__ == "__main__":
    main()
