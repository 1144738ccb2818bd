"""isthmus lab replay: frames of a capture file through the daemon, without a machine and without any privilege.

The frames that arrive and the reasons for which others do not are those that the tables give; what one replay has written is
played again by another, with the same result.
"""
import os
import socket
import struct
import subprocess
import sys
import tempfile

import machine
from nc_daemon import Tally, arguments, daemon_command
from observe_test import ROUTER_MAC, World, udp

PATIENCE_SECONDS = 20
STRANGER = bytes.fromhex("020000000099")
ETHERNET, COOKED = 1, 113


def pcap(file, frames, link=ETHERNET):
    with open(file, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link))
        for frame in frames:
            out.write(struct.pack("<IIII", 1, 0, len(frame), len(frame)) + frame)


def ethernet(source_mac, packet):
    return ROUTER_MAC + source_mac + b"\x08\x00" + packet


class Replays:
    def __init__(self, world, tally):
        self.world, self.tally = world, tally
        red, blue = world.red, world.blue
        self.frames = [ethernet(red.mac, udp(red.address, 1000, blue.address, 53)),
                       ethernet(red.mac, udp(red.address, 1001, blue.address, 53, size=1400)),
                       ethernet(red.mac, udp(red.address, 1002, "10.9.0.4", 53)),
                       ethernet(STRANGER, udp(red.address, 1003, blue.address, 53)),
                       ethernet(red.mac, udp("10.1.0.99", 1004, blue.address, 53))]
        world.wires.close()  # nothing is behind the interfaces from here on

    def file(self, name):
        return os.path.join(self.world.folder, name)

    def run(self, *words):
        done = subprocess.run([os.environ["ISTHMUS"], "--server", f"http://127.0.0.1:{self.world.daemon.port}", "lab", "replay",
                               *words], capture_output=True, text=True, errors="replace", timeout=PATIENCE_SECONDS)
        return done.returncode, done.stdout, done.stderr

    def expect(self, wanted, *words):
        status, out, err = self.run(*words)
        self.tally.check((status, err) == (0, wanted + "\n"), f"{words}: {status}, {err!r}, and not {wanted!r}")
        return out

    def arrive_or_say_why(self):
        pcap(self.file("in.pcap"), self.frames)
        told = self.expect("4 frames sent, 2 of them dropped; 2 received; 1 from another MAC address left out (--all sends them too)",
                           "red1", self.file("in.pcap"), "--to", "blue1", "-o", "table")
        red, blue = self.world.red.address, self.world.blue.address
        lines = [line.split(" ", 1)[1] for line in told.splitlines()]  # without the time
        for wanted in (f"red1 Out IP {red}.1000 > {blue}.53: UDP, 74 bytes", f"blue1 In  IP {red}.1000 > {blue}.53: UDP, 74 bytes",
                       f"blue1 In  IP {red}.1001 > {blue}.53: UDP, 1442 bytes"):
            self.tally.check(wanted in lines, f"{wanted!r} is not in {lines}")
        for port, reason in ((1002, "no-route"), (1004, "spoofed-source")):
            self.tally.check(any(f".{port} >" in line and f"dropped: {reason}" in line for line in lines), f"{port}: {lines}")
        self.expect("5 frames sent, 3 of them dropped; 2 received", "red1", self.file("in.pcap"), "--to", "blue1", "--all",
                    "-w", self.file("all.pcapng"))
        self.expect("4 frames sent, 4 of them dropped; 0 received; 1 from another MAC address left out (--all sends them too)",
                    "red1", self.file("in.pcap"), "-w", self.file("nobody.pcapng"))  # nothing is plugged in at blue1

    def what_was_written_is_played_again(self):
        pcap(self.file("many.pcap"), self.frames[:3] * 2000)
        self.expect("6000 frames sent, 2000 of them dropped; 4000 received", "red1", self.file("many.pcap"), "--to", "blue1", "-w",
                    self.file("1.pcapng"))
        self.expect("6000 frames sent, 2000 of them dropped; 4000 received; "
                    "4000 from another MAC address left out (--all sends them too)",  # those that blue1 got
                    "red1", self.file("1.pcapng"), "--to", "blue1", "-w", self.file("2.pcapng"))
        sizes = [os.path.getsize(self.file(name)) for name in ("1.pcapng", "2.pcapng")]
        self.tally.check(sizes[0] == sizes[1], f"the two files have {sizes} bytes")

    def what_comes_before_damage_is_told(self):
        pcap(self.file("five.pcap"), self.frames[:1] * 5)
        with open(self.file("tail.pcap"), "wb") as out:
            out.write(open(self.file("five.pcap"), "rb").read()[:-10])
        status, out, err = self.run("red1", self.file("tail.pcap"), "--to", "blue1", "-o", "table")
        self.tally.check(status == 1 and err.startswith("4 frames sent, 0 of them dropped; 4 received\n") and "is damaged" in err,
                         f"{status}, {err!r}")
        self.tally.check(out.count("red1 Out") == 4 and out.count("blue1 In") == 4, out)

    def the_wire_of_another_stays_in(self):
        other = machine.Wires(self.world.socket)
        end, wire = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.tally.check(other.attach(self.world.blue.path, wire.fileno()) == "done", "another wire is in blue1")
        wire.close()
        status, _, err = self.run("red1", self.file("in.pcap"), "--to", "blue1", "-w", self.file("f"))
        self.tally.check(status == 1 and "WireExists" in err, f"{status}, {err!r}")
        self.expect("4 frames sent, 2 of them dropped; 0 received; 1 from another MAC address left out (--all sends them too)",
                    "red1", self.file("in.pcap"), "--to", "red1", "-w", self.file("f"))
        end.settimeout(PATIENCE_SECONDS)
        self.tally.check(len(end.recv(70000)) == 10 + len(self.frames[0]), "the other one gets what is sent")
        other.close()
        end.close()

    def large_frames_are_not_lost(self):
        red, blue = self.world.red, self.world.blue
        pcap(self.file("large.pcap"), [ethernet(red.mac, udp(red.address, 1000, blue.address, 53, size=1450))] * 3000)
        self.expect("3000 frames sent, 0 of them dropped; 3000 received", "red1", self.file("large.pcap"), "--to", "blue1", "-w",
                    self.file("large.pcapng"))

    def mistakes_are_told(self):
        pcap(self.file("cooked.pcap"), [], COOKED)
        with open(self.file("cut.pcap"), "wb") as out:
            out.write(open(self.file("in.pcap"), "rb").read()[:150])
        for words, status, text in ((("red1", self.file("cooked.pcap")), 1, "not of Ethernet"),
                                    (("red1", self.file("nothing")), 1, "No such file"),
                                    (("red1", self.file("cut.pcap")), 1, "is damaged"),
                                    (("red2", self.file("in.pcap")), 3, "did you mean red1?"),
                                    (("red1", self.file("in.pcap"), "--to", "blue9"), 3, "did you mean blue1?"),
                                    (("red1", self.file("in.pcap"), "-w", "/nowhere/f"), 2, "cannot write /nowhere/f"),
                                    (("red1", self.file("in.pcap"), "-w", self.file("in.pcap")), 2, "would write over"),
                                    (("red1",), 2, "FILE")):
            got, _, err = self.run(*words)
            self.tally.check(got == status and text in err, f"{words}: {got}, {err!r}")


def main():
    options = arguments(__doc__).parse_args()
    tally = Tally("replay")
    with tempfile.TemporaryDirectory() as folder:
        world = World(daemon_command(options), folder, tally)
        try:
            replays = Replays(world, tally)
            replays.arrive_or_say_why()
            replays.what_was_written_is_played_again()
            replays.what_comes_before_damage_is_told()
            replays.large_frames_are_not_lost()
            replays.mistakes_are_told()
            replays.the_wire_of_another_stays_in()
        finally:
            world.daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
