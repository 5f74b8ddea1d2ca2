"""What lies in Redis, for tests that compare it before and after, or break it on purpose."""


def value_of(redis, key):
    kind = redis.type(key)
    if kind == b"hash":
        return redis.hgetall(key)
    if kind == b"zset":
        return dict(redis.zrange(key, 0, -1, withscores=True))
    return redis.get(key)


def state_of(redis, world):
    """All that is kept for a tenant and his users, links included; not what limits count, nor what requests there were."""
    keys = [key for key in redis.scan_iter(match=f"*{world.tenant}*", count=10_000)
            if b"}:q:" not in key and b"}:live:" not in key]
    state = {key: value_of(redis, key) for key in keys}
    for key, value in state.items():
        if b"}:u:" in key:  # arrival times of limits
            state[key] = {field: v for field, v in value.items() if field not in (b"a", b"b")}
    for key in redis.scan_iter(match="mfa:*:enr:*", count=10_000):
        link = redis.hgetall(key)
        if link.get(b"t") == world.tenant.encode():
            state[key] = link
    return state


def user_key(redis, world, user):
    [key] = redis.scan_iter(match=f"mfa:*:u:{len(world.tenant)}:{world.tenant}:{user}", count=10_000)
    return key


def quota_key(redis, world, dialect):
    [key] = redis.scan_iter(match=f"mfa:*:q:{len(world.tenant)}:{world.tenant}:{dialect}", count=10_000)
    return key


def links_of(redis, world):
    return [key for key in state_of(redis, world) if b"}:enr:" in key]


def version_of(redis, world, user):
    """How often a user's settings were changed."""
    return int(redis.hget(user_key(redis, world, user), "v") or 0)
