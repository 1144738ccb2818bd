#!/usr/bin/env bash
# The SDKs of Azure for JavaScript against the daemon, over TLS: they sign in, and show the daemon's errors as Azure's.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_js/sdk.sh"

start_daemon
eval "$(isthmus env --folder azure)"
said=$(js login.mjs "https://${url#http://}")
wanted="Isthmus lab
404 SubscriptionNotFound The subscription '00000000-0000-0000-0000-000000000000' could not be found."
[[ $said == "$wanted" ]] || { printf 'expected: %s\nis:       %s\n' "$wanted" "$said" >&2; exit 1; }
