"""The mail that is owed: as `mfad outbox list` tells it, and as it lies in Redis."""

from dataclasses import dataclass

from harness import wait_for


@dataclass
class Job:
    """A line of `mfad outbox list`."""

    id: str
    state: str  # due, leased or dead
    at: str
    kind: str
    user: str  # tenant/user
    attempts: int
    error: str


def listed(mfad, *arguments):
    rows = [row.split(None, 6) for row in mfad.call("outbox", "list", *arguments).splitlines()[1:]]
    return [Job(*row[:5], int(row[5]), row[6]) for row in rows]


def listed_of(mfad, world, *arguments):
    """Those of one tenant's users."""
    return [job for job in listed(mfad, *arguments) if job.user.startswith(world.tenant + "/")]


def wait_until_settled(mfad, world):
    wait_for(lambda: not listed_of(mfad, world), "the end of all mail that is owed")


class Queue:
    """The jobs of an installation as they lie in its Redis. Time goes by here by writing another time."""

    def __init__(self, redis_server):
        self.redis = redis_server.connection()

    def lots(self, state):
        """The sorted sets of jobs in a state: due, leased or dead."""
        pattern = "mfa:{p*}:due:*" if state == "due" else "mfa:{p*}:" + state
        return list(self.redis.scan_iter(pattern, count=1000))

    def count(self, state):
        return sum(self.redis.zcard(lot) for lot in self.lots(state))

    def unsettled(self):
        return self.count("due") + self.count("leased")

    def hasten(self, state="due"):
        """What waits for its time has come: a retry is due, a lease has ended."""
        for lot in self.lots(state):
            for job in self.redis.zrange(lot, 0, -1):
                self.redis.zadd(lot, {job: 0}, xx=True)
