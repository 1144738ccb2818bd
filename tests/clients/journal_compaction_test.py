"""The journal is cut while clients write, read it, follow it and go back: with a small limit, under load.

No acknowledged change is lost; revisions never go back; a reader gets entries in order, without a gap inside, or 410
RevisionNotKept; a follower gets every revision once, or is told of the gap. After a kill -9 all of it is there still.
"""
import http.client
import json
import os
import sys
import tempfile
import threading
import time

from nc_daemon import NETWORKS, Daemon, Tally

KEPT = 20
WRITERS = 3
CHANGES_EACH = 150
JOURNAL = "/_isthmus/v1/journal"


class World:
    def __init__(self, daemon, tally):
        self.daemon, self.tally = daemon, tally
        self.writing = True
        self.acknowledged = {}  # name: value; each writer has names of its own
        self.revisions = []  # of restores, by the one who makes them
        self.refused = 0

    def client(self):
        return self.daemon.client()


def name_of(writer, number):
    return f"net-{writer}-{number % 5}"


def body_of(value):
    return {"tags": {"value": str(value)}, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}


def write(world, writer):
    client = world.client()
    for number in range(CHANGES_EACH):
        name = name_of(writer, number)
        reply = client.call("PUT", f"{NETWORKS}/{name}", body_of(number))
        world.tally.check(reply.done, f"PUT {name} := {number} is answered {reply}")
        if reply.done:
            world.acknowledged[name] = number


def read(world, limit):
    """Reads on from where it was, as someone does who keeps a copy."""
    client, last = world.client(), 0
    while world.writing:
        reply = client.call("GET", f"{JOURNAL}?after={last}&limit={limit}")
        world.tally.check(reply.status == 200, f"the journal after {last} is answered {reply}")
        page = reply.json()
        revisions = [entry["revision"] for entry in page["entries"]]
        world.tally.check(all(b == a + 1 for a, b in zip(revisions, revisions[1:])), f"a gap inside {revisions}")
        world.tally.check(all(revision > last for revision in revisions), f"{revisions} after {last}")
        world.tally.check(page["revision"] >= last, f"revision {page['revision']} after {last}")
        last = revisions[-1] if revisions else last


def ask_what_is_gone(world):
    """Revisions that the journal no longer reaches: 410, and nothing happens."""
    client = world.client()
    while world.writing:
        present = client.call("GET", f"{JOURNAL}?limit=1").json()["revision"]
        if present <= 2 * KEPT + 40:
            time.sleep(0.005)
            continue
        reply = client.call("POST", f"{JOURNAL}/1/restore")
        gone = reply.status == 410 and reply.json()["code"] == "RevisionNotKept"
        world.tally.check(gone, f"going back to revision 1 at {present} is answered {reply}")
        world.refused += gone


class Follower(threading.Thread):
    """Follows the events from revision `after`, and is slow when it is told to be: then it is told of gaps."""

    def __init__(self, world, after, pause_s=0.0):
        super().__init__()
        self.world, self.after, self.pause_s = world, after, pause_s
        self.last, self.gaps, self.seen = after, 0, 0

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.world.daemon.port, timeout=10)
        connection.request("GET", f"/_isthmus/v1/events?after={self.after}")
        answer = connection.getresponse()
        kind = ""
        while self.world.writing or self.last < self.world.final:
            line = answer.readline().decode().strip()
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                self.take(kind, json.loads(line.removeprefix("data: "))["revision"])
        connection.close()

    def take(self, kind, revision):
        if kind == "gap":
            self.gaps += 1
            self.world.tally.check(revision > self.last, f"a gap up to {revision} after {self.last}")
        else:
            self.seen += 1
            self.world.tally.check(revision == self.last + 1, f"event {revision} follows {self.last}")
        self.last = revision
        time.sleep(self.pause_s)


