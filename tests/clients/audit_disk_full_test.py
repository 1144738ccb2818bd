"""The disk of a required audit log runs full, and has room again: a tmpfs of 256 KB in a mount namespace of this test's own.

Until there is room, changes are answered 503 AuditUnavailable and do not happen, and reads go on; then changes work again without a
restart. Every change that happened has its intent in the log. Skipped where no mount namespace is to be had.
"""
import json
import os
import subprocess
import sys
import tempfile

from disk_full_test import INSIDE, enter_namespace, network
from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command

BALLAST_BYTES = 192 * 1024
CHANGES_MAX = 2000
REFUSED_IN_A_ROW = 20


def lines_of(path):
    """The lines of the log, and how many are torn."""
    good, torn = [], 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                good.append(json.loads(line))
            except ValueError:
                torn += 1
    return good, torn


def run(daemon, disk, tally):
    daemon.start()
    client = daemon.client()
    ballast = os.path.join(disk, "ballast")
    with open(ballast, "wb") as file:
        file.write(bytes(BALLAST_BYTES))
    held, refused = set(), 0
    for i in range(CHANGES_MAX):
        reply = client.call("PUT", f"{NETWORKS}/n{i}", network(i))
        if reply.done:
            held.add(f"n{i}")
            continue
        told = (reply.status, reply.json()["error"]["code"], reply.headers.get("retry-after"))
        tally.check(told == (503, "AuditUnavailable", "5"), f"n{i} on a full disk: {reply}")
        refused += 1
        if refused == REFUSED_IN_A_ROW:
            break
    tally.check(refused == REFUSED_IN_A_ROW, f"{refused} changes are refused after {len(held)}")
    found = {item["resourceId"] for item in client.every_item(NETWORKS)}
    tally.check(found == held, f"{len(found)} networks, {len(held)} were acknowledged")

    os.remove(ballast)
    reply = client.call("PUT", f"{NETWORKS}/after", network(CHANGES_MAX))
    tally.check(reply.status == 201, f"with room again: {reply}")
    tally.check(daemon.stop() == 0, "the daemon did not end well")
    good, torn = lines_of(os.path.join(disk, "audit.jsonl"))
    intents = {line["path"].rsplit("/", 1)[1] for line in good if line["event"] == "intent"}
    tally.check(held | {"after"} <= intents, f"changes without an intent: {sorted(held - intents)[:5]}")
    tally.check(torn <= refused + 1, f"{torn} torn lines of {refused} refusals")
    tally.check(any(line["event"] == "lost" and line["lines"] > 0 for line in good), "the log does not say that lines are missing")
    print(f"full after {len(held)} changes; {len(good)} lines, {torn} torn")


def main():
    if INSIDE not in os.environ:
        return enter_namespace()
    tally = Tally("audit_disk_full")
    with tempfile.TemporaryDirectory(prefix="isthmus-audit-") as folder:
        disk = os.path.join(folder, "disk")
        os.mkdir(disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "isthmus-test", disk], check=True)
        command = [*daemon_command(arguments(__doc__.splitlines()[0]).parse_args()), "--audit-required"]
        daemon = Daemon([*command, "--audit", os.path.join(disk, "audit.jsonl")], folder)
        try:
            run(daemon, disk, tally)
        finally:
            daemon.kill()
            subprocess.run(["umount", disk], check=True)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
