"""Who and what the practice company is. Invented; the numbers come from PLAN.md: some 8,000 calls a day."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """`seat` is (work group, lead | deputy | member); the first role is the one the list of accounts shows."""

    username: str
    name: str
    department: str
    roles: tuple[str, ...]
    seat: tuple[str, str] | None = None
    region: str | None = None


DEPARTMENTS = {
    "it": ("信息技术部", "Information technology"),
    "customer_service": ("客户服务部", "Customer service"),
    "network_operations": ("网络运营部", "Network operations"),
    "security": ("安全保卫部", "Security"),
    "pr": ("市场公关部", "Marketing and PR"),
    "finance": ("财务部", "Finance"),
    "hr": ("人力资源部", "Human resources"),
    "legal": ("法务部", "Legal"),
    "administration": ("行政部", "Administration"),
    "management": ("总经理办公室", "Office of the general manager"),
}

REGIONS = {
    "east": ("华东", "East"),
    "north": ("华北", "North"),
    "south": ("华南", "South"),
    "west": ("西部", "West"),
}

# key → (zh, en, region); the main hotline serves the whole country
HOTLINES = {
    "main": ("全国服务热线", "National service hotline", None),
    "rescue": ("紧急救援热线", "Emergency rescue hotline", None),
    "after_sales": ("售后专线", "After-sales line", None),
}

# key → (zh, en, region, business, calls a day)
NODES = {
    "sw-1": ("华北核心交换机", "Core switch north", "north", "enquiries", 1900),
    "sw-3": ("华东核心交换机", "Core switch east", "east", "enquiries", 2900),
    "db-1": ("客户资料数据库", "Customer database", "east", "after_sales", 2400),
    "ivr-2": ("华南语音导航", "Voice menu south", "south", "enquiries", 1700),
    "gw-5": ("西部中继网关", "Trunk gateway west", "west", "complaints", 640),
}

# key → (zh, en, lead department)
GROUPS = {
    "technical_response": ("技术处置组", "Technical response group", "it"),
    "customer_reassurance": ("客户安抚组", "Customer reassurance group", "customer_service"),
    "logistics_support": ("后勤保障组", "Logistics support group", "finance"),
    "technical_assessment": ("技术研判小组", "Technical assessment team", "it"),
}

PEOPLE = (
    Person("lin", "林晓岚", "customer_service", ("duty_manager",)),
    Person("tang", "唐文博", "customer_service", ("duty_manager",), region="east"),
    Person("su", "苏敏", "customer_service", ("cs_supervisor",)),
    Person("chen", "陈建国", "management", ("hq_commander",)),
    Person("zhao", "赵启明", "management", ("hq_member",)),
    Person("cto", "周卫东", "it", ("hq_member",)),
    Person("coo", "郑海燕", "management", ("hq_member",)),
    Person("counsel", "钱立", "legal", ("hq_member",)),
    Person("he", "何志远", "it", ("head_of_it",), ("technical_assessment", "lead")),
    Person("gao", "高翔", "it", ("tech_lead",), ("technical_response", "lead")),
    Person("luo", "罗斌", "network_operations", ("tech_member",), ("technical_response", "member")),
    Person("xu", "许佳宁", "customer_service", ("group_lead",), ("customer_reassurance", "lead")),
    Person("peng", "彭丽", "pr", ("group_member",), ("customer_reassurance", "member")),
    Person("deng", "邓国强", "finance", ("group_lead",), ("logistics_support", "lead")),
    Person("jiang", "江雨桐", "pr", ("pr_editor",)),
    Person("han", "韩雪", "pr", ("pr_manager",)),
    Person("wen", "温静", "legal", ("legal_reviewer",)),
    Person("exec", "沈国栋", "management", ("executive",)),
    Person("feng", "冯涛", "administration", ("keeper",)),
    Person("qin", "秦悦", "hr", ("hr",)),
    Person("shi", "石磊", "finance", ("finance",)),
    Person("hu", "胡晓梅", "administration", ("administration",)),
    Person("audit", "严正", "management", ("auditor",)),
    Person("admin", "系统管理员", "it", ("sysadmin",)),
    Person("guard", "安全管理员", "security", ("security_admin",)),
    Person("miao", "苗青", "it", ("keeper",)),
    Person("ning", "宁浩", "security", ("keeper",)),
    Person("yu", "于海波", "network_operations", ("group_lead",), ("technical_response", "deputy")),
    Person("lei", "雷刚", "security", ("group_lead",), ("technical_assessment", "member")),
    # The regional operations centre of the east (1.2).
    Person("mo", "莫晨", "network_operations", ("tech_lead",), region="east"),
)
