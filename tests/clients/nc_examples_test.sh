#!/usr/bin/env bash
# Every body of tests/data/nc-examples, against one controller that is fresh: requests are put in the order in which a
# provider and then a tenant would send them, and hold what was sent; answers hold what real ones hold. A file that nobody
# plays is a failure.
source "$ISTHMUS_SOURCE_DIR/tests/clients/rest.sh"
bodies=$ISTHMUS_SOURCE_DIR/tests/data/nc-examples
played=()
start_daemon

# like WANTED GOT: the paths where an answer lacks what is wanted. Names in any case, numbers and booleans as text or not,
# references and enum values in any case. What only the controller chooses is not compared, and null is nothing.
like='
  def same($got): (tostring | ascii_downcase) == ($got | tostring | ascii_downcase);
  def lacking($got; $at):
    if type == "object" then
      ($got | if type == "object" then with_entries(.key |= ascii_downcase) else {} end) as $members
      | to_entries[] | select(.key | ascii_downcase | IN("etag", "instanceid", "virtualsubnetid", $ignored[]) | not)
      | .key as $key | .value | lacking($members[$key | ascii_downcase]; "\($at)/\($key)")
    elif type == "array" then
      map(values) as $wanted
      | if ($got | type) != "array" or ($got | length) != ($wanted | length) then "\($at): \($wanted) is wanted, not \($got)"
        else range($wanted | length) as $i | $wanted[$i] | lacking($got[$i]; "\($at)/\($i)") end
    elif . == null or same($got) then empty
    else "\($at): \(.) is wanted, not \($got)" end;
  .[0] as $wanted | .[1] as $got | $wanted | lacking($got; "")'

# play NUMBER: sets example to the file with this number, of which there is one.
play() {
  local found=("$bodies/$1"-*.json)
  [[ ${#found[@]} == 1 && -f ${found[0]} ]] || fail "expected: one file $1-*.json"
  example=${found[0]}
  played+=("${example##*/}")
}

# is_like NUMBER [MEMBER...]: the last answer holds all of an example, but for these members (in lower case).
is_like() {
  local ignored wrong
  play "$1"
  ignored=$(jq -cn '$ARGS.positional' --args "${@:2}")
  wrong=$(jq -rs --argjson ignored "$ignored" "$like" "$example" - <<<"$answer")
  [[ -z $wrong ]] || fail "not like ${example##*/}: $wrong"
}

# send STATUS NUMBER PATH [MEMBER...]: PUT of an example; the answer holds all of it, but for these members.
send() {
  play "$2"
  call PUT "$3" "@$example"
  answered "$1"
  is_like "$2" "${@:4}"
}

# given PATH PROPERTIES: something that an example refers to.
given() {
  call PUT "$1" "{\"properties\": $2}"
  answered '20[01]'
}

provider() {
  call GET /networking/discovery
  answered 200
  is_like 23
  send 201 19 credentials/NCHostUser value  # which is forgotten
  send 200 17 logicalnetworks/HNVPA
  send 201 18 logicalnetworks/HNVPA/subnets/sub1/ippools/pool1
  send 201 15 accesscontrollists/9f0d2b5c-0000-4000-8000-000000000015 subnet  # which is no member
  # The frontend's subnet is not where its name says.
  given logicalNetworks/PublicVIP '{"subnets": [
    {"resourceId": "41_41_41_0_27", "properties": {"addressPrefix": "40.40.40.0/27", "isPublic": true}}]}'
  send 201 16 loadbalancers/lb1
  call GET "$(curl -gsS -o deletion -D - -X DELETE "$url/networking/v1/loadbalancers/lb1" |
    sed -nE 's/^Azure-AsyncOperation: ([^\r]*)\r?$/\1/ip')"
  answered 200
  is_like 24
}

