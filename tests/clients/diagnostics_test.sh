#!/usr/bin/env bash
# Diagnostics as Microsoft's scripts ask for them, against a controller whose changes take time: DumpSlbRestState, Test-VNetPing
# across a peering, SdnDiagnostics' networkControllerState, statistics, and whose instance id a log names.
source "$ISTHMUS_SOURCE_DIR/tests/clients/tenant_lab.sh"

# settled PATH: GET until provisioningState is not Updating, as those scripts do.
settled() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    call GET "$1"
    answered 200
    [[ $answer == *'"provisioningState":"Updating"'* ]] || break
    read -rt 0.05 <> <(:) || true
  done
  holds '.properties.provisioningState == "Succeeded"'
}

# ask FROM NETWORK TO NETWORK: what Test-VNetPing asks. ping: and the result of it.
ask() {
  call PUT diagnostics/connectivityCheck '{"resourceId": "action", "properties": {
    "senderIpAddress": "'"$1"'", "receiverIpAddress": "'"$3"'", "protocol": "Icmp",
    "sendervirtualNetwork": {"resourceRef": "/VirtualNetworks/'"$2"'"},
    "receivervirtualNetwork": {"resourceRef": "/VirtualNetworks/'"$4"'"},
    "icmpProtocolConfig": {"sequenceNumber": 0, "length": 0}}}'
  answered 201
  result=diagnostics/connectivityCheckResults/$(jq -r .properties.operationId <<<"$answer")
}
ping() {
  ask "$@"
  settled "$result"
}

peering() {
  put "virtualNetworks/$1/virtualNetworkPeerings" '{"resourceId": "to'"$2"'", "properties": {
    "remoteVirtualNetwork": {"resourceRef": "/virtualNetworks/'"$2"'"}}}'
}

# slb_state: the output of slbState, found as DumpSlbRestState finds it.
ask_slb_state() {
  call PUT diagnostics/slbState '{"properties":{}}'
  answered 200
  result=/networking/v1$(jq -r .properties.slbStateResult.resourceRef <<<"$answer")
}
slb_state() {
  ask_slb_state
  settled "$result"
  answer=$(jq .properties.output <<<"$answer")
}

# A delay that does not end while the test runs: everything is Updating or Deleting, and its operation InProgress.
start_daemon --provisioning-delay 60m
call PUT virtualNetworks/Slow '{"properties": {"addressSpace": {"addressPrefixes": ["24.50.0.0/16"]}}}'
answered 201 '"provisioningState":"Updating"'
call GET virtualNetworks/Slow
answered 200 '"provisioningState":"Updating"'
ask 24.50.0.4 Slow 24.50.0.5 Slow
call GET "$result"
holds '.properties | .provisioningState == "Updating" and (has("status") | not)'
ask_slb_state
call GET "$result"
holds '.properties == {"provisioningState": "Updating"}'
call PUT diagnostics/networkControllerState '{}'
answered 200 '"provisioningState":"Updating"'
call GET diagnostics/networkControllerState
answered 200 '"provisioningState":"Updating"'
operation=$(curl -gsS -o deletion -D - -X DELETE "$url/networking/v1/virtualNetworks/Slow" |
  sed -nE 's/^Azure-AsyncOperation: ([^\r]*)\r?$/\1/ip')
call GET "$operation"
answered 200 '{"status":"InProgress"}'
call GET virtualNetworks/Slow
answered 200 '"provisioningState":"Deleting"'
stop_daemon

# One that ends soon, for scripts that wait.
start_daemon --provisioning-delay 50ms
call GET virtualNetworks/Slow
answered 404
make_hosts
make_load_balancing
make_gateways
make_tenant
put NetworkInterfaces '{"resourceID": "Db1", "properties": {"ipConfigurations": [{"resourceId": "Db1_IP1", "properties": {
  "privateIPAddress": "24.40.1.4", "privateIPAllocationMethod": "Static",
  "subnet": {"resourceRef": "/virtualNetworks/Woodgrove/subnets/db"}}}]}}'

put virtualNetworks '{"resourceId": "Quick", "properties": {"addressSpace": {"addressPrefixes": ["24.50.0.0/16"]}}}'
operation=$(curl -gsS -o deletion -D - -X DELETE "$url/networking/v1/virtualNetworks/Quick" |
  sed -nE 's/^Azure-AsyncOperation: ([^\r]*)\r?$/\1/ip')
