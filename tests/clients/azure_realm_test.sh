#!/usr/bin/env bash
# isthmus in the Azure realm, a whole session against the daemon: two networks in a group, peered from both sides, one resized
# and synchronised, a route table, and all of it taken away. What it prints is compared.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
start_daemon
unset ISTHMUS_GROUP AZURE_DEFAULTS_GROUP ISTHMUS_SUBSCRIPTION
export ISTHMUS_REALM=azure

# session: every line that begins with "$ isthmus" is run; what follows it is what it prints, data and messages.
session() {
  local line
  cat >expected.txt
  while IFS= read -r line; do
    [[ $line == '$ isthmus '* ]] || continue
    printf '%s\n' "$line"
    eval "isthmus ${line#\$ isthmus } -o table" 2>&1 || echo "status $?"
  done <expected.txt >printed.txt
  diff expected.txt printed.txt >&2 || { echo 'the session differs (< expected, > is)' >&2; exit 1; }
}

session <<'EOF'
$ isthmus group create -n lab -l westeurope
Name  Location    ProvisioningState
----  ----------  -----------------
lab   westeurope  Succeeded
$ isthmus vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --subnet-name web --subnet-prefixes 10.0.0.0/24
Name  ResourceGroup  Location    AddressPrefixes  Subnets  Peerings  ProvisioningState
----  -------------  ----------  ---------------  -------  --------  -----------------
hub   lab            westeurope  10.0.0.0/16      1        0         Succeeded
$ isthmus vnet create -g lab -n spoke --address-prefixes 10.1.0.0/16
Name   ResourceGroup  Location    AddressPrefixes  Subnets  Peerings  ProvisioningState
-----  -------------  ----------  ---------------  -------  --------  -----------------
spoke  lab            westeurope  10.1.0.0/16      0        0         Succeeded
$ isthmus vnet peering create -g lab -n to-spoke --vnet-name hub --remote-vnet spoke
Name      RemoteVnet  State      SyncLevel        Access  ForwardedTraffic  GatewayTransit  RemoteGateways
--------  ----------  ---------  ---------------  ------  ----------------  --------------  --------------
to-spoke  spoke       Initiated  RemoteNotInSync  on      false             false           false
$ isthmus vnet peering create -g lab -n to-hub --vnet-name spoke --remote-vnet hub --allow-vnet-access false
Name    RemoteVnet  State               SyncLevel    Access    ForwardedTraffic  GatewayTransit  RemoteGateways
------  ----------  ------------------  -----------  --------  ----------------  --------------  --------------
to-hub  hub         Connected but dead  FullyInSync  off here  false             false           false
$ isthmus vnet peering list -g lab --vnet-name hub
Name      RemoteVnet  State               SyncLevel    Access               ForwardedTraffic  GatewayTransit  RemoteGateways
--------  ----------  ------------------  -----------  -------------------  ----------------  --------------  --------------
to-spoke  spoke       Connected but dead  FullyInSync  off at spoke/to-hub  false             false           false
$ isthmus vnet peering update -g lab -n to-hub --vnet-name spoke --allow-vnet-access
Name    RemoteVnet  State      SyncLevel    Access  ForwardedTraffic  GatewayTransit  RemoteGateways
------  ----------  ---------  -----------  ------  ----------------  --------------  --------------
to-hub  hub         Connected  FullyInSync  on      false             false           false
$ isthmus vnet update -g lab -n hub --address-prefixes 10.0.0.0/16 10.2.0.0/16
Name  ResourceGroup  Location    AddressPrefixes           Subnets  Peerings  ProvisioningState
----  -------------  ----------  ------------------------  -------  --------  -----------------
hub   lab            westeurope  10.0.0.0/16, 10.2.0.0/16  1        1         Succeeded
$ isthmus vnet peering list -g lab --vnet-name spoke
Name    RemoteVnet  State      SyncLevel       Access  ForwardedTraffic  GatewayTransit  RemoteGateways
------  ----------  ---------  --------------  ------  ----------------  --------------  --------------
to-hub  hub         Connected  LocalNotInSync  on      false             false           false
$ isthmus vnet peering sync -g lab -n to-spoke --vnet-name hub
this side is in sync; the peering of the other network has not synchronised
Name      RemoteVnet  State      SyncLevel        Access  ForwardedTraffic  GatewayTransit  RemoteGateways
--------  ----------  ---------  ---------------  ------  ----------------  --------------  --------------
to-spoke  spoke       Connected  RemoteNotInSync  on      false             false           false
$ isthmus vnet peering sync -g lab -n to-hub --vnet-name spoke
Name    RemoteVnet  State      SyncLevel    Access  ForwardedTraffic  GatewayTransit  RemoteGateways
------  ----------  ---------  -----------  ------  ----------------  --------------  --------------
to-hub  hub         Connected  FullyInSync  on      false             false           false
$ isthmus wait -g lab --for peering=hub/to-spoke:FullyInSync --timeout 30s
FullyInSync
$ isthmus route-table create -g lab -n rt
Name  ResourceGroup  Location    Routes  Subnets  ProvisioningState
----  -------------  ----------  ------  -------  -----------------
rt    lab            westeurope  0       0        Succeeded
$ isthmus route-table route create -g lab --route-table-name rt -n out --address-prefix 0.0.0.0/0 --next-hop-type None
Name  AddressPrefix  NextHopType
----  -------------  -----------
out   0.0.0.0/0      None
$ isthmus vnet subnet create -g lab --vnet-name hub -n db --address-prefixes 10.2.1.0/24 --route-table rt
Name  AddressPrefix  RouteTable  IpConfigurations
----  -------------  ----------  ----------------
db    10.2.1.0/24    rt          0
$ isthmus vnet list
Name   ResourceGroup  Location    AddressPrefixes           Subnets  Peerings  ProvisioningState
-----  -------------  ----------  ------------------------  -------  --------  -----------------
hub    lab            westeurope  10.0.0.0/16, 10.2.0.0/16  2        1         Succeeded
spoke  lab            westeurope  10.1.0.0/16               0        1         Succeeded
$ isthmus vnet delete -g lab -n hub
$ isthmus vnet delete -g lab -n hub
there was no vnet 'hub'
$ isthmus vnet peering list -g lab --vnet-name spoke
Name    RemoteVnet  State         SyncLevel                Access  ForwardedTraffic  GatewayTransit  RemoteGateways
------  ----------  ------------  -----------------------  ------  ----------------  --------------  --------------
to-hub  hub         Disconnected  LocalAndRemoteNotInSync  on      false             false           false
EOF

