"""One client, --seed and a frozen clock: two runs of the daemon give byte-identical answers, headers included."""
import http.client
import json
import os
import pathlib
import subprocess
import sys
import time

SOURCE = pathlib.Path(os.environ["ISTHMUS_SOURCE_DIR"])
LAB = (SOURCE / "docs/examples/hub-and-spoke.yaml").read_bytes()
PEERING = "/networking/v1/virtualNetworks/hub/virtualNetworkPeerings/hub-to-spoke1"
JSON = {"Content-Type": "application/json"}

CALLS = [
    ("POST", "/_isthmus/v1/apply", LAB, {"Content-Type": "application/yaml"}),
    ("GET", "/networking/v1/virtualNetworks", None, {}),
    ("PUT", "/networking/v1/virtualNetworks/red", json.dumps(
        {"properties": {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}}}), JSON),
    ("PUT", "/networking/v1/virtualNetworks/red", "{", JSON),
    ("GET", "/networking/v1/virtualNetworks/red", None, {}),
    ("POST", "/_isthmus/v1/explain", json.dumps({"from": "web1", "to": "db1", "protocol": "tcp", "port": 443}), JSON),
    ("POST", "/_isthmus/v1/whatif", json.dumps({"changes": [{"method": "DELETE", "path": PEERING}]}), JSON),
    ("DELETE", PEERING, None, {}),
    ("GET", "/networking/v1/operations", None, {}),
    ("POST", "/_isthmus/v1/snapshots", '{"name":"good"}', JSON),
    ("PUT", "/_isthmus/v1/clock", '{"advance":"10s"}', JSON),
    ("GET", "/networking/v1/networkInterfaces", None, {}),
    ("POST", "/_isthmus/v1/journal/2/restore", None, {}),
    ("GET", "/_isthmus/v1/journal", None, {}),
    ("GET", "/_isthmus/v1/export", None, {}),
    ("GET", "/_isthmus/v1/snapshots/good", None, {}),
    ("GET", "/nowhere", None, {}),
    ("POST", "/_isthmus/v1/reset", None, {}),
    ("GET", "/networking/v1/logicalNetworks", None, {}),
]


def start(listen, seed):
    pathlib.Path("port").unlink(missing_ok=True)
    daemon = subprocess.Popen([os.environ["ISTHMUSD"], "--listen", listen, "--port-file", "port", "--state", ":memory:",
                               "--seed", str(seed), "--clock", "frozen", "--log-level", "warn"])
    for _ in range(400):
        if pathlib.Path("port").exists():
            return daemon, int(pathlib.Path("port").read_text())
        if daemon.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit("isthmusd did not start")


def run(listen, seed):
    """Every answer as it came: status, header fields in order, body."""
    daemon, port = start(listen, seed)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        answers = []
        for method, path, body, headers in CALLS:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answers.append((response.status, response.getheaders(), response.read()))
        connection.close()
        return answers, port
    finally:
        daemon.terminate()
        daemon.wait(timeout=30)


first, port = run("127.0.0.1:0", 7)
again, _ = run(f"127.0.0.1:{port}", 7)  # the port is in links, so it is the same one
for (method, path, _, _), a, b in zip(CALLS, first, again):
    if a != b:
        sys.exit(f"{method} {path} was answered differently:\n{a}\n{b}")
other, _ = run(f"127.0.0.1:{port}", 8)
if other == first:
    sys.exit("another seed gave the same answers: nothing is shown")
if any(status >= 500 for status, _, _ in first):
    sys.exit("a call failed: nothing is shown")
print(f"{len(first)} answers, each twice the same")
