# For tests with az: source daemon.sh, then this. Skips the test where az is not installed.
# Defines az (tests/clients/azure_cli/az), sign_in for a daemon that runs, and is and said to compare.
command -v az >/dev/null || { echo "skipped: az is not installed (tools/dev setup --clients)"; exit 77; }
export PATH=$ISTHMUS_SOURCE_DIR/tests/clients/azure_cli:$PATH
export AZURE_CORE_NO_COLOR=1 AZURE_CORE_ONLY_SHOW_ERRORS=1 PYTHONWARNINGS=ignore
# What az imports is imported once, not for each call: azure_cli/az_client.py.
export ISTHMUS_AZ_SERVER=$PWD/az_server ISTHMUS_AZ_SERVER_UNTIL=$$

# is TEXT EXPECTED: they are equal.
is() { [[ $1 == "$2" ]] || { printf 'expected:\n%s\nis:\n%s\n' "$2" "$1" >&2; exit 1; }; }
# said COMMAND...: what it says, also when it fails.
said() { "$@" 2>&1 || true; }

# sign_in [isthmus options]: what the user types in docs/azure.md.
sign_in() {
  eval "$(isthmus "$@" env --folder azure)"
  isthmus "$@" az setup --folder azure 2>setup.log || { cat setup.log >&2; exit 1; }
}
