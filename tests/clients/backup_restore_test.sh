#!/usr/bin/env bash
# Backup and restore as Microsoft's sample scripts use them: a lab is backed up and torn down, and is back after a restore, also
# after kill -9; and a backup of one daemon is restored into another.
source "$ISTHMUS_SOURCE_DIR/tests/clients/rest.sh"
folder=$PWD/backups
start_daemon --backups "$folder"

# settled PATH: GET until provisioningState is not Updating.
settled() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    call GET "$1"
    [[ $answer == *'"provisioningState":"Updating"'* ]] || return 0
    read -rt 0.05 <> <(:) || true
  done
  fail 'expected: an end'
}

backup() {
  call PUT "networkControllerBackup/$1" '{"resourceId": "'"$1"'", "properties": {"backupPath": "\\\\fileserver\\SDN\\Backups",
    "credential": {"resourceRef": "/credentials/fileserver"}}}'
  answered '20[01]'
  settled "networkControllerBackup/$1"
  holds '.properties | .provisioningState == "Succeeded" and .errorMessage == "" and .failedResourcesList == []'
}

# restore NAME PATH: sets answer to what came of it. The path as JSON has it.
restore() {
  call PUT "networkControllerRestore/$1" '{"resourceId": "'"$1"'", "properties": {"restorePath": "'"$2"'"}}'
  answered '20[01]'
  settled "networkControllerRestore/$1"
}

digest() { curl -gsS "$url/_isthmus/v1/stats" | jq -r .digest; }

# held: every collection. held_elsewhere: but for etags and times, which another controller has its own of.
held() {
  local type types
  types=$(types)
  for type in $types; do
    list "$type"
    printf '{"%s": %s}\n' "$type" "$answer"
  done | jq -S .
}
held_elsewhere() { held | jq 'walk(if type == "object" then del(.etag, .lastUpdatedTime) else . end)'; }

delivered() { expect "$(isthmus -o json explain web1 db1 tcp/443)" '"verdict": "delivered"'; }

isthmus apply -f "$ISTHMUS_SOURCE_DIR/docs/examples/hub-and-spoke.yaml" >applied
put credentials '{"resourceId": "fileserver", "properties": {"type": "UsernamePassword", "userName": "x", "value": "a secret"}}'
put servers '{"resourceId": "host1", "properties": {"connections": [{"managementAddresses": ["10.20.0.11"]}]}}'
isthmus host-fault host1 Overloaded >faults
delivered
lab=$(digest)
held >before
held_elsewhere >before_elsewhere
backup 2027-01-01T10_00_00
holds '.properties.successfulResourcesList | index("/networking/v1/virtualNetworks/hub") != null'
! grep -qr 'a secret' "$folder" || fail 'expected: no secret in a backup'

# Everything goes.
isthmus reset >gone
[[ $(digest) != "$lab" ]] || fail 'expected: another digest after a reset'
call GET virtualNetworks/hub
answered 404
expect_status 3 isthmus explain web1 db1 tcp/443

# A place that nothing was backed up to is Failed, and changes nothing.
held >empty
restore wrong '\\\\fileserver\\SDN\\Backups\\2027-01-01T11_00_00'
holds '.properties.provisioningState == "Failed"' '.properties.successfulResourcesList == []' \
  '.properties.errorMessage | contains("There is no backup at ") and contains("2027-01-01T10_00_00")'
held | diff empty - >&2 || fail 'expected: nothing has changed'

# And back: every member of every resource, etags and times too, and what packets meet.
restore back '\\\\fileserver\\SDN\\Backups\\2027-01-01T10_00_00'
holds '.properties | .provisioningState == "Succeeded" and .errorMessage == ""' \
  '.properties.successfulResourcesList | index("/networking/v1/networkInterfaces/web1") != null'
held | diff before - >&2 || fail 'expected: what was backed up'
[[ $(digest) == "$lab" ]] || fail 'expected: the digest of the lab'
delivered
isthmus vnet peering delete -n spoke2-to-hub --vnet-name spoke2 >deleted
expect "$(isthmus -o json explain web1 db1 tcp/443 || true)" '"verdict": "dropped"'
restore again '//fileserver/SDN/Backups'
holds '.properties.provisioningState == "Succeeded"'

# What a restore acknowledged is durable.
kill -9 "$daemon"
wait "$daemon" 2>killed || true
start_daemon --backups "$folder"
held | diff before - >&2 || fail 'expected: the same after kill -9'
[[ $(digest) == "$lab" ]] || fail 'expected: the digest of the lab after kill -9'
delivered
expect "$(isthmus host-fault -o tsv)" Overloaded
call GET networkControllerRestore/again
answered 404
call GET networkControllerBackup
holds '.value | map(.resourceId) == ["2027-01-01T10_00_00"]'

# Another daemon that finds the folder: the same lab by names, ids and allocated values, with etags of its own.
stop_daemon
rm -r state.db*
start_daemon --backups "$folder"
call GET virtualNetworks/hub
answered 404
put virtualNetworks '{"resourceId": "other", "properties": {"addressSpace": {"addressPrefixes": ["10.99.0.0/16"]}}}'
restore elsewhere '\\\\fileserver\\SDN\\Backups\\2027-01-01T10_00_00'
holds '.properties.provisioningState == "Succeeded"'
held_elsewhere | diff before_elsewhere - >&2 || fail 'expected: the lab of the other daemon'
[[ $(digest) == "$lab" ]] || fail 'expected: the digest of the lab in another daemon'
delivered
stop_daemon
start_daemon --backups "$folder"
held_elsewhere | diff before_elsewhere - >&2 || fail 'expected: the same after a restart'

# A file that was cut off says so, and nothing of it is restored.
file=("$folder"/*.backup)
[[ ${#file[@]} == 1 ]] || fail "expected: one file, not ${file[*]}"
head -c 3000 "${file[0]}" >beginning
cp beginning "${file[0]}"
call GET networkControllerBackup/2027-01-01T10_00_00
answered 503 StorageUnavailable 'cannot be read'
restore cut '\\\\fileserver\\SDN\\Backups\\2027-01-01T10_00_00'
holds '.properties | .provisioningState == "Failed" and (.errorMessage | contains("cannot be read"))'
held_elsewhere | diff before_elsewhere - >&2 || fail 'expected: nothing has changed'
call DELETE networkControllerBackup/2027-01-01T10_00_00
answered 200
call GET networkControllerBackup/2027-01-01T10_00_00
answered 404

# Without --backups they are beside the state.
stop_daemon
start_daemon
backup beside
[[ -s state.db.backups/beside.backup ]] || fail 'expected: a file beside the state'
echo "backup_restore: 1 passed, 0 failed"
