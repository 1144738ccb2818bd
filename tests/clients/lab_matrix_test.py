"""24 machines in six networks: a ping from each to each goes exactly where the tables predict, after every 20 of 200 random
changes to peerings, access lists, routes and forwarding. Skipped where no network namespace or TAP device is to be had.
"""
import random
import sys

import lab_world
from lab_test import peering, peering_path, reference, rule
from nc_daemon import Tally, arguments, daemon_command

NETWORKS = [f"net{number}" for number in range(6)]
MACHINES_OF_EACH = 4  # in two subnets
CHANGES, CHANGES_BETWEEN = 200, 20


class Life:
    def __init__(self, world, tally, draw):
        self.world, self.tally, self.draw = world, tally, draw
        self.peerings = set()
        for name in ("open", "closed"):
            self.put_list(name)
        self.world.call("PUT", "/routeTables/detours", {"routes": []})
        for network in NETWORKS:
            self.world.call("PUT", f"/virtualNetworks/{network}", {
                "addressSpace": {"addressPrefixes": [f"10.{self.number(network)}.0.0/16"]},
                "subnets": [{"resourceId": f"s{third}", "properties": self.subnet(network, third)} for third in (0, 1)]})
            for number in range(MACHINES_OF_EACH):
                self.put_machine(network, number, forwards=number == 0)

    @staticmethod
    def number(network):
        return 10 + NETWORKS.index(network)

    def subnet(self, network, third):
        properties = {"addressPrefix": f"10.{self.number(network)}.{third}.0/24"}
        if self.draw.random() < 0.4:
            properties["accessControlList"] = reference(f"/accessControlLists/{self.draw.choice(('open', 'closed'))}")
        if self.draw.random() < 0.4:
            properties["routeTable"] = reference("/routeTables/detours")
        return properties

    def put_machine(self, network, number, forwards):
        address = f"10.{self.number(network)}.{number % 2}.{4 + number}"
        self.world.call("PUT", f"/networkInterfaces/{network}-vm{number}", {
            "portSettings": {"macSpoofingEnabled": "Enabled" if forwards else "Disabled"},
            "ipConfigurations": [{"resourceId": "ip", "properties": {
                "subnet": reference(f"/virtualNetworks/{network}/subnets/s{number % 2}"),
                "privateIPAddress": address, "privateIPAllocationMethod": "Static"}}]})

    def put_list(self, name):
        rules = [{"resourceId": f"r{priority}", "properties": self.rule(priority)}
                 for priority in self.draw.sample(range(100, 200), self.draw.randrange(4))]
        self.world.call("PUT", f"/accessControlLists/{name}", {"aclRules": rules + [
            {"resourceId": "rest", "properties": rule("All", "Allow" if name == "open" else "Deny", 4000)}]})

    def rule(self, priority):
        made = rule(self.draw.choice(("ICMP", "TCP", "All")), self.draw.choice(("Allow", "Deny")), priority)
        made["type"] = self.draw.choice(("Inbound", "Outbound"))
        made["sourceAddressPrefix"] = self.draw.choice(("*", f"10.{self.number(self.draw.choice(NETWORKS))}.0.0/16"))
        return made

    # ---- changes

    def put_peering(self):
        local, remote = self.draw.sample(NETWORKS, 2)
        for side in ((local, remote), (remote, local)):
            properties = peering(side[1], self.draw.random() < 0.5)
            properties["allowVirtualNetworkAccess"] = self.draw.random() < 0.9
            self.world.call("PUT", peering_path(*side), properties)
            self.peerings.add(side)

    def delete_peering(self):
        if self.peerings:
            side = self.draw.choice(sorted(self.peerings))
            self.peerings.remove(side)
            self.world.call("DELETE", peering_path(*side))

    def change_list(self):
        self.put_list(self.draw.choice(("open", "closed")))

    def change_subnet(self):
        network, third = self.draw.choice(NETWORKS), self.draw.randrange(2)
        self.world.call("PUT", f"/virtualNetworks/{network}/subnets/s{third}", self.subnet(network, third))

    def change_routes(self):
        routes = []
        for number in self.draw.sample(range(len(NETWORKS)), self.draw.randrange(3)):
            properties = {"addressPrefix": f"10.{10 + number}.0.0/{self.draw.choice((16, 24))}"}
            if self.draw.random() < 0.7:
                through = self.number(self.draw.choice(NETWORKS))
                properties |= {"nextHopType": "VirtualAppliance", "nextHopIpAddress": f"10.{through}.0.4"}
            else:
                properties["nextHopType"] = "None"
            routes.append({"resourceId": f"r{number}", "properties": properties})
        self.world.call("PUT", "/routeTables/detours", {"routes": routes})

    def change(self):
        self.draw.choice((self.put_peering, self.put_peering, self.delete_peering, self.change_list, self.change_subnet,
                          self.change_routes))()


def main():
    options = arguments(__doc__).parse_args()
    command = daemon_command(options)
    tally = Tally("lab matrix")
    with lab_world.begin(command, tally) as world:
        life = Life(world, tally, random.Random(options.seed))
        for _ in range(len(NETWORKS)):
            life.put_peering()
        world.isthmus("lab", "up")
        counts = [len(world.lab.matrix(tally))]
        for number in range(1, CHANGES + 1):
            life.change()
            if number % CHANGES_BETWEEN == 0:
                counts.append(len(world.lab.matrix(tally)))
        machines = len(NETWORKS) * MACHINES_OF_EACH
        print(f"of {machines * (machines - 1)} pairs that many reach each other: {counts}")
        tally.check(min(counts) > 0 and len(set(counts)) > 1, "the changes changed nothing")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
