"""The main job by hand, in a real Chromium with all who take part and a moved clock: from the first sample to the last signature.

Facts of machines come through the interface machines use; everything else is clicked. A board and an incident room are left open
from the beginning and must show each change by themselves.
"""

import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import Locator, Page, expect

from engine.log import log_verify
from engine.models import Stream
from hotline_ep.practice.ledger import ledger_found
from people.models import User
from tests.cast import AUDITOR, DEPUTY_GM, DUTY, EXECUTIVE, GM, IT, LEGAL, OUTSIDER, TECH
from tests.engine.processes import eventually
from tests.flows.conftest import PHONE, Product
from tests.flows.night import (
    Night,
    act,
    begin_from_own_list,
    owed,
    prove,
    refused,
    send,
    send_by_hand,
    shows,
    went_well,
)

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]
# Customer service, finance, network operations and security by the leads of their groups; PR and the stores.
XU, PENG, DENG, YU, LEI, EDITOR, SPEAKER, KEEPER = "xu", "peng", "deng", "yu", "lei", "jiang", "han", "feng"
SURGE, CALM = 13.6, 8
# What the departments owe by themselves: customer service, IT, finance.
DEPARTMENTS = {
    "su": "First report to the authority",
    IT: "Preliminary cause to the authority",
    "shi": "Ready the emergency budget",
}


@pytest.fixture
def night(product: Product) -> Night:
    night = Night(product)
    ledger_found()
    for region in ("east", "south"):
        night.usual(region, complaints=10)
    return night


def board_left_open(night: Night) -> Page:
    board = night.left_open(GM, "/board/")
    shows(board, "No incident is open.")
    expect(board.locator('[data-line="live"]')).to_be_visible()
    return board


def the_machines_raise_a_warning(night: Night, board: Page, region: str, place: str) -> str:
    """Complaints cross the threshold; nobody has touched anything. The number of the incident."""
    night.machines_say("complaints", *[SURGE] * 15, region=region)
    card = board.locator("article.incident", has_text=f"Complaints more than 30 % over the daily mean ({place})")
    expect(card).to_be_visible()
    for text in ("Yellow warning", "Level II proposed", "Yellow warning: the pre-response began."):
        shows(card, text)
    return card.get_attribute("data-incident") or ""


def nobody_heard_anything_wrong(night: Night) -> None:
    assert night.product.complaints == []
    assert night.loads == [], "a page left open was loaded again"


# --- a warning that needed no response ---------------------------------------------------------------------------------
def test_a_warning_is_prepared_for_extended_and_lifted(night: Night) -> None:
    board = board_left_open(night)
    number = the_machines_raise_a_warning(night, board, "south", "South")
    room = f"/incidents/{number}/"
    each_department_files_its_hour_and_ticks_off_its_task(night, board, room)
    a_task_is_passed_on_and_done(night, board, room)
    who_is_of_no_responsible_department_is_refused(night, room)
    headquarters_extends_once(night, board, room)
    lifting_is_refused_by_the_plan_while_conditions_are_open(night, room)
    the_south_is_calm_again(night)
    headquarters_refuses_then_approves_the_lifting(night, board, room)
    whoever_was_told_of_the_warning_hears_of_its_lifting(night)
    shows(board, "No incident is open.")
    nobody_heard_anything_wrong(night)


def each_department_files_its_hour_and_ticks_off_its_task(night: Night, board: Page, room: str) -> None:
    technician = night.at(TECH, room)
    shows(technician, "黄色预警")
    shows(technician, "待报送： 信息技术部、客户服务部、网络运营部、安全保卫部、财务部")
    for who, task, department in (
        (TECH, "开始诊断", "IT"),
        (XU, "Prepare scripts for the agents", "Customer service"),
        (YU, "Check backup power, lines and equipment", "Network operations"),
        (LEI, "Tighten access to the machine room", "Security"),
        (DENG, "Ready emergency communications", "Finance"),
    ):
        page = night.at(who, room)
        if who != TECH:  # whose part of it is the technical group's own list
            begin_from_own_list(night.at(who), "Hourly data: availability, spares, forecast")
        form = act(page, "warning-data")
        for field in ("availability", "spares", "forecast"):
            form.locator(f"[name={field}]").fill(f"{department}: {field}")
        send(form)
        shows(board, f"Hourly data: {department}.")
        tick_off(page, task, "Checked on site")
    # Once every department has filed its hour, nothing of it is owed.
    expect(page.locator("#room-warning")).not_to_contain_text("Still to come from")


