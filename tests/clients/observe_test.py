"""What is seen of packets while they go: captures, read by tshark where it is installed, flows and counters.

Two machines are the ends of socket pairs, so that no privilege is needed; what they send is made here, byte by byte.
"""
import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import machine
from nc_daemon import NETWORKS, Daemon, Tally, arguments, daemon_command
from wires_test import NICS, network, nic, peering

ROUTER_MAC = bytes.fromhex("123456789ABC")
OFFLOAD_HEADER = bytes(10)
PATIENCE_SECONDS = 10
UDP = 17


def udp(source, source_port, destination, destination_port, size=32):
    body = struct.pack("!HHHH", source_port, destination_port, 8 + size, 0) + bytes(size)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, UDP, 0, socket.inet_aton(source),
                       socket.inet_aton(destination))
    return head[:10] + struct.pack("!H", machine.checksum(head)) + head[12:] + body


class End:
    """The machine's end of a wire."""

    def __init__(self, path, properties):
        self.path = path
        self.mac = bytes.fromhex(properties["privateMacAddress"].replace("-", ""))
        self.address = properties["ipConfigurations"][0]["properties"]["privateIPAddress"]
        self.here, self.wire = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.here.settimeout(PATIENCE_SECONDS)

    def send(self, packet):
        self.here.send(OFFLOAD_HEADER + ROUTER_MAC + self.mac + b"\x08\x00" + packet)

    def receive(self):
        return self.here.recv(70000)[len(OFFLOAD_HEADER) + 14:]


class World:
    def __init__(self, command, folder, tally):
        self.tally, self.folder = tally, folder
        self.socket = os.path.join(folder, "wires")
        self.daemon = Daemon([*command, "--wires", self.socket], folder)
        self.daemon.start()
        self.client = self.daemon.client()
        for name, third in (("red", 1), ("blue", 2)):
            self.put(f"{NETWORKS}/{name}", network(f"10.{third}.0.0/16", f"10.{third}.0.0/24"))
            self.put(f"{NICS}/{name}1", nic(name))
        for local, remote in (("red", "blue"), ("blue", "red")):
            self.put(f"{NETWORKS}/{local}/virtualNetworkPeerings/to-{remote}", peering(remote))
        self.wires = machine.Wires(self.socket)
        self.red, self.blue = self.plug("red1"), self.plug("blue1")

    def put(self, path, body):
        reply = self.client.call("PUT", path, body)
        self.tally.check(reply.done, f"PUT {path}: {reply}")

    def plug(self, name):
        end = End(f"/networkInterfaces/{name}", self.client.call("GET", f"{NICS}/{name}").json()["properties"])
        answer = self.wires.attach(end.path, end.wire.fileno())
        self.tally.check(answer == "done", f"attach {end.path}: {answer}")
        return end

    def cli(self, *words, **settings):
        return subprocess.Popen([os.environ["ISTHMUS"], "--server", f"http://127.0.0.1:{self.daemon.port}", *words],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)

    def exchange(self, port=5000):
        """A packet that is delivered, and one that has no route."""
        self.red.send(udp(self.red.address, port, self.blue.address, 53))
        self.tally.check(self.blue.receive().startswith(b"\x45"), "a packet comes through the peering")
        self.red.send(udp(self.red.address, port, "10.9.0.4", 53))


def goes_on_until(process, happens, tally, what):
    """Lets things happen until the process has ended."""
    until = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < until:
        happens()
        time.sleep(0.02)
    if process.poll() is None:
        process.kill()
        tally.check(False, f"{what} does not end")
    out, err = process.communicate()
    tally.check(process.returncode == 0, f"{what} ends with {process.returncode}: {err}")
    return out, err


def as_tshark_reads(file, *fields):
    words = [word for field in fields for word in ("-e", field)]
    out = subprocess.run(["tshark", "-r", file, "-T", "fields", "-E", "separator=|", *words], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60).stdout
    return [line.split("|") for line in out.splitlines()]


def drops_into_a_file(world, tally):
    file = os.path.join(world.folder, "drops.pcapng")
    capture = world.cli("lab", "capture", "red1", "--drops", "--count", "3", "-w", file)
    _, err = goes_on_until(capture, world.exchange, tally, "a capture of three drops")
    tally.check(err == "3 frames captured\n", f"the capture said {err!r}")
    tally.check(os.stat(file).st_mode & 0o777 == 0o600, "what is captured is for its owner alone")
    if not shutil.which("tshark"):
        print("tshark is not installed: what is captured is not read")
        return
    why = ("dropped: no-route at route by /networkInterfaces/red1/ipConfigurations/ip: "
           "no prefix of the sender's table contains the destination")
    rows = as_tshark_reads(file, "frame.interface_name", "ip.dst", "udp.dstport", "frame.comment")
    tally.check(rows == [["/networkInterfaces/red1", "10.9.0.4", "53", why]] * 3, f"tshark reads {rows}")


