"""Labs with real packets whose networks come from a lab document, and from the Network Controller's API: one life for both.

Then what only a lab has to stand: the daemon is killed and started again, the helper is, a machine's interface goes.
Skipped where no network namespace or TAP device is to be had.
"""
import os
import signal
import subprocess
import sys
import time

import lab_world
from lab_life import MACHINES, goes_down, live
from nc_daemon import NETWORKS, Tally, arguments, daemon_command

COMES_BACK_SECONDS_MAX = 10

DOCUMENT = """version: 1
networks:
  hub:    {prefixes: [10.0.0.0/16], subnets: {dmz: 10.0.0.0/24}}
  spoke1: {prefixes: [10.1.0.0/16], subnets: {web: {prefix: 10.1.0.0/24, routes: via-firewall, acl: guarded}}}
  spoke2: {prefixes: [10.2.0.0/16], subnets: {db: {prefix: 10.2.0.0/24, routes: via-firewall, acl: guarded}}}
  left:   {prefixes: [10.8.0.0/16], subnets: {s: 10.8.0.0/24}}
  right:  {prefixes: [10.9.0.0/16], subnets: {s: 10.9.0.0/24}}
peerings:
  - {between: [hub, spoke1], forwarded: both}
  - {between: [hub, spoke2], forwarded: both}
  - {between: [left, right]}
routes:
  via-firewall: [{prefix: 10.1.0.0/16, next: appliance 10.0.0.4}, {prefix: 10.2.0.0/16, next: appliance 10.0.0.4}]
access:
  guarded: [{allow: in, protocol: icmp, priority: 100}, {deny: in, priority: 4000}]
vms:
  firewall: {at: hub/dmz, address: 10.0.0.4, forward: true}
  web1:     {at: spoke1/web, address: 10.1.0.4}
  db1:      {at: spoke2/db, address: 10.2.0.4}
  left1:    {at: left/s, address: 10.8.0.4}
  right1:   {at: right/s, address: 10.9.0.4}
"""

# The same by the API of the Network Controller: network, prefix, subnet, whether it is guarded, and its machine.
PLACES = (("hub", "10.0", "dmz", False, "firewall"), ("spoke1", "10.1", "web", True, "web1"),
          ("spoke2", "10.2", "db", True, "db1"), ("left", "10.8", "s", False, "left1"), ("right", "10.9", "s", False, "right1"))
PEERS = (("hub", "spoke1", True), ("hub", "spoke2", True), ("left", "right", False))


def reference(path):
    return {"resourceRef": path}


def rule(protocol, action, priority):
    return {"protocol": protocol, "action": action, "priority": str(priority), "type": "Inbound", "sourceAddressPrefix": "*",
            "destinationAddressPrefix": "*", "sourcePortRange": "*", "destinationPortRange": "*"}


def nc_bodies():
    """(path, properties) in the order in which a client makes them."""
    yield "/accessControlLists/guarded", {"aclRules": [
        {"resourceId": "ping", "properties": rule("ICMP", "Allow", 100)},
        {"resourceId": "rest", "properties": rule("All", "Deny", 4000)}]}
    yield "/routeTables/via-firewall", {"routes": [
        {"resourceId": f"to-{spoke}", "properties": {"addressPrefix": f"10.{spoke}.0.0/16", "nextHopType": "VirtualAppliance",
                                                     "nextHopIpAddress": "10.0.0.4"}} for spoke in (1, 2)]}
    for name, prefix, subnet, guarded, machine in PLACES:
        properties = {"addressPrefix": f"{prefix}.0.0/24"}
        if guarded:
            properties |= {"accessControlList": reference("/accessControlLists/guarded"),
                           "routeTable": reference("/routeTables/via-firewall")}
        yield f"/virtualNetworks/{name}", {"addressSpace": {"addressPrefixes": [f"{prefix}.0.0/16"]},
                                           "subnets": [{"resourceId": subnet, "properties": properties}]}
        yield f"/networkInterfaces/{machine}", {
            "portSettings": {"macSpoofingEnabled": "Enabled" if machine == "firewall" else "Disabled"},
            "ipConfigurations": [{"resourceId": "ip", "properties": {
                "subnet": reference(f"/virtualNetworks/{name}/subnets/{subnet}"),
                "privateIPAddress": f"{prefix}.0.4", "privateIPAllocationMethod": "Static"}}]}
    for one, other, forwarded in PEERS:
        for local, remote in ((one, other), (other, one)):
            yield peering_path(local, remote), peering(remote, forwarded)


