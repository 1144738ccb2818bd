#!/bin/bash
# GETs per second of our HTTP server beside a bare Beast loop with a body of the same size, on this
# machine, in this run: wrk over loopback with keep-alive, the two alternately, medians at the end.
#
#   http_bench.sh BEAST_LOOP SERVER [ARGUMENTS...]
#       SERVER must print "listening http://127.0.0.1:PORT" (tools/bench/fixed_server does).
#   TARGET=/fixed ROUNDS=5 SECONDS_EACH=3 CONNECTIONS=16 THREADS=2    and their defaults
#   OURS_URL=http://127.0.0.1:8181/... measures a server that already runs, instead of SERVER.
set -euo pipefail
: "${TARGET:=/fixed}" "${ROUNDS:=5}" "${SECONDS_EACH:=3}" "${CONNECTIONS:=16}" "${THREADS:=2}"
beast=$1
shift
work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

# start NAME PROGRAM...: runs it in the background; its URL goes to $work/NAME.url.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.out" 2>"$work/$name.log" &
  pids+=($!)
  for _ in $(seq 100); do
    if grep -q '^listening' "$work/$name.out"; then
      sed -n 's/^listening //p' "$work/$name.out" >"$work/$name.url"
      return
    fi
    read -r -t 0.05 <> <(:) || true
  done
  echo "http_bench: $name did not start" >&2
  exit 1
}

measure() { # URL -> requests per second
  wrk -t1 -c"$CONNECTIONS" -d"${SECONDS_EACH}s" "$1" >"$work/wrk"
  if grep -q 'Non-2xx' "$work/wrk"; then
    echo "http_bench: $1 does not answer 2xx" >&2
    exit 1
  fi
  awk '/Requests\/sec/ {print $2}' "$work/wrk"
}

if [ -n "${OURS_URL:-}" ]; then
  ours=$OURS_URL
else
  start ours "$@"
  ours=$(cat "$work/ours.url")$TARGET
fi
bytes=$(curl -sS "$ours" | wc -c)
start beast "$beast" "threads=$THREADS" "bytes=$bytes"
peer=$(cat "$work/beast.url")/

for round in $(seq "$ROUNDS"); do
  measure "$peer" >>"$work/beast.rps"
  measure "$ours" >>"$work/ours.rps"
  echo "round $round: beast $(tail -1 "$work/beast.rps"), ours $(tail -1 "$work/ours.rps") requests/s" >&2
done

python3 - "$work/beast.rps" "$work/ours.rps" "$bytes" "$CONNECTIONS" <<'PYTHON'
import statistics, sys
beast, ours = ([float(x) for x in open(f)] for f in sys.argv[1:3])
for name, values in (("beast", beast), ("ours", ours)):
    spread = (max(values) - min(values)) / statistics.median(values)
    print(f"{name:5} median {statistics.median(values):9.0f} requests/s, spread {spread:.1%}")
ratio = statistics.median(ours) / statistics.median(beast)
print(f"ratio {ratio:.2f} (body {sys.argv[3]} bytes, {sys.argv[4]} connections)")
PYTHON
