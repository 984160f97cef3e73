#!/usr/bin/env bash
# Records random nets of four stock frameworks anew: record.sh OUT [NETS]   (60 nets each; a few minutes)
# The frameworks are installed on first use into .venv-frameworks of the checkout (PyTorch: 3 GB).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
venv=$here/../../../.venv-frameworks
out=$1 nets=${2:-60}
if [ ! -f "$venv/done" ]; then
    echo "record: installing PyTorch, snnTorch, Norse, Sinabs and SpikingJelly into .venv-frameworks (3 GB)"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --target "$venv/nir" -r "$here/requirements-nir.txt"
    touch "$venv/done"
fi
for framework in snntorch norse spikingjelly; do
    PYTHONPATH=$venv/nir "$venv/bin/python" -W ignore "$here/record.py" "$out" --framework "$framework" --nets "$nets"
done
"$venv/bin/python" -W ignore "$here/record.py" "$out" --framework sinabs --nets "$nets"
