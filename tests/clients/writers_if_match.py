"""Several clients replace one network at once, all with the etag that they have just read: exactly one wins each round.

The others get 412 and change nothing; the network is then what the winner sent, with the etag that the winner got.

    writers_if_match.py --daemon build/release/bin/isthmusd --rounds 200
"""
import concurrent.futures
import sys
import tempfile
import threading

from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command

PATH = f"{NETWORKS}/contested"


def body_of(author):
    return {
        "resourceId": "contested",
        "tags": {"author": author},
        "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
    }


class Contest:
    def __init__(self, daemon, writers, tally):
        self.clients = [daemon.client() for _ in range(writers)]
        self.reader = daemon.client()
        self.tally = tally
        self.together = threading.Barrier(writers)

    def run(self, rounds):
        first = self.reader.call("PUT", PATH, body_of("nobody"))
        self.tally.check(first.status == 201, f"the first PUT is answered {first}")
        with concurrent.futures.ThreadPoolExecutor(len(self.clients)) as pool:
            for number in range(rounds):
                etag = self.reader.call("GET", PATH).etag
                attempts = [pool.submit(self.attempt, client, f"{writer} in {number}", etag)
                            for writer, client in enumerate(self.clients)]
                self.judge(number, etag, [attempt.result() for attempt in attempts])

    def attempt(self, client, author, etag):
        self.together.wait()
        return client.call("PUT", PATH, body_of(author), {"If-Match": etag})

    def judge(self, number, etag, replies):
        statuses = sorted(reply.status for reply in replies)
        winners = [writer for writer, reply in enumerate(replies) if reply.done]
        fair = len(winners) == 1 and statuses.count(412) == len(replies) - 1
        self.tally.check(fair, f"round {number}: the answers are {statuses}")
        if not fair:
            return
        winner = winners[0]
        now = self.reader.call("GET", PATH)
        author = now.json()["tags"]["author"]
        self.tally.check(author == f"{winner} in {number}", f"round {number}: {winner} won, but {author} is stored")
        etags = [etag, replies[winner].etag, now.etag]
        self.tally.check(etags[0] != etags[1] == etags[2], f"round {number}: etags before, won and after are {etags}")


def main(argv=None):
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--writers", type=int, default=8)
    options = parser.parse_args(argv)
    tally = Tally("writers_if_match")
    with tempfile.TemporaryDirectory(prefix="isthmus-writers-") as folder:
        daemon = Daemon(daemon_command(options), folder)
        try:
            daemon.start()
            Contest(daemon, options.writers, tally).run(options.rounds)
        finally:
            daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
