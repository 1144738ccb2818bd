#!/usr/bin/env bash
# Who shows a certificate, and who may do what with it: over HTTPS, alone and beside tokens.
source "$ISTHMUS_SOURCE_DIR/tests/clients/daemon.sh"
command -v openssl >/dev/null || { echo "skipped: openssl is not here"; exit 77; }

nc=networking/v1/virtualNetworks
key=(-newkey ec -pkeyopt 'ec_paramgen_curve:P-256' -nodes)
openssl req -x509 "${key[@]}" -keyout clients.key -out clients.pem -days 2 -subj /CN=clients \
  -addext basicConstraints=critical,CA:TRUE 2>openssl.log
client() { # client NAME: NAME.pem and NAME.key, signed by the clients' CA
  openssl req "${key[@]}" -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>openssl.log
  openssl x509 -req -in "$1.csr" -CA clients.pem -CAkey clients.key -CAcreateserial -out "$1.pem" -days 2 \
    -extfile <(echo extendedKeyUsage=clientAuth) 2>openssl.log
}
thumbprint() { openssl x509 -in "$1.pem" -outform DER | sha256sum | cut -d' ' -f1; }
is() { # is STATUS METHOD PATH [curl options], over HTTPS
  local wanted=$1 method=$2 path=$3 got
  shift 3
  got=$(curl -s -o body -D head -w '%{http_code}' -X "$method" --cacert state.db.tls/ca.pem "$@" "${url/http:/https:}/$path")
  [[ $got == "$wanted" ]] && return
  echo "$method $path: $got instead of $wanted: $(<body)" >&2
  exit 1
}

client alice
client mallory
install -m 600 /dev/null access.yaml
echo "- {name: alice@example.org, role: reader, certificate: $(thumbprint alice)}" >access.yaml
alice=(--cert alice.pem --key alice.key)
start_daemon --auth certificate --access access.yaml --tls-client-ca clients.pem --audit audit.jsonl
is 200 GET livez
is 401 GET $nc
expect "$(<body)" 'asks for a client certificate, over https'
expect "$(<head)" 'WWW-Authenticate: Certificate realm="isthmus"'
is 200 GET $nc "${alice[@]}"
is 403 DELETE $nc/red "${alice[@]}"
is 401 GET $nc --cert mallory.pem --key mallory.key
expect "$(<body)" "$(thumbprint mallory)"
expect "$(<daemon.log)" 'principal=alice@example.org'
isthmus() { "$ISTHMUS" --server "${url/http:/https:}" --ca-file state.db.tls/ca.pem "$@"; }
expect_status 0 isthmus --cert alice.pem --key alice.key vnet list
expect_status 1 isthmus vnet list
stop_daemon
grep -q '"principal":"alice@example.org".*"certificate":"alice".*"decision":"refused"' audit.jsonl
grep -q '"certificate":"mallory".*"code":"AuthenticationFailed"' audit.jsonl

# Both: a token counts before a certificate, and a bad one is not made good by it.
ci=$("$ISTHMUS" token create --name ci --role contributor --file access.yaml 2>said)
start_daemon --auth token,certificate --access access.yaml --tls-client-ca clients.pem
is 200 GET $nc "${alice[@]}"
is 204 DELETE $nc/red -H "Authorization: Bearer $ci" "${alice[@]}"
is 401 GET $nc -H 'Authorization: Bearer wrong' "${alice[@]}"
expect_status 0 isthmus --token "$ci" vnet list
