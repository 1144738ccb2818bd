#!/usr/bin/env bash
# HTTPS as a person uses it: on the port of plain HTTP, with the daemon's own CA and with certificates of one's own, for
# clients with and without certificates; certificates read anew under way.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
command -v openssl >/dev/null || { echo "skipped: openssl is not here"; exit 77; }

# make_ca NAME; make_leaf NAME CA PURPOSE SAN [DAYS]: NAME.pem and NAME.key
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 2 \
    -subj "/CN=$1" -addext basicConstraints=critical,CA:TRUE 2>openssl.log
}
make_leaf() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>openssl.log
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -out "$1.pem" -days "${5:-2}" \
    -extfile <(printf 'extendedKeyUsage=%s\nsubjectAltName=%s\n' "$3" "$4") 2>openssl.log
}
fingerprint() { openssl s_client -connect "$at" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256; }
begin() { # begin OPTIONS...: a daemon, and its places
  start_daemon "$@"
  at=${url#http://}
  tls=https://$at
}
refused() { # refused PATTERN OPTIONS...: the daemon does not start, and says this
  local pattern=$1 status=0
  shift
  "$ISTHMUSD" --listen 127.0.0.1:0 --state state.db "$@" 2>refused.log >&2 || status=$?
  ((status != 0)) || { echo "started: $*" >&2; exit 1; }
  expect "$(<refused.log)" "$pattern"
}
ask() { curl -sS --max-time 20 "$@" 2>&1 || true; }
until_logged() { soon grep -qF "$1" daemon.log; } # until_logged TEXT

# ---- the daemon's own CA: one port for both, and the CA stays over a restart
begin
ask "$url/_isthmus/ca.pem" >ca.pem
expect "$(ask --cacert ca.pem "$tls/livez")" ok
expect "$(ask "$url/livez")" ok
expect "$(ask "$tls/livez")" 'SSL certificate problem'
expect "$(ask --cacert ca.pem --connect-to "localhost:443:$at" https://localhost/livez)" ok
expect "$(curl -sI "$url/_isthmus/ca.pem")" 'application/x-pem-file'
expect "$(ask --cacert ca.pem --tls-max 1.1 "$tls/livez")" 'curl:'
for key in state.db.tls/ca.key state.db.tls/server.pem; do expect "$(stat -c %a "$key")" 600; done
first=$(fingerprint)
stop_daemon
begin
expect "$(ask --cacert ca.pem "$tls/livez")" ok
expect "$(fingerprint)" "$first"
stop_daemon
begin --host-allow lab.example
[[ $(fingerprint) != "$first" ]] || { echo 'not renewed for another name' >&2; exit 1; }
expect "$(ask --cacert ca.pem --connect-to "lab.example:443:$at" https://lab.example/livez)" ok

# ---- the command line
expect_status 0 "$ISTHMUS" --server "$tls" --ca-file ca.pem vnet list
expect_status 0 env ISTHMUS_CA_FILE=ca.pem "$ISTHMUS" --server "$tls" vnet list
expect_status 0 "$ISTHMUS" --server "$tls" --insecure vnet list
expect_status 5 "$ISTHMUS" --server "$tls" vnet list
expect "$("$ISTHMUS" --server "$tls" vnet list 2>&1 || true)" "curl -s $url/_isthmus/ca.pem > ca.pem"
expect_status 2 "$ISTHMUS" --server "$tls" --ca-file nowhere.pem vnet list
expect "$("$ISTHMUS" --server "$tls" --ca-file nowhere.pem vnet list 2>&1 || true)" 'cannot use nowhere.pem'
expect_status 2 "$ISTHMUS" --server "$tls" --cert ca.pem vnet list
stop_daemon

# ---- keys that others may read
chmod 644 state.db.tls/ca.key
refused 'the key file state.db.tls/ca.key is open to others than its owner (mode 0644); do: chmod 600 state.db.tls/ca.key'
chmod 600 state.db.tls/ca.key

# ---- none at all
begin --tls off
expect "$(ask --cacert ca.pem "$tls/livez")" 'curl:'
expect "$(ask "$url/_isthmus/ca.pem")" 'no CA of its own'
expect "$("$ISTHMUS" --server "$tls" --insecure vnet list 2>&1 || true)" 'does not speak TLS'
stop_daemon
refused 'goes together' --tls-cert ca.pem

# ---- certificates of one's own, and of clients
make_ca servers
make_ca clients
make_ca strangers
make_leaf server servers serverAuth IP:127.0.0.1
make_leaf alice clients clientAuth DNS:alice
make_leaf old clients clientAuth DNS:old -1
make_leaf mallory strangers clientAuth DNS:mallory
chmod 644 server.key
refused 'do: chmod 600 server.key' --tls-cert server.pem --tls-key server.key
chmod 600 server.key
refused 'key values mismatch' --tls-cert server.pem --tls-key clients.key
begin --tls-cert server.pem --tls-key server.key --tls-client-ca clients.pem
as() { ask --cacert servers.pem --cert "$1.pem" --key "$1.key" "$tls/livez"; }
expect "$(ask --cacert servers.pem "$tls/livez")" ok
expect "$(as alice)" ok
expect "$(as old)" 'curl:'
expect "$(as mallory)" 'curl:'
until_logged "the client's certificate: certificate has expired"
expect "$(ask "$url/_isthmus/ca.pem")" 'no CA of its own'
expect_status 0 "$ISTHMUS" --server "$tls" --ca-file servers.pem --cert alice.pem --key alice.key vnet list
expect_status 5 "$ISTHMUS" --server "$tls" --ca-file servers.pem --cert mallory.pem --key mallory.key vnet list

# ---- read anew on SIGHUP: a connection that is open goes on, a bad file changes nothing
mkfifo requests
openssl s_client -quiet -connect "$at" <requests >kept 2>/dev/null &
kept=$!
exec {requests}>requests
printf 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n' >&"$requests"
soon eval "grep -q '^ok' kept"
before=$(fingerprint)
make_leaf server servers serverAuth IP:127.0.0.1
chmod 600 server.key
kill -HUP "$daemon"
until_logged 'read anew: certificates'
[[ $(fingerprint) != "$before" ]] || { echo 'SIGHUP did not change the certificate' >&2; exit 1; }
printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&"$requests"
wait "$kept"
exec {requests}>&-
expect "$(grep -c '^HTTP/1.1 200' kept)" 2
now=$(fingerprint)
echo nonsense >server.pem
kill -HUP "$daemon"
until_logged 'certificates stay as they were'
expect "$(fingerprint)" "$now"
kill -0 "$daemon"
stop_daemon
echo "tls: passed"
