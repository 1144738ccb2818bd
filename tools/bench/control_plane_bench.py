#!/usr/bin/env python3
"""GET and durable PUT of a controller with many networks, on this machine, in this run.

    control_plane_bench.py ISTHMUSD BEAST_LOOP [--networks 10000] [--rounds 5] [--seconds 3]

GET: wrk with keep-alive asks for networks by random id, alternately with a bare Beast loop that answers a fixed body of the
same size; logging, guards and metrics are on. PUT: each answer is durable (synchronous=FULL) and programmed; 1, 16 and 64
connections replace networks by random id. Figures are medians with minimum and maximum. Needs wrk.
"""
import argparse
import concurrent.futures
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HEADERS = {"Content-Type": "application/json"}

GET_LUA = """
request = function()
  return wrk.format("GET", "/networking/v1/virtualNetworks/net" .. math.random(0, %d))
end
"""
PUT_LUA = """
wrk.headers["Content-Type"] = "application/json"
request = function()
  local i = math.random(0, %d)
  local prefix = "10." .. math.floor(i / 256) .. "." .. i %% 256 .. ".0/24"
  return wrk.format("PUT", "/networking/v1/virtualNetworks/net" .. i, nil,
    '{"properties":{"addressSpace":{"addressPrefixes":["' .. prefix .. '"]}}}')
end
"""


def network(i):
    prefix = f"10.{i // 256}.{i % 256}.0/24"
    subnet = {"resourceId": "s", "properties": {"addressPrefix": prefix}}
    return json.dumps({"properties": {"addressSpace": {"addressPrefixes": [prefix]}, "subnets": [subnet]}})


def create(port, first, last, step):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for i in range(first, last, step):
        connection.request("PUT", f"/networking/v1/virtualNetworks/net{i}", network(i), HEADERS)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 201:
            raise SystemExit(f"PUT of network {i}: {answer.status} {body!r}")


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


def wrk(folder, url, connections, seconds, script=None):
    """Requests per second, and the median and 99th percentile of the latency as wrk prints them."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    if script:
        path = os.path.join(folder, "request.lua")
        with open(path, "w") as file:
            file.write(script)
        command[1:1] = ["-s", path]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"answers that are not 2xx:\n{text}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    return rate, re.search(r"50%\s+(\S+)", text).group(1), re.search(r"99%\s+(\S+)", text).group(1)


def spread(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def start(command, folder):
    port_file = os.path.join(folder, "port")
    daemon = subprocess.Popen(command + ["--listen", "127.0.0.1:0", "--port-file", port_file, "--state",
                                         os.path.join(folder, "state.db")],
                              stderr=open(os.path.join(folder, "log"), "w"))
    deadline = time.monotonic() + 10
    while not os.path.exists(port_file):
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("isthmusd did not start: " + open(os.path.join(folder, "log")).read())
        time.sleep(0.02)
    return daemon, int(open(port_file).read())


def measure(options, folder):
    daemon, port = start([options.isthmusd], folder)
    beast = None
    try:
        print(f"idle daemon: RSS {rss_mb(daemon.pid):.1f} MB")
        begin = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda k: create(port, k, options.networks, 16), range(16)))
        seconds = time.monotonic() - begin
        print(f"{options.networks:,} networks with a subnet each, 16 connections: {seconds:.1f} s, "
              f"{options.networks / seconds:,.0f} durable PUT/s; RSS {rss_mb(daemon.pid):.1f} MB")

        url = f"http://127.0.0.1:{port}"
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/networking/v1/virtualNetworks/net77")
        body = len(connection.getresponse().read())
        beast = subprocess.Popen([options.beast_loop, "threads=2", f"bytes={body}"], stdout=subprocess.PIPE, text=True)
        peer = beast.stdout.readline().split()[1] + "/"
        ours, theirs = [], []
        for _ in range(options.rounds):
            theirs.append(wrk(folder, peer, 16, options.seconds)[0])
            ours.append(wrk(folder, url, 16, options.seconds, GET_LUA % (options.networks - 1))[0])
        ratios = [a / b for a, b in zip(ours, theirs)]
        print(f"GET of a network ({body} bytes), 16 connections: {spread(ours)}/s")
        print(f"bare Beast loop, the same size:              {spread(theirs)}/s")
        print(f"ratio: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")

        for connections in (1, 16, 64):
            runs = [wrk(folder, url, connections, options.seconds, PUT_LUA % (options.networks - 1))
                    for _ in range(options.rounds)]
            print(f"durable PUT, {connections:2} connections: {spread([r[0] for r in runs])}/s; latency of the last run: "
                  f"median {runs[-1][1]}, 99 % {runs[-1][2]}")
    finally:
        daemon.terminate()
        daemon.wait()
        if beast:
            beast.kill()
            beast.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("isthmusd")
    parser.add_argument("beast_loop")
    parser.add_argument("--networks", type=int, default=10000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(options, folder)


if __name__ == "__main__":
    sys.exit(main())
