#!/usr/bin/env bash
# The life of a tenant as the REST wrappers of microsoft/SDN and the lab scripts of microsoft/AzStackHCISandbox live it: every
# object put by name and waited for, changed by GET, edit and PUT of all that was read, and removed until it is not found. At
# the end the controller holds what it held at the beginning.
source "$ISTHMUS_SOURCE_DIR/tests/clients/tenant_lab.sh"
web1=/networkInterfaces/Web1/ipConfigurations/Web1_IP1
web2=/networkInterfaces/Web2/ipConfigurations/Web2_IP1
start_daemon

# held: every collection, but for etags.
held() {
  local type types
  types=$(types)
  for type in $types; do
    list "$type"
    printf '{"%s": %s}\n' "$type" "$answer"
  done | jq -S 'walk(if type == "object" then del(.etag) else . end)'
}

# leads FILTER REFERENCE...: the references that the last answer has there, in any case, as scripts compare them.
leads() {
  local wanted="${*:2}" found
  found=$(jq -r "[$1] | flatten | map(.resourceRef) | join(\" \")" <<<"$answer")
  [[ ${found,,} == "${wanted,,}" ]] || fail "expected: $1 is $wanted, not $found"
}

provider_is_set_up() {
  make_hosts
  holds '.properties.connections | map(.credentialType) == ["UsernamePassword", "X509Certificate"]' \
    '.properties.networkInterfaces[0].properties.isBMC == "False"' ".instanceId == \"$host\""
  call GET credentials/HostUser
  holds '.properties | .type == "UsernamePassword" and .userName == "CONTOSO\\sdn" and (has("value") | not)'
  call GET credentials/HostCert
  holds '.properties.value | startswith("0123456789ABCDEF")'
  call GET logicalnetworks/Transit/subnets/
  leads '.value[0].properties.networkInterfaces' "/servers/$host/networkInterfaces/pnic1"
  holds '.value[0].properties | .vlanID == "7" and .isPublic == false and .defaultGateways == ["10.10.10.1"]'
  call GET logicalnetworks/Transit/subnets/10_10_10_0_24/ippools/
  holds '.value[0].properties.usage
    == {"numberOfIPAddresses": 96, "numberofIPAddressesAllocated": 0, "numberOfIPAddressesInTransition": 0}'

  make_load_balancing
  leads .properties.virtualServer /virtualServers/Mux1
  holds '.properties.routerConfiguration | .localASN == 64628 and .peerRouterConfigurations[0].peerASN == 64623'
  call GET loadbalancermanager/config
  leads .properties.vipIpPools "$public/ipPools/41_41_41_0_27"

  make_gateways
  leads .properties.pool /gatewayPools/default
  leads .properties.networkInterfaces.externalNetworkInterface /networkInterfaces/GW1_external
  holds '.properties | .type == "All" and .state == "Active" and .healthState == "Healthy"' '.properties.virtualGateways == []'
  call GET GatewayPools/
  leads '.value[0].properties.gateways' /Gateways/GW1
  holds '.value[0].properties | .redundantGatewayCount == 1 and .gatewayCapacityKiloBitsPerSecond == 100000'
  call GET "logicalNetworks/GreVIP/subnets"
  leads '.value[0].properties.gatewayPools' /gatewayPools/default
}

tenant_moves_in() {
  make_tenant
  holds '.properties | .privateMacAddress == "001DD8A00002" and .isPrimary == true and .portSettings.vmqWeight == 100'
  call GET VirtualNetworks/Contoso/subnets/
  holds '.value | map(.resourceId) == ["gateway", "web"]'
  leads '.value[1].properties.ipConfigurations' $web1 $web2
  holds '.value[1].properties.virtualSubnetId | tonumber >= 4096'

  # An access list on the interface as well as on the subnet.
  change networkInterfaces/Web1 '.properties.ipConfigurations[0].properties.accessControlList
    = {resourceRef: "/accessControlLists/web"}'
  call GET accessControlLists/Web
  leads '.properties.ipConfigurations, .properties.subnets' $web1 $web
  holds '.properties.aclRules[0].properties | .protocol == "All" and .priority == "101"' '.properties | has("subnet") | not'
}

