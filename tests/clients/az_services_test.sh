#!/usr/bin/env bash
# az makes public addresses, a load balancer, gateways that a peer uses, a network watcher and a virtual machine.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/cloud.sh"

put() { az rest --method put --url "$1?api-version=2022-01-01" --body "$2" -o none; }

start_daemon
sign_in

az group create -n lab -l westeurope -o none
group=$(az group show -n lab --query id -o tsv)
network=$group/providers/Microsoft.Network
az network vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --subnet-name GatewaySubnet --subnet-prefixes 10.0.255.0/27 -o none

# addresses: one at once, one when something has it
az network public-ip create -g lab -n front --sku Standard --allocation-method Static -o none
is "$(az network public-ip show -g lab -n front --query '[ipAddress,sku.name]' -o tsv | paste -sd' ')" '20.0.0.4 Standard'
az network public-ip create -g lab -n gw --allocation-method Dynamic -o none
is "$(az network public-ip show -g lab -n gw --query ipAddress -o tsv)" ''

az network vnet-gateway create -g lab -n gw --vnet hub --public-ip-addresses gw --gateway-type Vpn --vpn-type RouteBased --sku VpnGw1 --asn 65020 -o none
is "$(az network vnet-gateway show -g lab -n gw --query '[sku.name,bgpSettings.asn]' -o tsv | paste -sd' ')" 'VpnGw1 65020'
is "$(az network public-ip show -g lab -n gw --query ipAddress -o tsv)" 20.0.0.5
az network local-gateway create -g lab -n site --gateway-ip-address 198.51.100.1 --local-address-prefixes 192.168.0.0/16 -o none
put "$network/connections/c" '{"location": "westeurope", "properties": {"connectionType": "IPsec", "sharedKey": "k", "virtualNetworkGateway1": {"id": "'"$network"'/virtualNetworkGateways/gw"}, "localNetworkGateway2": {"id": "'"$network"'/localNetworkGateways/site"}}}'
is "$(az network vpn-connection show -g lab -n c --query '[connectionStatus,sharedKey]' -o tsv | paste -sd' ')" 'NotConnected None'
expect "$(said az network local-gateway delete -g lab -n site)" InUseLocalNetworkGatewayCannotBeDeleted
expect "$(said az network public-ip delete -g lab -n gw)" PublicIPAddressCannotBeDeleted

put "$network/loadBalancers/lb" '{"location": "westeurope", "sku": {"name": "Standard"}, "properties": {"frontendIPConfigurations": [{"name": "fe", "properties": {"publicIPAddress": {"id": "'"$network"'/publicIPAddresses/front"}}}], "backendAddressPools": [{"name": "pool"}]}}'
az network lb probe create -g lab --lb-name lb -n alive --protocol Tcp --port 80 -o none
az network lb rule create -g lab --lb-name lb -n http --protocol Tcp --frontend-port 80 --backend-port 80 --frontend-ip-name fe --backend-pool-name pool --probe-name alive -o none
is "$(az network lb show -g lab -n lb --query 'loadBalancingRules[0].[name,protocol]' -o tsv | paste -sd' ')" 'http Tcp'
is "$(az network lb list -g lab --query '[].sku.name' -o tsv)" Standard

az network watcher configure -g lab -l westeurope --enabled true -o none
is "$(az network watcher list --query '[].location' -o tsv)" westeurope

az network vnet subnet create -g lab --vnet-name hub -n web --address-prefixes 10.0.0.0/24 -o none
az network nic create -g lab -n nic --vnet-name hub --subnet web -o none
az rest --method put --url "$group/providers/Microsoft.Compute/virtualMachines/vm?api-version=2022-11-01" -o none \
  --body '{"location": "westeurope", "properties": {"networkProfile": {"networkInterfaces": [{"id": "'"$network"'/networkInterfaces/nic"}]}}}'
is "$(az network nic show -g lab -n nic --query 'virtualMachine.id' -o tsv)" "$group/providers/Microsoft.Compute/virtualMachines/vm"
expect "$(said az network nic delete -g lab -n nic)" NicInUse

# all of it goes at once
az group delete -n lab --yes
is "$(az resource list --query '[].name' -o tsv)" ''