def preparation(page: Page, task: str) -> Locator:
    return page.locator("#room-warning li.obligation", has_text=task)


def tick_off(page: Page, task: str, words: str) -> None:
    line = preparation(page, task)
    line.locator("details > summary", has_text=re.compile("Tick off|勾销")).click()
    line.locator("[name=word]").fill(words)
    line.locator("details[open] button.btn-primary").click()
    went_well(page)
    expect(line).to_contain_text(words)


def a_task_is_passed_on_and_done(night: Night, board: Page, room: str) -> None:
    """The duty manager gives a task to another person, by name; it was the last one."""
    duty = night.at(DUTY, room)
    line = preparation(duty, "安排更多备勤坐席")
    expect(line).to_contain_text("许佳宁")
    line.locator("details > summary", has_text="下达").click()
    line.get_by_label("人员").select_option(label="彭丽")
    line.locator("details[open] button.btn-primary").click()
    went_well(duty)
    shows(board, "Task given: Put more agents on standby.")
    agent = night.at(PENG, room)
    expect(preparation(agent, "Put more agents on standby")).to_contain_text("彭丽")
    tick_off(agent, "Put more agents on standby", "Twelve more, from eight o'clock")
    shows(board, "Task done: Put more agents on standby. The preparation is complete.")


def who_is_of_no_responsible_department_is_refused(night: Night, room: str) -> None:
    editor = night.at(EDITOR, room)
    expect(editor.locator("#act-warning-data")).to_have_count(0)
    with night.product.refusing(403):
        send_by_hand(editor, f"{room}warning/data/", availability="99 %", spares="none", forecast="calm")
        refused(editor, "Your role does not allow this; it takes: ")


def headquarters_extends_once(night: Night, board: Page, room: str) -> None:
    gm = night.at(GM, room)
    form = act(gm, "warning-extend")
    form.get_by_label("Reason").fill("The carrier needs the evening")
    send(form)
    expect(gm.locator("#room-warning")).to_contain_text("Extended once")
    expect(gm.locator("#act-warning-extend")).to_have_count(0)
    shows(board, "Headquarters extended the warning.")


def lifting_is_refused_by_the_plan_while_conditions_are_open(night: Night, room: str) -> None:
    technician = night.at(TECH, room)
    form = act(technician, "lift")
    form.locator("[name=no_secondary_risk]").check()
    form.locator("[name=note]").fill("线路已复测")
    with night.product.refusing(409):
        form.locator("button.btn-primary").click()
        refused(technician, "投诉恢复至日均值110%以内")
    expect(technician.locator("[name=note]")).to_have_value("线路已复测")


def the_south_is_calm_again(night: Night) -> None:
    night.forward(minutes=35)
    night.machines_say("complaints", *[CALM] * 16, region="south")
    night.machines_say("availability", *[99.95] * 36, region="south")
    night.machines_say("call_success_rate", *[98.5] * 36, region="south")


def headquarters_refuses_then_approves_the_lifting(night: Night, board: Page, room: str) -> None:
    apply_for_lifting(night.at(TECH, room), "线路已复测")
    shows(board, "The technical group applied for lifting the warning.")
    form = act(night.at(GM, room), "lift-refuse")
    form.get_by_label("Reason").fill("Wait for the carrier's word")
    send(form)
    shows(board, "Headquarters refused to lift the warning.")
    shows(night.at(TECH, room).locator("#room-warning"), "Wait for the carrier's word")
    begin_from_own_list(night.at(TECH), "申请解除预警")
    apply_for_lifting(night.tabs[TECH], "运营商已书面确认")
    gm = night.at(GM, room)
    shows(gm.locator("#room-warning"), "运营商已书面确认")
    send(act(gm, "lift-approve"))
    expect(gm.locator("#room-head")).to_contain_text("Dismissed")


