"""The storage under the running daemon fails, in one way after the other, and works again.

While it fails: nothing is acknowledged that cannot be stored; a refusal is 503 with StorageUnavailable, or OutcomeUnknown where
the failure came inside the commit; reads go on; the process lives. Afterwards changes work again, without a restart. After a
kill -9 and a restart exactly what was acknowledged is there, and of an unknown outcome what was read before. The same holds for a
kill -9 while the storage fails: what was refused because nothing can be stored is not there.

    storage_faults.py --daemon build/release/bin/isthmusd --changes 500 [--mode "syncs fail" ...] [--each-call 40]

--each-call N lets only the first call of its kind fail, then only the second, and so on to the Nth.
A mode whose tool is missing here is skipped, and says why.
"""
import contextlib
import http.client
import itertools
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Callable

from crash_loop import ABSENT, HalfWritten, body_of, path_of, value_of
from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command

NAMES = [f"fault-{i}" for i in range(6)]
DELETE_SHARE = 0.15
CHANGES_UNTIL_FULL = 3000
CHANGES_UNTIL_KILLED = 6
RECOVERY_SECONDS_MAX = 20
ATTACH_SECONDS_MAX = 10
NO_ANSWER_S = 1  # of a new connection that the daemon has no descriptor for
LOG_BYTES_MAX = 1 << 20  # of one mode: a fault is no reason to fill the disk with lines
STANDARD_STREAMS = 3
BALLAST = "x" * 60_000
BALLAST_TAGS = 14  # of them in a body that takes memory
REFUSALS = {"StorageUnavailable", "OutcomeUnknown"}


class Missing(Exception):
    """What a fault needs is not here."""


# ---- the faults: each is a context, in which the daemon has it ----------------------------------

@contextlib.contextmanager
def calls_fail(daemon, calls, error, everywhere=False, when="1+"):
    """System calls of these names fail; those that write and read only on the files of the state."""
    if not shutil.which("strace"):
        raise Missing("strace is not installed (tools/dev setup test)")
    files = [] if everywhere else [option for end in ("", "-wal") for option in ("-P", daemon.state + end)]
    command = ["strace", "-f", "-o", os.devnull, "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}:when={when}",
               *files, "-p", str(daemon.process.pid)]
    with tempfile.TemporaryFile() as told:
        tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=told)
        try:
            wait_until_attached(tracer, told)
            yield
        finally:
            tracer.send_signal(signal.SIGINT)  # it lets the daemon go on
            tracer.wait()


def wait_until_attached(tracer, told):
    end = time.monotonic() + ATTACH_SECONDS_MAX
    text = b""
    while b" attached" not in text:
        if tracer.poll() is not None or time.monotonic() > end:
            raise Missing(f"strace does not attach here: {text.decode(errors='replace').strip()}")
        time.sleep(0.01)
        told.seek(0)
        text = told.read()


@contextlib.contextmanager
def limit(daemon, which, value):
    """The soft limit is `value` for a while."""
    soft, hard = resource.prlimit(daemon.process.pid, which)
    resource.prlimit(daemon.process.pid, which, (value, hard))
    try:
        yield
    finally:
        if daemon.process.poll() is None:
            resource.prlimit(daemon.process.pid, which, (soft, hard))


def files_stay_small(daemon):
    sizes = [os.path.getsize(daemon.state + end) for end in ("", "-wal") if os.path.exists(daemon.state + end)]
    return limit(daemon, resource.RLIMIT_FSIZE, max(sizes) + 20_000)


def no_descriptor_is_left(daemon):
    return limit(daemon, resource.RLIMIT_NOFILE, STANDARD_STREAMS)  # what is open stays open


