"""The package alone: ./build.sh [--sources lambda] [--output build/bridge.zip]"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bridge_deploy.package import main

if __name__ == "__main__":
    sys.exit(main())