def apply_for_lifting(technician: Page, note: str) -> None:
    form = act(technician, "lift")
    form.locator("[name=no_secondary_risk]").check()
    form.locator("[name=note]").fill(note)
    send(form)


def whoever_was_told_of_the_warning_hears_of_its_lifting(night: Night) -> None:
    for who in (XU, DEPUTY_GM):
        inbox = night.at(who, "/messages/")
        shows(inbox, "Warning lifted: Complaints more than 30 % over the daily mean (South)")


# --- the whole job -----------------------------------------------------------------------------------------------------
def test_from_the_first_sample_to_the_last_signature(night: Night) -> None:
    board = board_left_open(night)
    the_public_sees(night, "There is no notice at present", "目前没有通报")
    number = the_machines_raise_a_warning(night, board, "east", "East")
    room = f"/incidents/{number}/"
    log = night.left_open(AUDITOR, room)
    headquarters_is_told_and_acknowledges(night)
    an_outsider_sees_nothing(night, room)

    duty = sign_in_by_hand(night)
    a_report_survives_a_lost_connection_and_is_a_false_alarm(night, duty, board)
    the_duty_manager_verifies(duty, board, room)
    the_technical_group_assesses(night, board, room)
    headquarters_decides_otherwise_and_starts(night, board, room)

    the_press_is_told(night, board, number)
    a_group_sets_to_work(night, board, room)
    the_keeper_hands_out_a_vehicle(night, board, number)
    headquarters_meets(night, board)
    the_departments_do_theirs(night, board)
    the_index_stands_beside_it(night, board, room)

    what_is_late_says_so_to_the_owner_and_the_next_one_up(night, board)
    the_technical_group_reports(night, board)
    headquarters_edits_and_publishes_the_summary(night, board)
    headquarters_judges_the_effect_and_lowers_the_level(night, board, room)
    an_executive_reads_and_decides_nothing_yet(night, room)

    service_is_back(night, board, room)
    the_keeper_takes_the_vehicle_back_and_inspects_it(night, board)
    headquarters_ends_the_response(night, board, room)
    prove(night.at("qin"), "Care of people", "Talked with everyone who was up that night")
    the_last_signature(night, duty, room)
    shows(board, "No incident is open.")
    expect(log.locator("#room-head")).to_contain_text("Closed")
    the_auditor_reads_the_whole_log(night, log, number)
    nobody_heard_anything_wrong(night)
    assert log_verify(Stream.objects.get(kind="incident", key=number)) is None


def headquarters_is_told_and_acknowledges(night: Night) -> None:
    inbox = night.at(DEPUTY_GM, "/messages/")
    message = inbox.locator("article", has_text="Pre-response: Complaints more than 30 % over the daily mean (East)")
    message.get_by_role("button", name="Acknowledge").click()
    expect(message).to_have_attribute("data-state", "acknowledged")


def an_outsider_sees_nothing(night: Night, room: str) -> None:
    with night.product.refusing(403):
        refused(night.at(OUTSIDER, room), "Your role does not allow this; it takes: ")


def sign_in_by_hand(night: Night) -> Page:
    """The duty manager, on a phone, in Chinese, through the sign-in page."""
    word = "a-long-password-for-lin"
    User.objects.filter(username=DUTY).update(password=Argon2PasswordHasher().encode(word, "a-salt-of-sixteen"))
    page = night.product.window(None, language="zh-hans", size=PHONE).new_page()
    page.goto("/")
    page.fill("input[name=login]", DUTY)
    page.fill("input[name=password]", word)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()
    night.tabs[DUTY] = page
    return page


def a_report_survives_a_lost_connection_and_is_a_false_alarm(night: Night, duty: Page, board: Page) -> None:
    """What was typed survives a reload and a tunnel, and makes one incident; what did not hold is gone from the board."""
    duty.goto("/report/")
    duty.get_by_label("打不通").check()
    duty.get_by_label("用您自己的话说").fill("西部打不进来")
    duty.reload()
    expect(duty.get_by_label("用您自己的话说")).to_have_value("西部打不进来")
    expect(duty.get_by_label("打不通")).to_be_checked()
    duty.get_by_label("中断", exact=True).check()
    duty.get_by_label("西部").check()
    duty.context.set_offline(True)
    duty.get_by_role("button", name="记录").click()
    expect(duty.get_by_text("没有网络连接")).to_be_visible()
    duty.context.set_offline(False)
    duty.wait_for_url(re.compile(r"/incidents/\d{4}-0002/$"))
    expect(board.get_by_role("link", name="西部打不进来")).to_be_visible()
    shows(board.locator(".duty"), "Verify the report")
    form = act(duty, "verify")
    form.get_by_label("误报", exact=True).check()
    form.get_by_label(re.compile("^备注|^说明")).fill("客户自己的线路，已回拨确认")
    send(form)
    expect(board.get_by_role("link", name="西部打不进来")).to_have_count(0)


