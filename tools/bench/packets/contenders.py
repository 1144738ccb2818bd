"""Who forwards: each has two machines of its own, and what stands between them.

A contender is up as long as the run; what it started goes with the run (namespaces.py). One that is not installed or does
not work says why, and the others go on.
"""
import array
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

from namespaces import FOLDER, Failed, Machine, Namespace, connect, make_tap, output

GATEWAY_MAC = "0a:00:00:00:00:fe"
START_SECONDS_MAX = 20


def wait_for(holds, what):
    until = time.monotonic() + START_SECONDS_MAX
    while not holds():
        if time.monotonic() > until:
            raise Failed(f"{what} is not there after {START_SECONDS_MAX} s")
        time.sleep(0.02)


class Contender:
    name = ""        # as --only takes it
    title = ""       # as the table has it
    programs = ()    # that have to be installed
    has_ipv6 = False

    def __init__(self):
        self.client = self.server = None  # machines
        self.started = []                 # processes that forward for it

    def up(self):
        missing = [program for program in self.programs if shutil.which(program) is None]
        if missing:
            raise Failed(f"{', '.join(missing)} is not installed (tools/dev setup bench)")
        self.build()
        wait_for(self.answers, "an answer to a ping")

    def build(self):
        raise NotImplementedError

    def answers(self):
        families = (4, 6) if self.has_ipv6 else (4,)
        return all(self.client_reaches(family) for family in families)

    def client_reaches(self, family):
        try:
            self.client.run("ping", "-c1", "-W1", "-q", self.server.host(family))
            return True
        except Failed:
            return False

    def machines(self, *gateways, **macs):
        """A client in 10.1.0.0/24 and a server in 10.2.0.0/24."""
        self.client = Machine(f"{self.name}-c", "10.1.0.10/24", *gateways[:1], macs.get("client"))
        self.server = Machine(f"{self.name}-s", "10.2.0.10/24", *gateways[1:], macs.get("server"))

    def start(self, namespace, *command, environment=None):
        """A daemon, its log beside its state."""
        log = os.path.join(FOLDER, f"{self.name}-{os.path.basename(command[0])}.log")
        with open(log, "wb") as file:
            process = namespace.start(*command, stdout=file, stderr=file, env={**os.environ, **(environment or {})})
        self.started.append(process)
        return process

    def tasks(self):
        """The threads of what it started."""
        for process in self.started:
            try:
                yield from (int(task) for task in os.listdir(f"/proc/{process.pid}/task"))
            except FileNotFoundError:
                raise Failed(f"{process.args[2]} has ended") from None

    def stay_on(self, cpus):
        for task in self.tasks():
            os.sched_setaffinity(task, cpus)


class Veth(Contender):
    name, title = "veth", "direct veth (nothing between)"
    has_ipv6 = True

    def build(self):
        self.machines()
        self.client.ip(f"link add eth0 type veth peer name eth0 netns {self.server.name}")
        for machine, other, address6 in ((self.client, self.server, "fd00:1::10/64"), (self.server, self.client, "fd00:2::10/64")):
            machine.configure()
            machine.ip(f"route add {other.host()}/32 dev eth0")
            machine.configure6(address6)
        self.client.ip("-6 route add fd00:2::/64 dev eth0")
        self.server.ip("-6 route add fd00:1::/64 dev eth0")


class Router(Contender):
    name, title = "router", "bridge + router namespace"

    def build(self):
        self.machines("10.1.0.1", "10.2.0.1")
        router = Namespace("router")
        for number, machine in ((1, self.client), (2, self.server)):
            router.ip(f"link add br{number} type bridge")
            router.ip(f"address add 10.{number}.0.1/24 dev br{number}")
            router.ip(f"link set br{number} up")
            connect(machine, router, f"p{number}")
            router.ip(f"link set p{number} master br{number}")
            machine.configure()
        router.sysctl(ipv4__ip_forward=1)


