"""Who: duties without an owner, acts that two hands are given, levels that call on those they exempt."""

from collections.abc import Iterator, Mapping

from plans.domain.base import Text
from plans.domain.lint.findings import Draft, listed
from plans.domain.obligations import ObligationRule
from plans.domain.schema import Plan, owner_chain
from plans.domain.vocabulary import ALWAYS, ENDED, NEAR, STARTS


def duties(plan: Plan) -> Iterator[Draft]:
    yield from _no_owner(plan)
    yield from _nobody_acts(plan)
    yield from _level_blind(plan)
    yield from _powers(plan)
    yield from _own_judge(plan)
    yield from _given_back(plan)
    yield from _near(plan)
    yield from _all_clear(plan)


def holders(plan: Plan, held: Mapping[str, int]) -> Iterator[Draft]:
    """Roles that owe something and that nobody holds; `held` is role → how many hold it now."""
    for role in plan.roles.values():
        owed = [row for row in plan.obligations.values() if role.id in row.owners]
        if not owed or role.acts_as is None or held.get(role.id, 0):
            continue
        words: dict[str, Text | str] = {"role": role.title, "rows": listed(row.title for row in owed)}
        first = owed[0].title
        example = Text(zh=f"{first.zh}到期时，无人收到提醒。", en=f"When {first.en} falls due, nobody is reminded.")
        clauses = tuple(dict.fromkeys(c for row in owed for c in row.clauses))
        yield Draft("unheld", (f"roles.{role.id}",), clauses, words, example)


def empty_groups(plan: Plan, seated: Mapping[str, int]) -> Iterator[Draft]:
    """Work groups of the plan in which nobody of the company sits, or that it has not; `seated` is group → how many sit in it."""
    for group in plan.groups.values():
        if seated.get(group.id, 0):
            continue
        words: dict[str, Text | str] = {"group": group.title, "key": group.id}
        example = Text(
            zh=f"事件发生时，{group.title.zh}没有人可派任务，也没有人更新状态。",
            en=f"When something happens, {group.title.en} has nobody to be given a task or to say what it does.",
        )
        yield Draft("empty_group", (f"groups.{group.id}",), group.clauses, words, example)


def _no_owner(plan: Plan) -> Iterator[Draft]:
    for row in plan.obligations.values():
        if not row.owners:
            example = Text(
                zh=f"{row.title.zh}逾期时，不知向谁追问。",
                en=f"When {row.title.en} is overdue, there is nobody to ask.",
            )
            yield Draft("no_owner", (_path(row),), row.clauses, {"row": row.title}, example)


def _nobody_acts(plan: Plan) -> Iterator[Draft]:
    """A moment after which machines act and no person owes anything."""
    for moment, rows in plan.by_anchor.items():
        owners = [plan.roles[key] for row in rows for key in row.owners if key in plan.roles]
        if moment != ALWAYS and owners and all(role.acts_as is None for role in owners):
            words: dict[str, Text | str] = {"rows": listed(row.title for row in rows), "moment": moment}
            example = Text(
                zh=f"{listed(row.title for row in rows).zh}之后无人负责，也没有时限和出口；三小时后情形依旧。",
                en=f"After {listed(row.title for row in rows).en} nobody owes anything and nothing ends it; hours later it still stands.",
            )
            yield Draft("nobody_acts", tuple(map(_path, rows)), _clauses(rows), words, example)


def _level_blind(plan: Plan) -> Iterator[Draft]:
    """Duties at the start and rhythms that name no level, and so call those above whom a level is left to."""
    for level in plan.levels.values():
        leaders = [role for role in level.led_by if role in plan.roles]
        if not leaders:
            continue
        above = set.intersection(*({upper.id for upper in owner_chain(plan, role)} for role in leaders)) - set(leaders)
        called = [
            row
            for row in plan.obligations.values()
            if set(row.anchors) & STARTS and not row.levels and above.intersection(row.owners)
        ]
        if called:
            words: dict[str, Text | str] = {
                "level": level.title, "rows": listed(row.title for row in called), "leaders": listed(plan.roles[r].title for r in leaders),
            }  # fmt: skip
            who = listed(
                plan.roles[key].title for key in dict.fromkeys(o for row in called for o in row.owners if o in above)
            )
            example = Text(
                zh=f"一次{level.title.zh}启动后，{who.zh}即须：{listed(row.title for row in called).zh}。",
                en=f"Once a {level.title.en} response is started, {who.en} owes: {listed(row.title for row in called).en}.",
            )
            clauses = tuple(dict.fromkeys((*level.clauses, *_clauses(called))))
            yield Draft("level_blind", (f"levels.{level.id}", *map(_path, called)), clauses, words, example)


