"""The calls that Terraform's provider azurerm makes for a group, a network, a subnet and a peering of both sides, over TLS.

The provider itself is not run. Its sequence is: find the cloud, sign in, look at the providers; then for every resource
GET, which has to be 404, PUT, ask for the operation, GET, and compare; update; GET and DELETE. Once with answers at once,
once with operations. Source: hashicorp/terraform-provider-azurerm, internal/services/network, and hashicorp/go-azure-sdk,
sdk/client/resourcemanager.
"""
import http.client
import json
import os
import ssl
import sys
import tempfile
import time
import urllib.parse

from nc_daemon import Daemon, Reply, Tally

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
TENANT = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
GROUP = f"{SUBSCRIPTION}/resourceGroups/tf"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
GROUPS_VERSION, NETWORK_VERSION, SUBNET_VERSION = "2023-07-01", "2025-01-01", "2025-01-01"
SYNC = "&syncRemoteAddressSpace=true"
POLLS_MAX = 30
RUNNING = {"InProgress", "Accepted", "Updating", "Creating", "Deleting"}


class Terraform:
    def __init__(self, port, ca, tally):
        self.tally = tally
        self.origin = f"https://127.0.0.1:{port}"
        tls = ssl.create_default_context(cafile=ca)
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=tls)
        self.headers = {"Accept": "application/json; charset=utf-8"}
        self.polled = 0

    def send(self, method, target, content=None, kind="application/json; charset=utf-8"):
        self.connection.request(method, target, content, self.headers | {"Content-Type": kind})
        answer = self.connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def call(self, wanted, method, path, version, body=None, query=""):
        reply = self.send(method, f"{path}?api-version={version}{query}", None if body is None else json.dumps(body))
        self.tally.check(reply.status in wanted, f"{method} {path}: {reply}")
        return reply

    # ---- how the provider waits

    def wait_for(self, reply, path, version, method):
        """The provider takes the address of the operation where there is one; else it looks at the resource."""
        address = reply.headers.get("azure-asyncoperation") or reply.headers.get("location")
        if address:
            return self.wait_for_operation(address, int(reply.headers.get("retry-after", "10")))
        if method == "DELETE":
            return self.wait_until(path, version, lambda seen: seen.status == 404)
        return self.wait_until(path, version, lambda seen: seen.json()["properties"]["provisioningState"] == "Succeeded")

    def wait_for_operation(self, address, delay):
        self.tally.check(address.startswith(self.origin + "/"), f"an operation elsewhere: {address}")
        target = address.removeprefix(self.origin)
        for _ in range(POLLS_MAX):
            time.sleep(min(delay, 2) / 5)  # the provider waits for all of it, and asks less
            seen = self.send("GET", target)
            self.polled += 1
            if seen.status == 200 and self.is_done(seen):
                return
            self.tally.check(seen.status in (200, 202), f"GET {target}: {seen}")
        self.tally.check(False, f"never done: {target}")

    def is_done(self, seen):
        """A 200 without a body is success; one with a body has to say how far it is."""
        if not seen.body:
            return True
        answer = seen.json()
        state = answer.get("status") or answer.get("properties", {}).get("provisioningState")
        self.tally.check(state == "Succeeded" or state in RUNNING, f"a state that the provider does not know: {seen}")
        return state == "Succeeded"

    def wait_until(self, path, version, holds):
        for _ in range(POLLS_MAX):
            seen = self.send("GET", f"{path}?api-version={version}")
            if holds(seen):
                return
            time.sleep(1)
        self.tally.check(False, f"never as it should be: {path}")

    # ---- what it does with a resource

    def create(self, path, version, body, query=""):
        self.call({404}, "GET", path, version)  # else it says: to be managed, it has to be imported
        reply = self.call({200, 201, 202}, "PUT", path, version, body, query)
        self.wait_for(reply, path, version, "PUT")
        return self.refresh(path, version, body)

    def refresh(self, path, version, body):
        """What it reads back has to be what it wrote, or it plans a change for ever."""
        seen = self.call({200}, "GET", path, version).json()
        self.tally.check(seen["id"] == path, f"{path} calls itself {seen['id']}")
        for where, wrote, read in differences(body, seen):
            self.tally.check(False, f"{path}: {where} is {read!r}, written was {wrote!r}")
        return seen

    def update(self, path, version, change, query=""):
        seen = self.call({200}, "GET", path, version).json()
        change(seen["properties"])
        self.wait_for(self.call({200, 201, 202}, "PUT", path, version, seen, query), path, version, "PUT")
        return self.call({200}, "GET", path, version).json()

    def destroy(self, path, version):
        self.call({200}, "GET", path, version)
        self.wait_for(self.call({200, 202, 204}, "DELETE", path, version), path, version, "DELETE")
        self.call({404}, "GET", path, version)

    # ---- before any resource

    def connect(self):
        cloud = self.call({200}, "GET", "/metadata/endpoints", "2022-09-01").json()
        for member in ("name", "resourceManager"):
            self.tally.check(isinstance(cloud.get(member), str) and cloud[member], f"no {member}: {cloud}")
        sign_in = cloud["authentication"]
        self.tally.check(isinstance(sign_in["audiences"], list) and sign_in["audiences"], f"no audience: {cloud}")
        self.tally.check(all(isinstance(name, str) for name in cloud["suffixes"].values()), "a suffix that is no text")
        self.tally.check(cloud["resourceManager"].rstrip("/") == self.origin, f"another server: {cloud['resourceManager']}")
        login = urllib.parse.urlsplit(sign_in["loginEndpoint"])
        form = {"client_id": "lab", "client_secret": "lab", "grant_type": "client_credentials",
                "scope": cloud["resourceManager"].rstrip("/") + "/.default"}
        token = self.send("POST", f"{login.path}/{TENANT}/oauth2/v2.0/token", urllib.parse.urlencode(form),
                          "application/x-www-form-urlencoded").json()
        self.tally.check(token["token_type"] == "Bearer" and token["expires_in"] > 0, f"no token: {token}")
        self.headers["Authorization"] = "Bearer " + token["access_token"]

    def look_at_providers(self):
        listed = self.call({200}, "GET", f"{SUBSCRIPTION}/providers", "2022-09-01").json()["value"]
        states = {provider["namespace"]: provider["registrationState"] for provider in listed}
        self.tally.check(states.get("Microsoft.Network") == "Registered", f"the providers are {states}")
        self.call({200}, "POST", f"{SUBSCRIPTION}/providers/Microsoft.Network/register", "2022-09-01")


