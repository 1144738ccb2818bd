# For system tests in bash: starts $ISTHMUSD on a free port with a state file in the current folder, and ends it again.
# Sets $url; defines isthmus, expect and expect_status.
set -euo pipefail

: "${ISTHMUSD:?the path of isthmusd}" "${ISTHMUS:?the path of isthmus}" "${ISTHMUS_SOURCE_DIR:?the top of the project}"

daemon=
url=

stop_daemon() {
  [[ -n $daemon ]] || return 0
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" 2>/dev/null || true
  daemon=
}
trap stop_daemon EXIT

start_daemon() {
  rm -f port
  "$ISTHMUSD" --listen 127.0.0.1:0 --port-file port --state state.db "$@" 2>>daemon.log &
  daemon=$!
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    if [[ -s port ]]; then
      url=http://127.0.0.1:$(<port)
      return
    fi
    kill -0 "$daemon" 2>/dev/null || break
    read -rt 0.05 <> <(:) || true
  done
  echo "isthmusd did not start:" >&2
  cat daemon.log >&2
  exit 1
}

isthmus() { "$ISTHMUS" --server "$url" "$@"; }

# expect TEXT PATTERN: the text contains the pattern (a bash glob without the outer stars).
expect() {
  [[ $1 == *$2* ]] && return
  printf 'expected: %s\nin:       %s\n' "$2" "$1" >&2
  exit 1
}

# soon COMMAND...: it succeeds within some seconds.
soon() {
  local tries
  for ((tries = 0; tries < 200; tries++)); do
    "$@" && return
    read -rt 0.05 <> <(:) || true
  done
  echo "never: $*" >&2
  exit 1
}

# expect_status CODE COMMAND...: the command ends with this status.
expect_status() {
  local wanted=$1 status=0
  shift
  "$@" >/dev/null 2>&1 || status=$?
  ((status == wanted)) && return
  printf 'status %d instead of %d: %s\n' "$status" "$wanted" "$*" >&2
  exit 1
}
