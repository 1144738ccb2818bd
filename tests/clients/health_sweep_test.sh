#!/usr/bin/env bash
# The health check that SdnDiagnostics does over REST: discovery, then every collection, and of every resource its members,
# provisioningState and configurationState; on a fresh controller, on one with a tenant and a lab, and on that with a host
# that fails. Types are those that the controller and its documentation name, so that a new one is swept without an edit
# here.
source "$ISTHMUS_SOURCE_DIR/tests/clients/tenant_lab.sh"
start_daemon --empty-collection=bare

# What SdnDiagnostics asks for, in its spelling.
asked='accessControlLists credentials gatewayPools gateways iDNSServer/configuration loadBalancerManager/config loadBalancerMuxes
  loadBalancers logicalNetworks macPools networkInterfaces publicIPAddresses Servers serviceInsertions routeTables virtualGateways
  virtualNetworkManager/configuration virtualNetworks virtualServers virtualSwitchManager/configuration'
asked_of_v3='auditingSettings/configuration'
asked_of_v5='learnedIPAddresses securityTags'
beside='internalResourceInstances networkControllerBackup networkControllerRestore monitoring/networkControllerStatistics
  operations'

everything_asked_for_is_answered() {
  local version asking
  call GET /networking/discovery
  answered 200
  version=$(jq -r '.properties.currentRestVersion | ascii_downcase | ltrimstr("v")' <<<"$answer")
  [[ $version == [5-9] ]] || fail "expected: version 5 at least, not $version"
  for asking in $asked; do call GET "$asking"; answered 200; done
  for asking in $asked_of_v3; do call GET "/networking/v3/$asking"; answered 200; done
  for asking in $asked_of_v5; do call GET "/networking/v5/$asking"; answered 200; done
  for asking in $beside; do call GET "$asking"; answered 200; done
}

# The headings of the documentation that name a type, and no child of one.
documented_types() {
  sed -nE 's/^### `([A-Za-z]+)`$/\1/p' "$ISTHMUS_SOURCE_DIR"/docs/api/networking*.md | sort
}

# collect: every collection, whole and in pages of one; its resources, children too, into the file listed, one a line.
collect() {
  local type whole
  : >listed
  for type in $types; do
    list "$type"
    whole=$answer
    if [[ $answer != *'"value":'* ]]; then
      [[ $answer == '{"nextLink":""}' ]] || fail 'expected: {"nextLink":""} and nothing else'
      continue
    fi
    [[ $answer == '{"value":[{'* ]] || fail 'expected: a value that is not empty'
    jq -c '.value | .. | objects | select(has("properties") or has("etag"))' <<<"$answer" >>listed
    list "$type?\$top=1"
    [[ $answer == "$whole" ]] || fail "expected: the same in pages of one as at once: $whole"
  done
}

# What is wrong with a resource of the file listed, and with all of them together. These types have a configurationState:
states='["servers", "virtualservers", "networkinterfaces", "virtualnetworks", "accesscontrollists", "loadbalancermuxes",
  "gateways", "virtualgateways", "networkconnections"]'
complaints='
  def guid: test("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"; "i");
  def segments: ltrimstr("/") | split("/");
  def has_state: (.resourceRef | segments | length) as $depth  # interfaces of servers have none
    | (.resourceRef | segments[-2] | ascii_downcase) as $type
    | ($states | index($type)) != null and ($depth == 2 or $type == "networkconnections");
  def complaint:
    if ([.resourceRef, .resourceId, .instanceId, .etag] | map(type) | unique) != ["string"] or (.properties | type) != "object"
      then "lacks a member that every resource has"
    elif (.instanceId | guid | not) then "has an instanceId that is no GUID"
    elif (.etag | test("^W/\"[^\"]+\"$") | not) then "has an odd etag"
    elif (.resourceRef | segments | length % 2) != 0 or (.resourceRef | segments | last) != .resourceId
      then "has a resourceRef that is not the path of its resourceId"
    elif .properties.provisioningState != "Succeeded" then "is \(.properties.provisioningState)"
    elif (.properties | has("configurationState")) != has_state then "has a configurationState, or has none"
    elif has_state and .properties.configurationState.status != "Success" then "is configured badly"
    elif [.properties | .. | objects | select(has("resourceRef") and (has("properties") | not)) | keys != ["resourceRef"]] | any
      then "has a reference that is more than a reference"
    else empty end;
  (.[] | complaint as $wrong | "\(.resourceRef) \($wrong): \(.)"),
  (group_by(.instanceId)[] | select((map(.resourceRef) | unique | length) > 1) | "share an instanceId: \(map(.resourceRef))")'

# fetch: the bodies of all paths of the input, one a line, by one curl.
fetch() {
  sed "s|.*|url=\"$url/networking/v1&\"|" | curl -gsS -w '\n' -K -
}

# bad: what the file listed says is configured badly, by path.
bad() {
  jq -r 'select(.properties.configurationState.status == "Failure").resourceRef' listed | sort -fu
}