# names in a group, and ids, ask for the same routes; what is refused has a status of its own
isthmus vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --subnet-name web --subnet-prefixes 10.0.0.0/24 >hub.json
subnet=$(isthmus vnet subnet show -g lab --vnet-name hub -n web | jq -r .id)
diff <(isthmus routes -g lab hub/web) <(ISTHMUS_REALM=onprem isthmus routes "$subnet")
expect "$(isthmus routes -g lab hub/web -o table)" '10.0.0.0/16     VnetLocal    System'
expect "$(isthmus vnet peering create -g lab -n to-spoke --vnet-name hub --remote-vnet spoke 2>&1 || true)" RemotePeeringIsDisconnected
expect_status 2 isthmus vnet show -n hub
expect_status 2 isthmus acl list
expect_status 3 isthmus vnet show -g lab -n nowhere
expect_status 3 isthmus vnet create -g nowhere -n a --address-prefixes 10.0.0.0/16
expect_status 4 isthmus vnet create -g lab -n hub -l northeurope --address-prefixes 10.0.0.0/16
ISTHMUS_GROUP=lab isthmus vnet show -n hub >again.json
diff hub.json again.json

# the same words without the realm are about the Network Controller's networks
[[ $(ISTHMUS_REALM= isthmus vnet list) == '[]' ]]

# a lab document of this realm, and back
cat >lab.yaml <<'EOF'
version: 1
realm: azure
group: net
networks:
  east:
    prefixes: [10.8.0.0/16]
    location: eastus
    subnets:
      web: {prefix: 10.8.0.0/24, routes: out}
  west:
    prefixes: [10.9.0.0/16]
    location: westus
peerings:
  - {between: [east, west]}
routes:
  out:
    - {prefix: 0.0.0.0/0, next: none}
EOF
isthmus apply -f lab.yaml >applied.json
isthmus wait -g net --for peering=west/west-to-east:FullyInSync --timeout 30s
diff lab.yaml <(isthmus export -g net | grep -v '^#')
expect "$(isthmus routes -g net west -o table 2>&1 || true)" 'no network interface'
expect_status 3 isthmus export -g nowhere
isthmus group delete -n net

isthmus group delete -n lab
[[ $(isthmus group list) == '[]' && $(isthmus vnet list) == '[]' ]]
