"""The mail server of tests/support/smtp_server.py; that file says what its rules, options and log mean."""

import email
import email.policy
import json
import pathlib
import subprocess
import sys

from harness import PATIENCE, ROOT, wait_for


class MailServer:
    def __init__(self, directory, *rules, options=()):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/support/smtp_server.py"), "--dir", str(self.directory),
             "--rules", json.dumps(rules), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        word, port = self.process.stdout.readline().split()
        assert word == "ready"
        self.port = int(port)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def events(self, name=None):
        log = self.directory / "log.ndjson"
        events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [event for event in events if name in (None, event["event"])]

    def commands(self, verb):
        return [event for event in self.events("command") if event["verb"] == verb]

    def offered(self, address):
        """Digests of the messages to an address that were sent whole, whatever became of them."""
        return [event["sha256"] for event in self.events("offered") if address in event["to"]]

    def taken(self, address=None):
        """The messages that were taken, as bytes, in order."""
        return [(self.directory / event["file"]).read_bytes() for event in self.events("message")
                if address in (None, *event["to"])]

    def wait_for_mail(self, address, count=1):
        """The messages to an address, as soon as there are so many."""
        def find():
            found = self.taken(address)
            return found if len(found) >= count else None

        return wait_for(find, f"{count} mails to {address}")


def parsed(message):
    return email.message_from_bytes(message, policy=email.policy.SMTP)
