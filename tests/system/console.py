"""The program as an operator calls it: a command, its exit status, and what it said where."""

import json
import os
import pathlib
import signal
import socket
import subprocess

from harness import BINARY, PATIENCE, wait_for


class Console:
    """Calls of the program in one directory. Settings as for Mfad: `section_key=value`."""

    def __init__(self, directory, **settings):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "server_data_dir": self.directory / "var",
            "http_listen": "127.0.0.1:0",
            "ops_listen": "127.0.0.1:0",
            "mail_url": f"maildir:{self.directory / 'mail'}",
            **settings,
        }

    def environment(self, settings):
        mine = {f"MFAD_{key.upper()}": str(value) for key, value in {**self.settings, **settings}.items()}
        return {**os.environ, **mine}

    def run(self, *arguments, stdin=None, seconds=PATIENCE * 3, **settings):
        """A call to its end. What it says is text, whatever it was given."""
        given = stdin if isinstance(stdin, (bytes, type(None))) else stdin.encode()
        done = subprocess.run([str(BINARY), *map(str, arguments)], input=given, env=self.environment(settings),
                              cwd=self.directory, capture_output=True, timeout=seconds)
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments, **settings):
        """A call that goes on; ended with `end`."""
        return subprocess.Popen([str(BINARY), *arguments], env=self.environment(settings), cwd=self.directory,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def load(self, *entries):
        said = self.run("import", "-", stdin=lines(*entries))
        assert said.status == 0, said
        return said

    def user(self, tenant, user):
        said = self.run("user", "show", tenant, user)
        assert said.status == 0, said
        return json.loads(said.out)


class Said:
    """How a call ended, and what it said."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def refuses(self, *parts):
        """Ends with 2 before it has done anything, and says why in one or a few lines, on stderr alone."""
        assert self.status == 2, self
        assert self.out == "", self
        for part in parts:
            assert part in self.err, (part, self)
        assert "terminate called" not in self.err and "what():" not in self.err, self
        return True

    def __repr__(self):
        return f"<{self.status}\nstdout: {self.out}\nstderr: {self.err}>"


def lines(*entries):
    return "".join(json.dumps(entry) + "\n" for entry in entries)


def line_with(process, word):
    """The first line of a process's log with a word in it; what its threads say at the start comes in any order."""
    seen = []
    for line in process.stderr:
        if word in line:
            return line
        seen.append(line)
    raise AssertionError(f"ended without {word}:\n{''.join(seen)}")


def end(process):
    """The exit status and the output of a process that should stop when asked."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE)
    return Said(process.returncode, out, err)


def free_port():
    """A port that nobody has now; who names it takes the small risk that somebody else is faster."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_running(pid):
    """Whether a process lives; one that only waits to be reaped does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(") ")[2][0] != "Z"


def wait_for_exit(pid, what):
    wait_for(lambda: not is_running(pid), f"the end of {what} (pid {pid})")
