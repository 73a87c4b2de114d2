"""A file as evidence: kept whole, its digest in the log, to be had by who may see the incident."""

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from engine.log import log_verify
from engine.models import Event, EventText
from escalation.models import EvidenceFile, FileContent, Obligation
from escalation.services.turns import stream_of
from incidents.models import Incident
from readiness.models import ReadinessTurn
from readiness.services.following import readiness_begin
from tests.cast import DUTY, GM, IT, OUTSIDER, Cast
from tests.flows.test_api_story import Hotline, hotline  # noqa: F401 - a fixture

REPORT = {"noticed": "Nobody gets through", "regions": ["east"], "systems": "down", "business": "rescue"}
PDF = b"%PDF-1.7 destroyed and certified"
PHOTO = b"\xff\xd8\xff\xe0 a drum of disks"
KEEPER = "miao"


@pytest.fixture
def owed(hotline: Hotline) -> Obligation:  # noqa: F811
    """The custody of media, as the end of a response opens it (7.1)."""
    number = hotline.post(DUTY, "incidents", REPORT, expect=201)["number"]
    incident = Incident.objects.get(number=number)
    first = Event.objects.filter(stream=incident.stream_id).earliest("seq")
    return Obligation.objects.create(
        incident=incident,
        rule="after.media",
        owners=["head_of_it"],
        clause="7.1",
        anchored_at=hotline.now(),
        anchor_event=first,
    )


def sent(*files: tuple[str, bytes], evidence: str = "file") -> dict[str, Any]:
    named = [SimpleUploadedFile(name, content) for name, content in files]
    return {"evidence": evidence, "note": "Third party's report, and the film of it", "files": named}


def more(*files: tuple[str, bytes]) -> dict[str, Any]:
    """What is added later: of the proof there is nothing to say any more."""
    return {name: said for name, said in sent(*files).items() if name != "evidence"}