# Every instance id leads to its resource, and the collection of instances has no other. Statistics and the controller's own
# state count what is listed.
sweep_beside() {
  jq -r '"/internalResourceInstances/" + .instanceId' listed | fetch | jq -r .properties.resourceRef >led
  diff <(jq -r .resourceRef listed) led >&2 || fail 'expected: each instance id leads to its resource'
  call GET internalResourceInstances
  diff <(sort led) <(jq -r '.value[].properties.resourceRef' <<<"$answer" | sort) >&2 || fail 'expected: the same instances'

  local wanted
  wanted=$(jq -rs 'map(select(.resourceRef | split("/") | length == 3) | .resourceRef | split("/")[1] | ascii_downcase)
    | group_by(.)[] | "\(.[0]) \(length)"' listed | sort)
  call GET monitoring/networkControllerStatistics
  diff <(echo "$wanted") <(jq -r '.properties.healthStatistics[] | select(.total > 0)
    | "\(.resourceType | ascii_downcase) \(.total)"' <<<"$answer" | sort) >&2 || fail 'expected: statistics of what is listed'
  holds '.properties.healthStatistics | map(.total == .healthy + .unhealthy) | all'
  call PUT diagnostics/networkControllerState '{}'
  answered 200
  call GET diagnostics/networkControllerState
  holds '.properties.provisioningState == "Succeeded"'
  diff <(echo "$wanted") <(jq -r '.properties.resources | to_entries[] | select(.value > 0)
    | "\(.key | ascii_downcase) \(.value)"' <<<"$answer" | sort) >&2 || fail 'expected: the state counts what is listed'
}

sweep() {
  local wrong usage='s/,"usage":\{[^}]*\}//'
  collect
  wrong=$(jq -rs --argjson states "$states" "$complaints" listed)
  [[ -z $wrong ]] || fail "$wrong"

  # Each resource, asked for alone, is what its collection or its parent shows. Only a pool says alone how it is used.
  jq -r .resourceRef listed | fetch >alone
  diff <(sed -E "$usage" listed) <(sed -E "$usage" alone) >&2 || fail 'expected: the same resource alone as listed'

  # What is referred to is there.
  jq -r '.. | objects | .resourceRef // empty' listed | sort -u >references
  fetch <references >found
  wrong=$(grep '^{"error"' found) && fail "expected: what is referred to: $wrong"
  swept=$(wc -l <listed)
}

types=$(types)
diff <(sort <<<"$types") <(documented_types) >&2 || fail 'expected: the types that docs/api/networking*.md have sections for'
everything_asked_for_is_answered
sweep
sweep_beside
fresh=$swept

make_hosts
make_load_balancing
make_gateways
make_tenant
make_balanced_shop
make_virtual_gateway
put securityTags '{"resourceId": "Front", "properties": {"type": "Application"}}'
put serviceInsertions '{"resourceId": "Mirror", "properties": {"serviceInsertionElements": [
  {"resourceId": "there", "properties": {"networkInterface": {"resourceRef": "/networkInterfaces/Web2"}}}]}}'
curl -fsS -o /dev/null -H 'Content-Type: application/yaml' --data-binary "@$ISTHMUS_SOURCE_DIR/docs/examples/hub-and-spoke.yaml" \
  "$url/_isthmus/v1/apply"
everything_asked_for_is_answered
sweep
sweep_beside
((swept > fresh + 40)) || fail "expected: many more resources than the $fresh of a fresh controller, not $swept"

# A fault of the only server is in everything that it runs, one of a virtual server in the machine that it is, and in
# nothing else.
isthmus host-fault "$host" HostUnreachable >faults
isthmus host-fault Mux1 PortBlocked >faults
collect
jq -r '.resourceRef | select(test("^/(networkInterfaces|virtualNetworks|servers)/[^/]+$"; "i"))' listed |
  grep -vi '^/virtualNetworks/Woodgrove$' >wanted  # a network without interfaces
printf '%s\n' /accessControlLists/{Web,web-only,db-only} /virtualServers/Mux1 /loadBalancerMuxes/Mux1 >>wanted
diff <(sort -fu wanted) <(bad) >&2 || fail 'expected: exactly these fail'
jq -rs --argjson states "$states" "$complaints" listed >found
[[ $(grep -c ' is configured badly: ' found) == $(wc -l <wanted) ]] || fail "expected: the sweep finds those: $(<found)"
call GET monitoring/networkControllerStatistics
holds '.properties.healthStatistics | map(select(.resourceType == "servers")) == [{"resourceType": "servers", "total": 1,
  "healthy": 0, "unhealthy": 1}]' '.properties.healthStatistics | map(select(.resourceType == "gateways"))[0].unhealthy == 0'

# They are there after a restart, and go when they are switched off.
stop_daemon
start_daemon --empty-collection=bare
collect
diff <(sort -fu wanted) <(bad) >&2 || fail 'expected: the same fail after a restart'
isthmus host-fault "$host" none >faults
isthmus host-fault Mux1 none >faults
sweep
echo "health_sweep: 1 passed, 0 failed ($fresh and $swept resources)"
