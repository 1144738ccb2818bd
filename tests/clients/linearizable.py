"""Clients at once read, write and delete a few resources; what each saw must fit one order of all their calls.

PUT, PUT with If-Match and with If-None-Match: *, GET and DELETE, every PUT with a value of its own. What is compared with the
order: the status of every answer, the value of every GET, and that a value keeps its etag. tests/clients/linear_history.py
looks for the order. With --kill-every the daemon is killed and started again meanwhile: a call without an answer may then have
happened or not, but every acknowledged one has.

    linearizable.py --daemon build/release/bin/isthmusd --rounds 30 --seconds 5 [--kill-every 0.7]
"""
import http.client
import itertools
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import Optional

from crash_loop import HalfWritten, body_of, path_of, value_of
from linear_history import ABSENT, Call, Condition, contradiction
from nc_daemon import Daemon, Tally, arguments, daemon_command

MOVES = ["GET"] * 4 + ["PUT"] * 2 + ["PUT if match"] * 4 + ["PUT if none"] * 2 + ["DELETE"] * 2
STATUSES = {"GET": {200, 404}, "PUT": {200, 201, 412}, "DELETE": {202, 204, 412}}
KILL_JITTER = (0.6, 1.4)


@dataclass
class Sent:
    """One call as the client knows it; an etag is no value yet."""
    name: str
    begin: int
    method: str
    headers: dict
    value: Optional[int] = ABSENT
    etag: Optional[str] = None
    status: Optional[int] = None
    end: int = 0


class Client(threading.Thread):
    """Lives through restarts of the daemon."""

    def __init__(self, number, recording):
        super().__init__()
        self.recording = recording
        self.draw = random.Random(f"{recording.seed}/{number}")
        self.known = {}  # name -> the etag seen last
        self.history = []
        self.wrong = []

    def run(self):
        client = None
        while not self.recording.over.is_set():
            kills = self.recording.kills
            client = client or self.recording.daemon.client()
            if not self.call(client):
                client.close()
                client = None
                self.recording.wait_for_next_life(kills)
        if client:
            client.close()

    def call(self, client):
        """False where no answer came."""
        sent = self.next_one()
        body = body_of(sent.name, sent.value) if sent.method == "PUT" else None
        self.history.append(sent)
        sent.begin = time.monotonic_ns()
        try:
            reply = client.call(sent.method, path_of(sent.name), body, sent.headers)
        except (OSError, http.client.HTTPException):
            return False
        sent.end = time.monotonic_ns()
        sent.status = reply.status
        self.learn(sent, reply)
        return True

    def next_one(self):
        name = self.draw.choice(self.recording.names)
        move = self.draw.choice(MOVES)
        headers = {}
        if move == "PUT if none":
            headers = {"If-None-Match": "*"}
        elif move != "GET" and name in self.known and (move == "PUT if match" or self.draw.random() < 0.5):
            headers = {"If-Match": self.known[name]}
        method = move.split()[0]
        return Sent(name, 0, method, headers if move != "PUT" else {},
                    next(self.recording.values) if method == "PUT" else ABSENT)

    def learn(self, sent, reply):
        if sent.status not in STATUSES[sent.method]:
            self.wrong.append(f"{sent.method} {sent.name} {sent.headers} is answered {reply}")
        if sent.method != "DELETE" and reply.done:
            sent.etag = reply.etag
            self.known[sent.name] = reply.etag
            try:
                found = value_of(reply.json())
            except HalfWritten as error:
                self.wrong.append(f"{sent.method} {sent.name} is half written: {error}")
                return
            if sent.method == "PUT" and found != sent.value:
                self.wrong.append(f"PUT {sent.name} := {sent.value} is answered with {found}")
            sent.value = found


