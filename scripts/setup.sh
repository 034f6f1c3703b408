#!/bin/sh
# Make .venv and put the locked packages and the project itself into it. Argument: the Python to use.
set -eu
python=${1:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed. Install it, or name it: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    echo "making .venv with $("$python" --version)" >&2
    "$python" -m venv --clear .venv || {
        echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
echo "installing the locked packages (about 1 GB the first time, a minute or two)" >&2
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install --quiet --require-hashes -r requirements.txt
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
touch .venv/.ready
