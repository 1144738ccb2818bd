# For tests with the SDKs for JavaScript: source daemon.sh, then this. Skips the test where they are not installed.
# Defines js SCRIPT [ARGUMENT...]: runs tests/clients/azure_js/SCRIPT in the current folder.
modules=$ISTHMUS_SOURCE_DIR/build/clients/azure_js/node_modules
if ! command -v node >/dev/null || [[ ! -d $modules/@azure/arm-network ]]; then
  echo "skipped: @azure/arm-network is not installed (tools/dev setup --clients)"
  exit 77
fi
ln -s "$modules" node_modules

js() {
  cp "$ISTHMUS_SOURCE_DIR/tests/clients/azure_js/$1" .
  node "$@"
}