def compare(world, when):
    """What was acknowledged is there, in the list and by itself."""
    client = world.client()
    listed = {item["resourceId"]: item for item in client.every_item(NETWORKS)}
    world.tally.check(set(listed) == set(world.acknowledged), f"{when}: the list has {sorted(listed)}")
    for name, value in world.acknowledged.items():
        reply = client.call("GET", f"{NETWORKS}/{name}")
        held = reply.json()["tags"]["value"] if reply.status == 200 else reply.status
        world.tally.check(held == str(value), f"{when}: {name} is {held}, but {value} was acknowledged")
        world.tally.check(listed.get(name) == reply.json(), f"{when}: list and GET differ in {name}")


def journal_of(client):
    page = client.call("GET", f"{JOURNAL}?after=0&limit=1000").json()
    return page["revision"], [entry["revision"] for entry in page["entries"]]


def check_journal(world, when):
    """The newest entries are kept, about as many as the limit says."""
    present, revisions = journal_of(world.client())
    world.tally.check(revisions == list(range(present - len(revisions) + 1, present + 1)), f"{when}: {revisions}")
    world.tally.check(0 < len(revisions) <= KEPT, f"{when}: {len(revisions)} entries are kept")
    return present


def go_back(world):
    """As far back as the journal reaches, and no further; then forth again."""
    client = world.client()
    present, revisions = journal_of(client)
    reply = client.call("POST", f"{JOURNAL}/{revisions[0] - 2}/restore")
    world.tally.check(reply.status == 410, f"two before the oldest entry is answered {reply}")
    reply = client.call("POST", f"{JOURNAL}/{revisions[1]}/restore")
    world.tally.check(reply.done, f"the second oldest entry is answered {reply}")
    reply = client.call("POST", f"{JOURNAL}/{present}/restore")
    world.tally.check(reply.done, f"going forth is answered {reply}")


def follow_what_is_cut(world, present):
    """One who was away while the daemon was: the gap is told, then everything that is kept."""
    world.final = present
    follower = Follower(world, 1)
    follower.run()
    kept = len(journal_of(world.client())[1])
    world.tally.check((follower.gaps, follower.seen) == (1, kept),
                      f"{follower.gaps} gaps and {follower.seen} events of {kept} after a restart")


def under_load(world):
    early = world.client().call("GET", f"{JOURNAL}?limit=1").json()["revision"]
    world.final = 0
    followers = [Follower(world, early), Follower(world, early, pause_s=0.02)]
    others = [threading.Thread(target=read, args=(world, limit)) for limit in (3, 1000)]
    others.append(threading.Thread(target=ask_what_is_gone, args=(world,)))
    writers = [threading.Thread(target=write, args=(world, writer)) for writer in range(WRITERS)]
    for thread in [*followers, *others, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    world.final = world.client().call("GET", f"{JOURNAL}?limit=1").json()["revision"]
    world.writing = False
    for follower in followers:
        follower.pause_s = 0
    world.client().call("PUT", f"{NETWORKS}/end", body_of(0))  # for those who wait for an event
    world.acknowledged["end"] = 0
    for thread in [*followers, *others]:
        thread.join(30)
        world.tally.check(not thread.is_alive(), f"{thread.name} does not end")
    for follower in followers:
        world.tally.check(follower.last >= world.final, f"a follower ends at {follower.last}, not {world.final}")
    world.tally.check(followers[0].seen > KEPT, f"the follower saw {followers[0].seen} events")
    world.tally.check(world.refused > 0, "no revision was ever gone: nothing is shown")
    print(f"{world.final - early} revisions, {world.refused} refused ways back, "
          f"gaps {[follower.gaps for follower in followers]}", flush=True)


def main():
    tally = Tally("journal_compaction")
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon([os.environ["ISTHMUSD"], "--journal-entries", str(KEPT), "--log-level", "warn", "--tls", "off"],
                        folder)
        world = World(daemon, tally)
        try:
            daemon.start()
            under_load(world)
            compare(world, "after the load")
            present = check_journal(world, "after the load")
            daemon.kill()
            daemon.start()
            compare(world, "after a kill")
            tally.check(check_journal(world, "after a kill") == present, f"it was at revision {present} before the kill")
            follow_what_is_cut(world, present)
            go_back(world)
            compare(world, "after going back and forth")
            check_journal(world, "after going back and forth")
        finally:
            daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
