#!/usr/bin/env bash
# Who may do what, as curl and the command line meet it: tokens, roles, the owner's token, the audit log, SIGHUP.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"

nc=networking/v1/virtualNetworks
network='{"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}'

# status METHOD PATH [curl options]: the status of the answer, whose body is then in the file body.
status() {
  local method=$1 path=$2
  shift 2
  curl -s -o body -D head -w '%{http_code}' -X "$method" "$@" "$url/$path"
}
is() { # is STATUS METHOD PATH [curl options]
  local wanted=$1 got
  shift
  got=$(status "$@")
  [[ $got == "$wanted" ]] && return
  echo "$1 $2: $got instead of $wanted: $(<body)" >&2
  exit 1
}
as() { echo "Authorization: Bearer $1"; }
json='Content-Type: application/json'
refuses() { # refuses TEXT [options]: the daemon does not start, and says why
  local wanted=$1
  shift
  if ISTHMUS_LISTEN=127.0.0.1:0 "$ISTHMUSD" --port-file port --state state.db "$@" 2>refused; then
    echo "started: $*" >&2
    exit 1
  fi
  expect "$(<refused)" "$wanted"
}

# What does not go together is told, and nothing is listened on.
refuses 'who may do what has to be chosen' --listen 0.0.0.0:0
refuses 'tokens do not travel over plain HTTP' --listen 0.0.0.0:0 --auth token --tls off
refuses 'nobody is asked who he is' --access access.yaml
refuses 'access.yaml' --auth token --access access.yaml

# Without an access file there is an owner's token beside the state, and the log says where.
start_daemon --auth token
expect "$(<daemon.log)" "an owner's token is made: it is in state.db.token"
[[ $(stat -c %a state.db.token) == 600 ]]
owner=$(<state.db.token)
if grep -qF "$owner" daemon.log; then echo "the token is in the log" >&2 && exit 1; fi
is 200 GET livez
is 200 GET readyz
is 401 GET 'readyz?verbose'
is 401 GET metrics
is 401 GET $nc
expect "$(<body)" '{"error":{"code":"AuthenticationFailed","message":"'
expect "$(<head)" 'WWW-Authenticate: Bearer realm="isthmus"'
is 401 GET $nc/there-is-none
is 401 GET _isthmus/v1/version
expect "$(<body)" '"type":"urn:isthmus:error:AuthenticationFailed"'
expect "$(<head)" 'application/problem+json'
is 401 GET $nc -H "$(as wrong)"
expect "$(<head)" 'error="invalid_token"'
is 401 GET $nc -H "Authorization: Basic $(printf 'owner:%s' "$owner" | base64 -w0)"
is 201 PUT $nc/red -H "$(as "$owner")" -H "$json" -d "$network"
is 200 GET $nc -H "$(as "$owner")"
stop_daemon
start_daemon --auth token
is 200 GET $nc/red -H "$(as "$owner")"

# The command line.
expect_status 1 isthmus vnet list
isthmus vnet list 2>error >/dev/null || true
expect "$(<error)" 'state, in STATE.token'
isthmus --token-file state.db.token vnet list >list
expect "$(<list)" '"red"'
ISTHMUS_TOKEN=$owner isthmus vnet list >list
expect_status 0 isthmus wait --for ready
stop_daemon

