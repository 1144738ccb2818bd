"""Secrets go in and never come out: canaries in credentials, a shared secret and tokens, then a look at everything there is.

Every GET of every route, answers to bad requests, what is exported and downloaded, the log, the audit log, and each file beside the
state are searched. The state keeps no secret of a resource, and the access file only digests, so nothing may be found anywhere.
"""
import base64
import hashlib
import json
import os
import re
import sys
import tempfile

from nc_daemon import Daemon, Tally, arguments, daemon_command

CANARY = "canary7f3a"
JSON = {"Content-Type": "application/json"}
CONTROL_DOC = "docs/api/control.md"
AZURE = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/lab"
VERSION = "?api-version=2022-01-01"
MISTAKES = [  # bodies that are refused, or read in part, with a secret in them
    {"properties": {"type": "Nonsense", "value": f"{CANARY}-type"}},
    {"properties": {"type": "UsernamePassword", "value": {CANARY: CANARY}}},
    {"properties": {"type": "UsernamePassword", "value": [f"{CANARY}-list"]}},
    {"properties": {"type": "UsernamePassword", "userName": [], "value": f"{CANARY}-user"}},
    {"properties": {"type": "SnmpCommunityString", "value": f"{CANARY}-much" * 20000}},
]
SPELLINGS = [CANARY.encode(), base64.b64encode(CANARY.encode())[:12], CANARY.encode().hex().encode()]


def found(data):
    return any(spelling in data for spelling in SPELLINGS)


def control_routes():
    """The GET routes of our own API, as the reference has them, their braces filled in."""
    with open(os.path.join(os.environ["ISTHMUS_SOURCE_DIR"], CONTROL_DOC), encoding="utf-8") as file:
        paths = set(re.findall(r"`GET (/[^`?]*)", file.read()))
    return sorted(re.sub(r"\{other\}", "now", re.sub(r"\{\w+\}", "kept", path)) for path in paths)


