#!/usr/bin/env bash
# The script of docs/ci.md, as it stands there.
set -euo pipefail
: "${ISTHMUSD:?}" "${ISTHMUS:?}" "${ISTHMUS_SOURCE_DIR:?}"
mkdir -p build/release/bin docs
ln -s "$ISTHMUSD" build/release/bin/isthmusd
ln -s "$ISTHMUS" build/release/bin/isthmus
ln -s "$ISTHMUS_SOURCE_DIR/docs/examples" docs/examples
sed -n '/^    #!/,/^[^ ]/p' "$ISTHMUS_SOURCE_DIR/docs/ci.md" | sed -n 's/^    //p' >job.sh
[[ $(wc -l <job.sh) -gt 15 ]] || { echo 'docs/ci.md has no script' >&2; exit 1; }
bash -x job.sh