def prove(cast: Cast, owed: Obligation, *files: tuple[str, bytes], key: str = "", **more: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    address = f"/api/v1/obligations/{owed.pk}/fulfil"
    return cast.api(IT).post(address, sent(*files, **more), format="multipart", headers=headers)


def test_kept_whole_logged_with_its_digest_and_had_by_who_may_see_the_incident(
    hotline: Hotline,  # noqa: F811
    owed: Obligation,
) -> None:
    cast, number = hotline.cast, owed.incident.number
    answer = prove(cast, owed, ("../report.html", PDF), ("drum.jpg", PHOTO), key="k1")
    assert answer.status_code == 200, answer.content
    assert answer.json()["state"] == "fulfilled"
    assert prove(cast, owed, ("../report.html", PDF), ("drum.jpg", PHOTO), key="k1").headers["Idempotency-Replayed"]
    assert prove(cast, owed, ("../report.html", PDF + b"!"), ("drum.jpg", PHOTO), key="k1").status_code == 409
    kept = cast.api(GM).get(f"/api/v1/incidents/{number}/files").json()
    assert [(one["name"], one["sha256"]) for one in kept] == [
        ("report.html.pdf", hashlib.sha256(PDF).hexdigest()),
        ("drum.jpg", hashlib.sha256(PHOTO).hexdigest()),
    ]
    events = Event.objects.filter(stream=owed.incident.stream_id, kind="evidence.file_kept").order_by("seq")
    assert [event.data["sha256"] for event in events] == [one["sha256"] for one in kept]
    assert "report" not in str(events[0].data)  # the name is text that can be erased
    assert log_verify(stream_of(owed.incident)) is None

    for client, path in (
        (cast.api(GM), f"/api/v1/incidents/{number}/files/{kept[0]['id']}"),
        (cast.client(GM), f"/incidents/{number}/files/{kept[0]['id']}/"),
    ):
        had = client.get(path)
        assert had.content == PDF
        assert had["Content-Disposition"] == 'attachment; filename="report.html.pdf"'
        assert (had["X-Content-Type-Options"], had["Content-Type"]) == ("nosniff", "application/pdf")
        assert "sandbox" in had["Content-Security-Policy"]
        assert "script-src" not in had["Content-Security-Policy"]
    assert cast.api(OUTSIDER).get(f"/api/v1/incidents/{number}/files/{kept[0]['id']}").status_code == 403
    assert cast.client(OUTSIDER).get(f"/incidents/{number}/files/{kept[0]['id']}/").status_code == 403
    for page in (f"/incidents/{number}/", f"/incidents/{number}/dossier/"):
        shown = cast.client(GM).get(page).content.decode()
        assert "report.html.pdf" in shown
        assert kept[0]["sha256"] in shown
    EventText.objects.filter(event=events[0]).update(text=None)
    assert cast.api(GM).get(f"/api/v1/incidents/{number}/files").json()[0]["name"] == f"{kept[0]['id']}.pdf"


@pytest.mark.parametrize(
    ("case", "files", "evidence", "status", "code"),
    [
        ("no file", (), "file", 400, "file.none"),
        ("a page of scripts", (("a.pdf", b"<html><script>alert(1)</script>"),), "file", 400, "file.kind"),
        ("an empty one", (("a.pdf", b""),), "file", 400, "file.kind"),
        ("one good, one bad", (("a.pdf", PDF), ("b.pdf", b"MZ\x00")), "file", 400, "file.kind"),
        ("eleven", tuple((f"{n}.pdf", PDF) for n in range(11)), "file", 400, "file.many"),
        ("too large", (("a.pdf", PDF + b"x" * 2000),), "file", 413, "file.too_large"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    hotline: Hotline,  # noqa: F811
    owed: Obligation,
    settings: Any,
    case: str,
    files: Any,
    evidence: str,
    status: int,
    code: str,
) -> None:
    settings.EVIDENCE_FILE_BYTES = 1_000
    answer = prove(hotline.cast, owed, *files, evidence=evidence)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    owed.refresh_from_db()
    assert owed.state == "open"
    assert not EvidenceFile.objects.exists()
    assert not FileContent.objects.exists()
    assert not Event.objects.filter(kind="evidence.file_kept").exists()


def test_a_full_incident_and_what_takes_no_file(hotline: Hotline, owed: Obligation, settings: Any) -> None:  # noqa: F811
    settings.EVIDENCE_TOTAL_BYTES = len(PDF)
    answer = prove(hotline.cast, owed, ("a.pdf", PDF), ("b.jpg", PHOTO))
    assert (answer.status_code, answer.json()["code"]) == (413, "file.full")
    assert not EvidenceFile.objects.exists()
    other = Obligation.objects.create(
        incident=owed.incident, rule="after.people", owners=["head_of_it"], clause="7.3", anchored_at=hotline.now(),
        anchor_event=owed.anchor_event,
    )  # fmt: skip
    refused = prove(hotline.cast, other, ("a.pdf", PDF), evidence="report")
    assert (refused.status_code, refused.json()["code"]) == (400, "file.not_accepted")


def test_on_the_page_and_a_change_of_the_bytes_is_found(hotline: Hotline, owed: Obligation, capsys: Any) -> None:  # noqa: F811
    client = hotline.cast.client(IT)
    room = client.get(f"/incidents/{owed.incident.number}/").content.decode()
    assert f'id="files-{owed.pk}"' in room
    assert 'enctype="multipart/form-data"' in room
    refused = client.post(f"/obligations/{owed.pk}/fulfil/", sent(("a.svg", b"<svg/>")))
    assert refused.status_code == 400
    assert "of a kind that is not taken" in refused.content.decode()
    assert 'enctype="multipart/form-data"' in refused.content.decode()
    assert client.post(f"/obligations/{owed.pk}/fulfil/", sent(("a.pdf", PDF))).status_code == 302
    call_command("evidence_check")
    assert "1 files, all as the log tells of them" in capsys.readouterr().out
    row = EvidenceFile.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        FileContent.objects.filter(file=row).update(content=b"other")
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE escalation_filecontent DISABLE TRIGGER USER")
        cursor.execute("UPDATE escalation_filecontent SET content = 'other' WHERE file_id = %s", [row.pk])
        cursor.execute("ALTER TABLE escalation_filecontent ENABLE TRIGGER USER")
    with pytest.raises(CommandError):
        call_command("evidence_check")
    assert "not those of the log's digest" in capsys.readouterr().out
    for table, key in (("filecontent", "file_id"), ("evidencefile", "id")):
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE escalation_{table} DISABLE TRIGGER USER")
            cursor.execute(f"DELETE FROM escalation_{table} WHERE {key} = %s", [row.pk])
            cursor.execute(f"ALTER TABLE escalation_{table} ENABLE TRIGGER USER")
    with pytest.raises(CommandError):
        call_command("evidence_check")
    assert "its row is missing" in capsys.readouterr().out, "what the log tells of is looked for, not what is there"


def test_added_later_to_what_was_proved_the_clock_untouched(hotline: Hotline, owed: Obligation) -> None:  # noqa: F811
    cast, number = hotline.cast, owed.incident.number
    address, room = f"/api/v1/obligations/{owed.pk}/files", f"/incidents/{number}/"
    added = {"note": "The certificate came by post"}
    too_soon = cast.api(IT).post(address, more(("a.pdf", PDF)), format="multipart")
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "file.not_proved_yet")
    assert prove(cast, owed, ("drum.jpg", PHOTO)).status_code == 200
    owed.refresh_from_db()
    proved = (owed.state, owed.ended_at, owed.proof_event_id)

    assert 'id="add-files"' not in cast.client(GM).get(room).content.decode()  # the owner's alone
    assert cast.api(GM).post(address, more(("a.pdf", PDF)), format="multipart").status_code == 403
    assert cast.api(IT).post(address, {"note": "none"}, format="multipart").json()["code"] == "file.none"
    assert 'id="add-files"' in cast.client(IT).get(room).content.decode()
    assert cast.client(IT).post(f"{room}files/", {**added, "turn": owed.pk + 1}).status_code == 400
    assert (
        cast.client(IT).post(f"{room}files/", more(("certificate.pdf", PDF)) | added | {"turn": owed.pk}).status_code
        == 302
    )
    answer = cast.api(IT).post(address, more(("b.pdf", PDF)), format="multipart")
    assert answer.json()["state"] == "fulfilled", answer.content
    owed.refresh_from_db()
    assert (owed.state, owed.ended_at, owed.proof_event_id) == proved
    kept = cast.api(GM).get(f"/api/v1/incidents/{number}/files").json()
    assert [(one["name"], one["later"]) for one in kept] == [
        ("drum.jpg", False), ("certificate.pdf", True), ("b.pdf", True),
    ]  # fmt: skip
    for page in (room, f"{room}dossier/"):
        assert "added later" in cast.client(GM).get(page).content.decode()

    other = Obligation.objects.create(
        incident=owed.incident, rule="after.people", owners=["head_of_it"], clause="7.3", anchored_at=hotline.now(),
        anchor_event=owed.anchor_event, state="superseded", ended_at=hotline.now(),
    )  # fmt: skip
    ended = cast.api(IT).post(f"/api/v1/obligations/{other.pk}/files", more(("a.pdf", PDF)), format="multipart")
    assert (ended.status_code, ended.json()["code"]) == (409, "file.nothing_proved")


def test_readiness_takes_a_file_too(hotline: Hotline) -> None:  # noqa: F811
    readiness_begin()
    cast, turn = hotline.cast, ReadinessTurn.objects.get(rule="ready.generator", state="open")
    assert f'id="files-{turn.pk}"' in cast.client(KEEPER).get("/readiness/").content.decode()
    proof, later = f"/api/v1/readiness/{turn.pk}/fulfil", f"/api/v1/readiness/{turn.pk}/files"
    too_soon = cast.api(KEEPER).post(later, more(("log.pdf", PDF)), format="multipart")
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "file.not_proved_yet")
    answer = cast.api(KEEPER).post(proof, sent(("run.jpg", PHOTO)), format="multipart")
    assert answer.status_code == 200, answer.content
    (kept,) = cast.api(GM).get("/api/v1/readiness/files").json()
    assert kept["rule"] == "ready.generator"
    assert cast.client(GM).get(f"/readiness/files/{kept['id']}/").content == PHOTO
    assert "run.jpg" in cast.client(GM).get("/readiness/rules/ready.generator/").content.decode()
    assert cast.client(OUTSIDER).get(f"/readiness/files/{kept['id']}/").status_code == 403

    ended = ReadinessTurn.objects.get(pk=turn.pk).ended_at
    assert cast.api(GM).post(later, more(("log.pdf", PDF)), format="multipart").status_code == 403
    assert cast.api(KEEPER).post(later, more(("log.pdf", PDF)), format="multipart").status_code == 200
    added = {"turn": turn.pk, "files": [SimpleUploadedFile("meter.jpg", PHOTO)]}
    page = "/readiness/rules/ready.generator/"
    assert cast.client(KEEPER).post(f"{page}files/", {"turn": turn.pk}).status_code == 400  # no file
    assert cast.client(KEEPER).post(f"{page}files/", added).status_code == 302
    assert [one["later"] for one in cast.api(GM).get("/api/v1/readiness/files").json()] == [False, True, True]
    assert ReadinessTurn.objects.get(pk=turn.pk).ended_at == ended
    assert "meter.jpg" in cast.client(GM).get(page).content.decode()
