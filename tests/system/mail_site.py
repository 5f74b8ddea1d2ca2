"""An installation of a test's own whose mail goes to a mail server: a Redis, keys, servers and workers as needed."""

import contextlib

from conftest import init_keys
from harness import Mfad, RedisServer
from mail_server import MailServer
from outbox import Queue


class MailSite:
    def __init__(self, directory, *rules, options=()):
        self.directory = directory
        self.redis = RedisServer(directory / "redis")
        self.queue = Queue(self.redis)
        self.mail = MailServer(directory / "mail", *rules, options=options)
        self.key_file = directory / "keys.json"
        init_keys(self.key_file)
        self.running = []

    def start(self, call="serve", **settings):
        """`mfad serve` or `mfad worker` on this installation."""
        settings = {
            "crypto_key_file": self.key_file, "limits_enabled": "false", "http_public_url": "https://mfa.example",
            "mail_url": self.mail.url, "mail_starttls": "never", **settings,
        }
        instance = Mfad(self.directory / f"mfad{len(self.running)}", call=call, url=self.redis.url, **settings)
        self.running.append(instance)
        return instance

    def stop(self):
        for instance in self.running:
            if instance.process.poll() is None:
                instance.stop()
        self.mail.stop()
        self.redis.stop()


@contextlib.contextmanager
def mail_site(*arguments, **options):
    site = MailSite(*arguments, **options)
    try:
        yield site
    finally:
        site.stop()
