#!/usr/bin/env bash
# Hooks: what is applied and run before the daemon is ready, and that one which fails keeps it from being so.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"

cat >hook.sh <<'END'
#!/usr/bin/env bash
while [[ ! -e go-on ]]; do sleep 0.05; done
curl -fsS "$ISTHMUS_SERVER/networking/v1/virtualNetworks/hub" >seen
END
chmod +x hook.sh

ready() { curl -s -o /dev/null -w '%{http_code}' "$url/readyz"; }

start_daemon --init "$ISTHMUS_SOURCE_DIR/docs/examples/hub-and-spoke.yaml,./hook.sh"
expect "$(curl -s "$url/livez")" ok
expect "$(ready)" 503
expect "$(curl -s "$url/readyz?verbose")" init
touch go-on
soon eval '[[ $(ready) == 200 ]]'
expect "$(<seen)" '"resourceId":"hub"'
expect "$(isthmus journal -o tsv)" init
stop_daemon

# One that fails says so, and the daemon stays up to be looked at.
printf '#!/bin/sh\nexit 3\n' >bad.sh
chmod +x bad.sh
start_daemon --init ./bad.sh
soon eval '[[ $(curl -s "$url/readyz?verbose") == *"init hook ./bad.sh ended with status 3"* ]]'
expect "$(ready)" 503
stop_daemon

printf 'version: 1\nnetwroks: {}\n' >typo.yaml
start_daemon --init typo.yaml
soon eval '[[ $(curl -s "$url/readyz?verbose") == *"init hook typo.yaml was refused"* ]]'
expect "$(curl -s "$url/readyz?verbose")" networks
stop_daemon

# A program that runs does not keep the daemon from ending.
printf '#!/bin/sh\nexec sleep 600\n' >slow.sh
chmod +x slow.sh
start_daemon --init ./slow.sh
expect "$(ready)" 503
stop_daemon
