#!/usr/bin/env bash
# az with --lro async: it waits for each operation as it waits for Azure's, and sees what is under way when it does not wait.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/cloud.sh"

state() { az network vnet show -g lab -n "$1" --query provisioningState -o tsv; }
# How often az asked for an operation, or for the result of one.
asked_for() { curl -sg "$url/_isthmus/v1/requests?path=/subscriptions/**/$1/*&limit=1000" | jq '.requests | length'; }

start_daemon --lro async
sign_in

# ---- az waits: what it shows is done
az group create -n lab -l westeurope -o none
is "$(az network vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --query newVNet.provisioningState -o tsv)" Succeeded
is "$(az network vnet subnet create -g lab --vnet-name hub -n web --address-prefixes 10.0.0.0/24 --query provisioningState -o tsv)" Succeeded
az network vnet create -g lab -n spoke --address-prefixes 10.1.0.0/16 -o none
az network vnet peering create -g lab -n to-spoke --vnet-name hub --remote-vnet spoke --allow-vnet-access -o none
az network vnet peering create -g lab -n to-hub --vnet-name spoke --remote-vnet hub --allow-vnet-access -o none
is "$(az network vnet peering list -g lab --vnet-name hub --query '[].[peeringState,provisioningState]' -o tsv | paste -sd' ')" "$(printf 'Connected\tSucceeded')"
(($(asked_for operations) >= 5)) || { echo 'az asked for no operation' >&2; exit 1; }
az network vnet peering delete -g lab -n to-spoke --vnet-name hub
is "$(az network vnet peering list -g lab --vnet-name hub --query 'length(@)' -o tsv)" 0
(($(asked_for operationResults) >= 1)) || { echo 'az asked for no result' >&2; exit 1; }

# ---- small reads
is "$(az network vnet check-ip-address -g lab -n hub --ip-address 10.0.0.4 --query available -o tsv)" true
is "$(az network vnet list-available-ips -g lab -n spoke 2>&1 | grep -o PrivateIPAddressNotInAnySubnet | sort -u)" PrivateIPAddressNotInAnySubnet
is "$(az network list-usages -l westeurope --query "[?name.value=='VirtualNetworks'].[currentValue,limit]" -o tsv | paste -sd' ')" "$(printf '2\t1000')"

# ---- az gets rid of all of it
az network vnet delete -g lab -n hub
expect "$(said az network vnet show -g lab -n hub)" ResourceNotFound
az group delete -n lab --yes
is "$(az group exists -n lab)" false
stop_daemon

# ---- az does not wait, and the operation takes longer than this test
start_daemon --lro async --provisioning-delay 60m
rm -r azure
sign_in
az group create -n lab -l westeurope -o none
az network vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --no-wait -o none
is "$(state hub)" Updating
expect "$(said az network vnet subnet create -g lab --vnet-name hub -n web --address-prefixes 10.0.0.0/24 --no-wait)" AnotherOperationInProgress
az group delete -n lab --yes --no-wait
is "$(state hub)" Deleting
is "$(az group exists -n lab)" true
