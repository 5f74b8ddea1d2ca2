#!/usr/bin/python3
"""Start time of `mfad serve`, and the memory that it needs: idle, and for connections that are kept open.

    bench/idle.py [connections, 10000]      MFAD_BINARY names another build
"""

import pathlib
import resource
import socket
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/system"))

from harness import Mfad

TARGET_KIB = 12
REQUEST = b"GET /accounts/user-mfa-info HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: nobody-has-this-key\r\n\r\n"


def resident_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def start_times(directory):
    """Seconds to the first answer of /readyz?strict: at the very first start, and at later ones."""
    times = []
    for _ in range(6):
        begun = time.monotonic()
        server = Mfad(directory, server_threads=0)
        times.append(time.monotonic() - begun)
        server.stop()
    return times[0], statistics.median(times[1:])


def open_connections(port, count):
    connections = []
    for _ in range(count):
        connections.append(socket.create_connection(("127.0.0.1", port)))
    return connections


def use(connections):
    """One request on each, answered."""
    for connection in connections:
        connection.sendall(REQUEST)
    for connection in connections:
        assert connection.recv(65536).startswith(b"HTTP/1.1 401")


def settle(server):
    """The memory once it no longer changes."""
    last, now = 0, resident_kib(server)
    while now != last:
        time.sleep(0.5)
        last, now = now, resident_kib(server)
    return now


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as directory:
        first, later = start_times(pathlib.Path(directory) / "start")
        print(f"start, first     {first * 1000:8.0f} ms  (private Redis and key file made)")
        print(f"start, later     {later * 1000:8.0f} ms  (median of 5)")
        server = Mfad(pathlib.Path(directory) / "idle", server_threads=0, http_idle_timeout="1h", log_requests="none",
                      http_max_connections=2 * count, http_max_connections_per_address=0, limits_enabled="false")
        try:
            use(open_connections(server.port, 10))
            base = settle(server)
            print(f"resident, idle   {base:8d} KiB")
            connections = open_connections(server.port, count)
            fresh = settle(server)
            print(f"resident, {count} connections that said nothing yet: {fresh} KiB, "
                  f"{(fresh - base) / count:.2f} KiB each")
            use(connections)
            used = settle(server)
            each = (used - base) / count
            print(f"resident, {count} connections after a request each:  {used} KiB, {each:.2f} KiB each "
                  f"(target: at most {TARGET_KIB})")
        finally:
            server.stop()
    return 0 if each <= TARGET_KIB else 1


if __name__ == "__main__":
    sys.exit(main())
