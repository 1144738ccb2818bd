# A provider with one tenant, made as the REST wrappers of microsoft/SDN make one, in their spellings: paths and members
# in any case, resourceID, numbers and booleans as text, read-only members as [], [null] for a list that nobody gave.
source "$ISTHMUS_SOURCE_DIR/tests/clients/rest.sh"
base=/Networking/v1

host=8f5bd3a5-0000-4000-8000-000000000011  # a host's name is the identifier of its virtual switch
transit=/logicalnetworks/Transit/subnets/10_10_10_0_24
public=/logicalnetworks/PublicVIP/subnets/41_41_41_0_27
gre=/logicalnetworks/GreVIP/subnets/31_30_30_0_24
web=/virtualNetworks/Contoso/subnets/web
lb=/loadbalancers/shop

# logical_network NAME SUBNET PREFIX GATEWAY VLAN PUBLIC FIRST LAST: with one subnet, and a pool that is put on its own.
logical_network() {
  put logicalnetworks '{"resourceId": "'"$1"'", "properties": {"networkVirtualizationEnabled": "False", "subnets": [
    {"resourceId": "'"$2"'", "properties": {"addressPrefix": "'"$3"'", "vlanid": "'"$5"'", "IsPublic": "'"$6"'",
     "dnsServers": [], "defaultGateways": ["'"$4"'"]}}]}}'
  put "logicalNetworks/$1/subnets/$2/ippools" \
    '{"resourceId": "'"$2"'", "properties": {"startIpAddress": "'"$7"'", "endIpAddress": "'"$8"'"}}'
}

# machine NAME ADDRESS: a virtual server, of a multiplexer or a gateway.
machine() {
  put virtualServers '{"resourceID": "'"$1"'", "instanceId": "'"$1"'", "properties": {"vmGuid": "", "connections": [
    {"managementAddresses": ["'"$2"'"], "credentialType": "usernamePassword",
     "credential": {"resourceRef": "/credentials/HostUser"}}]}}'
}

# port NAME ADDRESS: a gateway's interface in the transit network.
port() {
  put networkinterfaces '{"resourceID": "'"$1"'", "properties": {"privateMacAllocationMethod": "Dynamic", "ipConfigurations": [
    {"resourceId": "'"$1"'", "properties": {"privateIPAddress": "'"$2"'", "privateIPAllocationMethod": "Static",
     "subnet": {"resourceRef": "'$transit'"}}}]}}'
}

make_hosts() {
  put credentials '{"resourceID": "HostUser", "properties": {
    "Type": "usernamePassword", "Username": "CONTOSO\\sdn", "Value": "secret"}}'
  put Credentials '{"resourceID": "HostCert", "properties": {
    "Type": "X509Certificate", "Value": "0123456789ABCDEF0123456789ABCDEF01234567"}}'
  logical_network Transit 10_10_10_0_24 10.10.10.0/24 10.10.10.1 7 false 10.10.10.4 10.10.10.99
  logical_network PublicVIP 41_41_41_0_27 41.41.41.0/27 41.41.41.1 0 True 41.41.41.2 41.41.41.30
  logical_network GreVIP 31_30_30_0_24 31.30.30.0/24 31.30.30.1 0 False 31.30.30.2 31.30.30.99
  put macpools '{"resourceID": "LabMacs", "properties": {
    "startMacAddress": "00-1D-D8-A0-00-00", "endMacAddress": "00-1D-D8-A0-03-FF"}}'
  put Servers '{"resourceID": "'$host'", "instanceId": "'$host'", "properties": {
    "connections": [{"managementAddresses": ["10.20.0.11", "host1.contoso.example"], "credentialType": "UsernamePassword",
                     "credential": {"resourceRef": "/credentials/HostUser"}},
                    {"managementAddresses": ["10.20.0.11"], "credentialType": "X509Certificate",
                     "credential": {"resourceRef": "/Credentials/HostCert"}}],
    "networkInterfaces": [{"resourceId": "pnic1", "instanceId": "8f5bd3a5-0000-4000-8000-000000000012", "properties": {
      "isBMC": false, "logicalSubnets": [{"resourceRef": "'$transit'"}]}}]}}'
}

make_load_balancing() {
  put LoadBalancerManager '{"resourceID": "Config", "properties": {"loadbalancermanageripaddress": "10.20.0.41",
    "OutboundNatIPExemptions": ["10.20.0.41/32"], "vipIpPools": [{"resourceRef": "'$public'/ipPools/41_41_41_0_27"}]}}'
  machine Mux1 10.20.0.21
  put loadbalancermuxes '{"resourceID": "Mux1", "properties": {"virtualServer": {"resourceRef": "/virtualServers/Mux1"},
    "routerConfiguration": {"localASN": "64628", "peerRouterConfigurations": [
      {"routerName": "rack1", "routerIPAddress": "10.10.10.1", "PeerASN": "64623", "localIPAddress": "10.10.10.21"}]}}}'
}

