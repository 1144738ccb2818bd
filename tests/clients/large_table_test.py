"""A route table of 100,000 routes in one PUT: stored, forwarded, explained, changed, and there again after a kill -9."""
import json
import sys
import tempfile
import time

from nc_daemon import Daemon, Tally, arguments, daemon_command

ROOT = "/networking/v1"
ROUTES = 100_000
LIMITS = ["--limit-body=32M", "--limit-members=1000000"]


def route(i):
    return {"resourceId": f"r{i}", "properties": {
        "addressPrefix": f"{20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24", "nextHopType": "VirtualAppliance",
        "nextHopIpAddress": "10.0.0.4"}}


def timed(what, call):
    began = time.monotonic()
    reply = call()
    print(f"{what}: {time.monotonic() - began:.2f} s", flush=True)
    return reply


def explained(client):
    question = {"from": "web", "to": "20.1.2.3", "protocol": "tcp", "port": 443}
    return client.call("POST", "/_isthmus/v1/explain", question).json()


def lab(client, tally):
    networks = [("10.0.0.0/16", {"resourceId": "s", "properties": {
        "addressPrefix": "10.0.0.0/24", "routeTable": {"resourceRef": "/routeTables/large"}}})]
    for prefix, subnet in networks:
        reply = client.call("PUT", f"{ROOT}/virtualNetworks/n", {"properties": {
            "addressSpace": {"addressPrefixes": [prefix]}, "subnets": [subnet]}})
        tally.check(reply.status == 201, f"the network: {reply}")
    for name, address in (("web", "10.0.0.5"), ("firewall", "10.0.0.4")):
        reply = client.call("PUT", f"{ROOT}/networkInterfaces/{name}", {"properties": {"ipConfigurations": [{
            "resourceId": "ip", "properties": {"privateIPAddress": address, "privateIPAllocationMethod": "Static",
                                               "subnet": {"resourceRef": "/virtualNetworks/n/subnets/s"}}}]}})
        tally.check(reply.status == 201, f"{name}: {reply}")


def run(daemon, tally):
    daemon.start()
    client = daemon.client(timeout_s=120)
    body = {"properties": {"routes": [route(i) for i in range(ROUTES)]}}
    print(f"a body of {len(json.dumps(body)) / 1e6:.1f} MB")
    reply = timed("PUT of 100,000 routes", lambda: client.call("PUT", f"{ROOT}/routeTables/large", body))
    tally.check(reply.status == 201, f"the table: {reply}")
    timed("a network that uses it, and two interfaces", lambda: lab(client, tally))

    stats = client.call("GET", "/_isthmus/v1/stats").json()
    tally.check(stats["routes"] >= ROUTES, f"{stats['routes']} routes are forwarded")
    steps = json.dumps(explained(client))
    tally.check("/routeTables/large" in steps and "firewall" in steps, f"explain: {steps[:500]}")

    reply = timed("one route changed", lambda: client.call("PUT", f"{ROOT}/routeTables/large/routes/r258", {
        "properties": {"addressPrefix": "20.1.2.0/24", "nextHopType": "None"}}))
    tally.check(reply.status == 200, f"the route: {reply}")
    verdict = explained(client)
    tally.check(verdict["verdict"] == "dropped", f"explain after the change: {verdict}")

    digest = client.call("GET", "/_isthmus/v1/stats").json()["digest"]
    daemon.kill()
    print(f"ready again after a kill: {daemon.start():.2f} s")
    after = daemon.client().call("GET", "/_isthmus/v1/stats").json()["digest"]
    tally.check(after == digest, "another digest after the kill")


def main():
    tally = Tally("large_table")
    options = arguments(__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="isthmus-large-") as folder:
        daemon = Daemon([*daemon_command(options), *LIMITS], folder)
        try:
            run(daemon, tally)
        finally:
            daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