def the_duty_manager_verifies(duty: Page, board: Page, room: str) -> None:
    duty.goto(room)
    form = act(duty, "verify")
    form.get_by_label(re.compile("重大故障")).check()
    send(form)
    shows(board, "Verified: a major fault.")


def the_technical_group_assesses(night: Night, board: Page, room: str) -> None:
    technician = night.at(TECH)
    begin_from_own_list(technician, "影响评估")
    form = act(technician, "assess")
    form.get_by_label("影响", exact=True).fill("仅影响华东，约三成来电")
    form.locator("[name=reach]").select_option(label="单一区域")
    form.locator("[name=recovery_hours]").fill("4")
    form.locator("[name=secondary_risk]").select_option(label="低")
    send(form)
    shows(board, "The impact was assessed.")
    # He found out what it is; what follows from it is not his to decide.
    expect(technician.locator("#act-decide-level")).to_have_count(0)
    with night.product.refusing(403):
        send_by_hand(technician, f"{room}decide-level/", level="III", reason="不严重")
        refused(technician, "您的角色无权进行此操作")


def headquarters_decides_otherwise_and_starts(night: Night, board: Page, room: str) -> None:
    """The plan proposes II; another level takes a reason."""
    gm = night.at(GM, room)
    card = gm.locator("#room-card")
    expect(card).to_contain_text("What the plan proposes")
    expect(card.locator(".level").first).to_have_text("Level II")
    expect(card).to_contain_text("Complaints are more than 30 % over the daily mean")
    form = act(gm, "decide-level")
    form.get_by_label("Level I", exact=True).check()
    with night.product.refusing(400):
        form.locator("button.btn-primary").click()
        refused(gm, "This differs from what the plan proposes")
    # The refusal is the form again, as it was filled in.
    form = gm.locator("#act-decide-level form")
    expect(form.get_by_label("Level I", exact=True)).to_be_checked()
    form.get_by_label("Reason").fill("The whole east on a Monday morning")
    send(form)
    shows(board, "Level I was decided.")
    send(act(gm, "start"))
    shows(board, "The response began at Level I.")
    expect(board.get_by_text("Yellow warning", exact=True)).to_have_count(0)
    shows(board.locator(".duty"), "Progress summary to all tiers")


# --- the public --------------------------------------------------------------------------------------------------------
def the_public_sees(night: Night, english: str, chinese: str) -> None:
    for language, text in (("en", english), ("zh-hans", chinese)):
        page = night.stranger(language)
        page.goto("/status/", wait_until="domcontentloaded")
        shows(page, text)