shop_is_balanced() {
  make_balanced_shop
  leads '.properties.backendAddressPools[0].properties | .loadBalancingRules, .outboundNatRules' \
    $lb/loadBalancingRules/http $lb/outboundNatRules/out
  leads '.properties.frontendIPConfigurations[0].properties | .loadBalancingRules, .inboundNatRules, .outboundNatRules' \
    $lb/loadBalancingRules/http $lb/inboundNatRules/desktop $lb/outboundNatRules/out
  holds '.properties.loadBalancingRules[0].properties | .frontendPort == 80 and .backendPort == 8080 and .enableFloatingIP == false'

  # Interfaces join the pool, by a reference or by all of it, and one of them joins the port; the load balancer names them.
  local balancer=$answer
  change networkInterfaces/Web1 '.properties.ipConfigurations[0].properties.loadBalancerBackendAddressPools
    += [{resourceRef: "/loadBalancers/shop/backendAddressPools/be1"}]'
  change networkInterfaces/Web2 ".properties.ipConfigurations[0].properties.loadBalancerBackendAddressPools
    += ($balancer | .properties.backendAddressPools)"
  change networkInterfaces/Web1 ".properties.ipConfigurations[0].properties.loadBalancerInboundNatRules
    += ($balancer | .properties.inboundNatRules)"
  leads '.properties.ipConfigurations[0].properties | .loadBalancerBackendAddressPools, .loadBalancerInboundNatRules' \
    $lb/backendAddressPools/be1 $lb/inboundNatRules/desktop
  call GET loadbalancers/shop/BackendAddressPools/be1
  leads .properties.backendIPConfigurations $web1 $web2
  call GET publicIPAddresses/ShopIP
  holds '.properties.ipAddress == "41.41.41.2"'
  leads .properties.ipConfiguration $lb/frontendIPConfigurations/fe1
  # An internal frontend is found through the subnet that it is in.
  call GET VirtualNetworks/Contoso/subnets/web
  holds '.properties.ipConfigurations | any(.resourceRef | ascii_downcase == "/loadbalancers/shop/frontendipconfigurations/fe2")'
}

gateway_leads_out() {
  make_virtual_gateway
  holds '.properties | .peerIpAddress == "14.1.10.1" and .extAsNumber == "0.64521" and .isGenerated == false'
  call GET virtualGateways/Contoso_VGW
  leads '.properties | .gatewayPools, .gatewaySubnets' /GatewayPools/default /virtualNetworks/Contoso/subnets/gateway
  holds '.properties.networkConnections | map(.properties.connectionType) == ["GRE", "IPSec", "L3"]' \
    '.properties.networkConnections[0].properties | .greConfiguration.greKey == "1234" and .routes[0].metric == 10' \
    '.properties.networkConnections[1].properties.ipSecConfiguration | .authenticationMethod == "PSK" and (has("sharedSecret") | not)
       and .quickMode.idleDisconnectSeconds == 500 and .mainMode.diffieHellmanGroup == "Group2"' \
    '.properties.bgpRouters[0].properties | .isEnabled and .requireIgpSync and .extAsNumber == "0.64510" and (.bgpPeers | length == 1)'
  leads '.properties.networkConnections[2].properties.l3Configuration.vlanSubnet' /logicalnetworks/Vlan200/subnets/sub
  # What was read, without the secret that nobody reads, is put back as it was.
  change virtualGateways/Contoso_VGW '.properties.networkConnections[0].properties.inboundKiloBitsPerSecond = "2000"'
  holds '.properties.networkConnections[0].properties.inboundKiloBitsPerSecond == 2000'
}

# peer NETWORK REMOTE: GET the remote network, and give all of it where a reference is wanted.
peer() {
  call GET "virtualNetworks/$2"
  put "virtualNetworks/$1/virtualNetworkPeerings" "$(jq '{resourceId: "'"$1_$2"'", properties: {remoteVirtualNetwork: .,
    allowVirtualNetworkAccess: true, allowForwardedTraffic: true, allowGatewayTransit: false, useRemoteGateways: false}}' <<<"$answer")"
  leads .properties.remoteVirtualNetwork "/virtualNetworks/$2"
  holds '.properties.remoteVirtualNetwork | keys == ["resourceRef"]'
}