class Search:
    def __init__(self, folder, command, tally):
        self.folder, self.tally = folder, tally
        self.token = f"{CANARY}-token"
        access = os.path.join(folder, "access.yaml")
        with open(access, "w", encoding="ascii", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            digest = hashlib.sha256(self.token.encode()).hexdigest()
            file.write(f"- {{name: owner, role: owner, token-sha256: {digest}}}\n")
        audit = os.path.join(folder, "audit.jsonl")
        self.daemon = Daemon([*command, "--auth", "token", "--access", access, "--audit", audit, "--log-level", "trace"], folder)

    def call(self, method, path, body=None, headers=None):
        own = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        reply = self.daemon.client(timeout_s=3).call(method, path, body, own)
        told = reply.body + repr(reply.headers).encode()
        self.tally.check(not found(told), f"{method} {path} tells a secret: {reply}")
        return reply

    def put_secrets(self):
        nc = "/networking/v1"
        password = {"properties": {"type": "UsernamePassword", "userName": "root", "value": f"{CANARY}-password"}}
        community = {"properties": {"type": "SnmpCommunityString", "value": f"{CANARY}-community"}}
        space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                 "subnets": [{"resourceId": "gateway", "properties": {"addressPrefix": "10.0.255.0/29"}}]}
        connection = {"resourceId": "office", "properties": {
            "connectionType": "IPSec", "destinationIPAddress": "203.0.113.7",
            "ipSecConfiguration": {"authenticationMethod": "PSK", "sharedSecret": f"{CANARY}-shared"}}}
        gateway = {"gatewaySubnets": [{"resourceRef": "/virtualNetworks/red/subnets/gateway"}],
                   "networkConnections": [connection]}
        for path, body in [("credentials/host", password), ("credentials/switch", community),
                           ("virtualNetworks/red", {"properties": space}), ("virtualGateways/red", {"properties": gateway})]:
            self.tally.check(self.call("PUT", f"{nc}/{path}", body).status == 201, f"{path} is not made")
        self.put_azure_secrets()
        for mistake in MISTAKES:
            self.call("PUT", f"{nc}/credentials/bad", mistake)
        self.call("POST", "/_isthmus/v1/apply", {"version": 1, "password": f"{CANARY}-document"})
        backup = {"properties": {"backupPath": "share", "credential": {"resourceRef": "/credentials/host"}}}
        self.call("PUT", f"{nc}/networkControllerBackup/b", backup)
        self.tally.check(self.call("POST", "/_isthmus/v1/snapshots", {"name": "kept"}).status == 201, "no snapshot is made")

    def put_azure_secrets(self):
        network = f"{AZURE}/providers/Microsoft.Network"
        gateway = {"gatewayType": "ExpressRoute", "sku": {"name": "Standard"}, "ipConfigurations": [
            {"name": "c", "properties": {"subnet": {"id": f"{network}/virtualNetworks/hub/subnets/GatewaySubnet"}}}]}
        space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                 "subnets": [{"name": "GatewaySubnet", "properties": {"addressPrefix": "10.0.255.0/27"}}]}
        connection = {"connectionType": "ExpressRoute", "sharedKey": f"{CANARY}-key",
                      "virtualNetworkGateway1": {"id": f"{network}/virtualNetworkGateways/gateway"}}
        self.azure("PUT", AZURE)
        self.azure("PUT", f"{network}/virtualNetworks/hub", {"properties": space})
        self.azure("PUT", f"{network}/virtualNetworkGateways/gateway", {"properties": gateway})
        self.azure("PUT", f"{network}/connections/line", {"properties": connection})
        self.azure("PUT", f"{network}/connections/line/sharedkey", {"value": f"{CANARY}-set"})
        for mistake in ({"value": [f"{CANARY}-list"]}, {"value": {CANARY: CANARY}}, {CANARY: f"{CANARY}-name"}):
            self.call("PUT", f"{network}/connections/line/sharedkey{VERSION}", mistake)
        key = self.call("GET", f"{network}/connections/line/sharedkey{VERSION}").json()
        self.tally.check(key["value"] == "********", f"the key shows as {key}")

    def azure(self, method, path, body=None):
        reply = self.call(method, path + VERSION, {"location": "westeurope", **(body or {})})
        self.tally.check(reply.status in (200, 201), f"{path} is not made: {reply}")

    def show_bad_tokens(self):
        for header in [f"Bearer {CANARY}-unknown", f"Basic {CANARY}", f"Bearer {CANARY} {CANARY}", CANARY]:
            reply = self.call("GET", "/networking/v1/virtualNetworks", headers={"Authorization": header})
            self.tally.check(reply.status == 401, f"{header}: {reply}")

    def read_everything(self):
        kinds = self.call("GET", "/_isthmus/v1/stats").json()["resources"]
        paths = [f"/networking/v1/{kind}" for kind in kinds if "/" not in kind]
        paths += ["/networking/v1/credentials/host", "/networking/v1/virtualGateways/red", "/networking/v1/operations",
                  "/networking/v1/networkControllerBackup", "/networking/v1/networkControllerBackup/b", "/networking/discovery",
                  f"{AZURE}/providers/Microsoft.Network/connections{VERSION}", f"{AZURE}/resources{VERSION}"]
        paths += control_routes()
        for path in paths:
            try:
                self.call("GET", path)
            except TimeoutError:
                pass  # events go on for ever
        return len(paths)

    def read_files(self):
        names = [os.path.join(folder, name) for folder, _, files in os.walk(self.folder) for name in files]
        for name in names:
            with open(name, "rb") as file:
                self.tally.check(not found(file.read()), f"{name} has a secret")
            if "state.db" in name and not name.endswith("/ca.pem"):  # which is for everybody
                mode = os.stat(name).st_mode & 0o777
                self.tally.check(mode & 0o077 == 0, f"{name} has the mode {mode:o}: others than its owner read it")
        return len(names)

    def run(self):
        self.daemon.start()
        self.put_secrets()
        self.show_bad_tokens()
        routes = self.read_everything()
        self.daemon.stop()
        files = self.read_files()
        with open(self.daemon.log, encoding="utf-8") as log:
            self.tally.check("principal=owner" in log.read(), "the log does not say who asked")
        with open(os.path.join(self.folder, "audit.jsonl"), encoding="utf-8") as audit:
            lines = [json.loads(line) for line in audit]
        self.tally.check(any(line.get("code") == "AuthenticationFailed" for line in lines), "the audit log has no refusal")
        print(f"{routes} routes and {files} files")


def main():
    tally = Tally("canary")
    with tempfile.TemporaryDirectory(prefix="isthmus-canary-") as folder:
        search = Search(folder, daemon_command(arguments(__doc__.splitlines()[0]).parse_args()), tally)
        try:
            search.run()
        finally:
            search.daemon.kill()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