def no_memory_is_left(daemon):
    with open(f"/proc/{daemon.process.pid}/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[0])
    return limit(daemon, resource.RLIMIT_AS, pages * resource.getpagesize())


@dataclass(frozen=True)
class Mode:
    name: str
    fault: Callable  # of a daemon: a context
    nothing_stored: bool = False  # from the first moment: each change has to be refused
    room_ends: bool = False  # some changes may still be stored; then none
    new_clients_wait: bool = False  # only open connections are served
    may_end: bool = False  # the process; and what it refuses, it may refuse in other words
    big_bodies: bool = False  # while it lasts
    environment: tuple = ()


WRITES = "write,pwrite64,pwritev,ftruncate,fallocate"
MODES = [
    Mode("syncs fail", lambda d: calls_fail(d, "fsync,fdatasync", "EIO", everywhere=True), nothing_stored=True),
    Mode("some syncs fail", lambda d: calls_fail(d, "fsync,fdatasync", "EIO", everywhere=True, when="2+7")),
    Mode("writes fail", lambda d: calls_fail(d, WRITES, "EIO"), nothing_stored=True),
    Mode("some writes fail", lambda d: calls_fail(d, WRITES, "EIO", when="3+23")),
    Mode("writes find no room", lambda d: calls_fail(d, WRITES, "ENOSPC"), nothing_stored=True),
    Mode("reads fail", lambda d: calls_fail(d, "read,pread64,preadv", "EIO")),
    Mode("files stay small", files_stay_small, room_ends=True),
    Mode("no descriptor is left", no_descriptor_is_left, new_clients_wait=True),
    Mode("no memory is left", no_memory_is_left, may_end=True, big_bodies=True,
         environment=("MALLOC_ARENA_MAX=1",)),  # others have room reserved
]


def each_call_modes(count):
    """One call alone fails: the first one, the second one ..."""
    def mode(calls, error, everywhere, number):
        return Mode(f"only {calls.split(',')[0]} {number} fails",
                    lambda d: calls_fail(d, calls, error, everywhere, when=str(number)))
    kinds = [("fsync,fdatasync", "EIO", True), (WRITES, "ENOSPC", False)]
    return [mode(*kind, number) for kind in kinds for number in range(1, count + 1)]


# ---- what the daemon promises -------------------------------------------------------------------

class Trial:
    """One mode on a daemon of its own."""

    def __init__(self, mode, command, folder, draw, tally):
        self.mode, self.draw, self.tally = mode, draw, tally
        self.daemon = Daemon(["env", *mode.environment, *command], folder)
        self.big_bodies = False
        self.held = {}  # name -> value and etag, as acknowledged
        self.unknown = {}  # name -> the values that it may have instead
        self.values = itertools.count(1)
        self.counts = {"acknowledged": 0, "refused": 0, "unanswered": 0}

    def check(self, holds, complaint):
        self.tally.check(holds, f"{self.mode.name}: {complaint}")

    def body(self, name, value):
        body = body_of(name, value)
        if self.big_bodies:
            body["tags"] |= {f"ballast{i}": BALLAST for i in range(BALLAST_TAGS)}
        return body

    def change(self, client, name=None):
        """Whether one change was acknowledged; what became of it is written down."""
        name = name or self.draw.choice(NAMES)
        deletes = name in self.held and self.draw.random() < DELETE_SHARE
        value = None if deletes else next(self.values)
        try:
            reply = (client.call("DELETE", path_of(name)) if deletes
                     else client.call("PUT", path_of(name), self.body(name, value)))
        except (OSError, http.client.HTTPException) as error:
            self.counts["unanswered"] += 1
            self.unknown.setdefault(name, set()).add(value)
            self.check(self.mode.may_end, f"a change was not answered: {error!r}")
            return False
        if reply.done:
            self.counts["acknowledged"] += 1
            self.held[name] = ABSENT if deletes else (value, reply.etag)
            self.unknown.pop(name, None)
            return True
        self.counts["refused"] += 1
        self.judge_refusal(name, value, reply)
        return False

    def judge_refusal(self, name, value, reply):
        try:
            code = reply.json()["error"]["code"]
        except (ValueError, KeyError, TypeError):
            self.check(False, f"a refusal is no error in JSON: {reply}")
            return
        expected = reply.status >= 500 if self.mode.may_end else reply.status == 503 and code in REFUSALS
        self.check(expected, f"a refusal: {reply}")
        self.check(self.daemon.state.encode() not in reply.body, f"a refusal names a file of the server: {reply}")
        if code == "OutcomeUnknown":
            self.unknown.setdefault(name, set()).add(value)

    def read(self, client, when):
        """name -> value and etag, as GET has them; each must be what was acknowledged, or of an unknown outcome."""
        found = {}
        for name in NAMES:
            reply = client.call("GET", path_of(name))
            if reply.status == 404:
                found[name] = ABSENT
            elif reply.status == 200:
                found[name] = (self.value(reply, name, when), reply.etag)
            else:
                self.check(False, f"{when}: GET {name} is answered {reply}")
                continue
            self.judge_value(name, found[name], when)
        return found

    def value(self, reply, name, when):
        try:
            return value_of(reply.json())
        except HalfWritten as error:
            self.check(False, f"{when}: {name} is half written: {error}")
            return None

    def judge_value(self, name, found, when):
        held = self.held.get(name, ABSENT)
        allowed = found == held or found[0] in self.unknown.get(name, ())
        self.check(allowed, f"{when}: {name} is {found}, but {held} was acknowledged, and nobody knows of "
                            f"{self.unknown.get(name, 'nothing')}")

    def begin(self):
        self.daemon.start()
        client = self.daemon.client()
        for name in NAMES:
            self.check(self.change(client, name), f"{name} is not made")
        return client

    def run_until_killed(self):
        """A few changes; then the process is gone before the fault is."""
        try:
            client = self.begin()
            with self.mode.fault(self.daemon):
                for _ in range(self.draw.randrange(1, CHANGES_UNTIL_KILLED)):
                    self.change(client)
                self.daemon.kill()
            self.restart()
        finally:
            self.daemon.kill()

    def run(self, changes):
        try:
            client = self.begin()
            with self.mode.fault(self.daemon):
                self.big_bodies = self.mode.big_bodies
                self.suffer(client, changes)
                self.big_bodies = False
            if self.alive():
                self.recover()
            self.restart()
        finally:
            self.daemon.kill()

    def alive(self):
        ended = self.daemon.process.poll()
        self.check(ended is None or self.mode.may_end, f"the process ended with {ended}:\n{self.daemon.last_words()}")
        return ended is None

    def suffer(self, client, changes):
        before = self.counts["acknowledged"]
        if self.mode.room_ends:
            self.check(not all(self.change(client) for _ in range(CHANGES_UNTIL_FULL)), "there is always room")
        for _ in range(changes):
            self.change(client)
            if self.mode.may_end and self.daemon.process.poll() is not None:
                return
        if self.mode.nothing_stored:
            self.check(self.counts["acknowledged"] == before, "changes were acknowledged that cannot be stored")
        if not self.mode.may_end:
            self.read(client, "during the fault")
            self.check(client.call("GET", "/livez").status == 200, "/livez does not answer")
        if self.mode.new_clients_wait:
            self.knock()

    def knock(self):
        """More clients than there are descriptors: those that are not served are not promised anything."""
        for _ in range(5):
            client = self.daemon.client(timeout_s=NO_ANSWER_S)
            try:
                self.counts["unanswered"] += client.call("GET", NETWORKS).status >= 500
            except (OSError, http.client.HTTPException):
                self.counts["unanswered"] += 1
            client.close()
        self.check(self.counts["unanswered"] > 0, "every client was served without a descriptor")

    def recover(self):
        end = time.monotonic() + RECOVERY_SECONDS_MAX
        while time.monotonic() < end:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.change(self.daemon.client()):  # a new client, too
                    return
            time.sleep(0.05)
        self.check(False, f"changes do not work again after {RECOVERY_SECONDS_MAX} s")

    def restart(self):
        before = self.read(self.daemon.client(), "after the fault") if self.daemon.process.poll() is None else None
        self.daemon.kill()
        self.check(os.path.getsize(self.daemon.log) < LOG_BYTES_MAX, f"{os.path.getsize(self.daemon.log)} bytes were logged")
        self.daemon.start()
        client = self.daemon.client()
        after = self.read(client, "after a restart")
        self.check(before in (None, after), f"before and after a restart: {before} and {after}")
        listed = {item["resourceId"]: item["etag"] for item in client.every_item(NETWORKS)}
        self.check(listed == {name: etag for name, (_, etag) in after.items() if etag}, "the list and GET differ")


def main(argv=None):
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=500, help="during each fault")
    parser.add_argument("--mode", action="append", choices=[mode.name for mode in MODES])
    parser.add_argument("--each-call", type=int, default=0, metavar="N")
    options = parser.parse_args(argv)
    command = daemon_command(options)
    tally = Tally("storage_faults")
    chosen = [mode for mode in MODES if not options.mode or mode.name in options.mode]
    for mode in chosen + each_call_modes(options.each_call):
        draw = random.Random(f"{options.seed}/{mode.name}")
        try:
            with tempfile.TemporaryDirectory(prefix="isthmus-faults-") as folder:
                Trial(mode, command, folder, draw, tally).run_until_killed()
            with tempfile.TemporaryDirectory(prefix="isthmus-faults-") as folder:
                trial = Trial(mode, command, folder, draw, tally)
                trial.run(options.changes)
                print(f"{mode.name}: " + ", ".join(f"{count} {what}" for what, count in trial.counts.items()), flush=True)
        except Missing as reason:
            print(f"{mode.name}: skipped: {reason}", flush=True)
        except (RuntimeError, OSError, http.client.HTTPException) as error:
            tally.check(False, f"{mode.name}: {error!r}")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