networks_peer_and_part() {
  local there=virtualNetworks/Contoso/virtualNetworkPeerings/Contoso_Woodgrove
  local back=virtualNetworks/Woodgrove/virtualNetworkPeerings/Woodgrove_Contoso
  peer Contoso Woodgrove
  holds '.properties.peeringState == "Initiated"'
  peer Woodgrove Contoso
  holds '.properties.peeringState == "Connected"'
  call GET $there
  holds '.properties | .peeringState == "Connected" and .allowForwardedTraffic == true and .useRemoteGateways == false'
  # A network that is peered is changed as any other: its peerings are put back with it.
  change virtualNetworks/Contoso '.properties.dhcpOptions = {dnsServers: ["10.20.0.53"]}'
  holds '.properties.virtualNetworkPeerings[0].properties.peeringState == "Connected"'
  remove $there
  call GET $back
  holds '.properties.peeringState == "Disconnected"'
  remove $back
  call GET virtualNetworks/Contoso
  holds '.properties | has("virtualNetworkPeerings") | not'
}

route_comes_and_goes() {
  put routeTables '{"resourceId": "Route1", "properties": {"routes": [{"resourceID": "0_0_0_0_0", "properties": {
    "addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "24.30.1.5"}}]}}'
  local table=$answer
  change virtualNetworks/Contoso ".properties.subnets[1].properties.routeTable = $table"
  leads '.properties.subnets[1].properties.routeTable' /routeTables/Route1
  call GET routeTables/Route1
  leads .properties.subnets $web
  call DELETE routeTables/Route1
  answered 409 ResourceInUse $web
  change virtualNetworks/Contoso '.properties.subnets[1].properties.routeTable = null'
  holds '.properties.subnets[1].properties | has("routeTable") | not'
  remove routeTables/Route1
}

# A mirror of what Web1 sends and gets, to Web2.
mirror_comes_and_goes() {
  call GET networkInterfaces/Web2
  local destination=$answer mirror
  put serviceInsertions '{"resourceId": "Mirror", "properties": {"priority": 1,
    "serviceInsertionRules": [{"resourceId": "Rule1", "properties": {
      "description": "Everything", "protocol": "All", "sourcePortRangeStart": "0", "sourcePortRangeEnd": "65535",
      "destinationPortRangeStart": "0", "destinationPortRangeEnd": "65535", "sourceSubnets": ["*"], "destinationSubnets": ["*"]}}],
    "serviceInsertionElements": [{"resourceId": "Element1", "properties": {
      "description": "There", "networkInterface": '"$destination"', "order": 1}}]}}'
  mirror=$answer
  change networkInterfaces/Web1 ".properties.ipConfigurations[0].properties.serviceInsertion = $mirror"
  leads '.properties.ipConfigurations[0].properties.serviceInsertion' /serviceInsertions/Mirror
  call GET networkInterfaces/Web2
  leads .properties.serviceInsertionElements /serviceInsertions/Mirror/serviceInsertionElements/Element1
  call DELETE serviceInsertions/Mirror
  answered 409 ResourceInUse $web1
  change networkInterfaces/Web1 '.properties.ipConfigurations[0].properties.serviceInsertion = null'
  remove serviceInsertions/Mirror
}

everything_is_removed() {
  local path
  for path in networkInterfaces/{Web1,Web2} VirtualGateways/Contoso_VGW logicalnetworks/Vlan200 loadBalancers/shop \
    publicIPAddresses/ShopIP virtualnetworks/{Contoso,Woodgrove} accesscontrollists/Web Gateways/GW1 GatewayPools/default \
    publicIPAddresses/GatewayIP networkinterfaces/GW1_{external,internal} loadbalancermuxes/Mux1 virtualServers/{Mux1,GW1} \
    Servers/$host; do
    remove "$path"
  done
  put loadBalancerManager "$1"  # what it was before the pool
  for path in logicalnetworks/{GreVIP,PublicVIP,Transit} macpools/LabMacs Credentials/{HostUser,HostCert}; do remove "$path"; done
}

held >before.json
call GET LoadBalancerManager/Config
manager=$answer
provider_is_set_up
tenant_moves_in
shop_is_balanced
gateway_leads_out
networks_peer_and_part
route_comes_and_goes
mirror_comes_and_goes
everything_is_removed "$manager"
held >after.json
diff before.json after.json >&2 || fail 'expected: what the controller held before'
echo "tenant_flow: 1 passed, 0 failed"