def the_press_is_told(night: Night, board: Page, number: str) -> None:
    """Drafted in both languages, approved as it stands, approved anew after an edit, published by the single voice."""
    editor = night.at(EDITOR)
    begin_from_own_list(editor, "Draft the impact statement")
    editor.get_by_role("link", name="Impact statement").first.click()
    editor.get_by_label("Text in Chinese").fill("华东地区热线目前不易接通，我们正在抢修。请使用官网在线客服。")
    editor.get_by_label("Text in English").fill("Our hotline in the east is hard to reach. Please use online service.")
    editor.get_by_role("button", name="Submit to legal").click()
    went_well(editor)
    shows(board, "A notice was submitted to legal.")
    notice = re.sub(r"^https?://[^/]+", "", editor.url)
    who_wrote_it_cannot_approve_it(night, notice)

    legal_approves(night, board)
    form = act(night.at(EDITOR, notice), "edit")
    form.get_by_label("Text in English").fill("Our hotline in the east is hard to reach. We report again at nine.")
    form.get_by_role("button", name="Submit to legal").click()
    went_well(editor)
    shows(board, "A notice was edited; legal must read it again.")
    speaker = night.at(SPEAKER, notice)
    expect(speaker.get_by_role("button", name="Publish")).to_have_count(0)
    legal_approves(night, board)

    begin_from_own_list(night.at(SPEAKER), "Publish the impact statement")
    speaker.get_by_role("link", name="Impact statement").last.click()
    shows(speaker, "温静 approved revision 2 for legal.")
    send(act(speaker, "publish"))
    shows(board, "A notice was published.")
    the_public_sees(night, "Our service is affected", "服务受到影响")
    the_public_sees(night, "We report again at nine.", "请使用官网在线客服。")
    feed = night.stranger("en").request.get("/status/feed.json?lang=en").json()
    assert feed["_hotline"]["state"] == "affected"
    assert [item["title"] for item in feed["items"]] == ["Impact statement"]
    assert feed["items"][0]["_hotline"]["text"]["en"].endswith("We report again at nine.")
    assert number not in str(feed), "the public reads no number of ours"


def legal_approves(night: Night, board: Page) -> None:
    legal = night.at(LEGAL, "/notices/")
    legal.locator("#notices-waiting").get_by_role("link", name="Impact statement").click()
    send(act(legal, "approve"))
    shows(board, "Legal approved a notice.")


def who_wrote_it_cannot_approve_it(night: Night, notice: str) -> None:
    editor = night.tabs[EDITOR]
    expect(editor.get_by_role("button", name="Approve this text")).to_have_count(0)
    with night.product.refusing(403):
        send_by_hand(editor, f"{notice}approve/", revision=1, content_hash="")
        refused(editor, "Your role does not allow this; it takes: Legal reviewer.")


# --- groups, resources, meetings ---------------------------------------------------------------------------------------
def a_group_sets_to_work(night: Night, board: Page, room: str) -> None:
    """Its lead says so and gives a task; whoever has it finds it on the first page and is done with a tap."""
    lead = night.at(XU, room)
    group = lead.locator("#group-customer_reassurance")
    expect(group.get_by_role("link", name="Group chat")).to_have_attribute("href", re.compile("^https://"))
    act(lead, "status-customer_reassurance").get_by_role("button", name="At work").click()
    went_well(lead)
    shows(board, "Customer reassurance group: At work.")
    form = act(lead, "task-customer_reassurance")
    form.get_by_label("What is to be done?").fill("Text every caller who hung up")
    form.get_by_label("Who does it?").select_option(label="彭丽")
    form.get_by_label("By when?").select_option(label="in 30 minutes")
    send(form)
    shows(board, "Task for Customer reassurance group.")
    shows(board.locator(".groups"), "1 open task")
    agent = night.at(PENG)
    owed(agent, "Text every caller who hung up").get_by_role("button", name="Done").click()
    went_well(agent)
    expect(agent.locator("#owed")).not_to_contain_text("Text every caller who hung up")
    shows(board, "Task done by Customer reassurance group.")


def the_keeper_hands_out_a_vehicle(night: Night, board: Page, number: str) -> None:
    keeper = night.at(KEEPER, "/resources/equipment/")
    keeper.get_by_role("link", name="PV-01").click()
    form = act(keeper, "withdraw")
    form.get_by_label("How many").fill("1")
    form.get_by_label(re.compile("For which incident")).select_option(value=number)
    send(form)
    expect(keeper.locator("main")).to_contain_text("1 of 2")
    shows(board, "1 × Emergency power vehicle (PV-01) withdrawn from store, 1 left there.")


def the_keeper_takes_the_vehicle_back_and_inspects_it(night: Night, board: Page) -> None:
    keeper = night.at(KEEPER, "/resources/equipment/")
    keeper.get_by_role("link", name="PV-01").click()
    form = act(keeper, "return")
    form.get_by_label("How many").fill("1")
    form.get_by_label("Condition found").select_option(label="Worn, still usable")
    send(form)
    shows(board, "1 × Emergency power vehicle (PV-01) returned to store, 2 there now.")
    form = act(keeper, "inspect")
    form.get_by_label("Condition found").select_option(label="Good")
    send(form)
    expect(keeper.locator("main")).to_contain_text("2 of 2")
    shows(keeper.locator("ol.log"), "冯涛")


