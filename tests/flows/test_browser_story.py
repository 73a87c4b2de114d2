"""The main job by hand, in a real Chromium with all who take part and a moved clock: report, judge, decide, respond, end."""

import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import Page, expect

from engine import worlds
from engine.log import log_verify
from engine.models import Stream
from incidents.selectors import newest
from people.models import User
from tests.cast import DUTY, EXECUTIVE, GM, TECH
from tests.flows.conftest import DESK, PHONE, Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SOON = 8000  # milliseconds a page may take to show what happened elsewhere, on a loaded machine


def sign_in_by_hand(product: Product) -> Page:
    """The duty manager, on a phone, in Chinese, through the sign-in page."""
    word = "a-long-password-for-lin"
    User.objects.filter(username=DUTY).update(password=Argon2PasswordHasher().encode(word, "a-salt-of-sixteen"))
    context = product.browser.new_context(viewport=PHONE, base_url=product.url, locale="zh-CN")  # type: ignore[arg-type]
    context.on("page", product._listen)
    page = context.new_page()
    page.goto("/")
    page.fill("input[name=login]", DUTY)
    page.fill("input[name=password]", word)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()
    return page


def act(page: Page, name: str) -> None:
    """Open an act's form in the incident room."""
    page.locator(f"#act-{name} > summary").click()


def send(page: Page, name: str) -> None:
    page.locator(f"#act-{name} form button.btn-primary").click()
    page.wait_for_load_state()


def test_a_night_by_hand(product: Product, settings: object) -> None:
    duty = sign_in_by_hand(product)
    gm_window = product.window(GM, language="en", size=DESK)
    board = gm_window.new_page()
    board.goto("/board/")
    expect(board.get_by_text("No incident is open.")).to_be_visible()

    # The report survives a reload and a lost connection, and makes one incident.
    duty.goto("/report/")
    duty.get_by_label("打不通").check()
    duty.get_by_label("用您自己的话说").fill("华东打不进来")
    duty.reload()
    expect(duty.get_by_label("用您自己的话说")).to_have_value("华东打不进来")
    expect(duty.get_by_label("打不通")).to_be_checked()
    duty.get_by_label("中断", exact=True).check()
    duty.get_by_label("华东").check()
    duty.context.set_offline(True)
    duty.get_by_role("button", name="记录").click()
    expect(duty.get_by_text("没有网络连接")).to_be_visible()
    duty.context.set_offline(False)
    duty.wait_for_url(re.compile(r"/incidents/\d{4}-0001/$"), timeout=20_000)
    number = duty.url.rstrip("/").rpartition("/")[2]
    assert len(newest(worlds.real())) == 1

    # The board shows it without being touched; so does every later act.
    expect(board.get_by_role("link", name="华东打不进来")).to_be_visible(timeout=SOON)
    expect(board.get_by_text("Verify the report").first).to_be_visible()
    act(duty, "verify")
    duty.get_by_label(re.compile("重大故障")).check()
    send(duty, "verify")
    expect(board.get_by_text("Verified: a major fault.")).to_be_visible(timeout=SOON)

    # Headquarters reads the card and decides otherwise, with a reason, then starts.
    gm = gm_window.new_page()
    gm.goto(f"/incidents/{number}/")
    expect(gm.get_by_role("heading", name="What the plan proposes")).to_be_visible()
    act(gm, "decide-level")
    gm.get_by_label("Level I", exact=False).first.check()
    gm.locator("#decide-reason").fill("The whole east is down and it is Monday")
    send(gm, "decide-level")
    expect(board.get_by_text("Level I was decided.")).to_be_visible(timeout=SOON)
    act(gm, "start")
    send(gm, "start")
    expect(board.get_by_text("The response began at Level I.")).to_be_visible(timeout=SOON)
    expect(board.get_by_text("Progress summary to all tiers").first).to_be_visible()

    # What is late says so by itself, on a board that had lost its line meanwhile, too.
    gm_window.set_offline(True)
    product.forward(minutes=26)
    gm_window.set_offline(False)
    expect(board.locator('.duty[data-state="overdue"]').filter(has_text="Handling report")).to_be_visible(
        timeout=40_000
    )

    # The technical lead starts at his own list, on a phone, and reports.
    tech = product.window(TECH, language="zh-hans", size=PHONE).new_page()
    tech.goto("/")
    tech.locator("li.obligation", has_text="处置报告").get_by_role("link", name="去办理").first.click()
    tech.get_by_label("已采取措施").fill("已切换至备用交换机")
    send(tech, "report")
    expect(board.locator('.duty[data-state="overdue"]').filter(has_text="Handling report")).to_have_count(
        0, timeout=SOON
    )

    # The summary was drafted from the log; headquarters edits and publishes it.
    gm.goto(f"/incidents/{number}/summaries/")
    gm.locator("td a").first.click()
    expect(gm.locator("textarea[name=zh]")).to_have_value(re.compile("一级"))
    gm.locator("textarea[name=en]").fill("The east is on the spare switch.")
    gm.get_by_role("button", name="Publish").click()
    expect(board.get_by_text("The progress summary was published.")).to_be_visible(timeout=SOON)

    # The hourly judgement keeps the level.
    gm.goto(f"/incidents/{number}/")
    act(gm, "evaluate")
    gm.locator("#evaluate-reason").fill("Calls get through again")
    send(gm, "evaluate")

    # Service is back; after 72 quiet hours headquarters ends, top management closes.
    tech.goto(f"/incidents/{number}/")
    act(tech, "restore")
    send(tech, "restore")
    act(tech, "ending-report")
    tech.locator("#act-ending-report textarea").fill("电源模块故障，已更换")
    send(tech, "ending-report")
    product.forward(hours=73)
    gm.goto(f"/incidents/{number}/")
    act(gm, "end")
    for name in ("no_secondary_risk", "resources_withdrawn", "assessed_safe"):
        gm.locator(f"#act-end input[name={name}]").check()
    send(gm, "end")
    expect(gm.get_by_text("The response cannot end yet").first).to_be_visible()
    # The refusal is the form again, and the browser says that its status is no success.
    assert [said for said in product.complaints if "/end/" in said and "409" in said] == product.complaints
    product.complaints.clear()
    for name in ("no_secondary_risk", "resources_withdrawn", "assessed_safe", "waived"):
        gm.locator(f"#act-end input[name={name}]").check()
    gm.locator("#end-reason").fill("No complaint data came in; the hotline is quiet")
    send(gm, "end")
    boss = product.window(EXECUTIVE, language="zh-hans", size=DESK).new_page()
    boss.goto(f"/incidents/{number}/")
    act(boss, "close")
    send(boss, "close")
    expect(boss.locator("#room-head")).to_contain_text("已关闭")
    expect(board.get_by_text("No incident is open.")).to_be_visible(timeout=SOON)

    assert product.complaints == []
    assert log_verify(Stream.objects.get(kind="incident", key=number)) is None
