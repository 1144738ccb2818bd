#!/usr/bin/env bash
# az from a server (azure_cli/az_server.py) is az: it sees, says and does what a process of its own does, and leaves nothing behind.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
source "$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli/cloud.sh"

top=$PWD
alone() { env -u ISTHMUS_AZ_SERVER "$@"; }
served() { env "$@"; }
logs() { cat "$ISTHMUS_AZ_SERVER"/*.log 2>/dev/null; }
servers() { logs | sed -n 's/^server //p'; }  # the ids of their processes
calls() { logs | grep -c ' s, status ' || true; }  # that servers have run to their end
gone() { ! readlink "/proc/$1/exe" >/dev/null; }  # also where nobody has asked yet how it ended

# same STATUS COMMAND...: alone and from a server it ends like this, and writes the same to each stream. It reads $top/input.
same() {
  local wanted=$1 before how status
  shift
  before=$(calls)
  for how in alone served; do
    status=0
    "$how" "$@" <"$top/input" >"$top/$how.out" 2>"$top/$how.err" || status=$?
    ((status == wanted)) || { echo "status $status instead of $wanted: $how $*" >&2; cat "$top/$how.err" >&2; exit 1; }
  done
  diff "$top/alone.out" "$top/served.out"
  diff "$top/alone.err" "$top/served.err"
  (($(calls) == before + 1)) || { echo "no server has run: $*" >&2; exit 1; }
}

start_daemon --lro async --provisioning-delay 60m
sign_in
echo '{"location": "westeurope", "tags": {"from": "a file"}}' >input
groups=/subscriptions/$(az account show --query id -o tsv)/resourceGroups

# ---- what az is given: arguments as they are, the folder, the streams
same 0 az group create -n lab -l westeurope --tags 'a=b c' empty= 'ä="ö"' $'lines=one\ntwo'
is "$(jq -r '.tags["a"], .tags["ä"], .tags["lines"]' served.out)" $'b c\n"ö"\none\ntwo'
mkdir deeper
cp input deeper/body.json
(cd deeper && same 0 az rest --method put --url "$groups/file?api-version=2021-04-01" --body @body.json)
same 0 az rest --method put --url "$groups/stream?api-version=2021-04-01" --body @-
is "$(jq -r .tags.from served.out)" 'a file'

# ---- how az ends: what is not there, a name that is missing, a question that nobody answers, a stream that takes nothing
same 3 az network vnet show -g lab -n nowhere
same 1 az network vnet show -g lab
same 1 az group delete -n lab
same 1 bash -c 'az group list >/dev/full'
same 0 az network vnet create --help

# ---- what the process is: Python runs a sitecustomize.py from PYTHONPATH before anything else; this one tells at the end what is
# to be seen. The server of that environment ends with a process that ends before the test does.
mkdir probe
cat >probe/sitecustomize.py <<'END'
import atexit, os, signal, sys, threading

def tell():
    if sys.argv[0] != "az":
        return  # the client of a server
    print(sys.argv, sys.path, sys.flags, sys.executable, os.getcwd(), os.umask(0), os.nice(0), threading.enumerate()[1:], sep="\n")
    print({name: value for name, value in os.environ.items() if name not in ("_", "SHLVL", "ISTHMUS_AZ_SERVER")})
    print({number: signal.getsignal(number) for number in signal.valid_signals()}, signal.pthread_sigmask(signal.SIG_BLOCK, []))
    print(open("/proc/self/limits").read())
    print([(stream.name, stream.mode, stream.encoding, stream.errors, stream.line_buffering, stream.closed)
           for stream in (sys.stdin, sys.stdout, sys.stderr)], [os.fstat(number).st_mode for number in range(3)])
    print([number for number in range(256) if os.path.exists(f"/proc/self/fd/{number}")])

atexit.register(tell)
END
(
  export PYTHONPATH=$top/probe ISTHMUS_AZ_SERVER=$top/short ISTHMUS_AZ_SERVER_UNTIL=$BASHPID
  umask 027
  cd deeper
  same 0 az account list -o none
  kill -0 "$(servers)"
  servers >"$top/ended"
)
expect "$(<served.out)" deeper
soon gone "$(<ended)"

# ---- a signal is az's, and az is gone then
asked_for() { (($(curl -sg "$url/_isthmus/v1/requests?path=/subscriptions/**/$1/*&limit=1000" | jq '.requests | length'))); }
before=$(calls)
az network vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 &
client=$!
soon asked_for operations
kill "$client"
expect_status 143 wait "$client"
(($(calls) == before + 1))
expect "$(logs)" 'status -15: network vnet create'

# ---- az is az also when the server has died
for server in $(servers); do
  kill "$server"
  soon gone "$server"
done
before=$(calls)
is "$(az group exists -n lab)" true
(($(calls) == before))