def differences(wrote, read, where=""):
    """Where what was read lacks what was written."""
    if isinstance(wrote, dict) and isinstance(read, dict):
        for member, value in wrote.items():
            yield from differences(value, read.get(member), f"{where}/{member}")
    elif wrote != read and not (wrote == [] and read is None):
        yield where, wrote, read


def network_body(name, *prefixes):
    return {"name": name, "location": "westeurope", "tags": {"made-by": "terraform"},
            "properties": {"addressSpace": {"addressPrefixes": list(prefixes)}, "dhcpOptions": {"dnsServers": []},
                           "privateEndpointVNetPolicies": "Disabled", "subnets": []}}


def peering_body(remote):
    return {"properties": {"allowVirtualNetworkAccess": True, "allowForwardedTraffic": False, "allowGatewayTransit": False,
                           "peerCompleteVnets": True, "useRemoteGateways": False, "remoteVirtualNetwork": {"id": remote}}}


def apply(terraform):
    terraform.create(GROUP, GROUPS_VERSION, {"location": "westeurope", "tags": {"made-by": "terraform"}})
    terraform.create(f"{NETWORK}/hub", NETWORK_VERSION, network_body("hub", "10.0.0.0/16"))
    terraform.create(f"{NETWORK}/spoke", NETWORK_VERSION, network_body("spoke", "10.1.0.0/16"))
    subnet = {"name": "web", "properties": {
        "addressPrefix": "10.0.0.0/24", "defaultOutboundAccess": True, "delegations": [], "serviceEndpoints": [],
        "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"}}
    terraform.create(f"{NETWORK}/hub/subnets/web", SUBNET_VERSION, subnet)
    hub = terraform.call({200}, "GET", f"{NETWORK}/hub", NETWORK_VERSION).json()
    names = [one["name"] for one in hub["properties"]["subnets"]]
    terraform.tally.check(names == ["web"], f"the network has the subnets {names}")
    terraform.create(f"{NETWORK}/hub/virtualNetworkPeerings/to-spoke", NETWORK_VERSION, peering_body(f"{NETWORK}/spoke"), SYNC)
    terraform.create(f"{NETWORK}/spoke/virtualNetworkPeerings/to-hub", NETWORK_VERSION, peering_body(f"{NETWORK}/hub"), SYNC)
    check_state(terraform, "to-spoke", "hub", "FullyInSync")


