"""A long TCP transfer by IPv4 and IPv6, and whether everything about it was right, beside a direct veth.

With offloads, segments of 64 KiB pass whole and nobody computes a checksum; without them, every frame is one of the MTU and
every checksum is computed by the sender and held against the segment by the receiver. Sizes are from a capture at the
receiver.
"""
import contextlib
import os
import re
import shutil
import signal
import struct

import report
from figures import iperf3, waiting
from namespaces import FOLDER, SKIPPED, Failed

MTU = 1500
CAPTURE_SECONDS = 1
ETHERNET_BYTES = 14
TCP, SYN, MSS_OPTION = 6, 2, 2
FAMILIES = {4: "IPv4", 6: "IPv6"}


def checksum_errors(machine):
    """Packets that came with a wrong checksum so far, of every protocol that counts them."""
    errors = 0
    for path in ("/proc/net/snmp", "/proc/net/snmp6"):
        text = machine.read(path)
        errors += sum(int(value) for value in re.findall(r"^\w*InCsumErrors\s+(\d+)$", text, re.M))
        for names, values in re.findall(r"^(\w+: .*)\n(\w+: .*)$", text, re.M):
            errors += sum(int(value) for name, value in zip(names.split(), values.split()) if name == "InCsumErrors")
    return errors


@contextlib.contextmanager
def capture(machine, path):
    """The first bytes of each packet that passes eth0 of the machine, as pcap."""
    command = ("tcpdump", "-i", "eth0", "-s", "128", "-B", "16384", "-w", path)
    with waiting(machine, *command, ready="tcpdump: listening") as process:
        yield
        process.send_signal(signal.SIGINT)


def packets(path):
    """(bytes of the IP packet, its first ones) of each frame of a capture."""
    with open(path, "rb") as file:
        file.read(24)  # of the file
        while len(record := file.read(16)) == 16:
            captured, original = struct.unpack("=8xII", record)
            yield original - ETHERNET_BYTES, file.read(captured)[ETHERNET_BYTES:]


def tcp_of(packet):
    """The TCP header with its options; nothing of another packet."""
    if packet[0] >> 4 == 4:
        return packet[(packet[0] & 15) * 4:] if packet[9] == TCP else b""
    return packet[40:] if packet[6] == TCP else b""


def announced_mss(tcp):
    """The option of a SYN; None where it has none."""
    at = 20
    while at + 4 <= min(len(tcp), (tcp[12] >> 4) * 4):
        kind, length = tcp[at], tcp[at + 1]
        if kind == MSS_OPTION:
            return int.from_bytes(tcp[at + 2:at + 4], "big")
        at += 1 if kind < 2 else max(length, 2)
    return None


def seen(contender, family):
    """(largest IP packet, the least announced MSS) of a short transfer."""
    path = os.path.join(FOLDER, "capture.pcap")
    with capture(contender.server, path):
        iperf3(contender, CAPTURE_SECONDS, family)
    largest, sizes = 0, []
    for size, packet in packets(path):
        if tcp := tcp_of(packet):
            largest = max(largest, size)
            sizes += [announced_mss(tcp)] if tcp[13] & SYN else []
    return largest, min(filter(None, sizes), default=0)


@contextlib.contextmanager
def plain_frames(contender):
    """Every frame is cut and has its checksum before it leaves a machine."""
    both = (contender.client, contender.server)
    for machine in both:
        machine.run("ethtool", "-K", "eth0", "tx", "off")
    try:
        yield
    finally:
        for machine in both:
            machine.run("ethtool", "-K", "eth0", "tx", "on", "tso", "on")


class Transfer:
    """What was seen of one contender and family."""

    def __init__(self, contender, family, seconds):
        self.contender, self.family = contender, family
        machines = (contender.client, contender.server)
        before = sum(map(checksum_errors, machines))
        end = iperf3(contender, seconds, family)
        self.gbit = end["sum_received"]["bits_per_second"] / 1e9
        self.retransmits = end["sum_sent"]["retransmits"]
        self.largest, self.mss = seen(contender, family)
        with plain_frames(contender):
            plain = iperf3(contender, seconds, family)
            self.plain_gbit = plain["sum_received"]["bits_per_second"] / 1e9
            self.plain_retransmits = plain["sum_sent"]["retransmits"]
            self.plain_largest, _ = seen(contender, family)
        self.checksum_errors = sum(map(checksum_errors, machines)) - before

    def row(self):
        return [f"{self.contender.title}, {FAMILIES[self.family]}", report.number(self.gbit), str(self.retransmits), str(self.largest),
                str(self.mss), report.number(self.plain_gbit), str(self.plain_retransmits), str(self.plain_largest),
                str(self.checksum_errors)]

    def complaints(self, baseline):
        """What is wrong, in words; `baseline` is the veth's of the same family."""
        headers = {4: 40, 6: 60}[self.family]  # of IP and TCP
        facts = ((self.checksum_errors == 0, f"{self.checksum_errors} packets came with a wrong checksum"),
                 (self.retransmits <= baseline.retransmits, f"{self.retransmits} retransmits, the veth has {baseline.retransmits}"),
                 (self.largest > MTU, f"no segment was larger than the MTU: the largest packet had {self.largest} bytes"),
                 (self.mss == MTU - headers, f"an MSS of {self.mss} is not that of an MTU of {MTU}"),
                 (self.plain_largest == MTU, f"without offloads the largest packet had {self.plain_largest} bytes, not {MTU}"))
        return [f"{self.contender.title}, {FAMILIES[self.family]}: {complaint}" for holds, complaint in facts if not holds]


HEADING = ["", "Gbit/s", "retransmits", "largest packet", "MSS", "Gbit/s without offloads", "retransmits", "largest packet",
           "wrong checksums"]


def run(contenders, seconds):
    """Prints a row for each contender and family; the exit status is 1 where one of ours is wrong."""
    if shutil.which("tcpdump") is None:
        print("skipped: tcpdump is not installed (tools/dev setup bench)")
        return SKIPPED
    try:
        transfers = [Transfer(contender, family, seconds) for contender in contenders for family in FAMILIES]
    except Failed as failure:
        print(failure)
        return 1
    print(report.table([HEADING, *(transfer.row() for transfer in transfers)]))
    baselines = {transfer.family: transfer for transfer in transfers if transfer.contender.name == "veth"}
    complaints = [complaint for transfer in transfers if transfer.contender.name.startswith("isthmus")
                  for complaint in transfer.complaints(baselines.get(transfer.family, transfer))]
    print(*complaints, sep="\n")
    return 1 if complaints else 0
