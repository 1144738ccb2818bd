#!/usr/bin/env bash
# Two subscriptions and a policy: who may peer across them, as the file says when the daemon reads it, and reads it anew.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"

one=11111111-1111-1111-1111-111111111111 two=22222222-2222-2222-2222-222222222222
version=api-version=2022-01-01
network() { printf '/subscriptions/%s/resourceGroups/lab/providers/Microsoft.Network/virtualNetworks/hub' "$1"; }
put() { curl -s -X PUT -H 'Content-Type: application/json' "$url$1?$version" -d "$2"; }
peer() { put "$(network $1)/virtualNetworkPeerings/across" "{\"properties\":{\"remoteVirtualNetwork\":{\"id\":\"$(network $2)\"}}}"; }
refused() { [[ $(peer $one $two) == *LinkedAuthorizationFailed* ]]; }
logged() { [[ $(<daemon.log) == *"$1"* ]]; }

echo '- {effect: maybe}' >policy.yaml
status=0
"$ISTHMUSD" --listen 127.0.0.1:0 --state :memory: --policy policy.yaml 2>refusal.txt || status=$?
((status == 1)) || { echo "a wrong policy: status $status" >&2; exit 1; }
expect "$(<refusal.txt)" "policy.yaml line 1: effect: 'maybe' is not allow or deny"

echo "- {effect: deny, subscription: $two}" >policy.yaml
start_daemon --subscription $one=Own --subscription $two=Partner --policy policy.yaml
expect "$(curl -s "$url/subscriptions?$version")" '"displayName":"Partner"'
expect "$(isthmus group create -n lab -l westeurope -o json)" "/subscriptions/$one/resourceGroups/lab"
expect "$(isthmus --subscription Partner group create -n lab -l westeurope -o json)" "/subscriptions/$two/resourceGroups/lab"
put "$(network $one)" '{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}' >/dev/null
put "$(network $two)" '{"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.1.0.0/16"]}}}' >/dev/null
expect "$(peer $one $two)" "linked scope(s) '$(network $two)'"
expect "$(peer $two $one)" '"peeringState":"Initiated"'

# What is wrong is logged, and the policy stays as it was.
echo '- deny' >policy.yaml
kill -HUP "$daemon"
soon logged 'the policy stays as it was'
refused || { echo 'the policy was forgotten' >&2; exit 1; }

echo '[]' >policy.yaml
kill -HUP "$daemon"
soon logged 'read anew: a policy of 0 rules'
expect "$(peer $one $two)" '"peeringState":"Connected"'
expect "$(curl -s "$url/subscriptions/33333333-3333-3333-3333-333333333333?$version")" SubscriptionNotFound