def check_state(terraform, name, network, level):
    seen = terraform.call({200}, "GET", f"{NETWORK}/{network}/virtualNetworkPeerings/{name}", NETWORK_VERSION).json()
    state = (seen["properties"]["peeringState"], seen["properties"]["peeringSyncLevel"])
    terraform.tally.check(state == ("Connected", level), f"{network}/{name} is {state}")


def change(terraform):
    """The network grows; the peerings that are triggered by its address space are put again."""
    def grow(properties):
        properties["addressSpace"]["addressPrefixes"].append("10.2.0.0/16")

    def forward(properties):
        properties["allowForwardedTraffic"] = True

    grown = terraform.update(f"{NETWORK}/spoke", NETWORK_VERSION, grow)
    prefixes = grown["properties"]["addressSpace"]["addressPrefixes"]
    terraform.tally.check(prefixes == ["10.1.0.0/16", "10.2.0.0/16"], f"the network has {prefixes}")
    check_state(terraform, "to-spoke", "hub", "LocalNotInSync")
    put = terraform.update(f"{NETWORK}/hub/virtualNetworkPeerings/to-spoke", NETWORK_VERSION, forward, SYNC)
    terraform.tally.check(put["properties"]["allowForwardedTraffic"] is True, "the flag is not set")
    check_state(terraform, "to-spoke", "hub", "FullyInSync")
    check_state(terraform, "to-hub", "spoke", "FullyInSync")


def destroy(terraform):
    terraform.destroy(f"{NETWORK}/hub/virtualNetworkPeerings/to-spoke", NETWORK_VERSION)
    terraform.destroy(f"{NETWORK}/spoke/virtualNetworkPeerings/to-hub", NETWORK_VERSION)
    terraform.destroy(f"{NETWORK}/hub/subnets/web", SUBNET_VERSION)
    terraform.destroy(f"{NETWORK}/hub", NETWORK_VERSION)
    terraform.destroy(f"{NETWORK}/spoke", NETWORK_VERSION)
    # It does not delete a group that has resources of others in it.
    left = terraform.call({200}, "GET", f"{GROUP}/resources", GROUPS_VERSION, query="&$expand=provisioningState&$top=10").json()
    terraform.tally.check(left["value"] == [], f"the group has {left}")
    terraform.destroy(GROUP, GROUPS_VERSION)


def run(lro, tally):
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon([os.environ["ISTHMUSD"], "--lro", lro], folder)
        daemon.start()
        try:
            terraform = Terraform(daemon.port, daemon.state + ".tls/ca.pem", tally)
            terraform.connect()
            terraform.look_at_providers()
            apply(terraform)
            change(terraform)
            destroy(terraform)
            print(f"--lro {lro}: {terraform.polled} questions about operations", flush=True)
            tally.check((terraform.polled > 0) == (lro == "async"), f"--lro {lro} was polled {terraform.polled} times")
        finally:
            daemon.kill()


if __name__ == "__main__":
    all_checks = Tally("azure_terraform")
    for style in ("sync", "async"):
        run(style, all_checks)
    sys.exit(all_checks.finish())
