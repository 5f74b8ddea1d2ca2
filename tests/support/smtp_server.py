#!/usr/bin/python3
"""A mail server for tests: aiosmtpd, told what to answer.

    smtp_server.py --dir DIR [--port PORT] [--rules JSON] [--tls starttls|implicit --cert FILE --key FILE]
                   [--auth USER:PASSWORD]

Listens on a port of 127.0.0.1, a free one unless told, prints "ready PORT" and ends when its standard input ends (so
it never outlives a test that died). Every message that it takes goes to DIR/<n>.eml as it came, without dot-stuffing.
What happened is in DIR/log.ndjson, one object a line, written before the client sees the answer:

    {"event": "connect", "session": 1}
    {"event": "tls", "session": 1}
    {"event": "command", "session": 1, "verb": "RCPT", "argument": "TO:<a@example.org>", "tls": true}
    {"event": "offered", "session": 1, "sha256": "…", "to": ["…"]}
    {"event": "message", "session": 1, "file": "1.eml", "from": "…", "to": ["…"]}
    {"event": "close", "session": 1}

--rules is a JSON array. At each step the first rule that fits, and is not used up, decides; without one the server
does what a good server does.
    at      connect, ehlo, starttls, auth, mail, rcpt, data, end-of-data or quit
    match   a text that the command's argument holds (end-of-data: the recipients); any when absent
    times   how often the rule applies; always when absent
    reply   the answer in place of the usual one; "\n" between lines; the connection is closed after a 421
    do      "hang" (never answer), "close" (drop the connection), "delay" (wait `seconds`, then go on as usual)
"offered" is a whole message, whatever becomes of it. At end-of-data the message is kept before "hang" and "close":
the server has taken it, the client cannot know.
"""
import argparse
import asyncio
import hashlib
import json
import ssl
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult


class Record:
    """The folder that the test reads."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.log = open(self.folder / "log.ndjson", "a", encoding="utf-8")
        self.sessions = 0
        self.messages = 0

    def event(self, name, session, **more):
        self.log.write(json.dumps({"event": name, "session": session, **more}) + "\n")
        self.log.flush()

    def keep(self, session, envelope):
        self.messages += 1
        name = f"{self.messages}.eml"
        (self.folder / name).write_bytes(envelope.original_content)
        self.event("message", session, file=name, **{"from": envelope.mail_from, "to": envelope.rcpt_tos})
        return self.messages


class Rules:
    def __init__(self, rules):
        self.rules = rules

    def take(self, step, argument):
        for rule in self.rules:
            if rule["at"] == step and rule.get("match", "") in argument and rule.get("times", 1) > 0:
                if "times" in rule:
                    rule["times"] -= 1
                return rule
        return None


class Handler:
    """What aiosmtpd asks about a message; the session itself is `server`."""

    def handle_STARTTLS(self, server, session, envelope):
        server.record.event("tls", server.number)
        return True

    async def handle_DATA(self, server, session, envelope):
        digest = hashlib.sha256(envelope.original_content).hexdigest()
        server.record.event("offered", server.number, sha256=digest, to=envelope.rcpt_tos)

        def keep():
            return server.record.keep(server.number, envelope)

        if await server.decided("end-of-data", " ".join(envelope.rcpt_tos), taken=keep):
            return None
        return f"250 2.0.0 Ok: queued as {keep()}"


class ScriptedServer(SMTP):
    def __init__(self, record, rules, **options):
        self.record = record
        self.rules = rules
        self.number = 0
        super().__init__(Handler(), hostname="mail.example.test", ident="ESMTP", **options)

    def connection_made(self, transport):
        if not self.number:
            self.record.sessions += 1
            self.number = self.record.sessions
            self.record.event("connect", self.number)
            if transport.get_extra_info("ssl_object"):
                self.record.event("tls", self.number)
        super().connection_made(transport)

    def connection_lost(self, error):
        self.record.event("close", self.number)
        super().connection_lost(error)

    async def push(self, status):
        if status is not None:  # a rule has answered already
            await super().push(status)

    async def decided(self, step, argument, taken=lambda: None):
        """Whether a rule has answered this step. `taken` runs before the client is left without an answer."""
        rule = self.rules.take(step, argument or "")
        if rule is None:
            return False
        action = rule.get("do")
        if action == "delay":
            await asyncio.sleep(rule["seconds"])
            return False
        if action in ("hang", "close"):
            taken()
            if action == "close":
                self.transport.abort()
            await asyncio.Event().wait()  # until the connection's end cancels this task
        await self.push(rule["reply"].replace("\n", "\r\n"))
        if rule["reply"].startswith("421"):
            self.transport.close()
        return True

    async def _handle_client(self):
        if await self.decided("connect", ""):
            self.transport.close()
        else:
            await super()._handle_client()

    async def command(self, verb, argument, usual):
        over_tls = self.transport.get_extra_info("ssl_object") is not None
        shown = None if verb == "AUTH" else argument
        self.record.event("command", self.number, verb=verb, argument=shown, tls=over_tls)
        if not await self.decided(verb.lower(), argument):
            await usual(argument)

    async def smtp_EHLO(self, argument):
        await self.command("EHLO", argument, super().smtp_EHLO)

    async def smtp_HELO(self, argument):
        await self.command("HELO", argument, super().smtp_HELO)

    async def smtp_STARTTLS(self, argument):
        await self.command("STARTTLS", argument, super().smtp_STARTTLS)

    async def smtp_AUTH(self, argument):
        await self.command("AUTH", argument, super().smtp_AUTH)

    async def smtp_MAIL(self, argument):
        await self.command("MAIL", argument, super().smtp_MAIL)

    async def smtp_RCPT(self, argument):
        await self.command("RCPT", argument, super().smtp_RCPT)

    async def smtp_DATA(self, argument):
        await self.command("DATA", argument, super().smtp_DATA)

    async def smtp_QUIT(self, argument):
        await self.command("QUIT", argument, super().smtp_QUIT)


def options_of(arguments):
    options = {}
    if arguments.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.cert, arguments.key)
        options["context"] = context
    if arguments.auth:
        user, password = arguments.auth.encode().split(b":", 1)

        def check(server, session, envelope, mechanism, given):
            return AuthResult(success=(given.login, given.password) == (user, password), handled=False)

        options["auth"] = {"auth_required": True, "auth_require_tls": arguments.tls == "starttls",
                           "authenticator": check}
    return options


async def serve(arguments):
    loop = asyncio.get_running_loop()
    record = Record(arguments.dir)
    rules = Rules(json.loads(arguments.rules))
    options = options_of(arguments)
    context = options.get("context")

    def session():
        return ScriptedServer(record, rules, loop=loop, tls_context=context if arguments.tls == "starttls" else None,
                              **options.get("auth", {}))

    server = await loop.create_server(session, "127.0.0.1", arguments.port,
                                      ssl=context if arguments.tls == "implicit" else None)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin, lambda: sys.stdin.buffer.raw.read(1) or ended.set())
    await ended.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rules", default="[]")
    parser.add_argument("--tls", choices=["starttls", "implicit"])
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--auth")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    import logging
    import warnings
    warnings.simplefilter("ignore")  # aiosmtpd warns of AUTH without TLS, which a test may want
    logging.disable(logging.CRITICAL)
    main()
