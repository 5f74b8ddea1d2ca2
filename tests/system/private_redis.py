"""What a test asks of the private Redis of a data folder."""

import pathlib

import redis

from harness import wait_for
from redis_socket import connection_to


class PrivateRedis:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.socket = self.directory / "redis.sock"

    def connection(self, **more):
        return connection_to(self.socket, **more)

    def is_busy(self):
        """Whether it leaves a PING without an answer, since a script runs."""
        try:
            self.connection(socket_timeout=0.2).ping()
        except redis.TimeoutError:
            return True
        except redis.ResponseError as error:
            return "BUSY" in str(error)
        return False

    def pid(self):
        """Of the server that answers; None when there is none."""
        try:
            return self.connection().info("server")["process_id"]
        except (redis.ConnectionError, redis.BusyLoadingError):
            return None

    def wait_for_pid(self, other_than=None):
        def find():
            pid = self.pid()
            return pid if pid != other_than else None

        return wait_for(find, f"a redis-server in {self.directory} other than {other_than}")


def servers_of(directory):
    """The ids of all redis-server processes that run in a folder, answering or not."""
    found = []
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if (process / "comm").read_text() == "redis-server\n" and (process / "cwd").resolve() == directory:
                found.append(int(process.name))
        except OSError:
            pass  # gone meanwhile
    return found

