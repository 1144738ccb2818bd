#!/usr/bin/env bash
# What the daemon prints of every type of Microsoft.Network, member for member, against the models of @azure/arm-network.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_js/sdk.sh"

cp "$ISTHMUS_SOURCE_DIR/tests/clients/azure_js/models.mjs" .
start_daemon
eval "$(isthmus env --folder azure)"
js contract.mjs "https://${url#http://}"
