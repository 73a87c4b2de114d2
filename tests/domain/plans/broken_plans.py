"""The small example plan, and it broken in one way for each kind of finding: kind → (text, subjects of the finding)."""

# ruff: noqa: E501  rows of a plan file are as long as they are
import random
from functools import cache

from tests.domain.plans.given import FILE

SMALL = FILE.parent / "examples" / "power_cut.yaml"


@cache
def small() -> str:
    return SMALL.read_text(encoding="utf-8")


def changed(old: str, new: str, source: str | None = None) -> str:
    source = small() if source is None else source
    assert old in source, old
    return source.replace(old, new, 1)


ROW = "  little_reserve:"
RULE = '{{level: {level}, when: {when}, reason: {{zh: 另, en: Another}}, clauses: ["2"]}}'
HOT = '{fact: room_temperature, op: ">=", value: 35}'


def rule(level: str, when: str) -> str:
    return changed(ROW, f"  another: {RULE.format(level=level, when=when)}\n{ROW}")


def entangled() -> str:
    """Two hundred rules that between them cover everything, so that no rule can be told superfluous without trying."""
    chance = random.Random(1)
    names = [f"dial_{n}" for n in range(30)]
    facts = "".join(f"  {name}: {{title: {{zh: 表, en: Dial}}, unit: degrees}}\n" for name in names)
    known = ", ".join(f'{{fact: {name}, op: ">=", value: 0}}' for name in names)
    whens = [f"{{all: [{known}]}}"]
    for _ in range(180):
        tests = [f'{{fact: {name}, op: "{chance.choice(("<", ">="))}", value: 5}}' for name in chance.sample(names, 3)]
        whens.append(f"{{all: [{', '.join(tests)}]}}")
    rules = "".join(f"  dialled_{n}: {RULE.format(level='red', when=when)}\n" for n, when in enumerate(whens))
    return changed("facts:\n", f"facts:\n{facts}", changed("level_rules:\n", f"level_rules:\n{rules}"))


