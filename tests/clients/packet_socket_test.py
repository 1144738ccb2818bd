"""Machines that have a network device already: a packet socket at the other end of a veth is their wire.

They ping and send TCP to each other and to a machine with a TAP device, segments and checksums left to offloads; a device that
goes down and comes back is still the wire; a VLAN tag is seen. Skipped where no network namespace is to be had.
"""
import os
import subprocess
import sys
import tempfile
import time

import machine
import wires_test
from nc_daemon import Tally, arguments, daemon_command

VLAN = bytes.fromhex("81000007")
ROUTER_MAC = bytes.fromhex("123456789ABC")


def both_ways(lab, tally, red, blue, what):
    for one, other in ((red, blue), (blue, red)):
        pings = one.ask("ping", other.address, 50, 0.001, 5)
        tally.check(wires_test.answered(pings) == 50, f"{what}: {wires_test.answered(pings)} of 50 pings came back")
        print(what, end=": ")
        wires_test.transfer(tally, one, other)


def goes_down_and_comes_back(lab, tally, red, blue):
    red.ask("set_port_up", False)
    tally.check(wires_test.answered(blue.ask("ping", red.address, 3, 0.01, 0.2)) == 0, "the device is down, and answers")
    tally.check(lab.metric('isthmus_dropped_packets_total{reason="no-wire"}') > 0, "what a device that is down loses is counted")
    red.ask("set_port_up", True)
    tally.check(wires_test.answered(red.ask("ping", blue.address, 10, 0.01, 5)) == 10, "the device is up again")


def a_tag_is_seen(lab, tally, folder, red):
    """The kernel takes the tag out of the frame; here it is again. What a tagged frame asks is not answered."""
    file = os.path.join(folder, "tag.pcapng")
    capture = subprocess.Popen(
        [os.environ["ISTHMUS"], "--server", f"http://127.0.0.1:{lab.daemon.port}", "lab", "capture", "red1", "--count", "5",
         "-w", file], stderr=subprocess.PIPE)
    mac = bytes.fromhex(red.mac.replace("-", ""))
    frame = ROUTER_MAC + mac + VLAN + bytes.fromhex("88B5") + bytes(46)  # an EtherType for experiments
    until = time.monotonic() + 10
    while capture.poll() is None and time.monotonic() < until:
        red.ask("send_raw", frame)
        time.sleep(0.02)
    capture.kill()
    capture.communicate()
    with open(file, "rb") as captured:
        tally.check(frame in captured.read(), "the tag stands where it stood when the frame was sent")


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    reason = machine.why_not()
    if reason is not None:
        print(f"skipped: {reason}")
        return wires_test.SKIPPED
    tally = Tally("packet sockets")
    with tempfile.TemporaryDirectory() as folder:
        lab = wires_test.Lab(command, folder, tally)
        machines = []
        try:
            lab.peer("red", "blue")
            lab.peer("blue", "red")
            red, blue = (lab.machine(name, machine.make_packet_port) for name in ("red1", "blue1"))
            machines += [red, blue]
            both_ways(lab, tally, red, blue, "two packet sockets")
            goes_down_and_comes_back(lab, tally, red, blue)
            a_tag_is_seen(lab, tally, folder, red)
            machines.append(lab.machine("blue1"))  # takes the place of the one before
            both_ways(lab, tally, red, machines[-1], "a packet socket and a TAP device")
            tally.check(lab.daemon.stop() == 0, "the daemon ends well")
        finally:
            for one in machines:
                one.stop()
            lab.daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
