#!/usr/bin/python3
"""How fast `mfad import` is, and what a user costs in Redis.

    bench/import.py [users, 200000]         MFAD_BINARY names another build

Redis is set up as config/redis.conf has it. CPU times tell what a machine with a free core for each would do.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))

from console import Console
from harness import BINARY, RedisServer

TARGET_RATE, TARGET_BYTES = 20_000, 500


def write_users(file, count):
    with file.open("w") as out:
        print(json.dumps({"tenant": {"id": "acme", "allowed": ["email", "totp", "passkey", "recovery_code"]}}), file=out)
        for i in range(1, count + 1):
            print(json.dumps({"user": {"tenant": "acme", "id": str(i), "email": f"user{i}@customers.acme.example",
                                       "locale": "en"}}), file=out)


def used_memory(redis):
    return redis.connection().info("memory")["used_memory"]


def cpu_seconds(redis):
    cpu = redis.connection().info("cpu")
    return cpu["used_cpu_user_main_thread"] + cpu["used_cpu_sys_main_thread"]


def run(console, file):
    """Wall and CPU seconds of an import."""
    begun, before = time.monotonic(), os.times()
    subprocess.run([str(BINARY), "import", str(file)], env=console.environment({}), check=True, capture_output=True)
    after = os.times()
    return (time.monotonic() - begun, after.children_user + after.children_system
            - before.children_user - before.children_system)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        redis = RedisServer(directory / "redis")
        try:
            redis.connection().config_set("hash-max-listpack-value", 512)
            console = Console(directory, redis_url=redis.url, crypto_key_file=directory / "keys.json")
            assert console.run("keys", "init").status == 0
            assert console.run("key", "list").status == 0
            write_users(directory / "users.ndjson", count)
            memory, cpu = used_memory(redis), cpu_seconds(redis)
            for what in ("new users", "again, nothing new"):
                wall, ours = run(console, directory / "users.ndjson")
                theirs = cpu_seconds(redis) - cpu
                cpu += theirs
                print(f"import, {what:18}  {count / wall:8.0f} users/s  ({wall:.1f} s; CPU a user: mfad "
                      f"{ours / count * 1e6:.1f} us, Redis {theirs / count * 1e6:.1f} us)")
                if what == "new users":
                    rate, each = count / wall, (used_memory(redis) - memory) / count
            print(f"memory of Redis a user      {each:8.0f} bytes")
        finally:
            redis.stop()
    print(f"targets: at least {TARGET_RATE} users/s, at most {TARGET_BYTES} bytes")
    return 0 if rate >= TARGET_RATE and each <= TARGET_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
