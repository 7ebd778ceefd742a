"""Draws one uploaded picture anew, in a process of its own: `picture.py SOURCE KIND RESULT THUMBNAIL MAX_BYTES`.

What a stranger sent is decoded here and nowhere else. The process may use so much memory and time and no more, knows no
secret, and when a decoder is led astray only this one picture is lost. What it writes was encoded by us from pixels:
no place of taking, no camera, no comment, no second file hidden behind the picture.

It prints one JSON object and ends with 0: `{"width", "height"}`, or `{"refused"}` with the reason. It is started by its
path and imports nothing of ours, so that it is quick.
"""

import contextlib
import io
import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_S = 20
MAX_PIXELS = 64_000_000
"""A large phone's photo. More is refused from the header, before a pixel is decoded."""
MAX_ANIMATED_PIXELS = 60_000_000
"""All frames of an animation together."""
LONGEST_EDGE = 4096
THUMBNAIL_EDGE = 560
"""Twice the width a picture has in the thread, for fine screens."""

FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF"}
_HOW: dict[str, dict[str, Any]] = {
    "png": {"compress_level": 6},
    "jpeg": {"quality": 88, "optimize": True},
    "webp": {"quality": 88, "method": 2},
    "gif": {},
}


class Refused(Exception):
    """Not a picture we keep: `broken`, `too_many_pixels` or `too_long`."""


def redraw(source: Path, kind: str, result: Path, thumbnail: Path, max_bytes: int) -> dict[str, int]:
    """Write the picture anew and a small one beside it. Raises Refused."""
    try:
        with Image.open(source, formats=[FORMATS[kind]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused("too_many_pixels")
            frames, how = _frames(image, kind)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError) as error:
        raise Refused("broken") from error
    except Image.DecompressionBombError as error:
        raise Refused("too_many_pixels") from error
    first = frames[0]
    small = first.copy()
    small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    small.save(thumbnail, "WEBP", quality=78, method=2)
    first.save(result, FORMATS[kind], **_HOW[kind], **how)
    if result.stat().st_size > 2 * max_bytes:
        raise Refused("too_long" if len(frames) > 1 else "too_many_pixels")
    return {"width": first.width, "height": first.height}


def _frames(image: Image.Image, kind: str) -> tuple[list[Image.Image], dict[str, Any]]:
    count = getattr(image, "n_frames", 1)
    if kind == "jpeg" or count == 1:  # a JPEG's further frames are other pictures: a camera's depth map, for instance
        return [_plain(image, kind)], {}
    if count * image.width * image.height > MAX_ANIMATED_PIXELS:
        raise Refused("too_long")
    durations, frames = [], []
    for frame in ImageSequence.Iterator(image):
        durations.append(frame.info.get("duration", 100))
        frames.append(_plain(frame, kind))
    loop = image.info.get("loop", 0)
    how = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": loop, "disposal": 2}
    if kind != "gif":
        del how["disposal"]
    return frames, how


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """The pixels alone, upright, in the colours that every screen assumes, at most `LONGEST_EDGE` long."""
    if kind == "jpeg":
        image.draft(None, (LONGEST_EDGE, LONGEST_EDGE))  # decodes a huge photo at half its size or less
    image.load()
    upright = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    mode = "RGB" if kind == "jpeg" or not _is_transparent(upright) else "RGBA"
    if upright.mode == "I;16":  # converting cuts the values off instead of scaling them
        upright = upright.point(lambda value: value / 256, "L")
    pixels = upright
    if profile and upright.mode in {"RGB", "RGBA", "CMYK"}:
        # A broken profile: the colours are a little off, the picture is there.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            pixels = _in_srgb(upright, profile, mode)
    pixels = pixels.convert(mode) if pixels.mode not in {mode, "L"} else pixels.copy()
    pixels.info = {}
    pixels.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    return pixels


def _in_srgb(image: Image.Image, profile: bytes, mode: str) -> Image.Image:
    given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    converted = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode=mode)
    return converted if converted is not None else image


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info


def main() -> int:
    """Returns the exit code; the reason of a refusal is on standard output."""
    source, kind, result, thumbnail, max_bytes = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("ignore")
    answer: dict[str, Any]
    try:
        answer = redraw(Path(source), kind, Path(result), Path(thumbnail), int(max_bytes))
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "too_many_pixels"}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
