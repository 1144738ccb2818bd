#!/usr/bin/env bash
# What-if, the journal, events and the clock as a person uses them.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
start_daemon --clock frozen
isthmus apply -f "$ISTHMUS_SOURCE_DIR/docs/examples/hub-and-spoke.yaml" >applied

verdict() { isthmus explain web1 db1 tcp/443 -o json | grep -o '"verdict": *"[a-z]*"' | head -1; }

# What a deletion would do; it does nothing.
whatif=$(isthmus -o table whatif vnet peering delete --vnet-name hub -n hub-to-spoke1)
expect "$whatif" 'Disconnected'
expect "$whatif" 'spoke1/web to spoke2/db'
expect "$whatif" 'drop (no-route)'
expect "$(verdict)" delivered
expect_status 2 isthmus whatif vnet list
expect_status 2 isthmus whatif
expect_status 4 isthmus whatif vnet delete -n hub
isthmus whatif -f "$ISTHMUS_SOURCE_DIR/docs/examples/hub-and-spoke.yaml" -o json >same
expect "$(isthmus -o table whatif -f "$ISTHMUS_SOURCE_DIR/docs/examples/hub-and-spoke.yaml" 2>&1)" 'nothing would change'

# Follow, break, go back: also after a kill -9.
curl -sN --max-time 60 "$url/_isthmus/v1/events" >events &
follower=$!
soon eval '[[ -s events ]]'
isthmus vnet peering delete --vnet-name hub -n hub-to-spoke1
expect "$(verdict)" dropped
soon eval 'grep -q "id: 3" events'
expect "$(<events)" '"resource":"/virtualNetworks/hub/virtualNetworkPeerings/hub-to-spoke1"'
kill "$follower"
wait "$follower" 2>/dev/null || true
expect "$(isthmus journal --limit 1 -o table)" 'deleted /virtualNetworks/hub/virtualNetworkPeerings/hub-to-spoke1'
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
start_daemon --clock frozen
isthmus journal restore 2 >restored
expect "$(verdict)" delivered
expect_status 1 isthmus journal restore 99
expect "$(isthmus events --after 2 --count 2 -o tsv)" '4  2026-01-01T00:00:00'
expect_status 2 isthmus events --count many
expect "$(curl -s "$url/_isthmus/v1/events?after=2" --max-time 1 || true)" 'id: 4'

# Time stands still until it is told otherwise.
expect "$(isthmus clock -o table)" '2026-01-01T00:00:00'
isthmus clock --advance 90s >advanced
expect "$(isthmus clock -o table)" '2026-01-01T00:01:30'
expect "$(curl -sI "$url/livez")" 'Date: Thu, 01 Jan 2026 00:01:30 GMT'
isthmus clock scaled --rate 60 >scaled
expect "$(isthmus clock -o table)" scaled
expect_status 1 isthmus clock backwards
