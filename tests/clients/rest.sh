# For system tests in bash that speak REST by curl, as the scripts that people run against a real controller do.
# Over daemon.sh it defines call, answered, holds and fail; put, remove and change, which wait as those scripts wait; types, list.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"

base=/networking/v1
method=
path=
status=
answer=

# call METHOD PATH [BODY or @FILE]: sets status and answer. The path is below $base, or begins with a slash.
# Real scripts send both header fields with every method, and never If-Match.
call() {
  method=$1
  path=$2
  local body=()
  [[ -z ${3-} ]] || body=(--data-binary "$3")
  case $path in
    http*) ;;
    /*) path=$url$path ;;
    *) path=$url$base/$path ;;
  esac
  status=$(curl -gsS -o answer.json -w '%{http_code}' -X "$method" -H 'Accept: application/json' \
    -H 'Content-Type: application/json; charset=UTF-8' "${body[@]}" "$path")
  answer=$(<answer.json)
  : >answer.json
}

# fail TEXT...: ends the test with the last call and its answer.
fail() {
  printf '%s\nafter:   %s %s\nstatus:  %s\nbody:    %s\n' "$*" "$method" "$path" "$status" "$answer" >&2
  exit 1
}

# answered STATUS TEXT...: the last answer has this status (a bash glob) and holds each text.
answered() {
  # shellcheck disable=SC2053  # a glob
  [[ $status == $1 ]] || fail "expected: status $1"
  local text
  for text in "${@:2}"; do [[ $answer == *"$text"* ]] || fail "expected: $text"; done
}

# holds FILTER...: the last answer makes each filter of jq true. (One jq for all: it starts slowly.)
holds() {
  local filter program='' number=0 wrong
  for filter; do program+="(if ($filter) then empty else \$ARGS.positional[$((number++))] end),"; done
  wrong=$(jq -r "$program empty" --args "$@" <<<"$answer") || wrong="$*"
  [[ -z $wrong ]] || fail "expected: $wrong"
}

# put COLLECTION BODY: PUT where the body's resourceId says, then GET until nothing of it is Updating. Sets answer to that GET's.
put() {
  local id tries
  [[ $2 =~ \"resourceI[dD]\":\ *\"([^\"]+)\" ]] || fail "no resourceId in $2"
  id=${BASH_REMATCH[1]}
  call PUT "$1/$id" "$2"
  answered '20[01]'
  for ((tries = 0; tries < 100; tries++)); do
    call GET "$1/$id"
    answered 200
    [[ $answer == *'"provisioningState":"Updating"'* ]] || break
    read -rt 0.1 <> <(:) || true
  done
  answered 200 '"provisioningState":"Succeeded"'
}

# remove PATH: DELETE, then GET until it is not found.
remove() {
  local tries
  call DELETE "$1"
  answered '20[024]'
  for ((tries = 0; tries < 100; tries++)); do
    call GET "$1"
    [[ $status != 404 ]] || return 0
    answered 200
    read -rt 0.1 <> <(:) || true
  done
  fail 'expected: status 404'
}

# change PATH FILTER: GET, change by a filter of jq, PUT everything back: read-only members, etags and all.
change() {
  call GET "$1"
  answered 200
  put "${1%/*}" "$(jq "$2" <<<"$answer")"
}

# types: what the controller serves, one a line, as the refusal of an unknown type lists it.
types() {
  call GET noSuchType
  answered 404 'The types are '
  jq -r '.error.message | capture("The types are (?<list>[^.]*)").list' <<<"$answer" | tr -d ' ' | tr , '\n'
}

# list TYPE: GET of a collection, with all its pages in one answer.
list() {
  local pages=() tries
  call GET "$1"
  for ((tries = 0; tries < 100; tries++)); do
    answered 200
    [[ $answer =~ \"nextLink\":\"([^\"]*)\"\}$ ]] || fail 'expected: a nextLink'
    pages+=("$answer")
    [[ -n ${BASH_REMATCH[1]} ]] || break
    call GET "${BASH_REMATCH[1]}"
  done
  ((tries < 100)) || fail 'expected: a last page'
  ((${#pages[@]} == 1)) || answer=$(jq -cs '{value: map(.value) | add, nextLink: ""}' <<<"${pages[*]}")
}