class Recording:
    """One round: so many clients for so many seconds, and what they saw."""

    def __init__(self, daemon, options, round_number):
        self.daemon, self.options = daemon, options
        self.seed = f"{options.seed}/{round_number}/{options.kill_every}"
        self.names = [f"linear-{round_number}-{i}" for i in range(options.resources)]
        self.values = itertools.count(1)
        self.over = threading.Event()
        self.lives = threading.Condition()
        self.gone = []  # when the killed processes were gone, once the next one lives

    @property
    def kills(self):
        return len(self.gone)

    def wait_for_next_life(self, kills):
        with self.lives:
            self.lives.wait_for(lambda: self.kills > kills or self.over.is_set())

    def run(self):
        clients = [Client(number, self) for number in range(self.options.clients)]
        for client in clients:
            client.start()
        try:
            self.pass_the_time()
        finally:
            self.over.set()
            with self.lives:
                self.lives.notify_all()
            for client in clients:
                client.join()
        return clients

    def pass_the_time(self):
        draw = random.Random(f"{self.seed}/kills")
        end = time.monotonic() + self.options.seconds
        while (left := end - time.monotonic()) > 0:
            every = self.options.kill_every
            time.sleep(min(left, every * draw.uniform(*KILL_JITTER)) if every else left)
            if every:
                self.kill()

    def kill(self):
        self.daemon.kill()
        gone = time.monotonic_ns()
        self.daemon.start()
        with self.lives:
            self.gone.append(gone)
            self.lives.notify_all()

    def end_of(self, sent):
        """Of a call without an answer: when the process that it was sent to was gone."""
        return sent.end or min((gone for gone in self.gone if gone >= sent.begin), default=time.monotonic_ns())


def values_of_etags(history, check):
    """etag -> value, over one resource: each has one of the other."""
    values, etags = {}, {}
    for sent in history:
        if sent.etag is None:
            continue
        value, etag = values.setdefault(sent.etag, sent.value), etags.setdefault(sent.value, sent.etag)
        check(value == sent.value, f"the etag {sent.etag} was given to {value} and to {sent.value}")
        check(etag == sent.etag, f"the value {sent.value} had the etag {etag} and then {sent.etag}")
    return values


def as_calls(history, values, end_of):
    """The history of one resource in the terms of linear_history, without reads that had no answer, and wrong answers."""
    for sent in history:
        condition = None
        if "If-None-Match" in sent.headers:
            condition = Condition(ABSENT)
        elif "If-Match" in sent.headers:
            condition = Condition(values[sent.headers["If-Match"]])
        if sent.method == "GET" and sent.status is None or sent.status not in {None, *STATUSES[sent.method]}:
            continue
        yield Call(sent.begin, end_of(sent), sent.method, sent.value, condition, sent.status)


def judge(recording, clients, tally, when):
    def check(holds, complaint):
        tally.check(holds, f"{when}: {complaint}")

    for client in clients:
        for wrong in client.wrong:
            check(False, wrong)
    sent = [one for client in clients for one in client.history]
    # Without a kill, every call has an answer: a lost one is an error of the daemon.
    check(recording.kills or all(one.status for one in sent), "calls were not answered, though nobody killed the daemon")
    for name in recording.names:
        history = [one for one in sent if one.name == name]
        values = values_of_etags(history, check)
        calls = list(as_calls(history, values, recording.end_of))
        why = contradiction(calls)
        check(why is None, f"{name}, {len(calls)} calls: {why}")
    return sent


def play(options, command, tally):
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="isthmus-linear-") as folder:
            daemon = Daemon(command, folder)
            try:
                daemon.start()
                recording = Recording(daemon, options, number)
                clients = recording.run()
            finally:
                daemon.kill()
        sent = judge(recording, clients, tally, f"round {number}")
        unknown = sum(one.status is None for one in sent)
        refused = sum(one.status == 412 for one in sent)
        tally.check(len(sent) > options.clients and (refused or options.clients == 1), "too few calls: nothing is shown")
        print(f"round {number}: {len(sent)} calls of {options.clients} clients on {options.resources} resources, "
              f"{refused} times 412, {recording.kills} kills, {unknown} without an answer", flush=True)


def main(argv=None):
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=5, help="of each round")
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--resources", type=int, default=3)
    parser.add_argument("--kill-every", type=float, default=0, metavar="SECONDS", help="0: never")
    options = parser.parse_args(argv)
    command = daemon_command(options)
    tally = Tally("linearizable")
    play(options, command, tally)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
