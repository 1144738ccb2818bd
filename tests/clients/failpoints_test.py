"""Kills the daemon at every failpoint that it lists, while clients write, and compares what it holds with what it said.

A row for each point: the daemon is told to crash at some pass of it, writers write until it is dead, and after a start
without orders everything acknowledged must be there, as crash_loop checks it. Points that are passed at a start alone are
met at a start: of no file, of a file that was killed, of a file of the first schema. A point that no row meets is a
failure, so a point that is added and never passed is found here.

    failpoints_test.py --daemon build/release/bin/isthmusd
"""
import os
import sqlite3
import subprocess
import sys
import tempfile

import crash_loop
from nc_daemon import Daemon, Tally, arguments, daemon_command

SKIPPED = 77
JOURNAL_KEPT = 8  # so that the journal is cut all the time
PASSES = (1, 6)  # a crash at the first pass, and at a later one
SETTLE_SECONDS = 0.4  # after which a point is not passed under load

# What makes a point be passed that is not by itself.
FIRST_RULES = {"store.rollback": "store.change=error@3;"}

FIRST_SCHEMA = """
    ALTER TABLE meta DROP COLUMN undo_from;
    DROP TABLE undo;
    PRAGMA user_version = 1;
"""


def points_of(command):
    """(name, moment) of each point, from the daemon itself; None where it was built without."""
    done = subprocess.run([*command, "--failpoints"], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        return None
    return [line.split(maxsplit=1) for line in done.stdout.splitlines()]


def make_older(state):
    """Turns a state file back into one of the first schema."""
    with sqlite3.connect(state) as database:
        database.executescript(FIRST_SCHEMA)
    database.close()


class ArmedDaemon(Daemon):
    """Does as it is told by `rules` while it has some."""

    rules = None

    def spawn(self):
        os.environ.pop("ISTHMUS_FAILPOINTS", None)
        if self.rules:
            os.environ["ISTHMUS_FAILPOINTS"] = self.rules
        try:
            super().spawn()
        finally:
            os.environ.pop("ISTHMUS_FAILPOINTS", None)


class Row:
    """One point, one pass: what happened when the daemon was to die there."""

    def __init__(self, loop, point, at):
        self.loop, self.point, self.at = loop, point, at
        self.rules = f"{FIRST_RULES.get(point, '')}{point}=crash@{at}"
        self.met = 0

    def check(self, holds, complaint):
        self.loop.tally.check(holds, f"{self.rules}: {complaint}")

    def run(self):
        if self.at == PASSES[0]:
            with tempfile.TemporaryDirectory(prefix="isthmus-failpoint-") as folder:
                self.at_first_start(folder)
        with tempfile.TemporaryDirectory(prefix="isthmus-failpoint-") as folder:
            self.while_writing(folder)
        return self.met

    def daemon(self, folder):
        return ArmedDaemon([*self.loop.command, "--journal-entries", str(JOURNAL_KEPT), "--tls", "off"], folder)

    def writers(self):
        return crash_loop.Writers(3, f"{self.loop.seed}/{self.rules}", self.loop.tally)

    def start_until_dead(self, daemon):
        """True when the start met the point."""
        daemon.rules = self.rules
        try:
            daemon.start()
            return False
        except RuntimeError:
            if daemon.process.returncode != -9:
                raise
            self.met += 1
            return True
        finally:
            daemon.rules = None

    def at_first_start(self, folder):
        daemon = self.daemon(folder)
        if not self.start_until_dead(daemon):
            daemon.kill()
            return
        daemon.start()
        self.check(daemon.client().call("GET", crash_loop.NETWORKS).status == 200, "it does not serve after that")
        daemon.kill()

    def while_writing(self, folder):
        """Lives: a quiet one, then the point under load, then at starts: of what is there, and of an older file."""
        daemon, writers = self.daemon(folder), self.writers()
        try:
            self.fill_journal(daemon)
            if not self.start_until_dead(daemon):
                self.write_until_dead(daemon, writers)
            self.restart(daemon, writers, "after the crash")
            daemon.stop()
            make_older(daemon.state)
            self.restart(daemon, writers, "after a crash with an older file")
        finally:
            daemon.kill()

    @staticmethod
    def fill_journal(daemon):
        """Until it is cut: then nobody can go back to the first revision, and asking for it changes nothing."""
        daemon.start()
        client = daemon.client()
        for value in range(JOURNAL_KEPT + 4):
            client.call("PUT", crash_loop.path_of("crash-after"), crash_loop.body_of("crash-after", value))
        client.call("DELETE", crash_loop.path_of("crash-after"))
        daemon.kill()

    def write_until_dead(self, daemon, writers):
        """Writes, reads the journal and asks for what it no longer has, until the daemon is dead or nothing kills it."""
        def end():
            client = daemon.client()
            for _ in range(12):
                if daemon.process.poll() is not None:
                    break
                try:
                    client.call("GET", "/_isthmus/v1/journal?limit=5")
                    reply = client.call("POST", "/_isthmus/v1/journal/1/restore")
                    self.check(reply.status in (410, 503), f"going back to revision 1 is answered {reply}")
                except (OSError, crash_loop.http.client.HTTPException):
                    break
            try:
                daemon.process.wait(SETTLE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            if daemon.process.poll() == -9:
                self.met += 1
            daemon.kill()
        writers.run_while(daemon, end)

    def restart(self, daemon, writers, when):
        """A start that may die at the point, and then one that must not."""
        self.start_until_dead(daemon)
        daemon.kill()
        daemon.start()
        crash_loop.Inspector(daemon.client(), writers, self.loop.tally, f"{self.rules} {when}").inspect()
        reply = daemon.client().call("PUT", crash_loop.path_of("crash-after"), crash_loop.body_of("crash-after", 1))
        self.check(reply.done, f"{when} a change is answered {reply}")
        daemon.client().call("DELETE", crash_loop.path_of("crash-after"))


class Loop:
    def __init__(self, options, command, points):
        self.command, self.points, self.seed = command, points, options.seed
        self.tally = Tally("failpoints")

    def run(self):
        for name, moment in self.points:
            met = sum(Row(self, name, at).run() for at in PASSES)
            print(f"{name:28}{met:3} crashes  {moment}", flush=True)
            self.tally.check(met > 0, f"{name} was never met")
        self.refuses_what_it_does_not_know()
        return self.tally.finish()

    def refuses_what_it_does_not_know(self):
        environment = {**os.environ, "ISTHMUS_FAILPOINTS": "store.nowhere=crash"}
        done = subprocess.run([*self.command, "--state", ":memory:", "--listen", "127.0.0.1:0"], env=environment,
                              capture_output=True, text=True, timeout=20, check=False)
        self.tally.check(done.returncode == 1 and "There is no failpoint 'store.nowhere'" in done.stderr,
                         f"an unknown point is answered {done.returncode} {done.stderr}")


def main():
    options = arguments(__doc__.splitlines()[0]).parse_args()
    command = daemon_command(options)
    points = points_of(command)
    if points is None:
        print("this isthmusd was built without failpoints")
        return SKIPPED
    return Loop(options, command, points).run()


if __name__ == "__main__":
    sys.exit(main())