def everything_into_a_pipe_until_interrupted(world, tally):
    file = os.path.join(world.folder, "all.pcapng")
    with open(file, "wb") as out:
        capture = subprocess.Popen(
            [os.environ["ISTHMUS"], "--server", f"http://127.0.0.1:{world.daemon.port}", "lab", "capture", "all"],
            stdout=out, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + PATIENCE_SECONDS
    while os.path.getsize(file) < 2000 and time.monotonic() < until:
        world.exchange()
        time.sleep(0.02)
    capture.send_signal(signal.SIGINT)
    _, err = capture.communicate(timeout=PATIENCE_SECONDS)
    tally.check(capture.returncode == 0 and "frames captured" in err, f"Ctrl-C: {capture.returncode}, {err!r}")
    if not shutil.which("tshark"):
        return
    rows = as_tshark_reads(file, "frame.interface_name", "frame.comment")
    names = {name for name, _ in rows}
    tally.check(names == {"/networkInterfaces/red1", "/networkInterfaces/blue1"}, f"interfaces: {names}")
    tally.check(f"{len(rows)} frames captured\n" == err, f"{len(rows)} frames are in the file, and it says {err!r}")


def lines_on_a_terminal(world, tally):
    capture = world.cli("lab", "capture", "blue1", "--count", "2", "-o", "table")
    out, _ = goes_on_until(capture, world.exchange, tally, "a capture as lines")
    line = f"blue1 In  IP {world.red.address}.5000 > {world.blue.address}.53: UDP, 74 bytes"
    tally.check(out.count(line) == 2, f"the lines are {out!r}")


def who_leaves_holds_nobody_up(world, tally):
    """A reader that is killed, and one that never reads: frames go on."""
    gone = world.cli("lab", "capture", "all", "-w", os.path.join(world.folder, "gone.pcapng"))
    time.sleep(0.1)
    gone.kill()
    gone.communicate()
    read, write = os.pipe()
    lazy = machine.Wires(world.socket)
    lazy.socket.sendmsg([b"capture all"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", write))])
    tally.check(lazy.socket.recv(4096) == b"done", "a capture begins")
    began = time.monotonic()
    for number in range(3000):
        world.exchange(number + 1)
    print(f"6000 frames with a capture that nobody reads: {time.monotonic() - began:.2f} s")
    lazy.close()
    os.close(write)
    os.close(read)


def answer_of(world, tally, *words):
    process = world.cli(*words)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    tally.check(process.returncode == 0, f"{words}: {process.returncode}, {err}")
    return json.loads(out or "null")


def flows_have_names_and_ways(world, tally):
    world.exchange(port=777)
    flows = answer_of(world, tally, "flows", "red1", "--limit", "100000")
    mine = [flow for flow in flows if flow.get("sourcePort") == 777]
    tally.check(len(mine) == 1, f"the flow is listed {len(mine)} times")
    for name, value in (("interface", world.red.path), ("peer", world.blue.path), ("direction", "outbound"),
                        ("protocol", "udp"), ("destination", world.blue.address), ("state", "one-way"), ("packets", 1), ("replyPackets", 0),
                        ("peering", "/virtualNetworks/red/virtualNetworkPeerings/to-blue")):
        tally.check(mine and mine[0].get(name) == value, f"{name} of {mine}")
    table = world.cli("lab", "flows", "blue1", "-o", "table").communicate(timeout=PATIENCE_SECONDS)[0]
    tally.check(f"red1  {world.red.address}:777" in table, f"the table is {table!r}")


def counters_become_rates(world, tally):
    process = world.cli("top", "--interval", "200ms", "--count", "3", "-o", "json")
    out, _ = goes_on_until(process, world.exchange, tally, "top")
    looks = [json.loads(look) for look in re.split(r"(?<=\n})\n", out) if look]
    tally.check(len(looks) == 3, f"top looked {len(looks)} times")
    last = looks[-1]
    first = last["peerings"][0]
    tally.check((first["from"], first["to"]) == ("/virtualNetworks/red", "/virtualNetworks/blue")
                and first["packetsPerSecond"] > 0 and first["bitsPerSecond"] > first["packetsPerSecond"],
                f"the peering's rate: {first}")
    tally.check(last["interfaces"][0]["sent"]["packetsPerSecond"] > first["packetsPerSecond"], f"{last['interfaces']}")
    drop = last["drops"][0]
    tally.check(drop["reason"] == "no-route" and drop["packetsPerSecond"] > 0
                and drop["resource"] == "/networkInterfaces/red1/ipConfigurations/ip", f"the drops: {last['drops']}")


def top_on_a_terminal_ends_with_ctrl_c(world, tally):
    here, there = pty.openpty()
    with subprocess.Popen([os.environ["ISTHMUS"], "--server", f"http://127.0.0.1:{world.daemon.port}", "top",
                           "--interval", "100ms"], stdout=there, stderr=subprocess.PIPE) as process:
        os.close(there)
        shown = b""
        until = time.monotonic() + PATIENCE_SECONDS
        while shown.count(b"\x1b[2J") < 2 and time.monotonic() < until:
            if select.select([here], [], [], 0.1)[0]:
                shown += os.read(here, 65536)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=PATIENCE_SECONDS)[1]
    os.close(here)
    tally.check(process.returncode == 0 and err == b"", f"Ctrl-C: {process.returncode}, {err!r}")
    tally.check(b"red1" in shown and b"no-route" in shown, f"the screen is {shown!r}")


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    tally = Tally("observe")
    with tempfile.TemporaryDirectory() as folder:
        world = World(command, folder, tally)
        with contextlib.ExitStack() as stack:
            stack.callback(world.daemon.kill)
            for part in (drops_into_a_file, everything_into_a_pipe_until_interrupted, lines_on_a_terminal,
                         flows_have_names_and_ways, counters_become_rates, top_on_a_terminal_ends_with_ctrl_c,
                         who_leaves_holds_nobody_up):
                part(world, tally)
            tally.check(world.daemon.stop() == 0, "the daemon ends well")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
