"""What the desk looks like: a phone, both themes, files, long names."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

from PIL import Image
from playwright.async_api import Browser, Page, expect

from bot.adapters.pictures import Pictures
from bot.services.receive import receive_text
from bot.services.uploads import take_upload
from tests.browser.desk.kit import fill, shoot, sign_in


async def test_the_desk_works_on_a_phone_and_has_no_accessibility_faults(desk, browser: Browser) -> None:
    shop, origin = desk
    await fill(shop)
    axe = (Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js").read_text()

    async def faults(page: Page) -> list[str]:
        await page.evaluate(f"() => {{ {axe} }}")
        found = await page.evaluate(
            """async () => (await axe.run()).violations.map(
                 v => `${v.id}: ${v.nodes[0].html} ${v.nodes[0].failureSummary}`)"""
        )
        return list(found)

    page = await sign_in(
        browser, origin, "Ana", viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True
    )
    assert await faults(page) == []
    await shoot(page, "7-phone-list")
    await page.locator('[data-group="waiting"]').first.click()
    await page.get_by_role("button", name="Claim").click()
    await expect(page.get_by_label("Answer to the customer")).to_be_visible()
    await shoot(page, "8-phone-thread")
    assert await faults(page) == []
    await page.get_by_role("button", name="Details").click()
    await expect(page.get_by_role("heading", name="Customer")).to_be_visible()
    await shoot(page, "9-phone-details")
    assert await faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    wide = await sign_in(browser, origin, "Ben", viewport={"width": 1440, "height": 900})
    await wide.locator("#lines .line").first.click()
    await expect(wide.get_by_role("heading", name="Customer")).to_be_visible()
    assert await faults(wide) == []
    await wide.locator("body").press("?")
    await expect(wide.get_by_role("dialog", name="Keys")).to_be_visible()
    await shoot(wide, "10-keys")
    assert await faults(wide) == []


async def test_files_are_shown_downloaded_and_sent_by_an_agent(desk, browser: Browser) -> None:
    shop, origin = desk
    case_id = await shop.arrive("Rosa Lind", ("customer", "It looks like this"), ago=4)
    conversation = await shop.conversation(case_id)

    async def chunks(data: bytes) -> AsyncIterator[bytes]:
        yield data

    drawn = io.BytesIO()
    Image.new("RGB", (900, 600), "#0a7").save(drawn, "PNG")
    files = [
        await take_upload(shop.app, Pictures(), conversation, name, chunks(data))
        for name, data in (("hub.png", drawn.getvalue()), ("log of the hub.txt", b"offline"))
    ]
    await receive_text(shop.app, conversation, str(uuid4()), "", [file.id for file in files])
    page = await sign_in(browser, origin, "Ana", path=f"/desk?case={case_id}", viewport={"width": 1440, "height": 900})
    await expect(page.locator("#lines")).to_contain_text("hub.png, log of the hub.txt")
    picture = page.get_by_role("img", name="hub.png")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(img) => img.decode().then(() => img.naturalWidth)") == 560
    async with page.expect_download() as download:
        await page.get_by_role("link", name="log of the hub.txt").click()
    assert (await download.value).suggested_filename == "log of the hub.txt"
    await page.get_by_role("button", name="Claim").click()
    await page.locator("input[type=file]").set_input_files(
        [{"name": "steps.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%%EOF"}]
    )
    await expect(page.get_by_role("button", name="Remove steps.pdf")).to_be_visible()
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    await shoot(page, "12-files")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".said.agent").get_by_role("link", name="steps.pdf")).to_be_visible()
    for _ in range(2):
        await page.locator("input[type=file]").set_input_files(
            [{"name": "more.png", "mimeType": "image/png", "buffer": drawn.getvalue()}]
        )
        await expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
        await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_role("img", name="more.png")).to_have_count(2)
    await expect(page.get_by_role("img", name="more.png").last).to_be_in_viewport(ratio=0.9)
    await page.locator("input[type=file]").set_input_files(
        [{"name": "page.html", "mimeType": "text/html", "buffer": b"<html><script>1</script>"}]
    )
    await expect(page.get_by_role("alert")).to_contain_text("page.html: That kind of file is not taken here.")
    assert [line for line in page.complaints if "415" not in line] == []


async def test_a_long_name_is_cut_and_does_not_push_the_list_sideways(desk, browser: Browser) -> None:
    shop, origin = desk
    await shop.arrive("Bartholomew " * 12, ("customer", "My hub " + "has been offline for days " * 8), ago=2)
    page = await sign_in(browser, origin, "Ana")
    await expect(page.locator('[data-group="waiting"]')).to_have_count(1)
    fits = (
        "() => { const pane = document.querySelector('.list .scrolls'); return pane.scrollWidth <= pane.clientWidth }"
    )
    assert await page.evaluate(fits)
