"""Two servers and two workers on one Redis, behind HAProxy."""

import subprocess

from conftest import init_keys
from console import free_port
from harness import PATIENCE, Client, Mfad, RedisServer, wait_for

# As an operator would have it: round robin, health by /readyz, and a retry elsewhere when no connection can be made.
CONFIGURATION = """
global
    maxconn 1000
defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    retries 3
    option redispatch
    option httpchk
    http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost
    http-check expect status 200
    default-server check inter 100ms fall 1 rise 1
frontend public
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    balance roundrobin
"""


class Site:
    def __init__(self, directory):
        self.directory = directory
        self.redis = RedisServer(directory / "redis")
        self.keys = directory / "keys.json"
        init_keys(self.keys)
        self.port = free_port()
        self.servers = [self.start_server(f"s{i}", free_port(), free_port()) for i in range(2)]
        self.workers = [self.start_worker(f"w{i}") for i in range(2)]
        self.balancer = self.start_balancer()

    @property
    def settings(self):
        # The balancer looks every 100 ms; a server that is told to stop goes on for a second.
        return {"url": self.redis.url, "crypto_key_file": self.keys, "limits_enabled": "false",
                "http_drain_delay": "1s", "http_public_url": f"http://localhost:{self.port}",
                "mail_url": f"maildir:{self.directory / 'mail'}"}

    def start_server(self, name, port, ops_port):
        return Mfad(self.directory / name, http_listen=f"127.0.0.1:{port}", ops_listen=f"127.0.0.1:{ops_port}",
                    worker_enabled="false", **self.settings)

    def start_worker(self, name):
        return Mfad(self.directory / name, call="worker", **self.settings)

    def start_balancer(self):
        text = CONFIGURATION.format(port=self.port) + "".join(
            f"    server s{i} 127.0.0.1:{server.port} port {server.ops_port}\n"
            for i, server in enumerate(self.servers))
        (self.directory / "haproxy.cfg").write_text(text)
        process = subprocess.Popen(["haproxy", "-db", "-q", "-f", str(self.directory / "haproxy.cfg")],
                                   stdin=subprocess.DEVNULL)
        wait_for(lambda: self.answers(), "HAProxy")
        return process

    def answers(self):
        """Whether both servers are in service: the balancer holds each for well until it has looked."""
        try:
            return [self.client().get("/").status for _ in range(4)] == [404] * 4
        except OSError:
            return False

    def client(self):
        return Client(self.port)

    def restart_server(self, i):
        old = self.servers[i]
        assert old.stop() == 0
        self.servers[i] = self.start_server(f"s{i}", old.port, old.ops_port)

    def restart_worker(self, i):
        assert self.workers[i].stop() == 0
        self.workers[i] = self.start_worker(f"w{i}")

    def mails(self):
        return self.workers[0].mails()  # all deliver into one folder

    def stop(self):
        self.balancer.terminate()
        self.balancer.wait(PATIENCE)
        programs = self.servers + self.workers
        for program in programs:
            program.process.terminate()
        assert [program.process.wait(PATIENCE) for program in programs] == [0] * 4
        self.redis.stop()
