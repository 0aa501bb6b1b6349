#!/usr/bin/env bash
# Builds build/bridge.zip, the package of both functions: ./build.sh [--sources lambda] [--output build/bridge.zip]
exec "$(dirname "${BASH_SOURCE[0]}")/deploy/run.sh" build.py "$@"