def peering_path(local, remote):
    return f"/virtualNetworks/{local}/virtualNetworkPeerings/{local}-to-{remote}"


def peering(remote, forwarded):
    return {"remoteVirtualNetwork": reference(f"/virtualNetworks/{remote}"), "allowForwardedTraffic": forwarded}


def way_of_documents(world):
    path = world.document(DOCUMENT)
    world.isthmus("apply", "-f", path)
    live(world.lab, world.tally, lambda: world.isthmus("vnet", "peering", "delete", "-n", "spoke2-to-hub", "--vnet-name", "spoke2"),
         lambda: mend_by_document(world, path))


def mend_by_document(world, path):
    """What is left of a peering whose other side went is Disconnected: it is deleted, and both sides are made anew."""
    world.isthmus("vnet", "peering", "delete", "-n", "hub-to-spoke2", "--vnet-name", "hub")
    world.isthmus("apply", "-f", path)


def way_of_the_network_controller(world):
    for path, properties in nc_bodies():
        world.call("PUT", path, properties)
    mine, other = peering_path("spoke2", "hub"), peering_path("hub", "spoke2")

    def put_back():
        world.call("PUT", other, peering("spoke2", True))
        world.call("PUT", mine, peering("hub", True))

    live(world.lab, world.tally, lambda: world.call("DELETE", mine), put_back)


def reached(world):
    return world.lab.run("lab", "exec", "web1", "--", "ping", "-c1", "-W1", MACHINES["db1"]).returncode == 0


def stands_kills(world):
    world.daemon.kill()
    world.tally.check(not reached(world), "without a daemon nothing is forwarded")
    done = world.lab.run("lab", "down")
    world.tally.check(done.returncode == 5 and "lab down --wires" in done.stderr, f"a daemon that is gone: {done.stderr}")
    world.isthmus("lab", "down", "--wires", os.path.join(world.folder, "wires"))
    world.start()
    world.isthmus("lab", "up")
    world.tally.check(reached(world), "taken away without the daemon, and made anew")
    world.daemon.kill()
    world.start()
    until = time.monotonic() + COMES_BACK_SECONDS_MAX
    while not reached(world) and time.monotonic() < until:
        pass
    world.tally.check(time.monotonic() < until, "the helper plugs the wires into the daemon that was started anew")

    [helper] = [int(name) for name in os.listdir("/proc") if name.isdigit() and words_of(name)[1:2] == [os.path.join(world.folder, "wires")]]
    os.kill(helper, signal.SIGKILL)
    while os.path.exists(f"/proc/{helper}") and words_of(helper):
        time.sleep(0.01)
    world.tally.check("no lab is up" in world.lab.run("lab", "status").stderr, "machines go with their helper")
    world.isthmus("lab", "up")
    world.tally.check(reached(world), "and are made anew")


def words_of(process):
    try:
        with open(f"/proc/{process}/cmdline", encoding="utf-8") as file:
            return file.read().split("\0")[:-1]
    except OSError:
        return []


def follows_interfaces(world):
    world.call("DELETE", "/networkInterfaces/left1")
    up = world.lab.run("lab", "up")
    world.tally.check("4 machines up" in up.stderr and "1 without an interface gone" in up.stderr, f"lab up: {up.stderr}")
    for path, properties in nc_bodies():
        if path.endswith("left1"):
            world.call("PUT", path, properties)
    up = world.lab.run("lab", "up")
    world.tally.check("5 machines up" in up.stderr and "1 of them new" in up.stderr, f"lab up: {up.stderr}")


