#!/usr/bin/env bash
# az against the daemon, over TLS, as far as no resource is asked for: the cloud, each way to sign in, subscriptions,
# locations, providers; with and without tokens.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/cloud.sh"
unset ISTHMUS_AZ_SERVER  # a process of az for each call, as users have it

tenant=aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa
subscription=11111111-1111-1111-1111-111111111111

# ---- by hand: what `isthmus az setup` does, with the tenant by either of its names
start_daemon
tls=https://${url#http://}
eval "$(isthmus env --folder azure)"
az cloud register -n isthmus --endpoint-resource-manager "$tls"
is "$(az cloud show -n isthmus --query endpoints.activeDirectory -o tsv)" "$tls/adfs"
az cloud set -n isthmus
is "$(az login --service-principal -u lab -p lab --tenant adfs --query '[0].tenantId' -o tsv)" adfs
az account clear
az login --service-principal -u lab -p lab --tenant $tenant -o none
is "$(az account show --query '[tenantId,id,state,user.name]' -o tsv | paste -sd' ')" "$tenant $subscription Enabled lab"
is "$(az account list --query 'length(@)' -o tsv)" 1

# ---- the other ways in: as a person, as a managed identity, from a program
az account clear
az login -u me@lab -p any --tenant adfs -o none
is "$(az account show --query '[user.name,user.type]' -o tsv | paste -sd' ')" 'me@lab user'
az account clear
is "$(MSI_ENDPOINT=$url/msi/token az login --identity --query '[0].tenantId' -o tsv)" $tenant
is "$(/usr/bin/python3 - "$tls" <<'END'
import sys
from azure.identity import ClientSecretCredential
from azure.mgmt.resource import SubscriptionClient

cloud = sys.argv[1]
credential = ClientSecretCredential("adfs", "lab", "lab", authority=cloud)
client = SubscriptionClient(credential, base_url=cloud, credential_scopes=[cloud + "//.default"])
print([subscription.display_name for subscription in client.subscriptions.list()])
END
)" "['Isthmus lab']"
az account clear
az login --service-principal -u lab -p lab --tenant $tenant -o none

# ---- what an account may look at
is "$(az account list-locations --query "[?name=='westeurope'].displayName" -o tsv)" 'West Europe'
is "$(az provider list --query '[].namespace' -o tsv | sort | paste -sd' ')" 'Microsoft.Compute Microsoft.Network Microsoft.Resources'
is "$(az provider show -n microsoft.network --query registrationState -o tsv)" Registered
az provider register -n Microsoft.Network
expect "$(said az provider show -n Contoso.Fun)" InvalidResourceNamespace
is "$(az rest --method get --url '/subscriptions/{subscriptionId}?api-version=2019-11-01' --query displayName -o tsv)" 'Isthmus lab'
expect "$(said az rest --method get --url '/subscriptions?api-version=latest')" InvalidApiVersionParameter
unknown=/subscriptions/00000000-0000-0000-0000-000000000000?api-version=2019-11-01
expect "$(said az rest --skip-authorization-header --method get --url "$tls$unknown")" SubscriptionNotFound

# ---- whoever refuses a call for Azure speaks as Azure does: the guard, a fault, the handler
shape() { curl -s "$@" | jq -rc '[.error.code, (.error | keys | join(" "))] | join(": ")'; }
is "$(shape -d a=b "$url/subscriptions/x/resourceGroups/y")" 'UnsupportedMediaType: code details message'
is "$(shape -H 'Host: elsewhere' "$url/tenants")" 'HostNotAllowed: code details message'
isthmus faults add busy --path '/subscriptions/**' --status 503 --code ServerBusy >faults.log 2>&1
is "$(shape "$url/subscriptions?api-version=2019-11-01")" 'ServerBusy: code details message'
isthmus faults delete busy >faults.log 2>&1
is "$(shape "$url/subscriptions")" 'MissingApiVersionParameter: code details message'

# ---- in one line, also for a cloud that az knows already
sign_in
expect "$(<setup.log)" 'az cloud update --name isthmus'
is "$(az account show --query user.name -o tsv)" isthmus

# ---- back to what was before
eval "$(isthmus env --unset)"
[[ ! -v REQUESTS_CA_BUNDLE && ! -v AZURE_CONFIG_DIR && ! -v ARM_CLIENT_SECRET ]] || { echo 'not unset' >&2; exit 1; }
stop_daemon

# ---- with tokens: what one signs in with is what one may do
reader=$(isthmus token create --name looker --role reader --file access.yaml 2>/dev/null)
start_daemon --auth token --access access.yaml
expect "$(said isthmus env --folder other)" AuthenticationFailed
is "$(shape "$url/tenants?api-version=2019-11-01")" 'AuthenticationFailed: code details message'
is "$(curl -s -o answer -w '%{http_code}' "$url/metadata/endpoints?api-version=2015-01-01")" 200
rm -r azure
export ISTHMUS_TOKEN=$reader
sign_in
is "$(az account show --query state -o tsv)" Enabled
expect "$(said az provider register -n Microsoft.Network)" AuthorizationFailed
if grep -qF "$reader" setup.log daemon.log; then echo 'a log has the token' >&2; exit 1; fi
az account clear
expect "$(said az login --service-principal -u lab -p lab --tenant $tenant)" AuthenticationFailed
