"""Which files may be sent in a chat, told by what is in them, and what they may be called.

Neither the name nor the type a browser claims decides anything: both are the sender's words. A picture is only a
candidate here; whether it is one is decided by decoding it.
"""

import re
import unicodedata
from enum import StrEnum

HEAD_BYTES = 4096
"""How much of a file's beginning `kind_of` wants to see."""
MAX_NAME = 120


class UploadKind(StrEnum):
    """What a stored file is. Animations stay what they were; nothing is ever stored as SVG or HTML."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    GIF = "gif"
    PDF = "pdf"
    TEXT = "text"

    @property
    def media_type(self) -> str:
        return _MEDIA[self]

    @property
    def is_picture(self) -> bool:
        return self in PICTURES


_MEDIA = {
    UploadKind.PNG: "image/png",
    UploadKind.JPEG: "image/jpeg",
    UploadKind.WEBP: "image/webp",
    UploadKind.GIF: "image/gif",
    UploadKind.PDF: "application/pdf",
    UploadKind.TEXT: "text/plain; charset=utf-8",
}
_ENDINGS = {
    UploadKind.PNG: (".png",),
    UploadKind.JPEG: (".jpg", ".jpeg"),
    UploadKind.WEBP: (".webp",),
    UploadKind.GIF: (".gif",),
    UploadKind.PDF: (".pdf",),
    UploadKind.TEXT: (".txt", ".log", ".md", ".csv"),
}
PICTURES = frozenset({UploadKind.PNG, UploadKind.JPEG, UploadKind.WEBP, UploadKind.GIF})

_PDF = re.compile(rb"%PDF-\d\.\d")
# Readers find the header within the first kilobyte; browsers and we want it at the very beginning.
_MARKUP = re.compile(
    rb"\A\s*<(?:!doctype|!--|\?xml|html|head|body|script|style|svg|math|iframe|object|embed|form|img|table|title|a\b)",
    re.IGNORECASE,
)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_BOM = b"\xef\xbb\xbf"


def kind_of(head: bytes) -> UploadKind | None:
    """What a file that begins with `head` (its first `HEAD_BYTES`) says it is; None when that is not taken."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return UploadKind.PNG
    if head.startswith(b"\xff\xd8\xff"):
        return UploadKind.JPEG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return UploadKind.WEBP
    if head.startswith((b"GIF87a", b"GIF89a")):
        return UploadKind.GIF
    if _PDF.match(head):
        return UploadKind.PDF
    return UploadKind.TEXT if head and is_plain_text(head, whole=False) else None


def is_plain_text(data: bytes, *, whole: bool = True) -> bool:
    """UTF-8 without control characters, and not markup a browser would run if it came to that.

    `whole`: the data are the whole file, not cut anywhere, perhaps inside a character.
    """
    if _NOT_TEXT.search(data) or _MARKUP.match(data.removeprefix(_BOM)):
        return False
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return not whole and error.reason == "unexpected end of data"
    return True


def safe_name(name: str, kind: UploadKind) -> str:
    """The sender's name for the file, fit to be shown and saved: no folders, no control or direction characters, at
    most `MAX_NAME` characters, and an ending that tells what the file is (`invoice.exe` that is a PDF gets `.pdf`).
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode()))[-1]
    # Cf holds the marks that turn the reading direction, with which `exe.fdp` is made to look like `pdf.exe`.
    plain = "".join(" " if unicodedata.category(c) in {"Zl", "Zp", "Zs"} else c for c in last)
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C")
    plain = re.sub(r'[<>:"|?*]', "_", re.sub(r" +", " ", plain)).strip(" .")
    endings = _ENDINGS[kind]
    stem, dot, ending = plain.rpartition(".")
    own = f".{ending.lower()}" if dot else ""
    if own not in endings:
        stem, own = plain, endings[0]
    stem = stem.strip(" .")[: MAX_NAME - len(own)].rstrip(" .")
    return f"{stem or 'file'}{own}"
