#!/bin/sh
# Build the wheel and use it outside the checkout, in an environment that holds only what
# the wheel itself asks for, at the versions of the lock.
set -eu

checkout=$PWD
uv=$(sh scripts/find_uv.sh)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset PYTHONDONTWRITEBYTECODE PYTHONPATH || true  # imports of the second command are then quick

"$uv" build --quiet --wheel --no-build-isolation --python .venv/bin/python --out-dir "$work/dist"
"$uv" venv --quiet --python "$(.venv/bin/python -c 'import sys; print(sys._base_executable)')" "$work/venv"
# As constraints: the lock fixes the versions of what the wheel asks for, and adds nothing.
"$uv" pip install --quiet --python "$work/venv/bin/python" \
    --constraint "$checkout/requirements.lock" "$work"/dist/*.whl

cd "$work"
PATH="$work/venv/bin:$PATH"
attraktiv --help >/dev/null
attraktiv models
attraktiv ingest nowhere out 2>&1 | grep -q ssb  # the recipes are there
attraktiv simulate country --places 12 --years 8 --seed 1
attraktiv panel country
attraktiv fit book_2023 country --out run
attraktiv attractiveness run
python -c "from importlib.resources import files; assert (files('attraktiv.server') / 'page' / 'index.html').is_file()"
echo "the wheel works outside the checkout"
