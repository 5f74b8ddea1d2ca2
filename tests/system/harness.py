"""Runs the real program against real parts: a redis-server, a mail folder or server, sockets on loopback.

Everything lives in a private directory, listens on ports that the system chooses, and ends with the test.
"""

import http.client
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MFAD_BINARY", ROOT / "build/release/mfad"))

# The sanitized builds take longer for everything.
PATIENCE = float(os.environ.get("MFAD_TEST_PATIENCE", "20"))


def wait_for(condition, what, seconds=PATIENCE):
    """The first true value of `condition`, or a failure that says what did not come about."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.01)


class Response:
    """An HTTP answer, read whole."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # http.client.HTTPMessage: any case
        self.body = body

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)

    def header(self, name):
        return self.headers.get(name)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    """Sends requests to one address, each on a connection of its own."""

    def __init__(self, port, host="127.0.0.1", observe=None):
        self.host, self.port = host, port
        self.observe = observe  # called with (method, path, response)

    def request(self, method, path, *, headers=None, body=None, json_body=None, form=None, timeout=PATIENCE):
        headers = dict(headers or {})
        if json_body is not None:
            body = json.dumps(json_body)
            headers.setdefault("Content-Type", "application/json")
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            response = Response(answer.status, answer.headers, answer.read())
        finally:
            connection.close()
        if self.observe:
            self.observe(method, path, response)
        return response

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, **options):
        return self.request("POST", path, **options)

    def put(self, path, **options):
        return self.request("PUT", path, **options)

    def patch(self, path, **options):
        return self.request("PATCH", path, **options)

    def delete(self, path, **options):
        return self.request("DELETE", path, **options)


