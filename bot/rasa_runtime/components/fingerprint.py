"""A fingerprint of the code behind the components.

Rasa's training cache looks at the source of a component's own class only; its base is elsewhere and the work is done in
another package, and a change there has to train again too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from bot.rasa_runtime import understanding

PLACES = (Path(__file__).parent, Path(str(understanding.__file__)).parent)


def code_fingerprint() -> str:
    """SHA-256 over the sources of this package and of `bot.rasa_runtime.understanding`."""
    digest = hashlib.sha256()
    for path in (path for place in PLACES for path in sorted(place.glob("*.py"))):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
