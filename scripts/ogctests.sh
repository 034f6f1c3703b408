#!/bin/sh
# The community's test suite for OGC API - Features against a running server: scripts/ogctests.sh http://127.0.0.1:8000
# It needs older libraries than we do, so it gets an environment of its own, in a folder that is removed again.
set -eu
url=${1:?usage: scripts/ogctests.sh URL-OF-THE-SERVER}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ogctests==0.1.15
cd "$folder"
"$folder/venv/bin/python" -m ogctests features/core -i "$url/ogc"
