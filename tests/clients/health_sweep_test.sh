#!/usr/bin/env bash
# The health check that SdnDiagnostics does over REST: discovery, then every collection, and of every resource its members,
# provisioningState and configurationState; on a fresh controller, and on one with a tenant and a lab. Types are those that
# the controller and its documentation name, so that a new one is swept without an edit here.
source "$ISTHMUS_SOURCE_DIR/tests/clients/tenant_lab.sh"
start_daemon --empty-collection=bare

# What SdnDiagnostics asks for, in its spelling. The last line it asks for too, and takes 404 for an answer.
asked='accessControlLists credentials gatewayPools gateways iDNSServer/configuration loadBalancerManager/config loadBalancerMuxes
  loadBalancers logicalNetworks macPools networkInterfaces publicIPAddresses Servers serviceInsertions routeTables virtualGateways
  virtualNetworkManager/configuration virtualNetworks virtualServers virtualSwitchManager/configuration'
asked_of_v3='auditingSettings/configuration'
asked_of_v5='learnedIPAddresses securityTags'
perhaps='internalResourceInstances networkControllerBackup networkControllerRestore monitoring/networkControllerStatistics'

everything_asked_for_is_answered() {
  local version asking
  call GET /networking/discovery
  answered 200
  version=$(jq -r '.properties.currentRestVersion | ascii_downcase | ltrimstr("v")' <<<"$answer")
  [[ $version == [5-9] ]] || fail "expected: version 5 at least, not $version"
  for asking in $asked; do call GET "$asking"; answered 200; done
  for asking in $asked_of_v3; do call GET "/networking/v3/$asking"; answered 200; done
  for asking in $asked_of_v5; do call GET "/networking/v5/$asking"; answered 200; done
  for asking in $perhaps; do call GET "$asking"; answered '@(200|404)'; done
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

# What is wrong with a resource of the file listed, and with all of them together.
complaints='
  def guid: test("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"; "i");
  def segments: ltrimstr("/") | split("/");
  def complaint:
    if ([.resourceRef, .resourceId, .instanceId, .etag] | map(type) | unique) != ["string"] or (.properties | type) != "object"
      then "lacks a member that every resource has"
    elif (.instanceId | guid | not) then "has an instanceId that is no GUID"
    elif (.etag | test("^W/\"[^\"]+\"$") | not) then "has an odd etag"
    elif (.resourceRef | segments | length % 2) != 0 or (.resourceRef | segments | last) != .resourceId
      then "has a resourceRef that is not the path of its resourceId"
    elif .properties.provisioningState != "Succeeded" then "is \(.properties.provisioningState)"
    elif (.properties.configurationState // {status: "Success"}).status != "Success" then "is configured badly"
    elif [.properties | .. | objects | select(has("resourceRef") and (has("properties") | not)) | keys != ["resourceRef"]] | any
      then "has a reference that is more than a reference"
    else empty end;
  (.[] | complaint as $wrong | "\(.resourceRef) \($wrong): \(.)"),
  (group_by(.instanceId)[] | select((map(.resourceRef) | unique | length) > 1) | "share an instanceId: \(map(.resourceRef))")'

# fetch: the bodies of all paths of the input, one a line, by one curl.
fetch() {
  sed "s|.*|url=\"$url/networking/v1&\"|" | curl -gsS -w '\n' -K -
}

sweep() {
  local wrong usage='s/,"usage":\{[^}]*\}//'
  collect
  wrong=$(jq -rs "$complaints" listed)
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
((swept > fresh + 40)) || fail "expected: many more resources than the $fresh of a fresh controller, not $swept"
echo "health_sweep: 1 passed, 0 failed ($fresh and $swept resources)"