def _powers(plan: Plan) -> Iterator[Draft]:
    """One act that clauses give to different hands."""
    for power in plan.powers.values():
        apart = [g for g in power.grants if any(not set(g.roles) & set(other.roles) for other in power.grants)]
        if apart:
            said = listed(
                Text(
                    zh=f"{'、'.join(g.clauses)}：{listed(plan.roles[r].title for r in g.roles).zh}",
                    en=f"{', '.join(g.clauses)}: {listed(plan.roles[r].title for r in g.roles).en}",
                )
                for g in power.grants
            )
            one, two = (listed(plan.roles[r].title for r in g.roles) for g in (apart[0], apart[-1]))
            example = Text(
                zh=f"{one.zh}已{power.title.zh}，而{two.zh}没有：不知是否算数。",
                en=f"{power.title.en}: {one.en} has done so, {two.en} has not; whether it counts nobody can say.",
            )
            clauses = tuple(dict.fromkeys(c for g in power.grants for c in g.clauses))
            yield Draft("many_hands", (f"powers.{power.id}",), clauses, {"power": power.title, "grants": said}, example)


def _own_judge(plan: Plan) -> Iterator[Draft]:
    """Who approves may be whose work it is."""
    for row in plan.obligations.values():
        for key in row.approves:
            judged = plan.obligations.get(key)
            if judged is None:
                continue
            shared = (set(row.owners) | _offices(plan, row)) & (set(judged.owners) | _offices(plan, judged))
            if shared:
                words: dict[str, Text | str] = {
                    "row": row.title,
                    "judged": judged.title,
                    "shared": ", ".join(sorted(shared)),
                }
                example = Text(
                    zh=f"同一人（{'、'.join(sorted(shared))}）先负责{judged.title.zh}，再{row.title.zh}。",
                    en=f"One person ({', '.join(sorted(shared))}) answers for {judged.title.en} and then gives: {row.title.en}.",
                )
                clauses = tuple(dict.fromkeys(_clauses([row, judged]) + _role_clauses(plan, judged)))
                yield Draft("own_judge", (_path(row), _path(judged)), clauses, words, example)


def _offices(plan: Plan, row: ObligationRule) -> set[str]:
    return {office for key in row.owners if key in plan.roles for office in plan.roles[key].offices}


def _role_clauses(plan: Plan, row: ObligationRule) -> tuple[str, ...]:
    return tuple(c for key in row.owners if key in plan.roles for c in plan.roles[key].clauses)


def _given_back(plan: Plan) -> Iterator[Draft]:
    """What the ending wants given back, while an obligation that runs until the ending uses it."""
    for condition in plan.ending.values():
        using = [
            row for row in plan.obligations.values() if set(row.uses) & set(condition.releases) and ENDED in row.until
        ]
        if using:
            words: dict[str, Text | str] = {"condition": condition.title, "rows": listed(row.title for row in using)}
            example = Text(
                zh=f"资源撤回后无法{using[0].title.zh}；不撤回则不满足“{condition.title.zh}”，永不终止。",
                en=f'With the resources withdrawn there is no {using[0].title.en}; without, "{condition.title.en}" is never met.',
            )
            clauses = tuple(dict.fromkeys((*condition.clauses, *_clauses(using))))
            yield Draft("undoes", (f"ending.{condition.id}", *map(_path, using)), clauses, words, example)


def _near(plan: Plan) -> Iterator[Draft]:
    """Duties that begin near a threshold, where no threshold says what near is."""
    rows = plan.by_anchor.get(NEAR, ())
    if rows and not any(line.near for line in plan.thresholds.values()):
        line = next((line.title for line in plan.thresholds.values()), Text(zh="任一阈值", en="any threshold"))
        example = Text(
            zh=f"{line.zh}：达到七成、八成还是九成才算接近？蓝色还是黄色？",
            en=f"{line.en}: is 70, 80 or 90 per cent of it near, and is that blue or yellow?",
        )
        yield Draft(
            "no_criterion", tuple(map(_path, rows)), _clauses(rows), {"rows": listed(r.title for r in rows)}, example
        )


def _all_clear(plan: Plan) -> Iterator[Draft]:
    """Told by some ways, taken back by fewer."""
    for tier in plan.tiers.values():
        lost = [channel for channel in tier.channels if channel not in tier.all_clear]
        if tier.all_clear and lost:
            words: dict[str, Text | str] = {
                "tier": tier.title,
                "told": ", ".join(tier.channels),
                "back": ", ".join(tier.all_clear),
            }
            example = Text(
                zh=f"只通过 {'、'.join(lost)} 得知{tier.title.zh}的人，永远不知道它已解除。",
                en=f"Whoever heard of the {tier.title.en} by {', '.join(lost)} alone never hears that it is over.",
            )
            yield Draft("not_taken_back", (f"tiers.{tier.id}",), tier.clauses, words, example)


def _path(row: ObligationRule) -> str:
    return f"obligations.{row.id}"


def _clauses(rows: "tuple[ObligationRule, ...] | list[ObligationRule]") -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for row in rows for c in row.clauses))
