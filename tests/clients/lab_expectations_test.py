"""isthmus test --packets: what a lab document expects, asked of the tables and sent for real, over each protocol and both
families; again, while flows of before are still known; and where a machine, a link or a program in it is not as the tables
think. Skipped where no network namespace or TAP device is to be had.
"""
import json
import os
import sys
import xml.etree.ElementTree

import lab_world
from nc_daemon import Tally, arguments, daemon_command

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
vms: {a1: {at: a/s}, a2: {at: a/s}, b1: {at: b/s}, c1: {at: c/s}, a6: {at: a/six}, b6: {at: b/six}}
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
# Each with why it is not sent.
NOT_SENT = (("{from: a1, to: b1, protocol: tcp, result: drop}", "it names no port"),
            ("{from: a1, to: b1, port: 0/udp, result: drop}", "it names no port"),
            ("{from: b1, to: b1, port: 80/tcp, result: drop}", "it would not leave the machine"),
            ("{from: b1, to: b1, result: drop}", "it would not leave the machine"),
            ("{from: a1, to: 127.0.0.1, port: 80/tcp, result: drop}", "it would not leave the machine"),
            ("{from: 10.1.0.1@a, to: a1, protocol: icmp, result: reach}", "a router sends nothing"),
            ("{from: a1, to: 10.1.0.255, port: 9/udp, result: reach}", "to no single machine"))
# As many to one port as no queue of the receiver's should have too little room for, from two machines; and as many packets
# without ports, of which those of one would be answers to those of the other.
CROWD = "".join(f"  - {{from: {one}, to: b1, port: {port}, result: reach}}\n" for port in ("443/tcp", "53/udp")
                for one in ("a1", "a2") for _ in range(30)) + 30 * """  - {from: b1, to: a1, protocol: any, result: reach}
  - {from: b1, to: a2, protocol: any, result: reach}
  - {from: a1, to: a2, protocol: any, result: reach}
"""
IGNORES_PINGS = "/proc/sys/net/ipv4/icmp_echo_ignore_all"
HAS_A_PORT = """import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[1] == "udp" else socket.SOCK_STREAM
taken = socket.socket(socket.AF_INET, kind)
taken.bind(("", int(sys.argv[2])))
if sys.argv[1] == "listens": taken.listen()
print("there", flush=True)
sys.stdin.read()
"""


def document(expectations, links=""):
    return DOCUMENT.replace("LINKS\n", links) + expectations


class World(lab_world.World):
    def expecting(self, expectations, links=""):
        return self.document(document(expectations, links))

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
    path = world.expecting(EXPECTATIONS)
    code, _, errors = world.test(path, "--apply")
    world.tally.check(code == 1 and "no lab is up" in errors, f"without a lab: {code} {errors}")
    world.lab.run("lab", "up", path, "--wait")


def is_as_expected(world):
    path = world.expecting(EXPECTATIONS)
    for when in "first", "second", "third":
        world.all_hold(path, f"the {when} time")


def a_machine_that_does_not_answer(world):
    path = world.expecting(EXPECTATIONS)
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
    path = world.expecting(EXPECTATIONS)
    world.lab.run("vnet", "peering", "delete", "-n", "b-to-a", "--vnet-name", "b")
    code, told, errors = world.test(path)
    passed = [one for one in told if {one["from"], one["to"]} in ({"a1", "b1"}, {"a6", "b6"}) and one["wire"]["result"] == "reach"]
    world.tally.check(code == 1 and not passed, f"{code} {passed}")
    world.tally.check("a1 -> b1 tcp/443 is drop (no-route), not reach\n" in errors, errors)
    world.lab.run("vnet", "peering", "delete", "-n", "a-to-b", "--vnet-name", "a")
    world.lab.run("apply", "-f", path)
    world.all_hold(path, "the peering is back")


def programs_of_the_machines(world):
    with_programs = [world.lab.inside_program("b1", HAS_A_PORT, *words) for words in (("listens", "443"), ("udp", "53"))]
    code, told, errors = world.test(world.expecting(TRAFFIC.format(a="a1", b="b1")))
    results = [one["wire"]["result"] for one in told]
    world.tally.check(results == ["reach", "drop", "reach", "not-sent", "drop", "reach", "reach", "reach", "drop"], f"{results}")
    world.tally.check(code == 0 and "9 of 9 hold; 8 of them sent" in errors, f"{code} {errors}")
    world.tally.check("a1 -> b1 udp/53 is not sent: a program has port 53 there, and need not answer" in errors, errors)
    with_programs[0].communicate(timeout=10)
    with_programs.append(world.lab.inside_program("b1", HAS_A_PORT, "tcp", "443"))
    report = os.path.join(world.folder, "junit.xml")
    code, told, errors = world.test(world.expecting(TRAFFIC.format(a="a1", b="b1")), "--junit", report)
    for program in with_programs[1:]:
        program.communicate(timeout=10)
    world.tally.check(code == 0 and "a1 -> b1 tcp/443 is not sent: a program has port 443 there, and does not listen" in errors, errors)
    skipped = xml.etree.ElementTree.parse(report).getroot().get("skipped")
    world.tally.check(skipped == "2", f"the report says that {skipped} are skipped")


