#!/usr/bin/env bash
# az makes two networks, peers them, resizes one, synchronises, and takes it all away.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/cloud.sh"

peering() { az network vnet peering "$@" -g lab; }
state() { peering show -n "$1" --vnet-name "$2" --query '[peeringState,peeringSyncLevel]' -o tsv | paste -sd' '; }

start_daemon
sign_in

is "$(az group create -n lab -l westeurope --query properties.provisioningState -o tsv)" Succeeded
is "$(az group exists -n lab)" true
is "$(az group exists -n other)" false
az network vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --subnet-name web --subnet-prefixes 10.0.0.0/24 -o none
az network vnet create -g lab -n spoke --address-prefixes 10.1.0.0/16 -o none
is "$(az network vnet list -g lab --query '[].name' -o tsv | paste -sd' ')" 'hub spoke'
is "$(az network vnet show -g lab -n hub --query 'subnets[0].addressPrefix' -o tsv)" 10.0.0.0/24

peering create -n to-spoke --vnet-name hub --remote-vnet spoke --allow-vnet-access -o none
is "$(state to-spoke hub)" 'Initiated RemoteNotInSync'
peering create -n to-hub --vnet-name spoke --remote-vnet hub --allow-vnet-access -o none
is "$(state to-spoke hub)" 'Connected FullyInSync'
peering list --vnet-name hub -o table | tee list.txt
grep -q 'Connected' list.txt

# resized while it is peered; the other side learns of it when it synchronises
az network vnet update -g lab -n hub --address-prefixes 10.0.0.0/16 10.2.0.0/16 -o none
is "$(state to-spoke hub)" 'Connected RemoteNotInSync'
is "$(state to-hub spoke)" 'Connected LocalNotInSync'
peering sync -n to-hub --vnet-name spoke -o none
is "$(state to-hub spoke)" 'Connected FullyInSync'
is "$(peering show -n to-hub --vnet-name spoke --query 'remoteAddressSpace.addressPrefixes[1]' -o tsv)" 10.2.0.0/16
peering update -n to-hub --vnet-name spoke --set allowForwardedTraffic=true -o none
is "$(peering show -n to-hub --vnet-name spoke --query allowForwardedTraffic -o tsv)" true

# a side that lost the other comes back first
peering delete -n to-spoke --vnet-name hub
is "$(state to-hub spoke)" 'Disconnected RemoteNotInSync'
expect "$(said peering create -n to-spoke --vnet-name hub --remote-vnet spoke)" RemotePeeringIsDisconnected

az network vnet subnet create -g lab --vnet-name hub -n db --address-prefixes 10.2.1.0/24 -o none
az network route-table create -g lab -n rt -o none
az network route-table route create -g lab --route-table-name rt -n out --address-prefix 0.0.0.0/0 --next-hop-type VirtualAppliance --next-hop-ip-address 10.0.0.4 -o none
az network vnet subnet update -g lab --vnet-name hub -n db --route-table rt -o none
expect "$(said az network route-table delete -g lab -n rt)" InUseRouteTableCannotBeDeleted
az resource tag --ids "$(az network vnet show -g lab -n hub --query id -o tsv)" --tags env=lab -o none
is "$(az resource list --tag env=lab --query '[].name' -o tsv)" hub
az network vnet subnet delete -g lab --vnet-name hub -n db
az network vnet delete -g lab -n hub
az group delete -n lab --yes
is "$(az group exists -n lab)" false