def ends_what_runs(world):
    sleeper = subprocess.Popen([*world.lab.command, "lab", "exec", "web1", "--", "sleep", "600"])
    time.sleep(0.2)
    goes_down(world.lab, world.tally)
    world.tally.check(sleeper.wait(5) == -signal.SIGTERM, "what runs in a machine ends with it")


def refuses_mistakes(world):
    for words, status, said in ((("lab", "exec", "wbe1", "--", "ls"), 3, "did you mean web1?"),
                                (("lab", "exec", "web1"), 2, "a machine and a command are missing"),
                                (("lab", "exec", "web1", "--", "/no/program"), 3, "cannot run /no/program"),
                                (("lab", "ping", "web1"), 2, "isthmus lab ping FROM TO"),
                                (("lab", "up", "no-such-file"), 2, "cannot read no-such-file")):
        done = world.lab.run(*words)
        world.tally.check(done.returncode == status and said in done.stderr, f"{words}: {done.returncode} {done.stderr}")
    done = world.lab.run("lab", "exec", "web1", "--", "sh", "-c", "hostname; exit 7")
    world.tally.check(done.returncode == 7 and done.stdout == "web1\n", f"exec: {done.returncode} {done.stdout}")


def takes_guests(world):
    """A namespace that somebody else has made, a container's for example, stands behind an interface."""
    guest = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    try:
        while os.readlink(f"/proc/{guest.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)
        said = world.lab.run("lab", "attach", "right1", "--netns", str(guest.pid)).stderr
        world.tally.check("MachineExists" in said, f"a machine is there: {said}")
        world.isthmus("lab", "detach", "right1")
        world.isthmus("lab", "attach", "right1", "--netns", str(guest.pid), "--ifname", "isthmus0")
        ping = world.lab.run("lab", "exec", "left1", "--", "ping", "-c1", "-W2", MACHINES["right1"])
        world.tally.check(ping.returncode == 0, f"a guest answers: {ping.stdout}")
        devices = world.lab.run("lab", "exec", "right1", "--", "cat", "/proc/net/dev").stdout
        world.tally.check("isthmus0:" in devices, devices)
        world.isthmus("lab", "detach", "right1")
        world.tally.check(guest.poll() is None, "what runs in the namespace of a guest goes on")
        for words, said in ((("rihgt1", "--netns", "1"), "did you mean right1?"),
                            (("right1", "--netns", "no-such-namespace"), "cannot open the network namespace"),
                            (("right1", "--netns", str(guest.pid), "--ifname", "x" * 16), "no name of a device")):
            done = world.lab.run("lab", "attach", *words)
            world.tally.check(done.returncode != 0 and said in done.stderr, f"{words}: {done.stderr}")
        world.isthmus("lab", "up")
    finally:
        guest.kill()
        guest.wait()


def measures(world):
    rows = world.lab.json("lab", "bench", "left1", "right1", "--repetitions", "1")
    world.tally.check(len(rows) == 4 and all(row["ratio"] > 0 for row in rows), f"lab bench: {rows}")
    done = world.lab.run("lab", "bench", "web1", "db1", "--repetitions", "1")
    world.tally.check("its packets are dropped (acl-deny)" in done.stderr and "ping" in done.stdout, f"lab bench: {done}")
    done = world.lab.run("lab", "bench", "web1", "left1")
    world.tally.check(done.returncode == 1 and "nothing reaches left1 from web1" in done.stderr, f"lab bench: {done.stderr}")


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    tally = Tally("lab")
    for way in (way_of_documents, way_of_the_network_controller):
        with lab_world.begin(command, tally) as world:
            print(f"== {way.__name__.replace('_', ' ')}")
            way(world)
            if way is way_of_the_network_controller:
                refuses_mistakes(world)
                measures(world)
                if os.geteuid() == 0:
                    takes_guests(world)
                stands_kills(world)
                follows_interfaces(world)
            ends_what_runs(world)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
