#!/usr/bin/env bash
# Builds build/bridge.zip, the package of both functions. PYTHON names another Python (3.11 or newer).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python=${PYTHON:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "build.sh: needs Python 3.11 or newer; $python is not. Set PYTHON, like: PYTHON=python3.13 ./build.sh" >&2
  exit 2
fi
exec "$python" deploy/build.py "$@"
