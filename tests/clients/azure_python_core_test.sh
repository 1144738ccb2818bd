#!/usr/bin/env bash
# Python's azure-mgmt-network over TLS does what programs do first, with Debian's packages: the same as azure_js_core_test.sh.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"

python=/usr/bin/python3  # the one that Debian's packages are for; PATH may have another first
if ! "$python" -c 'import azure.identity, azure.mgmt.network, azure.mgmt.resource' 2>/dev/null; then
  echo "skipped: $python has no azure.mgmt.network (tools/dev setup --clients)"
  exit 77
fi
unset PYTHONPATH
export PYTHONWARNINGS=ignore

for lro in sync async; do
  rm -rf state.db* azure
  start_daemon --lro "$lro"
  eval "$(isthmus env --folder azure)"
  echo "--lro $lro"
  "$python" "$ISTHMUS_SOURCE_DIR/tests/clients/azure_python/core.py" "https://${url#http://}"
  eval "$(isthmus env --unset)"
  stop_daemon
done
