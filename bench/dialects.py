#!/usr/bin/python3
"""Requests a second and CPU a request for each dialect's main call, beside nginx with a fixed answer in the same run.

Needs what `scripts/deps build run bench` installs and a release build. Everything runs on this machine, over loopback,
interleaved; figures are medians of the rounds. CPU is user and system time of the processes named, so it does not
matter how much of the machine the load generator takes; requests a second do depend on it.
"""

import argparse
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
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CALLS = {
    "rebilly": "Rebilly POST /profile/mfa (auth, quota, limit, link, mail job)",
    "rebilly_get": "Rebilly GET /profile/mfa",
    "xsolla": "Xsolla POST /projects/{p}/users/{u}/mfa",
    "quiva": "quiva PATCH /accounts/mfa-settings (link, mail job)",
    "navixy": "Navixy update, one user",
}
TENANTS = 64
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process and of its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Target:
    """Something that serves HTTP: its port, and the processes whose time counts."""

    def __init__(self, name, port, server, store=None):
        self.name, self.port, self.server, self.store = name, port, server, store


class Bench:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.processes = []
        self.server_key = secrets.token_hex(16)
        self.session = secrets.token_hex(12)

    # ---- what runs ---------------------------------------------------------------------------------------------

    def start(self, *command, **options):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=self.folder, **options)
        self.processes.append(process)
        return process

    def start_redis(self):
        """Redis as mfad runs it, but for rewrites of its file, which would fall into some rounds and not into others."""
        socket = self.folder / "r.sock"
        process = self.start("redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly",
                             "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0",
                             "--hash-max-listpack-value", "512", "--dir", str(self.folder), "--logfile", str(self.folder / "redis.log"))
        wait_until(socket.exists)
        return process.pid, f"unix://{socket}"

    def sample(self, mfad):
        """An answer to Rebilly's POST: status, fields, body."""
        tenant, _, key = (self.folder / "users.txt").read_text().splitlines()[0].split()
        url = f"http://127.0.0.1:{mfad.port}/organizations/{tenant}/profile/mfa"
        request = urllib.request.Request(url, method="POST", headers={"REB-APIKEY": key})
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()

    def start_nginx(self, mfad):
        """nginx, which gives the same requests as mfad one fixed answer: mfad's to Rebilly's POST."""
        port = free_port()
        status, fields, body = self.sample(mfad)
        kind = fields.pop("Content-Type")
        added = " ".join(f"add_header {name} '{value}' always;" for name, value in fields.items()
                         if name not in ("Date", "Server", "Connection", "Content-Length"))
        config = self.folder / "nginx.conf"
        config.write_text(f"""
            worker_processes {self.options.threads}; daemon off; pid {self.folder}/nginx.pid;
            error_log {self.folder}/nginx.log; events {{ worker_connections 4096; }}
            http {{
              access_log off; keepalive_requests 1000000; client_body_temp_path {self.folder}; proxy_temp_path {self.folder};
              fastcgi_temp_path {self.folder}; uwsgi_temp_path {self.folder}; scgi_temp_path {self.folder};
              server {{ listen 127.0.0.1:{port} reuseport; location / {{ default_type '{kind}'; {added} return {status} '{body}'; }} }}
            }}""")
        process = self.start("nginx", "-c", str(config), "-p", str(self.folder), stderr=subprocess.DEVNULL)
        wait_until(lambda: answers(port))
        return Target("nginx, fixed answer", port, children(process.pid))

    def environment(self, url):
        settings = {
            "redis_url": url, "server_data_dir": self.folder / "var", "crypto_key_file": self.folder / "keys.json",
            "http_listen": "127.0.0.1:0", "ops_listen": "", "server_threads": self.options.threads,
            "worker_enabled": "false", "mail_url": f"maildir:{self.folder}/mail", "log_requests": "errors",
            "limits_user": "60000/1m", "enrollment_links": "100000/1h",
        }
        return {**os.environ, **{f"MFAD_{k.upper()}": str(v) for k, v in settings.items()}}

    def start_mfad(self, url, store):
        environment = self.environment(url)
        binary = str(self.options.binary)
        subprocess.run([binary, "keys", "init"], env=environment, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([binary, "import", str(self.write_users())], env=environment, check=True,
                       stderr=subprocess.DEVNULL)
        log = open(self.folder / "mfad.log", "w+")
        process = self.start(binary, "serve", env=environment, stdout=subprocess.DEVNULL, stderr=log)
        lines = self.folder / "mfad.log"
        wait_until(lambda: "store.up" in lines.read_text())
        port = int(re.search(r'"http.listening".*?"port":(\d+)', lines.read_text())[1])
        return Target("mfad", port, [process.pid], [store])

    def write_users(self):
        """Tenants, their servers' and dealers' credentials, and users with a key each."""
        quota = {name: "60000/1m" for name in ("xsolla", "rebilly", "quiva", "navixy")}
        everything = {"users": ["read", "update", "create", "delete"], "tenant": ["read", "update"]}
        file, table = self.folder / "users.ndjson", self.folder / "users.txt"
        with file.open("w") as out, table.open("w") as users:
            def put(**entry):
                out.write(json.dumps(entry) + "\n")

            for t in range(TENANTS):
                tenant = f"t{t:02}"
                put(tenant={"id": tenant, "limits": quota})
                put(credential={"tenant": tenant, "kind": "server", "secret": self.server_key + tenant,
                                "permissions": everything})
                put(credential={"tenant": tenant, "kind": "session", "secret": self.session + tenant,
                                "permissions": everything})
            for u in range(1, self.options.users + 1):
                tenant, key = f"t{u % TENANTS:02}", secrets.token_hex(16)
                put(user={"tenant": tenant, "id": str(u), "email": f"u{u}@bench.example"})
                put(credential={"tenant": tenant, "kind": "secret", "user": str(u), "secret": key})
                users.write(f"{tenant} {u} {key}\n")
        return file

    # ---- a round -----------------------------------------------------------------------------------------------

    def load(self, target, call, pause=0):
        """Loads a target, with a pause of so many milliseconds between two requests of a connection; requests a second, and CPU microseconds a request of server and store."""
        before = [sum(map(cpu_seconds, pids or [])) for pids in (target.server, target.store)]
        environment = {**os.environ, "MFAD_BENCH_USERS": str(self.folder / "users.txt"), "MFAD_BENCH_CALL": call,
                       "MFAD_BENCH_SERVER_KEY": self.server_key, "MFAD_BENCH_SESSION": self.session, "MFAD_BENCH_PAUSE": str(pause)}
        done = subprocess.run(
            ["wrk", "-t1", f"-c{self.options.connections}", f"-d{self.options.seconds}s", "-s",
             str(ROOT / "bench/load.lua"), f"http://127.0.0.1:{target.port}"],
            env=environment, capture_output=True, text=True, check=True)
        after = [sum(map(cpu_seconds, pids or [])) for pids in (target.server, target.store)]
        requests, micros, refused, broken = map(int, re.search(r"RESULT (.*)", done.stdout)[1].split())
        self.complain(target, call, refused, broken)
        if target.store:
            self.drain_outbox()
        server, store = ((b - a) * 1e6 / requests for a, b in zip(before, after))
        return requests / (micros / 1e6), server, store

    def complain(self, target, call, refused, broken):
        """Says what should not have been. Xsolla says 422 when nothing would change, which is as much work."""
        if broken or (refused and call != "xsolla"):
            print(f"{target.name}, {call}: {refused} refused, {broken} broken", file=sys.stderr)

    def drain_outbox(self):
        """What workers would have sent meanwhile: queues that only grow would make each round slower than the last."""
        for name in ("due:code", "due:link"):
            keys = [f"mfa:{{p{partition}}}:{name}" for partition in range(64)]
            subprocess.run(["redis-cli", "-s", str(self.folder / "r.sock"), "unlink", *keys], check=True,
                           stdout=subprocess.DEVNULL)

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()


def free_port():
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
    except urllib.error.HTTPError:
        pass  # an answer as well
    except OSError:
        return False
    return True


def wait_until(condition):
    for _ in range(2000):
        if condition():
            return
        time.sleep(0.01)
    raise SystemExit("it did not start")


def options_of(description):
    """What each comparison with nginx can be told."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/mfad")
    parser.add_argument("--rounds", type=int, default=9, help="many short ones: a shared machine is fast and slow by turns")
    parser.add_argument("--seconds", type=int, default=1, help="of each load")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--threads", type=int, default=1, help="of mfad, and workers of nginx")
    return parser


def main():
    parser = options_of(__doc__)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--calls", nargs="*", default=list(CALLS), choices=list(CALLS))
    options = parser.parse_args()

    folder = pathlib.Path(tempfile.mkdtemp(prefix="mfad-bench-"))
    bench = Bench(folder, options)
    try:
        redis, url = bench.start_redis()
        mfad = bench.start_mfad(url, redis)
        nginx = bench.start_nginx(mfad)
        bench.load(mfad, "rebilly")  # warm: scripts loaded, caches filled
        figures = {call: [] for call in ("fixed", "paced", *options.calls)}
        for _ in range(options.rounds):
            figures["fixed"].append(bench.load(nginx, "rebilly"))
            figures["paced"].append(bench.load(nginx, "rebilly", pause=5))
            for call in options.calls:
                figures[call].append(bench.load(mfad, call))
    finally:
        bench.stop()
        shutil.rmtree(folder)
    report(figures, options)


def report(figures, options):
    """Medians. A ratio is taken within each round: what slows the machine then slows both."""
    names = {"fixed": "nginx, one fixed answer", "paced": "nginx, the same at about the pace of the writes", **CALLS}
    print(f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections, "
          f"{options.threads} thread(s), {options.users} users; medians, of the ratio with quartiles\n")
    print(f"{'':66} {'req/s':>8} {'server':>8} {'Redis':>8} {'to nginx':>19} {'paced':>7}")
    for call, rounds in figures.items():
        rate, server, store = map(statistics.median, zip(*rounds))
        low, busy, high = ratio_quartiles(rounds, figures["fixed"])
        _, paced, _ = ratio_quartiles(rounds, figures["paced"])
        print(f"{names[call]:66} {rate:8.0f} {server:5.1f} µs {store:5.1f} µs {busy:6.2f}x ({low:.2f}-{high:.2f}) {paced:6.2f}x")


def ratio_quartiles(rounds, floor):
    """The quartiles of a call's CPU a request to nginx', each round by itself."""
    ratios = [server / least for (_, server, _), (_, least, _) in zip(rounds, floor)]
    return statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3


if __name__ == "__main__":
    main()
