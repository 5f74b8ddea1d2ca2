"""python-redis over a unix socket."""

import redis


class SocketConnection(redis.UnixDomainSocketConnection):
    """Says that a server went away as such: for its message python-redis asks for names that only a TCP connection has,
    so that a server which dies before it accepts would end in an AttributeError."""

    host, port = "unix", 0


def connection_to(path, **more):
    return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=SocketConnection, path=str(path), **more))
