#!/bin/sh
# Print the path of a uv that runs. Where there is none, pip puts one into .tools: installing
# into a folder leaves the system alone, which an externally managed Python insists on.
set -eu

local_uv=$PWD/.tools/bin/uv
for candidate in "$local_uv" uv; do
    if "$candidate" --version >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
done

for python in python3 /usr/bin/python3 "$(sh scripts/find_python.sh)"; do
    if "$python" -m pip --version >/dev/null 2>&1; then
        PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
            "$python" -m pip install --quiet --upgrade --target .tools 'uv>=0.9' >&2
        echo "$local_uv"
        exit 0
    fi
done
echo "error: no python3 with pip was found; install one (Debian: apt-get install python3-pip)" >&2
exit 1
