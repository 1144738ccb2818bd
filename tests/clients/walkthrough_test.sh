#!/usr/bin/env bash
# The peering walk-through of Microsoft's validation guide, by curl: two virtual networks, a peering from each side,
# Initiated and then Connected; what is refused, each with its code; one side deleted, the other Disconnected.
source "$ISTHMUS_SOURCE_DIR/tests/clients/rest.sh"
bodies=$ISTHMUS_SOURCE_DIR/tests/data/nc-examples
start_daemon

reference() { printf '{"properties":{"remoteVirtualNetwork":{"resourceRef":"%s"}}}' "$1"; }
network() { printf '{"properties":{"addressSpace":{"addressPrefixes":[%s]}}}' "$1"; }
contoso=virtualNetworks/Contoso_VNet1
woodgrove=virtualNetworks/Woodgrove_VNet1
there=$contoso/virtualNetworkPeerings/ContosotoWoodgrove
back=$woodgrove/virtualNetworkPeerings/WoodgrovetoContoso

# The network that carries virtual networks, found as Microsoft's scripts find it.
call GET logicalNetworks
answered 200 '"resourceRef":"/logicalnetworks/HNVPA"' '"networkVirtualizationEnabled":"True"'

call PUT $contoso "@$bodies/01-put-virtualNetwork-Contoso_VNet1.request.json"
answered 201 '"resourceRef":"/virtualNetworks/Contoso_VNet1"' '"provisioningState":"Succeeded"'
call PUT $woodgrove "@$bodies/02-put-virtualNetwork-Woodgrove_VNet1.request.json"
answered 201

call PUT $there "@$bodies/03-put-peering-ContosotoWoodgrove.request.json"
answered 201 '"peeringState":"Initiated"'
call PUT $back "@$bodies/05-put-peering-WoodgrovetoContoso.request.json"
answered 201 '"peeringState":"Connected"'
call GET $there
answered 200 '"peeringState":"Connected"'

call PUT $contoso "$(network '"24.30.1.0/24","24.30.9.0/24"')"
answered 409 '"code":"AddressSpaceLockedByPeering"' 24.30.9.0/24 /$there /$back
call PUT $contoso/virtualNetworkPeerings/self "$(reference /$contoso)"
answered 400 '"code":"PeeringToSelf"'
call PUT $contoso/virtualNetworkPeerings/again "$(reference /$woodgrove)"
answered 409 '"code":"PeeringAlreadyExists"'
call PUT $contoso/virtualNetworkPeerings/nowhere "$(reference /virtualNetworks/nowhere)"
answered 400 '"code":"RemoteVirtualNetworkNotFound"'
call PUT $contoso/virtualNetworkPeerings/foreign "$(reference https://other.example/networking/v1/virtualNetworks/x)"
answered 400 '"code":"RemoteVirtualNetworkNotManagedByThisController"'
call PUT virtualNetworks/Overlapping "$(network '"24.30.0.0/16"')"
answered 201
call PUT virtualNetworks/Overlapping/virtualNetworkPeerings/to-contoso "$(reference /$contoso)"
answered 400 '"code":"AddressSpaceOverlap"' '"target":"/properties/remoteVirtualNetwork"' 24.30.1.0/24

call DELETE $woodgrove
answered 409 '"code":"ResourceInUse"' /$there
call DELETE $there
answered 202
call GET $there
answered 404
call GET $back
answered 200 '"peeringState":"Disconnected"'

# The same after a restart, from what the store kept.
before=$answer
stop_daemon
start_daemon
call GET $back
answered 200
[[ $answer == "$before" ]] || { printf 'after the restart: %s\nbefore: %s\n' "$answer" "$before" >&2; exit 1; }
echo "walkthrough: 1 passed, 0 failed"