class Ovs(Contender):
    """Open vSwitch's userspace datapath: a route each way and who answers ARP, as OpenFlow."""
    name, title = "ovs", "OVS userspace"
    programs = ("ovsdb-server", "ovsdb-tool", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl")
    settings = ()
    databases = {"conf": "/usr/share/openvswitch/vswitch.ovsschema"}
    segments_in_switch = False

    def build(self):
        self.machines("10.1.0.1", "10.2.0.1", client="0a:00:00:00:01:0a", server="0a:00:00:00:02:0a")
        self.switch = Namespace(f"{self.name}-switch")
        self.begin()
        self.vsctl("--may-exist", "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail-mode=secure")
        self.plug("br0")
        self.program()

    def begin(self):
        """The daemons, with nothing in them."""
        self.folder = os.path.join(FOLDER, self.name)
        os.mkdir(self.folder)
        self.environment = {f"{product}_{kind}": self.folder for product in ("OVS", "OVN") for kind in ("RUNDIR", "DBDIR", "LOGDIR")}
        self.socket = f"unix:{self.folder}/db.sock"
        files = []
        for database, schema in self.databases.items():
            files.append(f"{self.folder}/{database}.db")
            output(["ovsdb-tool", "create", files[-1], schema])
        self.daemon("ovsdb-server", *files, f"--remote=p{self.socket}")
        wait_for(lambda: os.path.exists(f"{self.folder}/db.sock"), "the socket of ovsdb-server")
        self.vsctl("--no-wait", "init")
        for setting in self.settings:
            self.vsctl("--no-wait", "set", "Open_vSwitch", ".", setting)
        self.daemon("ovs-vswitchd", self.socket, "--disable-system")

    def plug(self, bridge):
        for number, machine in ((1, self.client), (2, self.server)):
            connect(machine, self.switch, f"p{number}")
            machine.configure()
            if not self.segments_in_switch:
                machine.without_offloads()  # frames by AF_PACKET have neither checksums nor an end otherwise
            self.vsctl("add-port", bridge, f"p{number}", "--", "set", "interface", f"p{number}", f"external_ids:iface-id=port{number}")

    def program(self):
        mac = int(GATEWAY_MAC.replace(":", ""), 16)
        for number, machine in ((1, self.client), (2, self.server)):
            gateway = 10 << 24 | number << 16 | 1
            self.flow(f"arp,arp_op=1,arp_tpa=10.{number}.0.1,actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],"
                      f"mod_dl_src:{GATEWAY_MAC},load:2->NXM_OF_ARP_OP[],move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],"
                      f"move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],load:{mac:#x}->NXM_NX_ARP_SHA[],"
                      f"load:{gateway:#x}->NXM_OF_ARP_SPA[],in_port")
            self.flow(f"ip,nw_dst={machine.host()},actions=mod_dl_src:{GATEWAY_MAC},mod_dl_dst:{machine.mac},dec_ttl,output:p{number}")

    def daemon(self, program, *words):
        return self.start(self.switch, program, *words, environment=self.environment)

    def client_of(self, program, *words):
        inside = self.switch.inside("env", *(f"{name}={value}" for name, value in self.environment.items()), program)
        return output([*inside, *words], name=program)

    def vsctl(self, *words):
        return self.client_of("ovs-vsctl", f"--db={self.socket}", *words)

    def flow(self, text):
        return self.client_of("ovs-ofctl", "add-flow", f"{self.folder}/br0.mgmt", text)


class OvsSegments(Ovs):
    name, title = "ovs-tso", "OVS userspace, userspace-tso-enable"
    settings = ("other_config:userspace-tso-enable=true",)
    segments_in_switch = True


class Ovn(Ovs):
    """Two networks, each a logical switch and a router; their peering is a link between the routers and a route each way."""
    name, title = "ovn", "OVN"
    programs = (*Ovs.programs, "ovn-northd", "ovn-controller", "ovn-nbctl")
    databases = {**Ovs.databases, "nb": "/usr/share/ovn/ovn-nb.ovsschema", "sb": "/usr/share/ovn/ovn-sb.ovsschema"}

    @property
    def settings(self):
        return ("external_ids:system-id=host", f"external_ids:ovn-remote={self.socket}", "external_ids:ovn-encap-type=geneve",
                "external_ids:ovn-encap-ip=127.0.0.1", "external_ids:ovn-bridge-datapath-type=netdev")

    def build(self):
        self.machines("10.1.0.1", "10.2.0.1", client="0a:00:00:00:01:0a", server="0a:00:00:00:02:0a")
        self.switch = Namespace(f"{self.name}-switch")
        self.begin()
        self.daemon("ovn-northd", f"--ovnnb-db={self.socket}", f"--ovnsb-db={self.socket}")
        self.daemon("ovn-controller", self.socket)
        wait_for(lambda: "br-int" in self.vsctl("list-br").split(), "the bridge of ovn-controller")
        self.plug("br-int")
        commands = [*self.network(1, 2, self.client), *self.network(2, 1, self.server)]
        words = [word for command in commands for word in ("--", *command)]
        self.client_of("ovn-nbctl", f"--db={self.socket}", "--wait=hv", "--timeout=20", *words)

    @staticmethod
    def network(number, other, machine):
        router, switch, port = f"r{number}", f"s{number}", f"port{number}"
        return (("lr-add", router), ("ls-add", switch),
                ("lrp-add", router, f"{router}-s", f"0a:00:00:00:0{number}:01", f"10.{number}.0.1/24"),
                ("lsp-add", switch, f"{switch}-r"),
                ("set", "logical_switch_port", f"{switch}-r", "type=router", "addresses=router", f"options:router-port={router}-s"),
                ("lsp-add", switch, port), ("lsp-set-addresses", port, f"{machine.mac} {machine.host()}"),
                ("lrp-add", router, f"{router}-r", f"0a:00:00:00:ff:0{number}", f"169.254.0.{number}/30", f"peer=r{other}-r"),
                ("lr-route-add", router, f"10.{other}.0.0/24", f"169.254.0.{other}"))


class Isthmus(Contender):
    """Two peered networks, both with access lists on their interfaces."""
    name, title = "isthmus", "Isthmus, two peered networks"
    has_ipv6 = True
    networks = {"client": "red", "server": "blue"}

    def __init__(self, daemon):
        super().__init__()
        self.daemon = daemon

    def build(self):
        self.daemon.up()
        self.started = [self.daemon.process]
        self.client = self.daemon.machine(f"{self.name}-c", self.networks["client"])
        self.server = self.daemon.machine(f"{self.name}-s", self.networks["server"])


class IsthmusInside(Isthmus):
    name, title = "isthmus-inside", "Isthmus, inside one network"
    networks = {"client": "red", "server": "red"}


class IsthmusSingly(Isthmus):
    name, title = "isthmus-singly", "Isthmus, peered, io_uring off"


class IsthmusDaemon:
    """An isthmusd with two peered networks, whose machines are made as they are asked for."""

    LIST = "/accessControlLists/web"

    def __init__(self, program, *options):
        self.command = [program, *options]
        self.folder = os.path.join(FOLDER, "-".join(["isthmusd", *options]))
        self.process = None
        self.machines = []

    def up(self):
        if self.process is not None:
            return
        os.mkdir(self.folder)
        port_file, wires = f"{self.folder}/port", f"{self.folder}/wires"
        with open(f"{self.folder}/log", "wb") as log:
            self.process = subprocess.Popen([*self.command, "--listen", "127.0.0.1:0", "--port-file", port_file, "--state",
                                             f"{self.folder}/state.db", "--wires", wires], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(port_file) and self.has_lived(), "the port of isthmusd")
        with open(port_file, encoding="ascii") as file:
            self.url = f"http://127.0.0.1:{int(file.read())}/networking/v1"
        self.wires = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.wires.settimeout(10)
        self.wires.connect(wires)
        self.make_networks()

    def has_lived(self):
        if self.process.poll() is not None:
            raise Failed(f"isthmusd has ended with {self.process.returncode}: see {self.folder}/log")
        return True

    def call(self, method, path, properties=None):
        body = None if properties is None else json.dumps({"properties": properties}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)["properties"]
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def make_networks(self):
        self.call("PUT", self.LIST, {"aclRules": [rule(*words) for words in RULES]})
        for number, name in ((1, "red"), (2, "blue")):
            self.call("PUT", f"/virtualNetworks/{name}", {
                "addressSpace": {"addressPrefixes": [f"10.{number}.0.0/16", f"fd00:{number}::/48"]},
                "subnets": [{"resourceId": "four", "properties": {"addressPrefix": f"10.{number}.0.0/24"}},
                            {"resourceId": "six", "properties": {"addressPrefix": f"fd00:{number}::/64"}}]})
        for name, remote in (("red", "blue"), ("blue", "red")):
            self.call("PUT", f"/virtualNetworks/{name}/virtualNetworkPeerings/to-{remote}",
                      {"remoteVirtualNetwork": {"resourceRef": f"/virtualNetworks/{remote}"}})

    def machine(self, name, network):
        made = self.call("PUT", f"/networkInterfaces/{name}", {"ipConfigurations": [
            {"resourceId": subnet, "properties": {"subnet": {"resourceRef": f"/virtualNetworks/{network}/subnets/{subnet}"},
                                                  "accessControlList": {"resourceRef": self.LIST}}} for subnet in ("four", "six")]})
        addresses = [configuration["properties"]["privateIPAddress"] for configuration in made["ipConfigurations"]]
        four, six = sorted(addresses, key=lambda address: ":" in address)
        mac = ":".join(made["privateMacAddress"].replace("-", "")[i:i + 2] for i in range(0, 12, 2))
        machine = Machine(name, f"{four}/24", four.rsplit(".", 1)[0] + ".1", mac)
        machine.tap = make_tap(machine)
        self.attach(f"/networkInterfaces/{name}", machine.tap)
        machine.configure()
        machine.configure6(f"{six}/64", six.rsplit(":", 1)[0] + ":1")
        self.machines.append(machine)
        return machine

    def attach(self, interface, tap):
        self.wires.sendmsg([f"attach {interface}".encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [tap]))])
        answer = self.wires.recv(4096).decode()
        if answer != "done":
            raise Failed(f"attach {interface}: {answer}")


# What a tenant may have: the first rules match nothing here, and each new flow is held against them.
RULES = (("no-telnet", "TCP", "23", "Deny", "*", 100), ("no-mail", "TCP", "25", "Deny", "*", 110),
         ("no-lab", "All", "*", "Deny", "10.99.0.0/16", 120), ("no-lab-6", "All", "*", "Deny", "fd00:99::/48", 130),
         ("network", "All", "*", "Allow", "VirtualNetwork", 200), ("rest", "All", "*", "Deny", "*", 4000))


def rule(name, protocol, port, action, source, priority):
    return {"resourceId": name, "properties": {
        "protocol": protocol, "sourcePortRange": "*", "destinationPortRange": port, "action": action, "type": "Inbound",
        "sourceAddressPrefix": source, "destinationAddressPrefix": "*", "priority": str(priority), "logging": "Disabled"}}


def all_of(isthmusd):
    """In the order of the table."""
    daemon = IsthmusDaemon(isthmusd)
    return [Veth(), Router(), Ovs(), OvsSegments(), Ovn(), Isthmus(daemon), IsthmusInside(daemon),
            IsthmusSingly(IsthmusDaemon(isthmusd, "--io-uring", "off"))]