make_gateways() {
  put publicIPAddresses '{"resourceID": "GatewayIP", "properties": {
    "ipAddress": "41.41.41.9", "publicIPAllocationMethod": "static"}}'
  put GatewayPools '{"resourceID": "default", "properties": {"type": "All", "redundantGatewayCount": "1",
    "gatewayCapacityKiloBitsPerSecond": "100000", "gateways": [], "virtualGateways": [],
    "ipConfiguration": {"greVipSubnets": [{"resourceRef": "'$gre'"}],
                        "publicIPAddresses": [{"resourceRef": "/publicIPAddresses/GatewayIP"}]}}}'
  machine GW1 10.20.0.31
  port GW1_external 10.10.10.31
  port GW1_internal 10.10.10.32
  put Gateways '{"resourceID": "GW1", "properties": {
    "pool": {"resourceRef": "/gatewayPools/default"}, "type": "", "connections": [],
    "networkInterfaces": {"externalNetworkInterface": {"resourceRef": "/networkInterfaces/GW1_external"},
                          "internalNetworkInterface": {"resourceRef": "/networkInterfaces/GW1_internal"}},
    "bgpConfig": {"extASNumber": "0.64628", "bgpPeer": [{"peerIP": "10.10.10.1", "peerExtAsNumber": "0.64623"}]},
    "virtualserver": {"resourceRef": "/virtualServers/GW1"}}}'
}

# virtual_network NAME SPACE SUBNETS: on the logical network that has networkVirtualizationEnabled, which scripts look for.
virtual_network() {
  local provider
  call GET LogicalNetworks/
  provider=$(jq -r '.value[] | select(.properties.networkVirtualizationEnabled == "True").resourceRef' <<<"$answer")
  put virtualnetworks '{"resourceID": "'"$1"'", "properties": {
    "addressSpace": {"addressPrefixes": ["'"$2"'"]}, "subnets": ['"$3"'],
    "dhcpOptions": null, "logicalnetwork": {"resourceRef": "'"$provider"'"}}}'
}

# interface NAME MAC ADDRESS: of a machine in the web subnet.
interface() {
  put NetworkInterfaces '{"resourceID": "'"$1"'", "properties": {
    "privateMacAddress": "'"$2"'", "privateMacAllocationMethod": "Static", "isPrimary": "True",
    "dnsSettings": {"dnsServers": ["10.20.0.53"]}, "portSettings": {"macSpoofingEnabled": "Disabled", "vmqWeight": "100"},
    "ipConfigurations": [{"resourceId": "'"$1"'_IP1", "properties": {
      "privateIPAddress": "'"$3"'", "privateIPAllocationMethod": "Static", "subnet": {"resourceRef": "'$web'"},
      "loadBalancerBackendAddressPools": [], "loadBalancerInboundNatRules": []}}]}}'
}

make_tenant() {
  put accesscontrollists '{"resourceID": "Web", "properties": {"ipConfigurations": [], "subnet": [], "aclRules": [
    {"resourceId": "AllowAll", "properties": {"protocol": "ALL", "sourcePortRange": "0-65535", "destinationPortRange": "0-65535",
     "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "action": "Allow", "type": "Inbound", "logging": "Enabled",
     "priority": "101"}}]}}'
  virtual_network Contoso 24.30.0.0/16 '
    {"resourceID": "web", "properties": {"addressPrefix": "24.30.1.0/24",
                                         "accessControlList": {"resourceRef": "/accesscontrollists/Web"}}},
    {"resourceID": "gateway", "properties": {"addressPrefix": "24.30.255.0/29", "ipConfigurations": []}}'
  virtual_network Woodgrove 24.40.0.0/16 '{"resourceID": "db", "properties": {"addressPrefix": "24.40.1.0/24"}}'
  interface Web1 00-1D-D8-A0-00-01 24.30.1.4
  interface Web2 001DD8A00002 24.30.1.5
}

