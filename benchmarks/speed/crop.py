"""How long `marscrop crop` takes, file to box and step by step: `marscrop bench --large`.

python benchmarks/speed/crop.py [--json] [PHOTO...]
"""

from __future__ import annotations

import sys

from marscrop.cli.app import main

if __name__ == "__main__":
    sys.argv[1:1] = ["bench", "--large"]
    main()
