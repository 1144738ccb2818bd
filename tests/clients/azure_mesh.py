"""Azure's networks, each peered with every other, by many clients at once; then one of them is resized.

The two sides of a pair are made by whichever client comes to them, in a drawn order. No answer may be lost: every side
is Connected and FullyInSync. A resize makes exactly the other sides of its network stale, and they synchronise at once.

    azure_mesh.py --daemon build/release/bin/isthmusd --networks 100
"""
import concurrent.futures
import json
import queue
import random
import sys
import tempfile
import time

from nc_daemon import Daemon, Tally, arguments, daemon_command

VERSION = "api-version=2022-07-01"
GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/mesh"
NEW_PREFIX = "172.16.0.0/16"
IN_SYNC = ("Connected", "FullyInSync")


def network(number):
    return f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net{number}"


def peering(local, remote):
    return f"{network(local)}/virtualNetworkPeerings/to{remote}"


class Mesh:
    def __init__(self, daemon, options, tally):
        self.size, self.tally = options.networks, tally
        self.draw = random.Random(options.seed)
        self.pool = concurrent.futures.ThreadPoolExecutor(options.clients)
        self.idle = queue.SimpleQueue()  # clients, each of one thread at a time
        for _ in range(options.clients):
            self.idle.put(daemon.client(timeout_s=60))

    def call(self, method, path, body=None, query=""):
        client = self.idle.get()
        try:
            return client.call(method, f"{path}?{VERSION}{query}", body)
        finally:
            self.idle.put(client)

    def expect(self, status, method, path, body=None, query=""):
        reply = self.call(method, path, body, query)
        self.tally.check(reply.status == status, f"{method} {path}: {reply}")
        return reply.json()

    def at_once(self, what, function, items):
        """The function of every item, by all clients; says how long that took."""
        began = time.monotonic()
        results = list(self.pool.map(lambda item: function(*item), items))
        seconds = time.monotonic() - began
        print(f"{what}: {len(items)} in {seconds:.2f} s, {len(items) / seconds:.0f} a second", flush=True)
        return results

    def put_network(self, status, number, *more_prefixes):
        prefixes = [f"10.{number}.0.0/16", *more_prefixes]
        body = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": prefixes}}}
        return self.expect(status, "PUT", network(number), body)

    def put_peering(self, status, local, remote, query=""):
        body = {"properties": {"remoteVirtualNetwork": {"id": network(remote)}, "allowVirtualNetworkAccess": True}}
        return self.expect(status, "PUT", peering(local, remote), body, query)

    def pairs(self):
        return [(local, remote) for local in range(self.size) for remote in range(self.size) if local != remote]

    def read(self):
        """The properties of every side there is."""
        lists = self.at_once("lists", lambda number: self.expect(200, "GET", network(number) + "/virtualNetworkPeerings"),
                             [(number,) for number in range(self.size)])
        found = {}
        for local, answer in enumerate(lists):
            for item in answer["value"]:
                found[local, int(item["name"].removeprefix("to"))] = item["properties"]
        self.tally.check(sorted(found) == self.pairs(), f"{len(found)} sides are there instead of {len(self.pairs())}")
        return found

    def check(self, when, levels, remote_prefixes):
        """Every side as `levels` and `remote_prefixes` have it, by the pair; in sync and one prefix where they do not."""
        sides = self.read()
        for pair, side in sides.items():
            expected = ("Connected", levels.get(pair, IN_SYNC[1]))
            state = (side["peeringState"], side["peeringSyncLevel"])
            self.tally.check(state == expected, f"{when}: {pair} is {state} instead of {expected}")
            prefixes = side["remoteAddressSpace"]["addressPrefixes"]
            wanted = remote_prefixes.get(pair, [f"10.{pair[1]}.0.0/16"])
            self.tally.check(prefixes == wanted, f"{when}: {pair} has peered {prefixes} instead of {wanted}")
        return sides

    def build(self):
        self.expect(201, "PUT", GROUP, {"location": "westeurope"})
        self.at_once("networks", lambda number: self.put_network(201, number), [(number,) for number in range(self.size)])
        order = self.pairs()
        self.draw.shuffle(order)
        self.at_once("peerings", lambda local, remote: self.put_peering(201, local, remote), order)
        sides = self.check("peered", {}, {})
        for local, remote in sides:
            both = {json.dumps(sides[pair].get("resourceGuid")) for pair in ((local, remote), (remote, local)) if pair in sides}
            self.tally.check(len(both) == 1, f"the sides of {local} and {remote} have the guids {both}")

    def resize(self):
        resized = self.draw.randrange(self.size)
        others = [number for number in range(self.size) if number != resized]
        began = time.monotonic()
        self.put_network(200, resized, NEW_PREFIX)
        print(f"net{resized} resized in {time.monotonic() - began:.3f} s", flush=True)
        stale = {(other, resized): "LocalNotInSync" for other in others}
        stale |= {(resized, other): "RemoteNotInSync" for other in others}
        self.check("resized", stale, {})

        self.at_once("synchronised", lambda other: self.put_peering(200, other, resized, "&syncRemoteAddressSpace=true"),
                     [(other,) for other in others])
        both = [f"10.{resized}.0.0/16", NEW_PREFIX]
        self.check("synchronised", {}, {(other, resized): both for other in others})

    def close(self):
        self.pool.shutdown()
        while not self.idle.empty():
            self.idle.get().close()


def main(argv=None):
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=30)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args(argv)
    if not 2 <= options.networks <= 256:
        sys.exit(f"--networks {options.networks}: there are prefixes for 2 to 256.")
    tally = Tally("azure_mesh")
    with tempfile.TemporaryDirectory(prefix="isthmus-mesh-") as folder:
        daemon = Daemon(daemon_command(options), folder)
        try:
            daemon.start()
            mesh = Mesh(daemon, options, tally)
            mesh.build()
            mesh.resize()
            mesh.close()
        finally:
            daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