remove virtualNetworks/Quick
call GET "$operation"
answered 200 '{"status":"Succeeded"}'

# A check across a peering: before it, with both sides, and with one of them deleted.
ping 24.30.1.4 Contoso 24.30.1.5 Contoso
holds '.properties.status == "Success"' '.properties.trace | last.verdict == "delivered"' \
  '.properties.returnTrace | last.resource == "/networkInterfaces/Web1"'
ping 24.30.1.4 Contoso 24.40.1.4 Woodgrove
holds '.properties | .status == "Failure" and .errorCode == "no-route" and .returnTrace == []'
peering Contoso Woodgrove
peering Woodgrove Contoso
ping 24.30.1.4 Contoso 24.40.1.4 Woodgrove
holds '.properties | .status == "Success" and (has("errorCode") | not)' \
  '.properties.trace[] | select(.stage == "peering").verdict == "passed"'
ping 24.40.1.4 Woodgrove 24.30.1.4 Contoso
holds '.properties.status == "Success"'
call DELETE virtualNetworks/Woodgrove/virtualNetworkPeerings/toContoso
answered 202
ping 24.30.1.4 Contoso 24.40.1.4 Woodgrove  # at once: packets do not wait for what it says
holds '.properties | .status == "Failure" and .errorCode == "no-route"' \
  '.properties.errorMessage | contains("isthmus vnet peering create -n Woodgrove-to-Contoso")'
call GET diagnostics/connectivityCheckResults/
answered 200
holds '.value | length == 5' '.value | map(.properties.status) == ["Success", "Failure", "Success", "Success", "Failure"]'

# The group Tenant has a unit for each VIP, with the addresses behind it.
slb_state
holds '.datagroups[] | select(.name == "Tenant").dataSections == [{"name": "VipConsolidatedState", "dataunits": []}]'
make_balanced_shop
change networkInterfaces/Web1 \
  '.properties.ipConfigurations[0].properties.loadBalancerBackendAddressPools = [{"resourceRef": "'$lb'/backendaddresspools/be1"}]'
call GET publicIPAddresses/ShopIP
vip=$(jq -r .properties.ipAddress <<<"$answer")
slb_state
holds '.datagroups | map(.name) == ["Fabric", "Tenant"]' \
  '[.datagroups[] | select(.name == "Tenant").dataSections[].dataunits[].name] | sort == (["24.30.1.200", "'"$vip"'"] | sort)' \
  '[.datagroups[].dataSections[] | select(.name == "VipConsolidatedState").dataunits[] | select(.name == "'"$vip"'").value[]]
    | index("DIP 24.30.1.4 by /loadBalancers/shop/loadBalancingRules/http") != null' \
  '[.datagroups[].dataSections[] | select(.name == "MuxState").dataunits[]] == [{"name": "Mux1", "value": ["Connected"]}]' \
  '[.datagroups[].dataSections[] | select(.name == "ConnectedHostInfo").dataunits[].name] == ["'$host'"]'
isthmus host-fault Mux1 Overloaded >faults
isthmus host-fault "$host" HostUnreachable >faults
slb_state
holds '[.datagroups[].dataSections[] | select(.name == "MuxState").dataunits[].value[]] == ["Failure: Overloaded"]' \
  '[.datagroups[].dataSections[] | select(.name == "ConnectedHostInfo").dataunits[]] == []'
isthmus host-fault Mux1 none >faults
isthmus host-fault "$host" none >faults

# SdnDiagnostics puts networkControllerState and polls the same place.
call PUT diagnostics/networkControllerState '{}'
answered 200
settled diagnostics/networkControllerState
digest=$(curl -gsS "$url/_isthmus/v1/stats" | jq -r .digest)
holds '.properties.digest == "'"$digest"'"' '.properties.resources.virtualNetworks == 2'

call GET Monitoring/NetworkControllerStatistics
answered 200
holds '.properties.healthStatistics | map(select(.resourceType == "loadBalancerMuxes"))
  == [{"resourceType": "loadBalancerMuxes", "total": 1, "healthy": 1, "unhealthy": 0}]'

call GET virtualNetworks/Contoso/subnets/web
instance=$(jq -r .instanceId <<<"$answer")
call GET "internalResourceInstances/$instance"
answered 200 '"/virtualNetworks/Contoso/subnets/web"'
call GET "internalResourceInstances/${instance^^}"
answered 200
echo "diagnostics: 1 passed, 0 failed"
