"""Network namespaces of a run's own, of which nothing is left when the run ends, however it ends.

The program starts itself again in new mount, network and process namespaces, as an ordinary user also in a user namespace,
with a /run of its own. What it makes there (named namespaces, devices, state of daemons) goes with the last process, and
the kernel ends every process with the first one.
"""
import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import threading

MARK = "ISTHMUS_PACKETS_BENCH_ALONE"
CLONE_NEWNET = 0x40000000
SKIPPED, INTERRUPTED = 77, 130  # exit statuses, as ctest and shells know them
FOLDER = "/run/bench"  # state and logs of what runs here
# linux/if_tun.h
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN, TUN_F_USO4, TUN_F_USO6 = 1, 2, 4, 8, 32, 64
PROGRAMS = ("unshare", "nsenter", "ip", "ethtool", "ping", "iperf3")
OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN


def unshare(*command):
    as_user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *as_user, "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *command]


def why_not():
    """Why there are no namespaces and devices to be had here; None where there are."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} is not installed (tools/dev setup bench)"
    probe = "mount -t tmpfs none /run && ip netns add probe && ip -n probe tuntap add t mode tap && ip -n probe link add v type veth"
    tried = subprocess.run(unshare("sh", "-c", probe), capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no namespaces or devices are to be had: {tried.stderr.strip()}"


def is_alone():
    return MARK in os.environ


def start_again_alone():
    """Returns in the process that is alone. The one that was started ends with its exit status; when it is gone, so is all."""
    if is_alone():
        threading.Thread(target=end_with_whom_started_it, args=(int(os.environ.pop(MARK)),), daemon=True).start()
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        os.mkdir(FOLDER)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    watched, held = os.pipe()
    alone = subprocess.Popen(unshare(sys.executable, *sys.argv), pass_fds=[watched], env={**os.environ, MARK: str(watched)})
    try:
        sys.exit(alone.wait())
    except KeyboardInterrupt:
        os.close(held)
        alone.wait()
        sys.exit(INTERRUPTED)


def end_with_whom_started_it(watched):
    os.read(watched, 1)  # returns when nobody can write any more
    os._exit(1)


class Failed(Exception):
    """Something here did not work, in one sentence."""


def output(command, seconds=30, name=None):
    """What a command prints; Failed where it does not end well, by the name of what it runs."""
    name = name or " ".join(command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"{name} has not ended after {seconds} s") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Failed(f"{name}: {said[-1] if said else done.returncode}")
    return done.stdout


class Namespace:
    """A machine, or where switches and routers run."""

    def __init__(self, name):
        self.name = name
        output(["ip", "netns", "add", name])
        self.ip("link set lo up")

    def inside(self, *command):
        return ["nsenter", f"--net=/run/netns/{self.name}", *command]

    def run(self, *command, seconds=30):
        return output(self.inside(*command), seconds, f"{command[0]} in {self.name}")

    def start(self, *command, **options):
        return subprocess.Popen(self.inside(*command), stdin=subprocess.DEVNULL, text=True, **options)

    def ip(self, words):
        return output(["ip", "-n", self.name, *words.split()])

    def sysctl(self, **values):
        for name, value in values.items():
            self.run("sh", "-c", f"echo {value} > /proc/sys/net/{name.replace('__', '/')}")

    def read(self, path):
        return self.run("cat", path)


class Machine(Namespace):
    """A virtual machine: its only device is eth0, which a contender connects."""

    def __init__(self, name, address, gateway=None, mac=None):
        super().__init__(name)
        self.address, self.gateway, self.mac = address, gateway, mac
        self.address6 = None

    def configure(self):
        """Once eth0 is there. `address` has a prefix length."""
        if self.mac:
            self.ip(f"link set eth0 address {self.mac}")
        self.ip(f"address add {self.address} dev eth0")
        self.ip("link set eth0 up")
        if self.gateway:
            self.ip(f"route add default via {self.gateway}")

    def configure6(self, address6, gateway6=None):
        """Beside IPv4. Addresses are known to be free, so that nothing waits for that to be found out."""
        self.address6 = address6
        self.ip(f"address add {address6} dev eth0 nodad")
        if gateway6:
            self.ip(f"-6 route add default via {gateway6}")

    def without_offloads(self):
        self.run("ethtool", "-K", "eth0", "tx", "off")

    def host(self, family=4):
        """Its address as others name it."""
        return (self.address if family == 4 else self.address6).split("/")[0]


def connect(machine, switch, port):
    """A veth pair: eth0 of the machine, and `port` where the switch is."""
    machine.ip(f"link add eth0 type veth peer name {port} netns {switch.name}")
    switch.ip(f"link set {port} up")


def make_tap(machine):
    """A TAP device as eth0 of the machine, and the descriptor of what it sends and gets."""
    made = []

    def inside():
        with open(f"/run/netns/{machine.name}", "rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                return
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"eth0", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
        try:
            fcntl.ioctl(tap, TUNSETOFFLOAD, OFFLOADS | TUN_F_USO4 | TUN_F_USO6)
        except OSError:  # before Linux 6.2
            fcntl.ioctl(tap, TUNSETOFFLOAD, OFFLOADS)
        made.append(tap)

    thread = threading.Thread(target=inside)  # a namespace is a thread's
    thread.start()
    thread.join()
    if not made:
        raise Failed(f"no TAP device is to be had in {machine.name}")
    return made[0]