def headquarters_meets(night: Night, board: Page) -> None:
    """One meeting is both the first one of the response and the one that decides (ruling on contradiction 17)."""
    gm = night.at(GM)
    prove(gm, "First HQ meeting", "Minutes 1, in the shared folder")
    shows(board, "Done: First HQ meeting.")
    expect(gm.locator("#owed")).not_to_contain_text("HQ decision meeting")


def the_departments_do_theirs(night: Night, board: Page) -> None:
    """Customer service, IT, finance and the logistics group, each from their own first page."""
    for who, title in DEPARTMENTS.items():
        prove(night.at(who), title, "Done, on file")
        shows(board, f"Done: {title}")


def the_index_stands_beside_it(night: Night, board: Page, room: str) -> None:
    """The business-continuity index (1.2), live on the board and in the room."""
    expect(board.locator(".incident [data-bci]").first).not_to_be_empty()
    expect(night.at(IT, room).locator("#room-bci [data-controller=continuity]")).not_to_be_empty()


# --- the rhythm --------------------------------------------------------------------------------------------------------
def what_is_late_says_so_to_the_owner_and_the_next_one_up(night: Night, board: Page) -> None:
    """The board had lost its line meanwhile, too."""
    board.context.set_offline(True)
    night.forward(minutes=26)
    board.context.set_offline(False)
    late = board.locator('.duty[data-state="overdue"]').filter(has_text="Handling report")
    expect(late).to_be_visible()
    # Telling people follows the deadline; a box that was opened before does not fill by itself.
    for who, told in ((TECH, "逾期：处置报告"), (IT, "Overdue: Handling report")):
        eventually(lambda who=who, told=told: night.at(who, "/messages/").get_by_text(told).first.is_visible())


def the_technical_group_reports(night: Night, board: Page) -> None:
    technician = night.at(TECH)
    begin_from_own_list(technician, "处置报告")
    form = act(technician, "report")
    form.get_by_label("已采取措施").fill("已切换至备用交换机")
    send(form)
    late = board.locator('.duty[data-state="overdue"]').filter(has_text="Handling report")
    expect(late).to_have_count(0)


def headquarters_edits_and_publishes_the_summary(night: Night, board: Page) -> None:
    """Drafted from the log before it was due."""
    gm = night.at(GM)
    begin_from_own_list(gm, "Progress summary to all tiers")
    gm.locator("td a").first.click()
    expect(gm.get_by_label("Text in Chinese")).to_have_value(re.compile("一级"))
    expect(gm.get_by_label("Text in English")).to_have_value(re.compile("Response: Level I "))
    gm.get_by_label("Text in English").fill("Level I. The east is on the spare switch.")
    gm.get_by_role("button", name="Save").click()
    went_well(gm)
    shows(board, "The progress summary was edited.")
    gm.get_by_role("button", name="Publish").click()
    went_well(gm)
    shows(board, "The progress summary was published.")
    shows(night.at(XU, "/messages/"), "Level I. The east is on the spare switch.")


def headquarters_judges_the_effect_and_lowers_the_level(night: Night, board: Page, room: str) -> None:
    night.forward(minutes=25)
    begin_from_own_list(night.at(GM), "Judge the effect; keep, raise or lower the level")
    gm = night.tabs[GM]
    form = act(gm, "evaluate")
    form.get_by_label("Lower the level").check()
    form.get_by_label("New level, when raised or lowered").select_option(label="Level II")
    form.get_by_label("Reason").fill("Calls get through again")
    send(form)
    shows(board, "Effect judged: lower the level.")
    expect(board.locator("article.incident .level")).to_have_text("Level II")


def an_executive_reads_and_decides_nothing_yet(night: Night, room: str) -> None:
    boss = night.at(EXECUTIVE)
    standing = boss.locator("#standing")
    expect(standing).to_contain_text("二级")
    standing.get_by_role("link", name="投诉超日均值30%（华东）").click()
    expect(boss.locator("#room-head")).to_contain_text("响应")
    shows(boss.locator("#room-log"), "效果评估：下调级别。")
    expect(boss.locator("#room-acts")).to_have_count(0)
    # What has climbed as far as this person may be taken; nothing can be decided.
    expect(boss.locator("main form:visible:not([action*='/take'])")).to_have_count(0)


