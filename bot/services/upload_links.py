"""Addresses of uploaded files that open without a header, for an hour: `<img>` and downloads cannot send a token."""

import hashlib
import hmac
from datetime import datetime, timedelta

STEP = timedelta(minutes=15)
LIFE = timedelta(hours=1)


class UploadLinks:
    """Signs and checks. The key is ours alone; whoever has a link may read that one file until it expires."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"upload links:" + secret.encode()).digest()

    def sign(self, upload_id: str, now: datetime) -> str:
        """A path good for `LIFE` to `LIFE` + `STEP`; the same one for a while, so that browsers can keep it."""
        step = int(STEP.total_seconds())
        until = (int(now.timestamp()) // step + 1) * step + int(LIFE.total_seconds())
        return f"{plain_path(upload_id)}?until={until}&key={self._signature(upload_id, until)}"

    def opens(self, upload_id: str, until: str, key: str, now: datetime) -> bool:
        """Whether the link was signed here for this file and is still good."""
        if not until.isascii() or not until.isdigit() or len(until) > 12:
            return False
        good = hmac.compare_digest(self._signature(upload_id, int(until)).encode(), key.encode("utf-8", "replace"))
        return good and int(until) > now.timestamp()

    def _signature(self, upload_id: str, until: int) -> str:
        return hmac.new(self._key, f"{upload_id}:{until}".encode(), hashlib.sha256).hexdigest()[:40]


def plain_path(upload_id: str) -> str:
    """The file's address for whoever proves otherwise who they are: the staff's cookie, or a bearer token."""
    return f"/api/v1/uploads/{upload_id}"
