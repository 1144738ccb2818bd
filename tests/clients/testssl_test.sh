#!/usr/bin/env bash
# What testssl.sh, where it is installed, thinks of the TLS that the daemon speaks: nothing worth a complaint.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
command -v testssl >/dev/null || { echo "skipped: testssl.sh is not installed"; exit 77; }
start_daemon
testssl --fast --warnings batch --nodns none --color 0 -p -s -U "${url#http://}" >report 2>&1 || true
cat report
expect "$(<report)" 'TLS 1.3    offered (OK)'
expect "$(<report)" 'Strong encryption (AEAD ciphers)              offered (OK)'
if grep -E 'NOT ok|VULNERABLE|weak' report; then
  echo 'testssl complains' >&2
  exit 1
fi