# --- the end -----------------------------------------------------------------------------------------------------------
def service_is_back(night: Night, board: Page, room: str) -> None:
    night.machines_say("complaints", *[CALM] * 16, region="east")
    technician = night.at(TECH, room)
    send(act(technician, "restore"))
    shows(board, "Service is restored; monitoring goes on.")
    the_public_sees(night, "Service is restored", "服务已恢复")
    form = act(technician, "ending-report")
    form.locator("textarea").fill("电源模块故障，已更换")
    send(form)
    shows(board, "The ending report was submitted.")


def headquarters_ends_the_response(night: Night, board: Page, room: str) -> None:
    """Not before 72 quiet hours, and not without the meeting."""
    prove(night.at(GM), "Evaluation meeting", "Minutes 2: what was learnt")
    with night.product.refusing(409):
        declare_the_end(night.at(GM, room))
        refused(night.tabs[GM], "72 h without abnormal fluctuation")
    night.all_look_away()
    night.forward(hours=73)
    # Three days of half hours in which nobody wrote the log: the board catches up before anybody goes on.
    expect(board.locator(".duty").filter(has_text=re.compile(r"Recovery log \(14\d\)")).last).to_be_visible(
        timeout=120_000
    )
    night.machines_say("complaints", *[CALM] * 16, region="east")
    declare_the_end(night.at(GM, room))
    went_well(night.tabs[GM])
    expect(board.locator("article.incident")).to_have_count(0)


def declare_the_end(gm: Page) -> None:
    form = act(gm, "end")
    for name in ("no_secondary_risk", "resources_withdrawn", "assessed_safe"):
        form.locator(f"input[name={name}]").check()
    form.locator("button.btn-primary").click()


def the_last_signature(night: Night, duty: Page, room: str) -> None:
    """Top management's, outside headquarters; nobody else's (ruling on contradiction 25)."""
    duty.goto(room)
    expect(duty.locator("#room-head")).to_contain_text("已终止")
    with night.product.refusing(403):
        send_by_hand(duty, f"{room}close/", note="")
        refused(duty, "您的角色无权进行此操作，需要：最高管理层")
    boss = night.at(EXECUTIVE, room)
    expect(boss.locator("#room-acts details.act")).to_have_count(1)
    form = act(boss, "close")
    form.locator("textarea").fill("同意终止")
    send(form)
    expect(boss.locator("#room-head")).to_contain_text("已关闭")


def the_auditor_reads_the_whole_log(night: Night, log: Page, number: str) -> None:
    """From the last line to the first, each step where it happened; and that nobody changed a letter of it since."""
    told = log.locator("#room-log .what").all_inner_texts()[::-1]
    steps = (
        "A crossed threshold opened this incident.",
        "The plan proposes Level II.",
        "Yellow warning: the pre-response began.",
        "Verified: a major fault.",
        "The impact was assessed.",
        "Level I was decided.",
        "The response began at Level I.",
        "Legal approved a notice.",
        "A notice was edited; legal must read it again.",
        "Legal approved a notice.",
        "A notice was published.",
        "Customer reassurance group: At work.",
        "Task done by Customer reassurance group.",
        "1 × Emergency power vehicle (PV-01) withdrawn from store, 1 left there.",
        "Overdue: Handling report.",
        "Handling report.",
        "The progress summary was published.",
        "Effect judged: lower the level.",
        "Service is restored; monitoring goes on.",
        "The ending report was submitted.",
        "1 × Emergency power vehicle (PV-01) returned to store, 2 there now.",
        "The response ended.",
        "The incident was closed.",
    )
    rest = iter(told)
    missing = [step for step in steps if step not in rest]  # `in` walks on, so that the order counts too
    assert missing[:1] == [], "\n".join(told)
    auditor = night.at(AUDITOR, "/operations/")
    auditor.locator("tr", has_text=f"incident {number}").get_by_role("button", name="Verify").click()
    shows(auditor.locator("#toasts"), "The log is whole: every event follows from the one before.")