def not_sent(world):
    code, told, errors = world.test(world.expecting("".join(f"  - {one}\n" for one, _ in NOT_SENT)))
    for one, (expectation, why) in zip(told, NOT_SENT, strict=True):
        world.tally.check(one["wire"]["result"] == "not-sent" and why in one["wire"]["detail"], f"{expectation}: {one['wire']}")
    world.tally.check("; 0 of them sent" in errors, f"{code} {errors}")


def packets_of(world):
    return sum(one["sent"]["packets"] for one in world.counters()["interfaces"])


def a_crowd(world):
    """Nobody answers an answer, and no answer is taken for another's."""
    path = world.expecting(CROWD)
    before = packets_of(world)
    code, told, errors = world.test(path)
    sent = packets_of(world) - before
    print(f"a crowd: {len(told)} expectations, {sent} packets; {errors.strip()}")
    world.tally.check(code == 0 and f"{len(told)} of {len(told)} hold; all of them sent" in errors, f"a crowd: {errors[:500]}")
    world.tally.check(sent < 8 * len(told), f"{sent} packets were sent for {len(told)} expectations")
    over = world.expecting(110 * "  - {from: a1, to: a2, protocol: any, result: reach}\n")
    code, told, errors = world.test(over)
    world.tally.check(code == 0 and "there are flows of every unused protocol" in errors, f"{code} {errors[:500]}")


def a_rule_that_is_new(world):
    """What was let through before is a flow, and does not pass for a packet of now."""
    path = world.document(document("  - {from: a2, to: b1, protocol: any, result: reach}\n").replace("{deny: in,", "{allow: in,"))
    world.lab.run("apply", "-f", path)
    for _ in range(12):
        code, _, errors = world.test(path)
        world.tally.check(code == 0, f"with a rule that allows it: {errors}")
    path = world.expecting(12 * "  - {from: a2, to: b1, protocol: any, result: drop, reason: acl-deny}\n")
    world.lab.run("apply", "-f", path)
    code, _, errors = world.test(path)
    world.tally.check(code == 0 and "12 of 12 hold; all of them sent" in errors, f"with a rule that denies it: {errors}")


def links(world):
    path = world.expecting(EXPECTATIONS, "links: {a-b: {latency: 400ms}}\n")
    world.lab.run("apply", "-f", path)
    code, told, _ = world.test(path)
    world.tally.check(code == 1 and sum(not one["holds"] for one in told) == 12, "half a second is too short")
    world.all_hold(path, "400 ms away", "--timeout", "4s")
    lossy = world.expecting(EXPECTATIONS, "links: {a-b: {loss: 2%}}\n")
    world.lab.run("apply", "-f", lossy)
    world.all_hold(lossy, "one of fifty is lost")


def stands_a_kill(world):
    path = world.expecting(EXPECTATIONS)
    world.lab.run("apply", "-f", path)
    world.daemon.kill()
    code, told, errors = world.test(path)
    world.tally.check(code == 5 and not told, f"a daemon that is gone: {code} {errors}")
    world.start()
    world.lab.run("lab", "up", "--wait")
    world.all_hold(path, "after kill -9")


def a_machine_that_is_not_there(world):
    path = world.expecting(EXPECTATIONS)
    world.lab.run("lab", "detach", "b1")
    code, _, errors = world.test(path)
    world.tally.check(code == 1 and "/networkInterfaces/b1 has no machine" in errors, f"{code} {errors}")


def main():
    command = daemon_command(arguments(__doc__).parse_args())
    tally = Tally("expectations with packets")
    with lab_world.begin(command, tally, World) as world:
        for part in (needs_a_lab, is_as_expected, a_machine_that_does_not_answer, a_peering_that_is_gone, programs_of_the_machines,
                     not_sent, a_crowd, a_rule_that_is_new, links, stands_a_kill, a_machine_that_is_not_there):
            part(world)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
