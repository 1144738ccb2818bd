"""A disk that runs full under the daemon, and has room again: a tmpfs of 2 MB in a mount namespace of this test's own.

Until there is room, changes are answered 503 StorageUnavailable and do not happen, and reads go on; then changes work again
without a restart; after a kill -9 everything that was acknowledged is there. Skipped where no mount namespace is to be had.
"""
import os
import subprocess
import sys
import tempfile

from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command

SKIPPED = 77
INSIDE = "ISTHMUS_TEST_IN_MOUNT_NAMESPACE"
BALLAST_BYTES = 1_200_000
CHANGES_MAX = 4000
REFUSED_IN_A_ROW = 20


def enter_namespace():
    """Runs this program again in a mount namespace; as an ordinary user, in a user namespace too."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        print(f"skipped: {' '.join(unshare)} is not allowed here")
        return SKIPPED
    return subprocess.call([*unshare, sys.executable, *sys.argv], env=os.environ | {INSIDE: "1"})


def network(i):
    prefix = f"10.{i // 256}.{i % 256}.0/24"
    subnet = {"resourceId": "s", "properties": {"addressPrefix": prefix}}
    return {"properties": {"addressSpace": {"addressPrefixes": [prefix]}, "subnets": [subnet]}}


class FullDisk:
    def __init__(self, daemon, folder, tally):
        self.daemon, self.tally = daemon, tally
        self.ballast = os.path.join(folder, "ballast")
        self.held = {}  # what was acknowledged, with its etag

    def put(self, client, i):
        reply = client.call("PUT", f"{NETWORKS}/n{i}", network(i))
        if reply.done:
            self.held[f"n{i}"] = reply.etag
        return reply

    def write_until_full(self, client):
        """The first change that found no room."""
        with open(self.ballast, "wb") as file:
            file.write(bytes(BALLAST_BYTES))
        for i in range(CHANGES_MAX):
            if not self.put(client, i).done:
                return i
        raise RuntimeError(f"{CHANGES_MAX} changes, and the disk is not full")

    def check_refusals(self, client, first):
        for i in range(first, first + REFUSED_IN_A_ROW):
            reply = self.put(client, i)
            if reply.done:
                continue  # a smaller change may still find room
            code = reply.json()["error"]["code"]
            self.tally.check((reply.status, code) == (503, "StorageUnavailable"), f"n{i} on a full disk: {reply}")

    def check_contents(self, client, when):
        found = {item["resourceId"]: item["etag"] for item in client.every_item(NETWORKS)}
        self.tally.check(found == self.held, f"{when}: {len(found)} networks, {len(self.held)} were acknowledged")

    def run(self):
        self.daemon.start()
        client = self.daemon.client()
        first = self.write_until_full(client)
        self.check_refusals(client, first)
        self.check_contents(client, "on the full disk")

        os.remove(self.ballast)
        reply = self.put(client, first + REFUSED_IN_A_ROW)
        self.tally.check(reply.status == 201, f"with room again: {reply}")
        digest = client.call("GET", "/_isthmus/v1/stats").json()["digest"]
        self.daemon.kill()
        self.daemon.start()
        client = self.daemon.client()
        self.check_contents(client, "after a kill")
        self.tally.check(client.call("GET", "/_isthmus/v1/stats").json()["digest"] == digest, "another digest after a kill")
        print(f"full after {first} changes; {len(self.held)} are held")


def main():
    if INSIDE not in os.environ:
        return enter_namespace()
    tally = Tally("disk_full")
    with tempfile.TemporaryDirectory(prefix="isthmus-full-") as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "isthmus-test", folder], check=True)
        daemon = Daemon(daemon_command(arguments(__doc__.splitlines()[0]).parse_args()), folder)
        try:
            FullDisk(daemon, folder, tally).run()
        finally:
            daemon.kill()
            subprocess.run(["umount", folder], check=True)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
