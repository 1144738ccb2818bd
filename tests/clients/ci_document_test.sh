#!/usr/bin/env bash
# The scripts of docs/ci.md, as they stand there, each in a folder of its own.
set -euo pipefail
: "${ISTHMUSD:?}" "${ISTHMUS:?}" "${ISTHMUS_SOURCE_DIR:?}"
sed -n '/^    #!/,/^[^ ]/p' "$ISTHMUS_SOURCE_DIR/docs/ci.md" | sed -n 's/^    //p; s/^$//p' >scripts
csplit --quiet --elide-empty-files --prefix job- scripts '/^#!/' '{*}'
played=0
for script in job-*; do
  [[ $(wc -l <"$script") -gt 10 ]] || { echo "$script of docs/ci.md is too short" >&2; exit 1; }
  mkdir -p "of-$script/build/release/bin" "of-$script/docs"
  ln -s "$ISTHMUSD" "of-$script/build/release/bin/isthmusd"
  ln -s "$ISTHMUS" "of-$script/build/release/bin/isthmus"
  ln -s "$ISTHMUS_SOURCE_DIR/docs/examples" "of-$script/docs/examples"
  (cd "of-$script" && bash -x "../$script")
  played=$((played + 1))
done
[[ $played == 2 ]] || { echo "docs/ci.md has $played scripts instead of 2" >&2; exit 1; }
grep -q '<testsuites name="isthmus test" tests="6" failures="0" errors="0"' of-job-*/junit.xml
grep -q '<testsuites name="isthmus test" tests="6" failures="[1-6]" errors="0"' of-job-*/broken.xml