BROKEN = {
    "entangled": (entangled(), ["level_rules"]),
    "contradictory": (rule("red", HOT), ["level_rules.another", "level_rules.hot"]),
    "overlapping": (rule("orange", HOT), ["level_rules.another", "level_rules.hot"]),
    "shadowed": (
        rule("blue", '{all: [{fact: room_temperature, op: ">", value: 36}, {fact: generator_down, op: is, value: true}]}'),
        ["level_rules.another", "level_rules.no_reserve"],
    ),
    "unreachable": (
        rule("red", '{all: [{fact: reserve_minutes, op: ">", value: 20}, {fact: reserve_minutes, op: "<", value: 15}]}'),
        ["level_rules.another"],
    ),
    "limits_differ": (
        changed('op: ">=", value: 40}, reason', 'op: ">=", value: 42}, reason'),
        ["level_rules.very_hot", "thresholds.very_hot"],
    ),
    "gap": (
        changed('when: {fact: generator_down, op: is, value: true}, reason', "when: {all: [{fact: generator_down, op: is, value: true}, "
                "{fact: feeds_lost, op: is, value: one}]}, reason"),
        ["facts.generator_down"],
    ),
    "no_level": (changed("when: {fact: feeds_lost, op: is, value: both}, reason: {zh: 双路中断, en: Both feeds lost}, clauses: [\"2\"]}\n\nbci",
                         "when: {fact: reserve_minutes, op: \"<\", value: 30}, reason: {zh: 双路中断, en: Both feeds lost}, clauses: [\"2\"]}\n\nbci"),
                 ["major_rules.all_dark"]),
    "dimensions": (changed("room_temperature: {title: {zh: 机房温度, en: Room temperature}, dimension: true,",
                           "room_temperature: {title: {zh: 机房温度, en: Room temperature},"), ["clauses.2"]),
    "does_not_fit": (changed("anchors: [level_condition], due: PT15M", "anchors: [level_condition], due: PT11M"),
                     ["obligations.level.decide", "obligations.power.assess", "obligations.watch.verify"]),
    "due_together": (changed("anchors: [warning_issued], due: PT2H", "anchors: [warning_issued], due: PT3H"),
                     ["obligations.warning.limit", "obligations.warning.prepare"]),
    "no_time": (changed("anchors: [verified], due: PT10M,", "anchors: [verified],"), ["obligations.level.decide", "obligations.power.assess"]),
    "repeat_too_short": (changed("takes: PT5M", "takes: PT20M"), ["obligations.report.power"]),
    "work_too_long": (changed("anchors: [reported], due: PT2M", "anchors: [reported], due: PT2M, takes: PT3M"), ["obligations.watch.verify"]),
    "due_after_end": (changed("anchors: [warning_issued], due: PT3H, needs: [warning.prepare]", "anchors: [warning_issued], due: PT1H"),
                      ["obligations.warning.limit", "obligations.warning.prepare"]),
    "due_twice": (changed("owners: [customer_care], anchors: [response_started], due: PT30M", "owners: [customer_care], act: x, anchors: "
                          "[response_started], due: PT30M").replace("  warning.issue:", "  tell.again: {title: {zh: 再告, en: Tell again}, "
                          "owners: [watch], act: x, anchors: [known], due: PT1H, evidence: [minutes], ladder: steady, clauses: [\"5\"]}\n  warning.issue:"),
                  ["obligations.tell.again", "obligations.tell.customers"]),
    "turning": (changed("  warning.issue:", "\n".join(f"  first.{kind}: {{title: {{zh: 报, en: Report}}, owners: [watch], act: first, anchors: "
                        f"[known], due: {due}, applies_to: {kind}, evidence: [minutes], ladder: steady, clauses: [\"5\"]}}"
                        for kind, due in (("ordinary", "PT6H"), ("major", "PT1H"))) + "\n  warning.issue:"),
                ["obligations.first.major", "obligations.first.ordinary"]),
    "outlives": (changed("takes: PT5M, until: [service_restored, response_ended, closed]", "takes: PT5M, until: [response_ended, closed]"),
                 ["ending.stable", "obligations.report.power"]),
    "level_blind": (changed("owners: [customer_care], anchors: [response_started], due: PT30M, levels: [red, orange]",
                            "owners: [general_manager], anchors: [response_started], due: PT30M"),
                    ["levels.blue", "obligations.tell.customers"]),
    "no_owner": (changed("levels: [red, orange], evidence: [customer_notice]", "levels: [red, orange], written: {owners: []}, evidence: [customer_notice]"),
                 ["obligations.tell.customers"]),
    "nobody_acts": (changed("  customer_care: {title", "  machine: {title: {zh: 系统, en: Machine}, superior: site_manager, clauses: [\"4\"]}\n  customer_care: {title")
                    .replace("  warning.issue:", "  auto.push: {title: {zh: 推送, en: Push}, owners: [machine], anchors: [threshold_crossed], due: PT5M, "
                             "evidence: [minutes], ladder: quick, clauses: [\"6\"]}\n  warning.issue:"), ["obligations.auto.push"]),
    "many_hands": (changed("grants: [{roles: [site_manager], clauses: [\"3\"]}]", "grants: [{roles: [site_manager], clauses: [\"3\"]}, "
                           "{roles: [watch], clauses: [\"4\"]}]"), ["powers.start_response"]),
    "own_judge": (changed("offices: [general_manager], clauses", "offices: [site_manager], clauses"), ["obligations.end.approve", "obligations.end.report"]),
    "undoes": (changed("value: 24, lasts: PT24H,", "value: 24, lasts: PT24H, releases: [staff],").replace(
        "  end.report:", "  watch.log: {title: {zh: 值守, en: Watch}, owners: [watch], anchors: [service_restored], due: PT1H, repeat: true, uses: [staff], "
        "until: [response_ended], evidence: [minutes], ladder: quick, clauses: [\"7\"]}\n  end.report:"), ["ending.stable", "obligations.watch.log"]),
    "no_criterion": (small().replace(" near: {blue: 0.8, yellow: 0.9},", ""), ["obligations.warning.issue"]),
    "not_taken_back": (changed("channels: [inapp, sms], all_clear: [inapp, sms]", "channels: [inapp, sms], all_clear: [inapp]"), ["tiers.warning_blue"]),
    "count_differs": (changed("{of: ending, says: 3}", "{of: ending, says: 4}"), ["ending"]),
    "title_differs": (changed("inclusive: true, value: 40, clear_at: 35", "inclusive: true, value: 45, clear_at: 35"),
                      ["thresholds.very_hot", "thresholds.very_hot.title"]),
    "unequal_texts": (changed("en: 'Generators carry the load within 10 min;", "en: 'Generators carry the load within 12 min;"), ["clauses.5.text"]),
    "many_names": (changed("值班工程师2分钟内核实", "机房主管知悉，值班工程师2分钟内核实"), ["aliases.site_manager"]),
    "unmeasurable": (changed("measured_by: [metrics.reserve, ending.stable], ", ""), ["terms.stable"]),
    "outdated": (changed("aliases:\n", "standards:\n  iso: {title: {zh: 标准, en: Standard}, cited: \"1\", current: \"2\", clauses: [\"8\"]}\n\naliases:\n"),
                 ["standards.iso"]),
    "unsupplied": (changed("next_update: {zh: 下次更新, en: Next update}}", "next_update: {zh: 下次更新, en: Next update}, mood: {zh: 情绪, en: Mood}}")
                   .replace("下次更新：{next_update}。", "下次更新：{next_update}。{mood}").replace("Next update: {next_update}.", "Next update: {next_update}. {mood}"),
                   ["templates.customer_notice"]),
}  # fmt: skip
