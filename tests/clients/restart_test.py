"""10,000 random changes, a kill -9 and a stop: each time the restarted daemon holds the same model and forwards the same.

The model is every collection with all its etags, and the exported lab document; what is forwarded is the digest of
/_isthmus/v1/stats.
"""
import random
import sys
import tempfile
import threading
from collections import Counter

from nc_daemon import Daemon, Tally, arguments, daemon_command

ROOT = "/networking/v1"
COLLECTIONS = ("virtualNetworks", "networkInterfaces", "routeTables", "accessControlLists", "logicalNetworks", "macPools")
NETWORKS_OF_WRITER = 6
CONNECTIONS = 8
DONE = (200, 201, 202)  # 204: there was nothing to delete


class Writer:
    """Changes resources of its own: networks with subnets, their peerings, interfaces, route tables, access lists."""

    def __init__(self, number, seed):
        self.number, self.draw = number, random.Random(f"{seed}/{number}")
        self.statuses = Counter()

    def network(self, i=None):
        return f"net-{self.number}-{self.draw.randrange(NETWORKS_OF_WRITER) if i is None else i}"

    def table(self):
        return f"table-{self.number}-{self.draw.randrange(3)}"

    def put_network(self):
        i = self.draw.randrange(NETWORKS_OF_WRITER)
        first = f"10.{self.number * 16 + i}"
        subnets = [{"resourceId": f"s{k}", "properties": {"addressPrefix": f"{first}.{k}.0/24"}}
                   for k in range(self.draw.randrange(1, 5))]
        return "PUT", f"virtualNetworks/{self.network(i)}", {"properties": {
            "addressSpace": {"addressPrefixes": [f"{first}.0.0/16"]}, "subnets": subnets}}

    def put_peering(self):
        here, there = self.network(), self.network()
        return "PUT", f"virtualNetworks/{here}/virtualNetworkPeerings/to-{there}", {"properties": {
            "remoteVirtualNetwork": {"resourceRef": f"/virtualNetworks/{there}"},
            "allowVirtualNetworkAccess": self.draw.random() < 0.8,
            "allowForwardedTraffic": self.draw.random() < 0.5}}

    def delete_peering(self):
        return "DELETE", f"virtualNetworks/{self.network()}/virtualNetworkPeerings/to-{self.network()}", None

    def put_interface(self):
        subnet = f"/virtualNetworks/{self.network()}/subnets/s{self.draw.randrange(3)}"
        return "PUT", f"networkInterfaces/nic-{self.number}-{self.draw.randrange(40)}", {"properties": {
            "ipConfigurations": [{"resourceId": "ip", "properties": {
                "privateIPAllocationMethod": "Dynamic", "subnet": {"resourceRef": subnet}}}]}}

    def delete_interface(self):
        return "DELETE", f"networkInterfaces/nic-{self.number}-{self.draw.randrange(40)}", None

    def put_table(self):
        routes = [{"resourceId": f"r{k}", "properties": {
            "addressPrefix": f"192.168.{k}.0/24", "nextHopType": "VirtualAppliance",
            "nextHopIpAddress": f"10.{self.number * 16}.0.{self.draw.randrange(4, 250)}"}}
            for k in range(self.draw.randrange(4))]
        return "PUT", f"routeTables/{self.table()}", {"properties": {"routes": routes}}

    def put_subnet(self):
        """A prefix that the subnet may have already, with a route table and an access list."""
        i = self.draw.randrange(NETWORKS_OF_WRITER)
        k = self.draw.randrange(4)
        return "PUT", f"virtualNetworks/{self.network(i)}/subnets/s{k}", {"properties": {
            "addressPrefix": f"10.{self.number * 16 + i}.{k}.0/24",
            "routeTable": {"resourceRef": f"/routeTables/{self.table()}"}}}

    def put_list(self):
        rules = [{"resourceId": f"rule{k}", "properties": {
            "priority": str(100 + k), "protocol": "TCP", "type": "Inbound", "action": self.draw.choice(["Allow", "Deny"]),
            "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "sourcePortRange": "*",
            "destinationPortRange": str(self.draw.randrange(1, 65535))}} for k in range(self.draw.randrange(3))]
        return "PUT", f"accessControlLists/list-{self.number}-{self.draw.randrange(3)}", {"properties": {"aclRules": rules}}

    def run(self, client, count):
        moves = [self.put_network, self.put_peering, self.put_peering, self.delete_peering, self.put_interface,
                 self.put_interface, self.delete_interface, self.put_table, self.put_subnet, self.put_list]
        while count > 0:
            method, path, body = self.draw.choice(moves)()
            status = client.call(method, f"{ROOT}/{path}", body).status
            self.statuses[status] += 1
            count -= status in DONE


def everything(client):
    """What a client can see of the controller: by name, so that a difference has one."""
    seen = {f"{ROOT}/{name}/{item['resourceId']}": item
            for name in COLLECTIONS for item in client.every_item(f"{ROOT}/{name}")}
    stats = client.call("GET", "/_isthmus/v1/stats").json()
    seen["export"] = client.call("GET", "/_isthmus/v1/export").body
    return seen | {key: stats[key] for key in ("revision", "digest", "resources", "routes")}


def compare(before, after, when, tally):
    different = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    tally.check(not different, f"{when}: different in {len(different)} places: {different[:5]}")


def main():
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--changes", type=int, default=10_000)
    options = parser.parse_args()
    tally = Tally("restart")
    with tempfile.TemporaryDirectory(prefix="isthmus-restart-") as folder:
        daemon = Daemon(daemon_command(options), folder)
        daemon.start()
        try:
            writers = [Writer(number, options.seed) for number in range(CONNECTIONS)]
            threads = [threading.Thread(target=writer.run, args=(daemon.client(), options.changes // CONNECTIONS))
                       for writer in writers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            statuses = sum((writer.statuses for writer in writers), Counter())
            tally.check(all(status < 500 for status in statuses), f"answers: {dict(statuses)}")

            before = everything(daemon.client())
            for when, end in (("after a kill", daemon.kill), ("after a stop", daemon.stop)):
                end()
                seconds = daemon.start()
                compare(before, everything(daemon.client()), when, tally)
                print(f"{when}: ready after {seconds * 1000:.0f} ms, digest {before['digest']}")
            done = sum(count for status, count in statuses.items() if status in DONE)
            tally.check(done >= options.changes, f"only {done} changes were made")
            print(f"{done} changes, {sum(statuses.values()) - done} refused or without effect; {len(before)} things compared, "
                  f"revision {before['revision']}, {before['routes']} routes")
        finally:
            daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
