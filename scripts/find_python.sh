#!/bin/sh
# Print a Python of at least 3.12 that really runs: a name on PATH may be a shim that does
# not. Prints a plain version number where there is none, which uv reads as "fetch it".
set -u

runs() {
    "$1" -c 'import sys, venv, ssl, sqlite3; sys.exit(sys.version_info < (3, 12))' >/dev/null 2>&1
}

for candidate in "${PYTHON:-}" python3.13 python3.12 python3.14 python3 \
    "$HOME"/.pyenv/versions/3.13*/bin/python "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python; do
    if [ -n "$candidate" ] && runs "$candidate"; then
        # the path itself, in case the name means something else to uv
        "$candidate" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done
echo 3.13