# Roles, from a file that the command line writes.
reader=$(isthmus token create --name looker --role reader --file access.yaml 2>said)
expect "$(<said)" "'looker' is in access.yaml"
ci=$(isthmus token create --name ci --role contributor --expires 30d --file access.yaml 2>said)
boss=$(isthmus token create --name boss --role owner --file access.yaml 2>said)
if grep -qE "$reader|$ci|$boss" access.yaml; then echo "a token is in the file" >&2 && exit 1; fi
chmod 640 access.yaml
refuses 'chmod 600' --auth token --access access.yaml
chmod 600 access.yaml
start_daemon --auth token --access access.yaml --audit audit.jsonl
is 401 GET $nc -H "$(as "$owner")"
is 200 GET $nc -H "$(as "$reader")"
is 403 PUT $nc/blue -H "$(as "$reader")" -H "$json" -d "$network"
expect "$(<body)" "'looker' is a reader, and this call needs the role contributor."
is 403 DELETE $nc/red -H "$(as "$reader")"
is 403 DELETE $nc/there-is-none -H "$(as "$reader")"
is 200 POST '_isthmus/v1/apply?dryRun=true' -H "$(as "$reader")" -H "$json" -d '{"version":1}'
is 403 POST _isthmus/v1/apply -H "$(as "$reader")" -H "$json" -d '{"version":1}'
is 201 PUT $nc/blue -H "$(as "$ci")" -H "$json" -H 'x-ms-client-request-id: mine' -d "$network"
is 403 POST _isthmus/v1/reset -H "$(as "$ci")"
is 403 GET _isthmus/v1/config -H "$(as "$ci")"
is 403 PUT networking/v1/networkControllerRestore/x -H "$(as "$ci")" -H "$json" -d '{}'
is 200 GET _isthmus/v1/config -H "$(as "$boss")"
expect "$(<body)" '"value":"access.yaml"'
isthmus --token "$reader" reset 2>error && exit 1
expect "$(<error)" 'a token of that role'
expect "$(<daemon.log)" 'principal=ci'

# The audit log: changes and refusals, and no reads.
soon eval "grep -q '\"status\":201' audit.jsonl" # it is written by a thread of its own
grep -q '"principal":"ci","role":"contributor","source":"127.0.0.1","method":"PUT","path":"/networking/v1/virtualNetworks/blue".*"clientRequestId":"mine","decision":"allowed","status":201' audit.jsonl
grep -q '"principal":"looker".*"decision":"refused","code":"AuthorizationFailed","status":403' audit.jsonl
grep -q '"path":"/networking/v1/virtualNetworks","requestId":"[^"]*","decision":"refused","code":"AuthenticationFailed","status":401' audit.jsonl
if grep -q '"status":200' audit.jsonl; then echo "a read is in the audit log" >&2 && exit 1; fi
jq -e . audit.jsonl >/dev/null

# A name with a line's end in it is a part of its line.
lines=$(wc -l <audit.jsonl)
is 401 GET "$nc/x%7B%22time%22%3A%22forged%22%7D" -H 'x-ms-client-request-id: {"time":"forged"}'
soon eval '(($(wc -l <audit.jsonl) == lines + 1))'
jq -e . audit.jsonl >/dev/null

# SIGHUP: a new principal comes in; a file that is wrong changes nothing; the audit log goes to a new file.
late=$(isthmus token create --name late --role reader --file access.yaml 2>said)
is 401 GET $nc -H "$(as "$late")"
mv audit.jsonl audit.jsonl.1
kill -HUP "$daemon"
soon eval '[[ $(status GET $nc -H "$(as "$late")") == 200 ]]'
echo '- {name: bad}' >>access.yaml
kill -HUP "$daemon"
soon eval "grep -q 'access.yaml line 6: the role is missing; who may come in stays as it was' daemon.log"
is 200 GET $nc -H "$(as "$late")"
is 201 PUT $nc/green -H "$(as "$ci")" -H "$json" -d "$network"
stop_daemon # which writes what waits
grep -q virtualNetworks/green audit.jsonl
[[ $(stat -c %a audit.jsonl) == 600 ]]

# Nobody looks into the memory of the process, and no core file is written.
sed -i '$d' access.yaml
start_daemon --auth token --access access.yaml --audit audit.jsonl --audit-required
if ((EUID != 0)); then expect_status 1 cat "/proc/$daemon/environ"; fi
is 201 PUT $nc/grey -H "$(as "$ci")" -H "$json" -d "$network"
stop_daemon
grep -q '"event":"intent".*virtualNetworks/grey' audit.jsonl
grep -q '"event":"outcome".*virtualNetworks/grey.*"status":201' audit.jsonl
