#!/usr/bin/env bash
# Snapshots as a person uses them: keep, break, look, restore; over a kill -9; to another daemon as a file.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
start_daemon
isthmus apply -f "$ISTHMUS_SOURCE_DIR/docs/examples/hub-and-spoke.yaml" >applied

verdict() { isthmus explain web1 db1 tcp/443 -o json | grep -o '"verdict": *"[a-z]*"' | head -1; }
refused() { # refused TEXT COMMAND...: the command fails and says this
  local wanted=$1
  shift
  if "$@" >refused.out 2>refused.err; then
    echo "not refused: $*" >&2
    exit 1
  fi
  expect "$(<refused.err)" "$wanted"
}

isthmus snapshot create good >made
refused 'There is a snapshot' isthmus snapshot create good
isthmus vnet peering delete --vnet-name hub -n hub-to-spoke1
difference=$(isthmus snapshot diff good -o tsv)
expect "$difference" $'deleted\t/virtualNetworks/hub/virtualNetworkPeerings/hub-to-spoke1'
expect "$difference" $'updated\t/virtualNetworks/spoke1/virtualNetworkPeerings/spoke1-to-hub'
refused "Did you mean 'good'?" isthmus snapshot restore god

# Snapshots and what was restored outlive the daemon.
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
start_daemon
isthmus snapshot restore good >restored
expect "$(verdict)" delivered
expect "$(isthmus snapshot diff good -o json)" '[]'

# A file is the same controller elsewhere.
isthmus snapshot save good -f good.jsonl
isthmus reset >reset
refused 'web1' isthmus explain web1 db1 tcp/443
isthmus snapshot load theirs -f good.jsonl >loaded
isthmus snapshot restore theirs >restored
expect "$(verdict)" delivered
names=$(isthmus snapshot list -o tsv)
expect "$names" good
expect "$names" theirs
isthmus snapshot delete theirs
refused 'There is no snapshot' isthmus snapshot restore theirs
