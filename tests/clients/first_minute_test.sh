#!/usr/bin/env bash
# The first minute with Isthmus: apply a lab, ask what happens to a packet, break a peering, mend it with the command that
# explain names, and see that peering is not transitive.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
examples=$ISTHMUS_SOURCE_DIR/docs/examples
start_daemon

isthmus apply -f "$examples/hub-and-spoke.yaml" >/dev/null
answer=$(isthmus -o json explain web1 db1 tcp/443)
expect "$(jq -r .verdict <<<"$answer")" delivered
expect "$(jq -r '[.forward[] | select(.stage == "appliance") | .resource] | join(" ")' <<<"$answer")" firewall
expect "$(jq -r '[.reverse[] | select(.stage == "appliance") | .resource] | join(" ")' <<<"$answer")" firewall

for side in "spoke2 hub" "hub spoke2" "spoke1 hub" "hub spoke1"; do
  read -r local remote <<<"$side"
  isthmus vnet peering delete -n "$local-to-$remote" --vnet-name "$local"
  expect "$(isthmus vnet peering show -n "$remote-to-$local" --vnet-name "$remote" -o json | jq -r .properties.peeringState)" \
    Disconnected
  answer=$(isthmus -o json explain web1 db1 tcp/443 || true)
  expect "$(jq -r .verdict <<<"$answer")" dropped
  remedy=$(jq -r .remedy <<<"$answer")
  expect "$remedy" "$local to $remote"
  command=isthmus${remedy#*: isthmus}
  echo "explain says: $command"
  eval "$command" >/dev/null
  isthmus wait --for "peering=$remote/$remote-to-$local:Connected" --timeout 5s >/dev/null
  expect "$(isthmus -o json explain web1 db1 tcp/443 | jq -r .verdict)" delivered
done

isthmus apply -f "$examples/non-transitive.yaml" --prune >/dev/null
answer=$(isthmus -o json explain vm-a vm-c tcp/443 || true)
expect "$(jq -r .verdict <<<"$answer")" dropped
expect "$(jq -r .reason <<<"$answer")" no-route
expect "$(jq -r '.forward[-1].detail' <<<"$answer")" "not transitive"
expect "$(isthmus explain vm-a vm-c tcp/443 2>&1 || true)" "not transitive"

stop_daemon
start_daemon
expect "$(isthmus vnet list -o json | jq -r '[.[].resourceId] | join(" ")')" "a b c"
echo "first_minute: 1 passed, 0 failed"