make_balanced_shop() {
  put PublicIPAddresses '{"resourceID": "ShopIP", "properties": {
    "publicIPAllocationMethod": "Dynamic", "idleTimeoutInMinutes": "4"}}'
  put loadBalancers '{"resourceID": "shop", "properties": {
    "frontendipconfigurations": [
      {"resourceID": "fe1", "properties": {"publicIPAddress": {"resourceRef": "/publicIPAddresses/ShopIP"},
       "loadbalancingrules": [{"resourceRef": "'$lb'/loadbalancingrules/http"}]}},
      {"resourceID": "fe2", "properties": {"privateIPAllocationMethod": "Static", "privateIPAddress": "24.30.1.200",
       "Subnet": {"resourceRef": "'$web'"}}}],
    "backendaddresspools": [{"resourceID": "be1", "properties": {"backendIPConfigurations": [], "outboundnatrules": []}}],
    "probes": [{"resourceID": "alive", "properties": {
      "protocol": "HTTP", "port": "80", "requestPath": "/", "intervalInSeconds": "15", "numberOfProbes": "31"}}],
    "loadBalancingRules": [{"resourceID": "http", "properties": {
      "protocol": "TCP", "frontEndPort": "80", "backendPort": "8080", "enableFloatingIP": "false", "idleTimeoutInMinutes": "4",
      "loadDistribution": "Default", "frontendIPConfigurations": [{"resourceRef": "'$lb'/frontendipconfigurations/fe1"}],
      "backendAddressPool": {"resourceRef": "'$lb'/backendaddresspools/be1"}, "probe": {"resourceRef": "'$lb'/probes/alive"}}}],
    "inboundnatrules": [{"resourceID": "desktop", "properties": {
      "protocol": "TCP", "frontEndPort": "50001", "backendPort": "3389",
      "frontendIPConfigurations": [{"resourceRef": "'$lb'/frontendipconfigurations/fe1"}]}}],
    "outboundnatrules": [{"resourceID": "out", "properties": {
      "protocol": "ALL", "frontendIPConfigurations": [{"resourceRef": "'$lb'/frontendipconfigurations/fe1"}],
      "backendAddressPool": {"resourceRef": "'$lb'/backendaddresspools/be1"}}}]}}'
}

# connection NAME TYPE MEMBERS: one of the tenant's ways out.
connection() {
  put VirtualGateways/Contoso_VGW/NetworkConnections '{"resourceId": "'"$1"'", "properties": {"connectionType": "'"$2"'", '"$3"',
    "outboundKiloBitsPerSecond": "1000", "inboundKiloBitsPerSecond": "1000"}}'
}

make_virtual_gateway() {
  put VirtualGateways '{"resourceID": "Contoso_VGW", "properties": {
    "routingType": "Dynamic", "networkConnections": [null], "bgpRouters": [null], "policyMaps": [null], "vpnClientAddressSpace": null,
    "gatewayPools": [{"resourceRef": "/gatewayPools/default"}],
    "gatewaySubnets": [{"resourceRef": "/virtualnetworks/Contoso/subnets/gateway"}]}}'
  logical_network Vlan200 sub 192.168.200.0/24 192.168.200.1 200 false 192.168.200.4 192.168.200.99
  connection GRE Gre '"greConfiguration": {"GreKey": 1234}, "destinationIPAddress": "13.1.10.100", "ipAddresses": [],
    "peerIPAddresses": [], "routes": [{"destinationPrefix": "14.1.20.0/24", "metric": "10"}]'
  connection L3 L3 '"l3Configuration": {"vlanSubnet": {"resourceRef": "/logicalNetworks/Vlan200/subnets/sub", "resourceId": "sub"}},
    "ipAddresses": [{"ipAddress": "192.168.200.254", "prefixLength": "24"}], "peerIPAddresses": ["192.168.200.1"],
    "greConfiguration": {}, "routes": [{"destinationPrefix": "192.168.1.0/24", "metric": 256}]'
  connection IPSec ipsec '"destinationIPAddress": "13.1.10.101",
    "routes": [{"destinationPrefix": "14.1.30.0/24", "metric": "10"}],
    "ipSecConfiguration": {"authenticationMethod": "psk", "sharedSecret": "secret",
      "QuickMode": {"perfectForwardSecrecy": "PFS2048", "authenticationTransformationConstant": "SHA256128",
        "cipherTransformationConstant": "DES3", "saLifeTimeSeconds": "1233", "saLifeTimeKiloBytes": "2000",
        "idleDisconnectSeconds": "500"},
      "MainMode": {"diffieHellmanGroup": "Group2", "integrityAlgorithm": "SHA256", "encryptionAlgorithm": "AES256",
        "saLifeTimeSeconds": "1234", "saLifeTimeKiloBytes": "2000"}, "localVpnTrafficSelector": [], "remoteVpnTrafficSelector": []}'
  put virtualgateways/contoso_vgw/bgprouters '{"resourceId": "Router1", "properties": {"isEnabled": "true", "requireIGPSync": "true",
    "extAsNumber": "0.64510", "routerIP": [], "bgpNetworks": [], "isGenerated": false, "bgpPeers": [null]}}'
  put virtualGateways/Contoso_VGW/bgpRouters/Router1/bgpPeers '{"resourceId": "Peer1", "properties": {
    "peerIPAddress": "14.1.10.1", "peerAsNumber": "64521", "ExtAsNumber": "0.64521", "policyMapIn": null, "policyMapOut": null}}'
}
