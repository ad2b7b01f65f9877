#!/bin/sh
# Bring .venv to exactly what requirements.lock says, with the package itself editable.
set -eu

uv=$(sh scripts/find_uv.sh)
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
    if ! "$uv" venv --quiet --clear --python "$(sh scripts/find_python.sh)" .venv; then
        echo "error: found no Python of at least 3.12 that runs, and could not fetch one;" \
            "install one, or name it: make install PYTHON=/path/to/python3.12" >&2
        exit 1
    fi
fi
# Bytecode is compiled now: without it the first imports of the numerical stack take many
# seconds, on every run where Python is told to write none.
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock
# The build back end comes from the lock as well, so nothing else is fetched.
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
.venv/bin/python --version
