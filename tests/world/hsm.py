"""A PKCS#11 token in software (SoftHSM), as an HSM vendor's tool would set one up."""

import os
import subprocess
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "24680135"


def create_token(folder: Path, label: str) -> None:
    """Initialise a token named `label` in `folder` and point this process (and its children) at it."""
    (folder / "tokens").mkdir(parents=True, exist_ok=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n",
        encoding="utf-8",
    )
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    if not any((folder / "tokens").iterdir()):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", PIN, "--pin", PIN],
            check=True,
            stdout=subprocess.DEVNULL,
        )
