#!/usr/bin/env bash
# Runs a program of this folder with a Python that is new enough: deploy/run.sh stack.py plan
# PYTHON names others to try, in order. Works with bash 3.2, which macOS has.
set -euo pipefail
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    program=$1
    shift
    exec "$candidate" "$folder/$program" "$@"
  fi
done
echo "Python 3.11 or newer is needed: install it, or name it, like: PYTHON=/path/to/python3" >&2
exit 2
