"""A virtual machine for tests: a process in a network namespace of its own, whose eth0 is a TAP device.

Or one that has a network device already, as a container has: eth0 is an end of a veth, at whose other end, port0, a packet
socket is. The descriptor of device or socket is for the daemon, which gets it through its socket for wires; everything that the machine sends
leaves there. No program of the system is needed, and nothing is left when the process ends: with the last descriptor the
device is gone, and with the last process the namespace.
"""
import array
import contextlib
import ctypes
import fcntl
import hashlib
import json
import multiprocessing
import os
import select
import socket
import struct
import sys
import time

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
# linux/if_tun.h, linux/sockios.h, linux/route.h
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
SIOCADDRT, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFHWADDR = 0x890B, 0x8914, 0x8916, 0x891C, 0x8924
IFF_UP, IFF_NOARP, ARPHRD_ETHER, RTF_UP_GATEWAY = 1, 0x80, 1, 3
ETH_P_ALL = 3

ECHO_REQUEST, ECHO_REPLY = 8, 0
NAME, PORT_NAME = b"eth0", b"port0"


def enter_namespace():
    """Into a new network namespace; as an ordinary user in a new user namespace too."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def why_not():
    """Why no machine can be had here; None where one can."""
    child = os.fork()
    if child == 0:
        try:
            enter_namespace()
            os.close(make_tap())
            os._exit(0)
        except OSError as error:
            print(f"no machine here: {error}", flush=True)
            os._exit(1)
    return None if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 else "no namespace or TAP device is to be had"


def make_tap():
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", NAME, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
    return tap


def attribute(kind, data):
    """Of rtnetlink(7)."""
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def make_veth(name, other):
    name_of, link, kind, data, peer = 3, 18, 1, 2, 1  # linux/if_link.h, linux/veth.h
    new_link, flags = 16, 0x605  # linux/rtnetlink.h: request, acknowledge, create, exclusive
    nothing = bytes(16)  # struct ifinfomsg
    veth = attribute(peer, nothing + attribute(name_of, other + b"\0"))
    body = nothing + attribute(name_of, name + b"\0") + attribute(link, attribute(kind, b"veth") + attribute(data, veth))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(struct.pack("=IHHII", 16 + len(body), new_link, flags, 1, 0) + body)
        error = struct.unpack_from("=i", netlink.recv(4096), 16)[0]
    if error:
        raise OSError(-error, "a veth")


def make_packet_port():
    make_veth(NAME, PORT_NAME)
    with open(f"/proc/sys/net/ipv6/conf/{PORT_NAME.decode()}/disable_ipv6", "w", encoding="ascii") as switch:
        switch.write("1")
    set_flags(PORT_NAME, IFF_UP | IFF_NOARP)
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    port.bind((PORT_NAME.decode(), ETH_P_ALL))
    return port.detach()


def set_flags(name, flags):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", name, flags))


def inet(address):
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


def configure(mac, address, mask, gateway):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        def set_up(call, name, value):
            fcntl.ioctl(control, call, struct.pack("16s", name) + value.ljust(24, b"\0"))
        with open(f"/proc/sys/net/ipv6/conf/{NAME.decode()}/disable_ipv6", "w", encoding="ascii") as switch:
            switch.write("1")
        set_up(SIOCSIFHWADDR, NAME, struct.pack("=H6s", ARPHRD_ETHER, bytes.fromhex(mac)))
        set_up(SIOCSIFADDR, NAME, inet(address))
        set_up(SIOCSIFNETMASK, NAME, inet(mask))
        set_up(SIOCSIFFLAGS, NAME, struct.pack("=H", IFF_UP))
        set_up(SIOCSIFFLAGS, b"lo", struct.pack("=H", IFF_UP))
        everywhere = inet("0.0.0.0")
        fcntl.ioctl(control, SIOCADDRT,
                    struct.pack("=Q16s16s16sHh60x", 0, everywhere, inet(gateway), everywhere, RTF_UP_GATEWAY, 0))


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Inside:
    """What the process in the namespace does when it is asked to."""

    def __init__(self):
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.identifier = os.getpid() & 0xFFFF  # of its echoes
        self.listener = None

    def ping(self, address, count, interval_s, patience_s):
        """For each echo request when it was sent, by time.monotonic(), and the seconds to its answer; None: there was none."""
        sent, took = [], [None] * count
        began = time.monotonic()
        for number in range(count):
            body = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, self.identifier, number) + b"isthmus!" * 4
            body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
            sent.append(time.monotonic())
            try:
                self.raw.sendto(body, (address, 0))
            except OSError:
                pass  # nobody answers for the address: the kernel says so after a while
            self.collect(began + (number + 1) * interval_s, sent, took)
        while None in took and time.monotonic() < sent[-1] + patience_s:
            self.collect(sent[-1] + patience_s, sent, took, enough=1)
        return list(zip(sent, took))

    def collect(self, until, sent, took, enough=None):
        """Takes answers until then, or until there are enough."""
        while enough != 0 and (left := until - time.monotonic()) > 0 and select.select([self.raw], [], [], left)[0]:
            packet = self.raw.recv(65535)
            kind, _, _, identifier, number = struct.unpack_from("!BBHHH", packet, (packet[0] & 15) * 4)
            if kind == ECHO_REPLY and identifier == self.identifier and number < len(sent):
                took[number] = time.monotonic() - sent[number]
                enough = None if enough is None else enough - 1

    def listen(self, port):
        if self.listener is not None:
            self.listener.close()
        self.listener = socket.create_server(("0.0.0.0", port))

    def take(self):
        """The bytes of one connection: how many, and their digest."""
        connection, _ = self.listener.accept()
        digest, count = hashlib.sha256(), 0
        with connection:
            while chunk := connection.recv(1 << 20):
                digest.update(chunk)
                count += len(chunk)
        return count, digest.hexdigest()

    def give(self, address, port, count):
        data = os.urandom(1 << 20)
        digest = hashlib.sha256()
        with socket.create_connection((address, port), timeout=10) as connection:
            while count > 0:
                part = data[:min(count, len(data))]
                connection.sendall(part)
                digest.update(part)
                count -= len(part)
        return digest.hexdigest()

    def stream(self, address, port, count, per_second):
        """Numbered datagrams at a steady rate; returns how many were sent."""
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.connect((address, port))
        began = time.monotonic()
        for number in range(count):
            while (ahead := began + number / per_second - time.monotonic()) > 0:
                time.sleep(ahead)
            sender.send(struct.pack("!I", number))
        return count

    def receive(self, port, count, patience_s):
        """How many different ones of that many datagrams came to the machine, until they were silent for so long."""
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.settimeout(patience_s)
        receiver.bind(("0.0.0.0", port))
        print("listening", flush=True)
        came = set()
        with contextlib.suppress(TimeoutError):
            while len(came) < count:
                came.add(struct.unpack("!I", receiver.recv(64))[0])
        return len(came) + counted("Udp", "RcvbufErrors")  # what this program was too slow for has come as well

    def set_port_up(self, is_up):
        """Of a machine with a packet socket: the end of the veth that the socket is at."""
        set_flags(PORT_NAME, IFF_NOARP | (IFF_UP if is_up else 0))

    def send_raw(self, frame):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
            raw.bind((NAME.decode(), 0))
            raw.send(frame)

    def tcp_errors(self):
        """Segments that came with a wrong checksum, since the namespace began."""
        return counted("Tcp", "InCsumErrors")


def counted(protocol, name):
    """A counter of the namespace."""
    with open("/proc/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith(f"{protocol}:")]
    return int(values[names.index(name)])


def live(channel, passage, make_port, settings):
    enter_namespace()
    port = make_port()
    configure(*settings)
    socket.send_fds(passage, [b"port"], [port])
    inside = Inside()
    while True:
        try:
            word, arguments = channel.recv()
            channel.send(getattr(inside, word)(*arguments))
        except EOFError:
            return
        except OSError as error:
            channel.send(error)


class Machine:
    """As seen from outside; `ask` returns what the method of Inside of that name does."""

    def __init__(self, mac, address, mask, gateway, make_port=make_tap):
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.channel, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=live, args=(other, there, make_port, (mac, address, mask, gateway)), daemon=True)
        self.process.start()
        there.close()
        other.close()
        here.settimeout(10)
        _, files, _, _ = socket.recv_fds(here, 16, 1)
        here.close()
        self.tap = files[0]

    def begin(self, word, *arguments):
        self.channel.send((word, arguments))

    def end(self):
        answer = self.channel.recv()
        if isinstance(answer, OSError):
            raise answer
        return answer

    def ask(self, word, *arguments):
        self.begin(word, *arguments)
        return self.end()

    def stop(self):
        self.channel.close()
        os.close(self.tap)
        self.process.terminate()
        self.process.join(10)


class Wires:
    """A connection to the daemon's socket for wires."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(10)
        self.socket.connect(path)

    def attach(self, nic, descriptor):
        self.socket.sendmsg([f"attach {nic}".encode()],
                            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))])
        return self.socket.recv(4096).decode()

    def say(self, text):
        self.socket.send(text.encode())
        return self.socket.recv(4096).decode()

    def close(self):
        self.socket.close()


if __name__ == "__main__":  # in a namespace: machine.py METHOD JSON... prints what the method of Inside returns
    print(json.dumps(getattr(Inside(), sys.argv[1])(*map(json.loads, sys.argv[2:]))))
