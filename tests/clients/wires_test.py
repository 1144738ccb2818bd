"""Two machines, each with a kernel's network stack of its own, and real packets between them through a peering.

One side of the peering goes, and the ping stops; both are there, and it goes on. The daemon is killed and started again.
Skipped where no network namespace or TAP device is to be had; what the socket for wires answers is checked all the same.
"""
import contextlib
import os
import sys
import tempfile
import time

import machine
from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command

SKIPPED = 77
NICS = "/networking/v1/networkInterfaces"
HANG_UP_SECONDS_MAX = 10
ON_THE_WAY_SECONDS = 0.1  # what was sent this long before a change has arrived by then
TRANSFER_BYTES = 50_000_000
PORT = 5201


def network(prefix, subnet):
    return {"properties": {"addressSpace": {"addressPrefixes": [prefix]},
                           "subnets": [{"resourceId": "s", "properties": {"addressPrefix": subnet}}]}}


def nic(name):
    subnet = {"resourceRef": f"/virtualNetworks/{name}/subnets/s"}
    return {"properties": {"ipConfigurations": [{"resourceId": "ip", "properties": {"subnet": subnet}}]}}


def peering(remote):
    return {"properties": {"remoteVirtualNetwork": {"resourceRef": f"/virtualNetworks/{remote}"}}}


class Lab:
    def __init__(self, command, folder, tally):
        self.tally = tally
        self.socket = os.path.join(folder, "wires")
        self.daemon = Daemon([*command, "--wires", self.socket], folder)
        self.daemon.start()
        self.client = self.daemon.client()
        for name, third in (("red", 1), ("blue", 2)):
            self.put(f"{NETWORKS}/{name}", network(f"10.{third}.0.0/16", f"10.{third}.0.0/24"))
            self.put(f"{NICS}/{name}1", nic(name))
        self.wires = machine.Wires(self.socket)

    def put(self, path, body):
        reply = self.client.call("PUT", path, body)
        self.tally.check(reply.done, f"PUT {path}: {reply}")

    def peer(self, local, remote):
        self.put(f"{NETWORKS}/{local}/virtualNetworkPeerings/to-{remote}", peering(remote))

    def unpeer(self, local, remote):
        reply = self.client.call("DELETE", f"{NETWORKS}/{local}/virtualNetworkPeerings/to-{remote}")
        self.tally.check(reply.status == 202, f"DELETE of a peering: {reply}")

    def machine(self, name, make_port=machine.make_tap):
        properties = self.client.call("GET", f"{NICS}/{name}").json()["properties"]
        address = properties["ipConfigurations"][0]["properties"]["privateIPAddress"]
        gateway = address.rsplit(".", 1)[0] + ".1"
        made = machine.Machine(properties["privateMacAddress"], address, "255.255.255.0", gateway, make_port)
        made.address, made.nic, made.mac = address, f"/networkInterfaces/{name}", properties["privateMacAddress"]
        self.attach(made)
        return made

    def attach(self, one):
        answer = self.wires.attach(one.nic, one.tap)
        self.tally.check(answer == "done", f"attach {one.nic}: {answer}")

    def restart(self):
        self.daemon.kill()
        self.daemon.start()
        self.client = self.daemon.client()
        self.wires = machine.Wires(self.socket)

    def metric(self, line):
        body = self.client.call("GET", "/metrics").body.decode()
        return next((float(text.rsplit(" ", 1)[1]) for text in body.splitlines() if text.startswith(line)), None)


def socket_answers(lab, tally):
    read, write = os.pipe()
    for asked, said in (
            (lambda: lab.wires.attach("/networkInterfaces/none", read), "ResourceNotFound"),
            (lambda: lab.wires.attach("/virtualNetworks/red", read), "ResourceNotFound"),
            (lambda: lab.wires.say("attach /networkInterfaces/red1"), "InvalidRequest: attach comes with one descriptor"),
            (lambda: lab.wires.say("detach /networkInterfaces/red1"), "ResourceNotFound: No wire is in"),
            (lambda: lab.wires.say("unplug /networkInterfaces/red1"), "InvalidRequest: 'unplug' is no word"),
            (lambda: lab.wires.say(" "), "InvalidRequest"),
            (lambda: lab.wires.attach("/networkInterfaces/red1", read), "done"),
            (lambda: lab.wires.say("detach /networkInterfaces/red1"), "done")):
        answer = asked()
        tally.check(answer.startswith(said), f"{answer!r} does not begin with {said!r}")
    for end in (read, write):
        os.close(end)
    tally.check(os.stat(lab.socket).st_mode & 0o777 == 0o600, "the socket is for its owner alone")


