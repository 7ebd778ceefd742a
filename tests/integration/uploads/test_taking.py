"""What is taken, what is refused, and that nothing of a refused file stays."""

import asyncio
import contextlib
import io
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient
from PIL import Image
from sqlalchemy import select

from bot.gateway import upload_routes
from bot.services.app import App
from bot.store.engine import Tx
from bot.store.tables import Upload
from tests.integration.conftest import MovableClock
from tests.integration.uploads.conftest import PDF, Chat, kept, open_chat, picture


async def rows(app: App) -> list[Upload]:
    async with app.read() as tx:
        return list((await tx.execute(select(Upload).order_by(Upload.created_at))).scalars())


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (picture("PNG"), "png"),
        (picture("JPEG"), "jpeg"),
        (picture("WEBP"), "webp"),
        (picture("GIF"), "gif"),
        (PDF, "pdf"),
        ("Fehler: Gerät antwortet nicht\n".encode(), "text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_kind_is_stored_whole_with_its_row(
    app: App, chat: Chat, folder: Path, data: bytes, kind: str
) -> None:
    facts = await chat.upload(data, "thing")
    [row] = await rows(app)
    assert (row.id, row.kind, row.message_id) == (facts["id"], kind, None)
    stored = (folder / row.id[:2] / row.id).read_bytes()
    assert (row.bytes, row.sha256) == (len(stored), sha256(stored).hexdigest())
    pictures = kind not in {"pdf", "text"}
    assert (row.width, row.height) == ((64, 48) if pictures else (None, None))
    assert kept(folder) == [row.id, f"{row.id}.thumb"] if pictures else [row.id]
    assert pictures or stored == data