networks_peer() {
  local there=virtualNetworks/Contoso_VNet1/virtualNetworkPeerings/ContosotoWoodgrove
  local back=virtualNetworks/Woodgrove_VNet1/virtualNetworkPeerings/WoodgrovetoContoso
  send 201 01 virtualNetworks/Contoso_VNet1
  send 201 02 virtualNetworks/Woodgrove_VNet1
  send 201 03 $there
  call GET $there
  answered 200
  is_like 04
  play 03b  # the remote network in full, of which only the reference counts
  call PUT $there "@$example"
  answered 200
  is_like 04
  send 201 05 $back
  call GET $there
  answered 200
  is_like 06
  call GET $back
  answered 200
  is_like 07
  call GET virtualNetworks/Contoso_VNet1/virtualNetworkPeerings
  answered 200
  is_like 09
  call GET virtualNetworks/Contoso_VNet1
  answered 200
  is_like 10
  call DELETE $there
  answered 202
  call GET $back
  answered 200
  is_like 08
  call DELETE $back
  answered 202
}

traffic_is_led() {
  send 201 11 routeTables/Route1
  send 201 12 virtualNetworks/TenantNetwork1
  send 201 14 networkInterfaces/TenantVM1_Ethernet1
  given networkInterfaces/Appliance_Ethernet1 '{}'
  send 201 13 serviceInsertions/Mirror3389
}

gateway_leads_out() {
  # The example's network has no room for a gateway's subnet; it is peered no more, so that it can grow.
  given virtualNetworks/Contoso_VNet1 '{"addressSpace": {"addressPrefixes": ["24.30.0.0/16"]}, "subnets": [
    {"resourceId": "Contoso", "properties": {"addressPrefix": "24.30.1.0/24"}},
    {"resourceId": "GatewaySubnet", "properties": {"addressPrefix": "24.30.255.0/29"}}]}'
  given gatewayPools/default '{}'
  send 201 20 VirtualGateways/Contoso_VGW bgpnetworks peerasnumber  # which are members no more
}

# As Test-VNetPing.ps1 and DumpSlbRestState.ps1 of microsoft/SDN ask; the reference of a result is below /networking/v1.
diagnostics() {
  call PUT diagnostics/connectivityCheck '{"resourceId": "action",
    "resourceMetadata": {"client": "Test", "tenantId": "{subscriptionid}", "groupId": "{groupname}", "resourceName": "action",
                         "originalHref": "https://test"},
    "properties": {"senderIpAddress": "10.2.2.4", "receiverIpAddress": "10.2.2.5",
      "sendervirtualNetwork": {"resourceRef": "/VirtualNetworks/Contoso_VNet1"},
      "receivervirtualNetwork": {"resourceRef": "/VirtualNetworks/Contoso_VNet1"},
      "protocol": "Icmp", "icmpProtocolConfig": {"sequenceNumber": 0, "length": 0}}}'
  answered 201
  is_like 21 operationid connectivitycheckresult submittime
  holds '.properties | .connectivityCheckResult.resourceRef == "/diagnostics/connectivityCheckResults/" + .operationId' \
    '.properties.submitTime | test("^20[0-9-]{8}T[0-9:]{8}[.][0-9]{7}[+]00:00$")'
  call GET "/networking/v1$(jq -r .properties.connectivityCheckResult.resourceRef <<<"$answer")"
  answered 200
  holds '.properties | .provisioningState == "Succeeded" and .status == "Failure" and .errorCode == "ResourceNotFound"'

  call PUT diagnostics/slbState '{"properties": {}}'
  answered 200
  is_like 22 operationid slbstateresult
  holds '.properties | .slbStateResult.resourceRef == "/diagnostics/slbStateResults/" + .operationId'
  call GET "/networking/v1$(jq -r .properties.slbStateResult.resourceRef <<<"$answer")"
  answered 200
  holds '.properties.provisioningState == "Succeeded"' '.properties.output.datagroups | map(.name) | index("Tenant") != null'
}

provider
networks_peer
traffic_is_led
gateway_leads_out
diagnostics
diff <(cd "$bodies" && printf '%s\n' *.json) <(printf '%s\n' "${played[@]}" | sort -u) >&2 || fail 'expected: every example is played'
echo "nc_examples: 1 passed, 0 failed"