def answered(pings):
    return sum(took is not None for _, took in pings)


def goes_through_the_peering(lab, tally):
    red, blue = lab.machine("red1"), lab.machine("blue1")
    with contextlib.ExitStack() as stack:
        stack.callback(red.stop)
        stack.callback(blue.stop)
        tally.check(answered(red.ask("ping", "10.1.0.1", 3, 0.01, 1)) == 3, "the virtual router answers a ping")
        tally.check(answered(red.ask("ping", blue.address, 3, 0.01, 0.2)) == 0, "no peering, no ping")
        lab.peer("red", "blue")
        tally.check(answered(red.ask("ping", blue.address, 3, 0.01, 0.2)) == 0, "one side alone is not enough")
        lab.peer("blue", "red")
        pings = red.ask("ping", blue.address, 100, 0.001, 5)
        tally.check(answered(pings) == 100, f"{answered(pings)} of 100 pings came back")
        times = sorted(took for _, took in pings if took is not None)
        print(f"ping through the peering: {times[len(times) // 2] * 1e6:.0f} us")

        stops_and_goes_on(lab, tally, red, blue)
        transfer(tally, red, blue)
        tally.check(lab.metric('isthmus_peering_bytes_total{from="/virtualNetworks/red",to="/virtualNetworks/blue"}')
                    > TRANSFER_BYTES, "the peering's bytes are counted")
        tally.check(lab.metric('isthmus_dropped_packets_total{reason="no-route"}') > 0, "drops are counted")

        lab.restart()
        tally.check(answered(red.ask("ping", blue.address, 3, 0.01, 0.2)) == 0, "nothing is plugged in after a restart")
        lab.attach(red)
        lab.attach(blue)
        tally.check(answered(red.ask("ping", blue.address, 10, 0.01, 1)) == 10, "plugged in again, it goes on")
        lab.wires.close()
        until = time.monotonic() + HANG_UP_SECONDS_MAX
        while answered(red.ask("ping", blue.address, 3, 0.01, 0.2)) > 0 and time.monotonic() < until:
            pass
        tally.check(time.monotonic() < until, "who hangs up takes his wires along")


def stops_and_goes_on(lab, tally, red, blue):
    """A side is deleted and made anew while a ping a millisecond goes on: what was answered is in force for the next one."""
    red.begin("ping", blue.address, 1500, 0.001, 5)
    time.sleep(0.3)
    begins_to_go = time.monotonic()
    lab.unpeer("blue", "red")
    gone = time.monotonic()
    time.sleep(0.4)
    lab.unpeer("red", "blue")
    lab.peer("red", "blue")
    begins_to_come = time.monotonic()
    lab.peer("blue", "red")
    back = time.monotonic()
    pings = red.end()
    for phase, first, last, passes in (("before", 0, begins_to_go, True), ("between", gone, begins_to_come, False),
                                       ("after", back, time.monotonic(), True)):
        sent = [took for at, took in pings if first < at < last - ON_THE_WAY_SECONDS]
        wrong = sum((took is not None) != passes for took in sent)
        tally.check(len(sent) > 0 and wrong == 0, f"{phase}: {wrong} of {len(sent)} pings were answered wrongly")
        print(f"a ping a millisecond, {phase}: {len(sent) - wrong} of {len(sent)} {'answered' if passes else 'not answered'}")


def transfer(tally, red, blue):
    blue.ask("listen", PORT)
    blue.begin("take")
    began = time.monotonic()
    given = red.ask("give", blue.address, PORT, TRANSFER_BYTES)
    count, taken = blue.end()
    seconds = time.monotonic() - began
    tally.check((count, taken) == (TRANSFER_BYTES, given), f"{count} bytes came, {'the same' if taken == given else 'others'}")
    for one in (red, blue):
        tally.check(one.ask("tcp_errors") == 0, "a segment came with a wrong checksum")
    print(f"TCP through the peering: {count / 1e6:.0f} MB in {seconds:.2f} s")


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    reason = machine.why_not()
    tally = Tally("wires")
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(command, folder, tally)
        try:
            socket_answers(lab, tally)
            if reason is None:
                goes_through_the_peering(lab, tally)
        finally:
            lab.daemon.kill()
    status = tally.finish()
    if reason is not None and status == 0:
        print(f"skipped: {reason}")
        return SKIPPED
    return status


if __name__ == "__main__":
    sys.exit(main())
