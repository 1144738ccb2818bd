# For tests with az: source cloud.sh, then this. Defines play: az makes networks with security groups, interfaces and routes, asks
# the network watcher, compares, and takes all of it away.

# A table as az prints it, without the padding.
table() { "$@" -o table | sed -E '2d; s/ {2,}/  /g; s/ +$//'; }
net() { az network "$@"; }

play() {
  az group create -n lab -l westeurope -o none
  net vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --subnet-name web --subnet-prefixes 10.0.0.0/24 -o none
  net vnet create -g lab -n spoke --address-prefixes 10.1.0.0/16 --subnet-name db --subnet-prefixes 10.1.0.0/24 -o none
  net vnet peering create -g lab -n to-spoke --vnet-name hub --remote-vnet spoke --allow-vnet-access -o none
  net vnet peering create -g lab -n to-hub --vnet-name spoke --remote-vnet hub --allow-vnet-access -o none

  # ---- a security group and its rules
  net nsg create -g lab -n web-only -o none
  net nsg rule create -g lab --nsg-name web-only -n https --priority 100 --access Allow --protocol Tcp --destination-port-ranges 443 -o none
  net nsg rule create -g lab --nsg-name web-only -n admin --priority 200 --access Allow --protocol '*' \
    --source-address-prefixes 10.0.0.0/24 10.9.0.0/24 --destination-port-ranges 22 3000-3010 -o none
  is "$(table net nsg rule list -g lab --nsg-name web-only --query '[].{name: name, priority: priority, access: access, ports: destinationPortRange}')" \
    "$(printf 'Name  Priority  Access  Ports\nadmin  200  Allow\nhttps  100  Allow  443')"
  is "$(net nsg rule list -g lab --nsg-name web-only --include-default --query '[].name' -o tsv | paste -sd' ')" \
    'admin https AllowVnetInBound AllowAzureLoadBalancerInBound DenyAllInBound AllowVnetOutBound AllowInternetOutBound DenyAllOutBound'
  expect "$(said net nsg rule create -g lab --nsg-name web-only -n twice --priority 100 --access Deny --protocol Tcp)" SecurityRuleConflict
  net vnet subnet update -g lab --vnet-name spoke -n db --network-security-group web-only -o none
  expect "$(said net nsg delete -g lab -n web-only)" InUseNetworkSecurityGroupCannotBeDeleted

  # ---- a route table
  net route-table create -g lab -n rt -o none
  net route-table route create -g lab --route-table-name rt -n drop --address-prefix 10.9.0.0/16 --next-hop-type None -o none
  net vnet subnet update -g lab --vnet-name hub -n web --route-table rt -o none

  # ---- interfaces, and what they come to
  net nic create -g lab -n web-nic --vnet-name hub --subnet web -o none
  net nic create -g lab -n db-nic --vnet-name spoke --subnet db --private-ip-address 10.1.0.10 -o none
  is "$(net nic show -g lab -n web-nic --query 'ipConfigurations[0].privateIpAddress' -o tsv)" 10.0.0.4
  expect "$(said net nic create -g lab -n no-nic --vnet-name spoke --subnet db --private-ip-address 10.1.0.3)" PrivateIPAddressInReservedRange
  is "$(net nic list -g lab --query '[].name' -o tsv | sort | paste -sd' ')" 'db-nic web-nic'
  is "$(table net nic show-effective-route-table -g lab -n web-nic)" "$(cat <<'TABLE'
Source  State  Address Prefix  Next Hop Type  Next Hop IP
Default  Active  10.0.0.0/16  VnetLocal
Default  Active  10.1.0.0/16  VNetPeering
Default  Active  0.0.0.0/0  Internet
Default  Active  10.0.0.0/8  None
Default  Active  100.64.0.0/10  None
Default  Active  172.16.0.0/12  None
Default  Active  192.168.0.0/16  None
User  Active  10.9.0.0/16  None
TABLE
)"
  is "$(net nic list-effective-nsg -g lab -n db-nic --query 'value[0].effectiveSecurityRules[?name==`securityRules/https`].[access, priority, destinationPortRange] | [0]' -o tsv | paste -sd' ')" 'Allow 100 443-443'
  is "$(net nic list-effective-nsg -g lab -n db-nic --query 'value[0].effectiveSecurityRules[?name==`defaultSecurityRules/AllowVnetInBound`] | [0].expandedSourceAddressPrefix' -o tsv | paste -sd' ')" \
    '10.0.0.0/16 10.1.0.0/16 168.63.129.16/32'

  # ---- machines, which own interfaces, and the watcher
  local group machine
  group=$(az group show -n lab --query id -o tsv)
  for machine in web db; do
    az rest --method put --url "$group/providers/Microsoft.Compute/virtualMachines/$machine?api-version=2022-11-01" \
      --body "{\"location\": \"westeurope\", \"properties\": {\"networkProfile\": {\"networkInterfaces\": [{\"id\": \"$group/providers/Microsoft.Network/networkInterfaces/$machine-nic\"}]}}}" -o none
  done
  expect "$(said net nic delete -g lab -n web-nic)" NicInUse
  net watcher configure -g lab -l westeurope --enabled -o none
  is "$(net watcher show-next-hop -g lab --vm web --source-ip 10.0.0.4 --dest-ip 10.1.0.10 --query nextHopType -o tsv)" VNetPeering
  is "$(net watcher show-next-hop -g lab --vm web --source-ip 10.0.0.4 --dest-ip 10.9.0.1 --query nextHopType -o tsv)" None
  is "$(net watcher test-ip-flow -g lab --vm db --direction Inbound --protocol TCP --local 10.1.0.10:443 --remote 10.0.0.4:50000 --query '[access, ruleName]' -o tsv | paste -sd' ')" \
    'Allow securityRules/https'
  is "$(net watcher test-connectivity -g lab --source-resource web --dest-resource db --dest-port 443 --query '[connectionStatus, probesFailed]' -o tsv | paste -sd' ')" 'Reachable 0'
  is "$(net watcher show-topology -g lab --query 'resources[?name==`hub`].associations[0].[name, associationType] | [0]' -o tsv | paste -sd' ')" 'web Contains'

  # ---- connected, and dead: az sends no access unless it is told to
  net vnet peering update -g lab -n to-hub --vnet-name spoke --set allowVirtualNetworkAccess=false -o none
  is "$(net watcher test-connectivity -g lab --source-resource web --dest-resource db --dest-port 3389 --query '[connectionStatus, hops[0].issues[0].type]' -o tsv | paste -sd' ')" \
    'Unreachable NetworkSecurityRule'

  az group delete -n lab --yes
  is "$(az group exists -n lab)" false
}
