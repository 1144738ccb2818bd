#!/usr/bin/env bash
# @azure/arm-network over TLS does what programs do first: networks, peerings, routes, groups, interfaces, questions, deletes.
# Once with answers at once, once with operations that it has to ask about.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_js/sdk.sh"

for lro in sync async; do
  rm -rf state.db* azure
  start_daemon --lro "$lro"
  eval "$(isthmus env --folder azure)"
  echo "--lro $lro"
  js core.mjs "https://${url#http://}"
  eval "$(isthmus env --unset)"
  stop_daemon
done
