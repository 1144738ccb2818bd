"""isthmus test --packets: what a lab document expects, asked of the tables and sent for real, over each protocol and both
families; again, while flows of before are still known; and where a machine, a link or a program in it is not as the tables
think. Skipped where no network namespace or TAP device is to be had.
"""
import json
import os
import sys
import tempfile
import xml.etree.ElementTree

from lab_life import SKIPPED, Lab
from nc_daemon import Daemon, Tally, arguments, daemon_command

DOCUMENT = """version: 1
networks:
  a: {prefixes: [10.1.0.0/16, "fd00:1::/64"], subnets: {s: 10.1.0.0/24, six: "fd00:1::/64"}}
  b: {prefixes: [10.2.0.0/16, "fd00:2::/64"], subnets: {s: {prefix: 10.2.0.0/24, acl: guarded}, six: {prefix: "fd00:2::/64", acl: guarded}}}
  c: {prefixes: [10.3.0.0/16], subnets: {s: 10.3.0.0/24}}
peerings:
  - {between: [a, b]}
access:
  guarded:
    - {allow: in, protocol: tcp, port: 443, priority: 100}
    - {allow: in, protocol: udp, port: 53, priority: 110}
    - {allow: in, protocol: icmp, priority: 120}
    - {allow: in, protocol: icmpv6, priority: 130}
    - {deny: in, priority: 4000}
vms: {a1: {at: a/s}, b1: {at: b/s}, c1: {at: c/s}, a6: {at: a/six}, b6: {at: b/six}}
LINKS
expect:
"""
# Between two machines of each family; each way is asked for what the other way has let through.
PAIRS = (("a1", "b1"), ("a6", "b6"))
TRAFFIC = """  - {{from: {a}, to: {b}, port: 443/tcp, result: reach}}
  - {{from: {a}, to: {b}, port: 80/tcp, result: drop, reason: acl-deny}}
  - {{from: {b}, to: {a}, port: 80/tcp, result: reach}}
  - {{from: {a}, to: {b}, port: 53/udp, result: reach}}
  - {{from: {a}, to: {b}, port: 54/udp, result: drop, reason: acl-deny}}
  - {{from: {b}, to: {a}, port: 54/udp, result: reach}}
  - {{from: {a}, to: {b}, protocol: icmp, result: reach}}
  - {{from: {b}, to: {a}, protocol: any, result: reach}}
  - {{from: {a}, to: {b}, protocol: any, result: drop, reason: acl-deny}}
"""
# To who is no machine: the router answers, nobody does.
ELSEWHERE = """  - {from: a1, to: 10.1.0.1, protocol: icmp, result: reach}
  - {from: a1, to: 10.2.0.99@b, protocol: icmp, result: drop, reason: no-endpoint}
  - {from: a1, to: c1, port: 443/tcp, result: drop, reason: no-route}
  - {from: a1, to: 10.2.0.2, port: 80/tcp, result: drop, reason: acl-deny}
"""
EXPECTATIONS = "".join(TRAFFIC.format(a=a, b=b) for a, b in PAIRS) + ELSEWHERE
COUNT = EXPECTATIONS.count("result:")
NOT_SENT = """  - {from: a1, to: b1, protocol: tcp, result: drop}
  - {from: a1, to: b1, port: 53/udp, result: reach}
"""
IGNORES_PINGS = "/proc/sys/net/ipv4/icmp_echo_ignore_all"
HAS_A_PORT = """import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
taken = socket.socket(socket.AF_INET, kind)
taken.bind(("", int(sys.argv[2])))
if sys.argv[1] == "tcp": taken.listen()
print("there", flush=True)
sys.stdin.read()
"""


