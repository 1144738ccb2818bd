#!/usr/bin/env bash
# az with security groups, interfaces, routes and the network watcher.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/cloud.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/network.sh"

start_daemon
sign_in
play
