"""Writes what no call can bring about yet straight into the store."""

from redis.crc import key_slot

FACTORS = {"email": 1, "totp": 2, "passkey": 4, "recovery_code": 8, "duo": 16, "guardian": 32}
PARTITIONS = 64


def user_key(world, user):
    identity = f"{len(world.tenant)}:{world.tenant}:{user}"
    return f"mfa:{{p{key_slot(identity.encode()) % PARTITIONS}}}:u:{identity}"


def bind(redis, world, user, *factors):
    """Enrolls factors; where the record has them is told in src/store/scripts/lib/settings.lua."""
    key = user_key(world, user)
    packed = int(redis.hget(key, "s"))
    for factor in factors:
        packed |= FACTORS[factor] << 16
    redis.hset(key, "s", packed)


def remove(redis, world, user):
    """A user is gone whose credentials are still there."""
    assert redis.delete(user_key(world, user)) == 1


def version(redis, world, user):
    """How often his settings were changed."""
    return int(redis.hget(user_key(world, user), "v") or 0)
