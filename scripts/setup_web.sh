#!/bin/sh
# Install the libraries of the map where npm is there; without them the page shows its table view and says so.
set -eu
folder=api/web
if command -v npm >/dev/null 2>&1; then
    (cd "$folder" && npm ci --silent --no-audit --no-fund) && touch "$folder/node_modules/.ready"
else
    echo "npm is missing: the map is left out, its table view works (install node 20 to have it)" >&2
fi
