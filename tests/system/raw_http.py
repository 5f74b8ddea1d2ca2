"""Bytes to a server and back, for requests that no client library would send."""

import email.parser
import email.policy
import socket

from harness import PATIENCE, Response


class Raw:
    """What came back until the server closed the connection, or the first answer was whole."""

    def __init__(self, port, *pieces, timeout=PATIENCE):
        self.bytes = b""
        self.closed = False
        with socket.create_connection(("127.0.0.1", port), timeout) as s:
            for piece in pieces:
                try:
                    s.sendall(piece)
                except (BrokenPipeError, ConnectionResetError):
                    break  # it has answered already
            while not self.closed and not self._is_over():
                self._read(s)

    def _read(self, s):
        try:
            piece = s.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.closed = piece == b""
        self.bytes += piece

    def _head(self):
        head, found, rest = self.bytes.partition(b"\r\n\r\n")
        if not found:
            return None
        status_line, _, fields = head.decode("latin-1").partition("\r\n")
        parser = email.parser.HeaderParser(policy=email.policy.compat32)
        return status_line, parser.parsestr(fields), rest

    def _is_over(self):
        """Whether the first answer is whole. One that says that it ends the connection is followed to that end."""
        parsed = self._head()
        if not parsed or parsed[1].get("Connection") == "close":
            return False
        return len(parsed[2]) >= int(parsed[1].get("Content-Length", 0))

    @property
    def answer(self):
        """The first answer, as clients give it."""
        parsed = self._head()
        assert parsed, f"no answer: {self.bytes!r}"
        status_line, headers, rest = parsed
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1"
        return Response(int(status), headers, rest[: int(headers.get("Content-Length", 0))])

    @property
    def answers(self):
        return self.bytes.count(b"HTTP/1.1 ")


def in_chunks(body, size=4096):
    """A chunked body."""
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