async def test_a_photo_loses_where_and_with_what_it_was_taken(chat: Chat, folder: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCam"
    exif[0x0112] = 6  # lying on its side
    exif.get_ifd(0x8825)[1] = "N"
    facts = await chat.upload(picture("JPEG", (80, 40), exif=exif, comment=b"at home"), "p.jpg")
    stored = (folder / facts["id"][:2] / facts["id"]).read_bytes()
    assert b"SecretCam" not in stored and b"at home" not in stored and b"Exif" not in stored
    assert (facts["width"], facts["height"]) == (40, 80), "and stands upright"


async def test_a_second_file_hidden_behind_a_picture_is_gone(chat: Chat, folder: Path) -> None:
    hidden = b"<script>alert(1)</script>PK\x03\x04secret.zip"
    facts = await chat.upload(picture("GIF") + hidden, "both.gif")
    assert b"script" not in (folder / facts["id"][:2] / facts["id"]).read_bytes()


async def test_an_animation_stays_one(chat: Chat, folder: Path) -> None:
    frames = [Image.new("RGB", (32, 32), (40 * i, 0, 0)) for i in range(4)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=90)
    facts = await chat.upload(out.getvalue(), "steps.gif")
    with Image.open(folder / facts["id"][:2] / facts["id"]) as stored:
        assert stored.n_frames == 4  # type: ignore[attr-defined]  # a GIF has it


def png_of(width: int, height: int) -> bytes:
    """A PNG that unpacks to `width` x `height` white points and weighs next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    line = b"\0" + b"\xff" * ((width + 7) // 8)
    body = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


REFUSED = {
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "a.png", "bad_type"),
    "html as text": (b"\n <!DOCTYPE html><p>hello", "notes.txt", "bad_type"),
    "html with a mark": (b"\xef\xbb\xbf<script>1</script>", "notes.txt", "bad_type"),
    "a program": (b"MZ\x90\x00" + bytes(300), "photo.jpg", "bad_type"),
    "a zip": (b"PK\x03\x04" + bytes(300), "x.pdf", "bad_type"),
    "other letters": ("naïve".encode("latin-1"), "n.txt", "bad_type"),
    "a NUL late in a text": (b"a" * 5000 + b"\0", "n.txt", "bad_type"),
    "nothing": (b"", "a.png", "bad_file"),
    "half a picture": (picture("JPEG", (300, 300))[:-200], "a.jpg", "bad_file"),
    "only a picture's head": (picture()[:12], "a.png", "bad_file"),
    "a bomb": (png_of(40_000, 40_000), "a.png", "bad_file"),
    "too large": (b"a" * (1024 * 1024 + 1), "a.txt", "too_large"),
}


@pytest.mark.parametrize(("data", "name", "code"), REFUSED.values(), ids=REFUSED)
async def test_what_is_not_taken_is_refused_in_plain_words_and_leaves_nothing(
    app: App, chat: Chat, folder: Path, data: bytes, name: str, code: str
) -> None:
    problem = await chat.refused(data, name)
    assert problem["title"] == code
    assert problem["detail"][0].isupper() and problem["detail"].endswith(".")
    assert await rows(app) == [] and kept(folder) == []


async def test_a_body_of_unknown_length_is_cut_off_at_the_limit(app: App, chat: Chat, folder: Path) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 64 * 1024
            yield b"a" * 64 * 1024
            await asyncio.sleep(0)

    with contextlib.suppress(OSError):  # the door may be shut while more is on its way
        assert (await chat.put(endless(), "a.txt")).status == 413
    assert sent < 60 * 1024 * 1024
    assert await rows(app) == [] and kept(folder) == []


async def test_a_body_that_breaks_off_leaves_nothing(app: App, chat: Chat, client: TestClient, folder: Path) -> None:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    head = (
        f"POST /api/v1/visitor/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {chat.token}\r\n"
        "X-File-Name: a.txt\r\nContent-Length: 5000\r\n\r\n"
    )
    writer.write(head.encode() + b"a" * 100)
    await writer.drain()
    await until(lambda: bool(kept(folder)))
    writer.close()
    await until(lambda: not kept(folder))
    assert await rows(app) == []
    del reader


async def test_a_sender_that_falls_silent_is_not_waited_for(
    app: App, chat: Chat, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_routes, "SILENT_S", 0.2)
    never = asyncio.Event()

    async def trickle() -> AsyncIterator[bytes]:
        yield b"abc"
        await never.wait()

    answer = await chat.put(trickle(), "a.txt")
    assert (answer.status, (await answer.json())["title"]) == (408, "too_slow")
    assert await rows(app) == [] and kept(folder) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd.txt"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("invoice\u202etxt.exe", "invoicetxt.exe.txt"),
        ("a\x00b\r\nSet-Cookie: x.txt", "abSet-Cookie_ x.txt"),
        ("evil.html", "evil.html.txt"),
        ("", "file.txt"),
        ("...", "file.txt"),
        ("ü" * 400, "ü" * 116 + ".txt"),
        ("a\ud800.txt".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "a\ufffd\ufffd\ufffd.txt"),
    ],
)
async def test_a_name_is_only_ever_a_plain_name(chat: Chat, given: str, shown: str) -> None:
    facts = await chat.upload(b"hello", given)
    assert facts["name"] == shown
    answer = await chat.client.get(facts["url"])
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers and "\n" not in answer.headers["Content-Disposition"]


async def test_a_chat_takes_so_many_files_a_day(chat: Chat, clock: MovableClock) -> None:
    for number in range(4):
        await chat.upload(f"file {number}".encode(), "a.txt")
    problem = await chat.refused(b"one more", "a.txt")
    assert (problem["status"], problem["title"]) == (429, "too_many_files")
    clock.forward(hours=25)
    await chat.upload(b"one more", "a.txt")


async def test_uploads_at_once_cannot_pass_the_days_number(app: App, chat: Chat) -> None:
    answers = await asyncio.gather(*(chat.put(b"hello %d" % n, "a.txt") for n in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 429]
    assert len(await rows(app)) == 4


async def test_without_a_token_nothing_is_read(client: TestClient, folder: Path) -> None:
    answer = await client.post("/api/v1/visitor/uploads", data=b"hello")
    assert answer.status == 401 and kept(folder) == []


async def test_a_full_disk_refuses_the_file_and_the_chat_goes_on(app: App, chat: Chat, folder: Path) -> None:
    app.settings = app.settings.model_copy(update={"upload_reserve_mb": 10**9})
    problem = await chat.refused(b"hello", "a.txt")
    assert (problem["status"], problem["title"]) == (503, "unavailable")
    assert "still arrive" in problem["detail"]
    assert (await chat.send(cid=str(uuid4()), text="hello")).status == 200
    assert await rows(app) == [] and kept(folder) == []


async def test_a_folder_that_cannot_be_made_refuses_the_file(chat: Chat, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file is in the way")
    assert (await chat.refused(b"hello", "a.txt"))["title"] == "unavailable"


@pytest.mark.parametrize(
    ("command", "code"),
    [("true", None), ("false", "unsafe_file"), ("sh -c 'exit 2'", "unavailable"), ("/no", "unavailable")],
)
async def test_the_operators_scanner_has_its_say(app: App, chat: Chat, folder: Path, command: str, code: str) -> None:
    app.settings = app.settings.model_copy(update={"upload_scanner": command})
    answer = await chat.put(picture())
    assert (await answer.json()).get("title") == code
    assert bool(kept(folder)) == (code is None)


async def test_a_store_that_fails_at_the_row_leaves_no_row_and_no_file(
    app: App, chat: Chat, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, failed = app.write, []

    def failing() -> AbstractAsyncContextManager[Tx]:
        if kept(folder):
            failed.append(kept(folder))
            raise OSError("disk I/O error")
        return write()

    monkeypatch.setattr(app, "write", failing)
    assert (await chat.refused(b"hello", "a.txt"))["title"] == "unavailable"
    assert failed, "the file was there before its row was written"
    assert await rows(app) == [] and kept(folder) == []


async def test_two_chats_keep_their_own_counts(chat: Chat, client: TestClient) -> None:
    other = await open_chat(client)
    for number in range(4):
        await chat.upload(f"file {number}".encode(), "a.txt")
    await other.upload(b"mine", "a.txt")


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)
