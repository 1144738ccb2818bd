"""Links between networks, from the lab document to the packet: latency, loss and rate of docs/examples/far-apart.yaml and of
others in its place, measured on the wire. Every packet that does not come is counted with its reason.

A link is in force with the answer that changes it, survives kill -9, and stays when its peering is made again.
Skipped where no network namespace or TAP device is to be had.
"""
import os
import re
import sys
import time

import lab_world
from lab_life import result_of
from nc_daemon import Tally, arguments, daemon_command

HQ = "10.50.1.2"
EXAMPLE = os.path.join(os.environ["ISTHMUS_SOURCE_DIR"], "docs/examples/far-apart.yaml")
LATE_MS = 15  # what a loaded machine may add to a round trip; a packet is never early
PATIENCE_SECONDS = 10
STREAM_PORT = 9999
FRAME_BITS = (14 + 20 + 8 + 4) * 8  # Ethernet, IP, UDP, and the number of a datagram
QUEUE_SECONDS = 0.1  # that a packet may wait for a link


class World(lab_world.World):
    def apply_with(self, links):
        """The example with other links."""
        with open(EXAMPLE, encoding="utf-8") as file:
            text, count = re.subn(r"^links:\n(?:  .*\n)*", links, file.read(), flags=re.MULTILINE)
        self.tally.check(count == 1, "the example has links")
        self.isthmus("apply", "-f", self.document(text))

    def round_trip(self, machine, expected_ms, what, to=HQ):
        """The fastest of ten."""
        done = self.lab.run("lab", "exec", machine, "--", "ping", "-c10", "-i0.02", "-W2", to)
        fastest = re.search(r"rtt min/avg/max/mdev = ([0-9.]+)/", done.stdout)
        took = float(fastest[1]) if fastest else None
        print(f"{what}: {took} ms")
        self.tally.check(took is not None and expected_ms <= took <= expected_ms + LATE_MS, f"{what}: {took} ms, not {expected_ms}")

    def dropped(self, reason):
        drops = self.counters()["drops"]
        return sum(row["packets"] for row in drops if row["reason"] == reason)

    def stream(self, machine, count, per_second):
        """Datagrams to the headquarters: how many were sent, how many came, and the seconds that it took."""
        receiver = self.lab.inside("hq1", "receive", STREAM_PORT, count, 2)
        receiver.stdout.readline()
        began = time.monotonic()
        sent = result_of(self.lab.inside(machine, "stream", HQ, STREAM_PORT, count, per_second))
        took = time.monotonic() - began
        return sent, result_of(receiver), took


def latency(world):
    world.round_trip("north1", 40, "the example, 20 ms")
    world.round_trip("north1", 40, "a router is as far as its network", to="10.50.1.1")
    world.round_trip("south1", 16, "the example, 8 ms")
    world.apply_with("links: {hq-north: {latency: 5ms}}\n")
    world.round_trip("north1", 10, "5 ms")
    world.round_trip("south1", 0, "no link")
    told = world.lab.run("explain", "north1", "hq1", "icmp").stdout
    world.tally.check("the link between them has 5ms latency" in told, f"explain: {told}")


def loss(world):
    world.apply_with("links: {north-hq: {loss: 50%}}\n")
    count = 2000
    before = world.dropped("link-loss")  # the example's link may have lost some
    sent, came, _ = world.stream("north1", count, 5000)
    lost = world.dropped("link-loss") - before
    print(f"half is lost: {came} of {sent} came, {lost} counted as lost")
    world.tally.check(came + lost == sent == count, f"{came} came and {lost} were lost of {sent}")
    world.tally.check(abs(came - count / 2) < 120, f"{came} of {count} came: no coin is that odd (5 deviations)")


def rate(world):
    per_second = 1000
    world.apply_with(f"links: {{south-hq: {{rate: {FRAME_BITS * per_second}bit}}}}\n")
    before = world.dropped("link-full")
    sent, came, took = world.stream("south1", 4 * per_second, 4 * per_second)
    full = world.dropped("link-full") - before
    print(f"{per_second} a second: {came} of {sent} came in {took:.2f} s, {full} found the link full")
    world.tally.check(came + full == sent, f"{came} came and {full} found it full of {sent}")
    world.tally.check(0.9 * per_second < came <= (took + QUEUE_SECONDS) * per_second + 1, f"{came} came in {took} s")


def stands_a_kill_and_another_peering(world):
    world.apply_with("links: {hq-north: {latency: 30ms}}\n")
    world.isthmus("vnet", "peering", "delete", "-n", "north-to-hq", "--vnet-name", "north")
    world.isthmus("vnet", "peering", "delete", "-n", "hq-to-north", "--vnet-name", "hq")
    for local, remote in (("hq", "north"), ("north", "hq")):
        world.isthmus("vnet", "peering", "create", "-n", f"{local}-{remote}", "--vnet-name", local, "--remote-vnet", remote)
    world.round_trip("north1", 60, "after the peering was made again")
    world.daemon.kill()
    world.start()
    until = time.monotonic() + PATIENCE_SECONDS
    while world.lab.run("lab", "exec", "north1", "--", "ping", "-c1", "-W1", HQ).returncode != 0 and time.monotonic() < until:
        pass
    world.round_trip("north1", 60, "after kill -9")
    exported = world.isthmus("export").stdout
    world.tally.check("links:\n  hq-north: {latency: 30ms}\n" in exported, f"export: {exported}")


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    tally = Tally("links of a lab")
    with lab_world.begin(command, tally, World) as world:
        world.isthmus("lab", "up", EXAMPLE, "--wait")
        for part in (latency, loss, rate, stands_a_kill_and_another_peering):
            part(world)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
