"""Every page of the product, once: who looks at it and where it is in the staged night. Pictures and accessibility walk this list."""

from dataclasses import asdict, dataclass

# Who looks, by user name; read before Django is set up, so nothing of tests.cast here.
DUTY, GM, TECH, AUDITOR, ADMIN, GUARD = "lin", "chen", "gao", "audit", "admin", "guard"
EDITOR, LEGAL, SPOKESPERSON, KEEPER = "jiang", "wen", "han", "feng"
SUPERVISOR, EXECUTIVE, IT, ADMINISTRATION, COO = "su", "exec", "he", "hu", "coo"
# GET addresses that are no pages of ours to look at: answers for programs, switches, allauth's pages that nobody is led to.
NO_PAGES = (
    "api/",
    "accounts/",
    "i18n/",
    "healthz",
    "status/feed.json",
    "status/popup.js",
    "sw.js",
    "resources/equipment/export.xlsx",
    "incidents/<str:number>/dossier.docx",
    "incidents/<str:number>/files/<int:pk>/",
    "readiness/files/<int:pk>/",
    "plan/versions/<int:number>/plan.yaml",
    "people/duty/<str:token>.ics",
    "readiness/calendar/<str:token>.ics",
    "obligations/<int:pk>/changes/",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What was staged (tests/stage.py), by what pages are about."""

    incident: str
    warning: str
    false_alarm: str
    summary: int
    message: int
    series: int
    notice: int
    ready: int
    equipment: int
    drill: str
    wrong_upload: int
    right_upload: int
    backtest: int
    version: int
    answer_link: str
    blind: int
    rotation: int
    round: int
    slot: str
    bundled: int
    bundle_link: str
    account: int


@dataclass(frozen=True, slots=True)
class Shown:
    """`path` may hold fields of Scene. `route` is the name of its address; `main`: one that is used in haste.

    `sends` is the form of that page (the end of its address, what is filled in) whose answer is the page meant; `opened`: with
    everything unfolded that can be.
    """

    name: str
    path: str
    who: str | None
    route: str = ""
    main: bool = False
    wall: bool = False
    sends: tuple[str, dict[str, str]] | None = None
    opened: bool = False

    def at(self, scene: Scene) -> str:
        return self.path.format(**asdict(scene))


PAGES = (
    Shown("sign-in", "/accounts/login/", None, main=True),
    Shown("obligations", "/", GM, "home", main=True),
    Shown("obligations-technical", "/", TECH, "home", main=True),
    Shown("obligations-supervisor", "/", SUPERVISOR, "home"),
    Shown("obligations-legal", "/", LEGAL, "home"),
    Shown("obligations-spokesperson", "/", SPOKESPERSON, "home"),
    Shown("obligations-one", "/?incident={incident}", GM, "home"),
    Shown("obligations-keeper", "/", KEEPER, "home"),
    Shown("obligations-executive", "/", EXECUTIVE, "home"),
    Shown("obligations-auditor", "/", AUDITOR, "home"),
    Shown("report", "/report/", DUTY, "report", main=True),
    Shown("incidents", "/incidents/?all", GM, "incidents", main=True),
    Shown("room-response", "/incidents/{incident}/", GM, "incident-room", main=True),
    Shown("room-opened", "/incidents/{incident}/", GM, "incident-room", opened=True),
    Shown("act-refused", "/incidents/{incident}/", GM, sends=("/decide-level/", {"level": "III", "reason": ""})),
    Shown("dossier", "/incidents/{incident}/dossier/", AUDITOR, "dossier"),
    Shown("room-technical", "/incidents/{incident}/", TECH, "incident-room"),
    Shown("room-slot", "/incidents/{slot}/", SPOKESPERSON, "incident-room"),
    Shown("room-warning", "/incidents/{warning}/", DUTY, "incident-room"),
    Shown("room-dismissed", "/incidents/{false_alarm}/", AUDITOR, "incident-room"),
    Shown("summaries", "/incidents/{incident}/summaries/", GM, "summaries"),
    Shown("summary", "/incidents/{incident}/summaries/{summary}/", GM, "summary"),
    Shown("board", "/board/", GM, "board", main=True),
    Shown("clocks", "/incidents/{incident}/clocks/", GM, "incident-clocks", main=True),
    Shown("clocks-wall", "/incidents/{incident}/clocks/?wall", GM, "incident-clocks", wall=True),
    Shown("board-wall", "/board/?wall", GM, "board", wall=True),
    Shown("signals", "/signals/", DUTY, "signals", main=True),
    Shown("mutes", "/signals/mutes/", DUTY, "mutes"),
    Shown("mutes-opened", "/signals/mutes/", DUTY, "mutes", opened=True),
    Shown("series", "/signals/series/{series}/", DUTY, "series"),
    Shown("sources", "/signals/sources/", ADMIN, "sources"),
    Shown("source-new", "/signals/sources/new/", ADMIN, "source-new"),
    Shown("source", "/signals/sources/stage/", ADMIN, "source"),
    Shown("source-mapping", "/signals/sources/stage/mapping/", ADMIN, "source-mapping"),
    Shown("source-test", "/signals/sources/stage/test/", ADMIN, "source-test"),
    Shown("source-test-refused", "/signals/sources/stage/test/", ADMIN, sends=("/test/", {"text": ""})),
    Shown("source-history", "/signals/sources/stage/history/", ADMIN, "source-history"),
    Shown("backtests", "/signals/backtests/", DUTY, "backtests"),
    Shown("backtest", "/signals/backtests/{backtest}/", DUTY, "backtest"),
    Shown("notices", "/notices/", EDITOR, "notices", main=True),
    Shown("notices-slot", "/notices/?incident={slot}", SPOKESPERSON, "notices", main=True),
    Shown("notice-new", "/notices/new/", EDITOR, "notice-new"),
    Shown("notice", "/notices/{notice}/", LEGAL, "notice", main=True),
    Shown("notice-opened", "/notices/{notice}/", LEGAL, "notice", opened=True),
    Shown("notice-ready", "/notices/{ready}/", SPOKESPERSON, "notice"),
    Shown("status", "/status/", None, "status", main=True),
    Shown("obligations-readiness", "/", ADMINISTRATION, "home"),
    Shown("readiness", "/readiness/", ADMINISTRATION, "readiness", main=True),
    Shown("readiness-all", "/readiness/", GM, "readiness"),
    Shown("readiness-rule", "/readiness/rules/ready.contacts/", ADMINISTRATION, "readiness-rule", opened=True),
    Shown("readiness-waived", "/readiness/rules/ready.fund/", EXECUTIVE, "readiness-rule", opened=True),
    Shown("readiness-drill", "/readiness/rules/ready.drill/", COO, "readiness-rule", opened=True),
    Shown("readiness-refused", "/readiness/rules/ready.contacts/", ADMINISTRATION, sends=("/fulfil/", {"note": ""})),
    Shown("resources", "/resources/", KEEPER, "resources"),
    Shown("equipment", "/resources/equipment/", KEEPER, "equipment", main=True),
    Shown("equipment-item", "/resources/equipment/{equipment}/", KEEPER, "equipment-item"),
    Shown("equipment-item-opened", "/resources/equipment/{equipment}/", KEEPER, "equipment-item", opened=True),
    Shown("equipment-change", "/resources/equipment/{equipment}/change/", KEEPER, "equipment-change"),
    Shown("equipment-new", "/resources/equipment/new/", KEEPER, "equipment-new"),
    Shown("equipment-import", "/resources/equipment/import/", KEEPER, "equipment-import"),
    Shown("equipment-import-wrong", "/resources/equipment/import/{wrong_upload}/", KEEPER, "equipment-import-review"),
    Shown("equipment-import-right", "/resources/equipment/import/{right_upload}/", KEEPER, "equipment-import-review"),
    Shown("stores", "/resources/stores/", KEEPER, "stores"),
    Shown("messages", "/messages/", GM, "messages", main=True),
    Shown("messages-all", "/messages/all/", GM, "messages-all"),
    Shown("messages-known", "/messages/known/?incident={incident}", AUDITOR, "messages-known"),
    Shown("message-receipts", "/messages/{message}/", GM, "message-receipts"),
    Shown("messages-to-ring", "/messages/calls/", DUTY, "messages-to-ring"),
    Shown("message-calls", "/messages/{message}/calls/", DUTY, "message-calls", main=True),
    Shown("message-link", "{answer_link}", None, "message-link"),
    Shown("browsers", "/messages/browsers/", AUDITOR, "browsers", main=True),
    Shown("message-receipts-bundle", "/messages/{bundled}/", GM, "message-receipts", opened=True),
    Shown("message-link-bundle", "{bundle_link}", None, "message-link"),
    Shown("chats", "/operations/chats/", ADMIN, "chats"),
    Shown("messages-sink", "/messages/sink/", GM, "messages-sink"),
    Shown("plan", "/plan/", GM, "plan"),
    Shown("plan-findings", "/plan/findings/", GM, "plan-findings"),
    Shown("plan-versions", "/plan/versions/", GM, "plan-versions"),
    Shown("plan-version", "/plan/versions/{version}/", GM, "plan-version", main=True),
    Shown("plan-version-opened", "/plan/versions/{version}/", GM, "plan-version", opened=True),
    Shown("plan-version-compare", "/plan/versions/{version}/compare/", AUDITOR, "plan-version-compare"),
    Shown("plan-version-values", "/plan/versions/{version}/values/", IT, "plan-version-values"),
    Shown("plan-version-text", "/plan/versions/{version}/text/", IT, "plan-version-text"),
    Shown("plan-version-rulings", "/plan/versions/{version}/rulings/", IT, "plan-version-rulings", opened=True),
    Shown("plan-import", "/plan/versions/import/", IT, "plan-import"),
    Shown("incident-plan", "/incidents/{incident}/plan/", GM, "incident-plan"),
    Shown("people", "/people/", DUTY, "people"),
    Shown("duties", "/people/duty/", DUTY, "duties", main=True),
    Shown("duty", "/people/duty/drivers/", ADMINISTRATION, "duty", opened=True),
    Shown("handovers", "/people/duty/duty_manager/handover/", SUPERVISOR, "handovers", opened=True),
    Shown("duty-mine", "/people/duty/mine/", DUTY, "duty-mine", opened=True),
    Shown("duty-rotation", "/people/duty/duty_manager/rotation/{rotation}/", SUPERVISOR, "duty-rotation"),
    Shown("duty-new", "/people/duty/new/", GUARD, "duty-new"),
    Shown("duty-edit", "/people/duty/drivers/edit/", GUARD, "duty-edit"),
    Shown("duty-rotation-new", "/people/duty/duty_manager/rotation/", SUPERVISOR, "duty-rotation-new"),
    Shown("verifications", "/people/verification/", ADMINISTRATION, "verifications"),
    Shown("verification", "/people/verification/{round}/", ADMINISTRATION, "verification"),
    Shown("accounts", "/people/accounts/", GUARD, "people-accounts"),
    Shown("account", "/people/accounts/{account}/", GUARD, "people-account"),
    Shown("own-reach", "/people/reach/", DUTY, "own-reach"),
    Shown("map", "/people/map/", GUARD, "map"),
    Shown("place-new", "/people/map/nodes/new/", GUARD, "place-new"),
    Shown("place", "/people/map/groups/technical_response/", GUARD, "place"),
    Shown("drill-cast", "/drills/{drill}/", GM, "drill-cast"),
    Shown("operations", "/operations/", ADMIN, "operations"),
    Shown("messages-not-reached", "/messages/not-reached/", DUTY, "messages-not-reached"),
    Shown("blindness", "/operations/blindness/", GM, "blindness"),
    Shown("restored", "/operations/restored/", ADMIN, "restored"),
    Shown("restored-auditor", "/operations/restored/", AUDITOR, "restored"),
    Shown(
        "restored-refused",
        "/operations/restored/",
        ADMIN,
        sends=("/restored/", {"decision": "drop", "reason": "", "drop_before": ""}),
    ),
    Shown("blindness-report", "/operations/blindness/{blind}/", GM, "blindness-report"),
    Shown("design", "/design/", DUTY, "design"),
    Shown("password", "/accounts/password/change/", DUTY),
    Shown("two-factor", "/accounts/2fa/", DUTY),
    Shown("sign-out", "/accounts/logout/", DUTY),
    Shown("not-found", "/nowhere/", DUTY),
    Shown("not-allowed", "/operations/", DUTY),
)
