"""`python -m tests.world.page FOLDER RUNTIME PORT`: serve the page for a house that runs in FOLDER."""

import sys
from pathlib import Path

import waitress

from tests.world.page.app import create_app

if __name__ == "__main__":
    folder, runtime, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    waitress.serve(create_app(folder, runtime), host="127.0.0.1", port=port, threads=4, _quiet=True)