class RedisServer:
    """A redis-server of a test's own, on a unix socket; `port` gives it a TCP port as well.

    Its clock is the one that counts; `restart(later=3600)` puts it on by that many seconds.
    """

    def __init__(self, directory, port=0):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.socket = self.directory / "r.sock"
        self.port = port
        self.process = None
        self.start()

    def start(self, later=0):
        clock = {"LD_PRELOAD": str(self.later_clock()), "LATER_SECONDS": str(later)} if later else {}
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self.socket),
             "--dir", str(self.directory), "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
             "--logfile", str(self.directory / "redis.log"), "--enable-debug-command", "local"],
            stdin=subprocess.DEVNULL, env={**os.environ, **clock})
        wait_for(self.answers, "redis-server")

    def later_clock(self):
        library = self.directory / "later_clock.so"
        if not library.exists():
            subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library),
                            str(ROOT / "tests/support/later_clock.c")], check=True)
        return library

    def answers(self):
        try:
            return self.command("PING") == b"PONG"
        except OSError:
            return False

    @property
    def url(self):
        return f"unix://{self.socket}"

    def connection(self):
        from redis_socket import connection_to

        return connection_to(self.socket)

    def command(self, *words):
        """One command over a socket of its own; replies of one line or one string."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(5)
            s.connect(str(self.socket))
            s.sendall(b"*%d\r\n" % len(words) + b"".join(
                b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in words))
            return s.recv(65536).split(b"\r\n")[0].lstrip(b"+:")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def restart(self, later=0):
        self.stop()
        self.start(later)


class Mfad:
    """A running `mfad serve` or `mfad worker`.

    Settings are given as `section_key=value` and reach the program as MFAD_SECTION_KEY. Its log is kept line by line.
    """

    def __init__(self, directory, *, call="serve", arguments=(), url=None, binary=BINARY, **settings):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.binary = binary
        self.settings = {
            "server_data_dir": self.directory / "var",
            "server_threads": 2,
            "http_listen": "127.0.0.1:0",
            "ops_listen": "127.0.0.1:0",
            "mail_url": f"maildir:{self.directory / 'mail'}",
            "http_drain": "5s",
            **settings,
        }
        if url:
            self.settings["redis_url"] = url
        self.arguments = [call, *arguments]
        self.lines = []
        self.known_mails = {}
        self.start()

    # ---- process -----------------------------------------------------------------------------------------------

    @property
    def environment(self):
        mine = {f"MFAD_{key.upper()}": str(value) for key, value in self.settings.items()}
        return {**os.environ, **mine}

    def start(self):
        begun = len(self.lines)
        self.process = subprocess.Popen(
            [str(self.binary), *self.arguments], env=self.environment, cwd=self.directory, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.output = []
        self.readers = [
            threading.Thread(target=self._collect, args=(self.process.stderr, self.lines), daemon=True),
            threading.Thread(target=self._collect, args=(self.process.stdout, self.output), daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        # A restart has the lines of the life before as well.
        if self.arguments[0] == "serve":
            self.port = self.event("http.listening", after=begun)["port"]
            ops = self.settings["ops_listen"]
            self.ops_port = self.event("ops.listening", after=begun)["port"] if ops else None
            wait_for(lambda: self.ready(strict=True), f"{self} to be ready")
        else:
            self.event("worker.started", after=begun)

    @staticmethod
    def _collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def stop(self, signal_number=signal.SIGTERM, seconds=PATIENCE):
        """Asks it to stop; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        status = self.process.wait(seconds)
        for reader in self.readers:
            reader.join(seconds)
        return status

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def __str__(self):
        return f"mfad {' '.join(self.arguments)} (pid {self.process.pid})"

    # ---- log ---------------------------------------------------------------------------------------------------

    def log(self, after=0):
        """The lines of the log that are JSON, as they all should be once the program runs."""
        return [json.loads(line) for line in self.lines[after:] if line.startswith("{")]

    def events(self, name, after=0):
        return [entry for entry in self.log(after) if entry["event"] == name]

    def event(self, name, after=0):
        """The last event of this name, as soon as there is one; among the lines after the first `after`."""
        def find():
            assert self.process.poll() is None, f"{self} ended:\n" + "\n".join(self.lines[-20:])
            return self.events(name, after)

        return wait_for(find, f"{name} in the log of {self}")[-1]

    def hang_up(self, event):
        """Sends SIGHUP; the event of this name that follows."""
        begun = len(self.lines)
        self.process.send_signal(signal.SIGHUP)
        return self.event(event, after=begun)

    # ---- HTTP --------------------------------------------------------------------------------------------------

    def client(self, observe=None):
        return Client(self.port, observe=observe)

    def ops(self, path):
        return Client(self.ops_port).get(path)

    def ready(self, strict=False):
        try:
            return self.ops("/readyz?strict" if strict else "/readyz").status == 200
        except OSError:
            return False

    @property
    def url(self):
        return f"http://localhost:{self.port}"

    # ---- command line ------------------------------------------------------------------------------------------

    def call(self, *arguments, stdin=None, status=0):
        """Another call of the program on the same installation; what it printed."""
        done = subprocess.run([str(self.binary), *arguments], env=self.environment, cwd=self.directory, text=True,
                              input=stdin, capture_output=True, timeout=PATIENCE * 3)
        assert done.returncode == status, f"mfad {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout if status == 0 else done.stdout + done.stderr

    def load(self, *entries):
        """Imports entries, each a dictionary of one member."""
        return self.call("import", "-", stdin="".join(json.dumps(entry) + "\n" for entry in entries))

    def user(self, tenant, user):
        return json.loads(self.call("user", "show", tenant, user))

    # ---- mail --------------------------------------------------------------------------------------------------

    def mail_files(self):
        """The files of the mail folder, in the order of their coming."""
        folder = pathlib.Path(str(self.settings["mail_url"]).removeprefix("maildir:")) / "new"
        return sorted(folder.iterdir(), key=lambda f: f.stat().st_mtime_ns) if folder.is_dir() else []

    def mails(self):
        """The messages in the mail folder, in the order of their coming. A file never changes: each is read once."""
        import email
        import email.policy

        for file in self.mail_files():
            if file not in self.known_mails:
                self.known_mails[file] = email.message_from_bytes(file.read_bytes(), policy=email.policy.SMTP)
        return list(self.known_mails.values())

    def mail_to(self, address, after=0):
        """The newest message to an address, once there are more than `after`."""
        def find():
            found = [m for m in self.mails() if m["To"] == address]
            return found[-1] if len(found) > after else None

        return wait_for(find, f"mail to {address}")


def text_of(message):
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def link_in(message):
    """The enrollment link of a mail."""
    return re.search(r"https?://\S+/enroll/#\S+", text_of(message))[0]


def code_in(message):
    """The code of a mail."""
    return re.search(r"^\d{6,8}$", text_of(message), re.M)[0]


def random_secret(prefix):
    return f"{prefix}-{secrets.token_hex(16)}"
