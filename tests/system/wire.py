"""Connections as a client sees them: kept open, cut, half a request."""

import socket
import time

from harness import PATIENCE


class Connection:
    """A keep-alive connection to one server, reading answers by their Content-Length."""

    def __init__(self, port, timeout=PATIENCE, source="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout, (source, 0))
        self.rest = b""
        self.closing = False  # the last answer said so
        self.answers = 0

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, method, path, headers=None, body=b""):
        """Sends a request; the status of its answer."""
        self.send(request(method, path, headers, body))
        return self.answer()[0]

    def answer(self):
        """The next answer: status, header fields in lower case, body. EOFError when there is none."""
        head = self.until(b"\r\n\r\n").decode("latin-1")
        status_line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        body = self.exactly(int(headers.get("content-length", 0)))
        self.closing = headers.get("connection") == "close"
        self.answers += 1
        return int(status_line.split()[1]), headers, body

    def more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise EOFError(f"closed after {self.answers} answers, with {self.rest!r} of the next")
        self.rest += piece

    def until(self, end):
        while end not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(end)
        return head + end

    def exactly(self, count):
        while len(self.rest) < count:
            self.more()
        body, self.rest = self.rest[:count], self.rest[count:]
        return body

    def ends_cleanly(self):
        """Whether the server closes the connection, without a reset and without another byte."""
        return self.rest == b"" and self.socket.recv(1) == b""

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(method, path, headers=None, body=b""):
    fields = {"Host": "localhost", **(headers or {})}
    if body:
        fields["Content-Length"] = len(body)
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return head.encode() + b"\r\n" + body


def seconds_until_closed(connection):
    begun = time.monotonic()
    assert connection.ends_cleanly()
    return time.monotonic() - begun