class World:
    def __init__(self, command, folder, tally):
        self.folder, self.tally = folder, tally
        self.daemon = Daemon([*command, "--wires", os.path.join(folder, "wires")], folder)
        self.daemon.start()
        self.lab = Lab(f"http://127.0.0.1:{self.daemon.port}")

    def document(self, expectations, links=""):
        path = os.path.join(self.folder, "lab.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(DOCUMENT.replace("LINKS\n", links) + expectations)
        return path

    def test(self, path, *words):
        """How it ended, what it said of each, and what it said beside it."""
        done = self.lab.run("-o", "json", "test", path, "--packets", *words)
        return done.returncode, json.loads(done.stdout or "[]"), done.stderr

    def all_hold(self, path, what, *words):
        code, told, errors = self.test(path, *words)
        self.tally.check(code == 0 and f"{COUNT} of {COUNT} hold; all of them sent" in errors, f"{what}: {code} {errors}")
        odd = [one for one in told if one["wire"]["result"] != one["expected"]["result"]]
        self.tally.check(len(told) == COUNT and not odd, f"{what}: {odd}")
        print(f"{what}: {errors.strip()}")


def needs_a_lab(world):
    path = world.document(EXPECTATIONS)
    code, _, errors = world.test(path, "--apply")
    world.tally.check(code == 1 and "no lab is up" in errors, f"without a lab: {code} {errors}")
    world.lab.run("lab", "up", path, "--wait")


def is_as_expected(world):
    path = world.document(EXPECTATIONS)
    for when in "first", "second", "third":
        world.all_hold(path, f"the {when} time")


def a_machine_that_does_not_answer(world):
    path = world.document(EXPECTATIONS)
    world.lab.run("lab", "exec", "b1", "--", "sh", "-c", f"echo 1 > {IGNORES_PINGS}")
    report = os.path.join(world.folder, "junit.xml")
    code, told, errors = world.test(path, "--junit", report)
    world.lab.run("lab", "exec", "b1", "--", "sh", "-c", f"echo 0 > {IGNORES_PINGS}")
    wrong = [(one["from"], one["to"], one["protocol"], one["actual"]["result"], one["wire"]["result"]) for one in told if not one["holds"]]
    world.tally.check(code == 1 and wrong == [("a1", "b1", "icmp", "reach", "drop")], f"{code} {wrong}")
    world.tally.check("a1 -> b1 icmp is drop on the wire and reach by the tables, where reach is expected\n" in errors, errors)
    failures = [case.get("name") for case in xml.etree.ElementTree.parse(report).iter("testcase") if list(case)]
    world.tally.check(failures == ["a1 -> b1 icmp: reach"], f"the report has {failures}")


def a_peering_that_is_gone(world):
    """The tables and the wire agree, and neither is as expected."""
    path = world.document(EXPECTATIONS)
    world.lab.run("vnet", "peering", "delete", "-n", "b-to-a", "--vnet-name", "b")
    code, told, errors = world.test(path)
    passed = [one for one in told if {one["from"], one["to"]} in ({"a1", "b1"}, {"a6", "b6"}) and one["wire"]["result"] == "reach"]
    world.tally.check(code == 1 and not passed, f"{code} {passed}")
    world.tally.check("a1 -> b1 tcp/443 is drop (no-route), not reach\n" in errors, errors)
    world.lab.run("vnet", "peering", "delete", "-n", "a-to-b", "--vnet-name", "a")
    world.lab.run("apply", "-f", path)
    world.all_hold(path, "the peering is back")


def programs_of_the_machines(world):
    with_programs = [world.lab.inside_program("b1", HAS_A_PORT, *words) for words in (("tcp", "443"), ("udp", "53"))]
    code, told, errors = world.test(world.document(TRAFFIC.format(a="a1", b="b1") + NOT_SENT))
    for program in with_programs:
        program.communicate(timeout=10)
    results = [one["wire"]["result"] for one in told]
    world.tally.check(results == ["reach", "drop", "reach", "not-sent", "drop", "reach", "reach", "reach", "drop", "not-sent", "not-sent"],
                      f"{results}")
    world.tally.check(code == 0 and "11 of 11 hold; 8 of them sent" in errors, f"{code} {errors}")
    world.tally.check("a1 -> b1 tcp is not sent: it names no port" in errors, errors)
    world.tally.check("a1 -> b1 udp/53 is not sent: a program has port 53 there, and need not answer" in errors, errors)


def links(world):
    path = world.document(EXPECTATIONS, "links: {a-b: {latency: 400ms}}\n")
    world.lab.run("apply", "-f", path)
    code, told, _ = world.test(path)
    world.tally.check(code == 1 and sum(not one["holds"] for one in told) == 12, "half a second is too short")
    world.all_hold(path, "400 ms away", "--timeout", "4s")
    lossy = world.document(EXPECTATIONS, "links: {a-b: {loss: 2%}}\n")
    world.lab.run("apply", "-f", lossy)
    world.all_hold(lossy, "one of fifty is lost")


def a_machine_that_is_not_there(world):
    path = world.document(EXPECTATIONS)
    world.lab.run("lab", "detach", "b1")
    code, _, errors = world.test(path)
    world.tally.check(code == 1 and "/networkInterfaces/b1 has no machine" in errors, f"{code} {errors}")


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    tally = Tally("expectations with packets")
    with tempfile.TemporaryDirectory() as folder:
        world = World(command, folder, tally)
        try:
            if reason := world.lab.why_not():
                print(f"skipped: {reason}")
                return SKIPPED
            needs_a_lab(world)
            is_as_expected(world)
            a_machine_that_does_not_answer(world)
            a_peering_that_is_gone(world)
            programs_of_the_machines(world)
            links(world)
            a_machine_that_is_not_there(world)
        finally:
            world.lab.run("lab", "down", "--wires", os.path.join(folder, "wires"))
            world.daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
