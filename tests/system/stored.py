"""What lies in Redis, for tests that compare it before and after, or break it on purpose."""

import base64
import hashlib
import struct

from redis.crc import key_slot

FACTORS = {"email": 1, "totp": 2, "passkey": 4, "recovery_code": 8, "duo": 16, "guardian": 32}
PARTITIONS = 64
LINK_IDS = 22  # where a link's record has the ids of tenant and user (src/store/scripts/lib/link_record.lua)


def value_of(redis, key):
    kind = redis.type(key)
    if kind == b"hash":
        return redis.hgetall(key)
    if kind == b"zset":
        return dict(redis.zrange(key, 0, -1, withscores=True))
    if kind == b"set":
        return redis.smembers(key)
    if kind == b"stream":
        return [part for _, entry in redis.xrange(key) for pair in entry.items() for part in pair]
    return redis.get(key)


def pieces(value):
    """A value of Redis, taken apart: what DUMP gives may be compressed, and writes digits as numbers."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from (name, part if isinstance(part, bytes) else str(part).encode())
    elif isinstance(value, (set, list)):
        yield from value
    elif value is not None:  # its time was over before it was read
        yield value


def state_of(redis, world):
    """All that is kept for a tenant and his users, links included; not what limits count, nor what requests there were,
    nor how far the worker is with a link's mail."""
    keys = [key for key in redis.scan_iter(match=f"*{world.tenant}*", count=10_000)
            if b"}:q:" not in key and b"}:live:" not in key and b"{mails}" not in key]
    state = {key: value_of(redis, key) for key in keys}
    for key, value in state.items():
        if b"}:u:" in key:  # arrival times of limits
            state[key] = {field: v for field, v in value.items() if field != b"r"}
    for key in redis.scan_iter(match="mfa:*:enr:*", count=10_000):
        if not key.endswith(b":e") and redis.get(key)[LINK_IDS:].startswith(world.tenant.encode()):
            events = redis.hgetall(key + b":e")
            state[key] = redis.get(key)
            state[key + b":e"] = {field: v for field, v in events.items() if field != b"m"}
    return state


def user_key(world, user):
    identity = f"{len(world.tenant)}:{world.tenant}:{user}"
    return f"mfa:{{p{key_slot(identity.encode()) % PARTITIONS}}}:u:{identity}".encode()


def attempts_key(login):
    """Sign-in attempts: the login itself is not kept."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(login.encode()).digest()[:16]).rstrip(b"=")
    return b"mfa:{p%d}:try:%s" % (key_slot(digest) % PARTITIONS, digest)


def quota_key(redis, world, dialect):
    [key] = redis.scan_iter(match=f"mfa:*:q:{len(world.tenant)}:{world.tenant}:{dialect}", count=10_000)
    return key


def links_of(redis, world):
    return [key for key in state_of(redis, world) if b"}:enr:" in key and not key.endswith(b":e")]


def arrivals_of(redis, world, user):
    """Arrival times of a user's limits, us: two of his writes, and of link mails; nothing before the first."""
    packed = redis.hget(user_key(world, user), "r")
    return packed and struct.unpack("<ddd", packed)


def set_arrivals(redis, world, user, *arrivals):
    redis.hset(user_key(world, user), "r", struct.pack("<ddd", *arrivals))


def version_of(redis, world, user):
    """How often a user's settings were changed."""
    return int(redis.hget(user_key(world, user), "v") or 0)


def bind(redis, world, user, *factors):
    """Enrolls factors that no call can yet; where the record has them is told in src/store/scripts/lib/settings.lua."""
    key = user_key(world, user)
    packed = int(redis.hget(key, "s"))
    for factor in factors:
        packed |= FACTORS[factor] << 16
    redis.hset(key, "s", packed)


def remove(redis, world, user):
    """A user is gone whose credentials are still there."""
    assert redis.delete(user_key(world, user)) == 1
