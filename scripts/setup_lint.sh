#!/bin/sh
# Install the Cypher linter where npm is there; its tests skip, or with TWIN_CI=1 fail, where it is not.
set -eu
folder=tests/cypher-lint
[ -f "$folder/package-lock.json" ] || exit 0
if command -v npm >/dev/null 2>&1; then
    (cd "$folder" && npm ci --silent --no-audit --no-fund) && touch "$folder/node_modules/.ready"
else
    echo "npm is missing: the Cypher lint is left out (install node 20 to have it)" >&2
fi
