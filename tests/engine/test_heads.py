"""Heads kept outside: what a file says after crashes and hands laid on it, and what it says of a database."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction

from common.clock import wall
from engine import clearance, heads
from engine.heads import Head, HeadsFile, Kept, Lost, heads_now, lost, moved_since
from engine.models import Installation, World
from tests.engine.kinds import happen

AT = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)


def head(seq: int, stream: int = 1, digest: str = "aa") -> Head:
    return Head(stream, 1, "incident", f"2026-{stream:04}", seq, digest)


@pytest.fixture
def file(tmp_path: Path) -> HeadsFile:
    return HeadsFile(tmp_path / "heads", "one")


def again(file: HeadsFile) -> Kept:
    """What another process reads."""
    kept = HeadsFile(file.path.parent, file.installation).read()
    assert kept is not None
    return kept


def test_there_is_nothing_before_the_first_write(file: HeadsFile):
    assert file.read() is None
    file.write([head(3)], AT)
    assert again(file).heads == {1: head(3)}
    assert file.path.parent.stat().st_mode & 0o777 == 0o700


def test_only_what_moved_is_appended_and_the_newest_counts(file: HeadsFile):
    file.write([head(3), head(1, stream=2)], AT)
    before = file.path.stat().st_size
    file.write([], AT)
    assert file.path.stat().st_size == before
    file.write([head(4)], AT + timedelta(seconds=5))
    kept = again(file)
    assert (kept.heads[1].seq, kept.heads[2].seq) == (4, 1)
    assert kept.at[1] > kept.at[2]
    assert kept == file.read()


def test_a_torn_end_is_passed_over_and_cut_off_by_the_next_write(file: HeadsFile):
    file.write([head(3)], AT)
    file.write([head(4)], AT)
    whole = file.path.read_bytes()
    for cut in (1, 20, 150):
        file.path.write_bytes(whole[:-cut])
        torn = HeadsFile(file.path.parent, "one")
        kept = torn.read()
        assert kept is not None
        assert (kept.heads[1].seq, kept.damaged) == (3, 0)
        torn.write([head(5)], AT)
        assert (again(file).heads[1].seq, again(file).damaged) == (5, 0)


def test_a_line_that_somebody_changed_counts_for_nothing_and_is_told(file: HeadsFile):
    file.write([head(3)], AT)
    file.write([head(9)], AT)
    file.path.write_bytes(file.path.read_bytes().replace(b'"2026-0001",9,', b'"2026-0001",2,'))
    assert (again(file).heads[1].seq, again(file).damaged) == (3, 1)


def test_a_file_of_another_installation_or_key_is_none(file: HeadsFile, settings):
    file.write([head(3)], AT)
    other = HeadsFile(file.path.parent, "two")
    file.path.rename(other.path)
    assert other.read() is None
    other.path.rename(file.path)
    settings.LOG_KEYS = {1: b"another key, as after a restore without keys"}
    assert HeadsFile(file.path.parent, "one").read() is None


def test_a_long_file_is_written_anew_and_says_the_same(file: HeadsFile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heads, "LONGEST", 2000)
    for seq in range(1, 60):
        file.write([head(seq), head(seq, stream=2)], AT + timedelta(seconds=seq))
    generation = again(file).generation
    assert file.path.stat().st_size < 3000
    assert {row.seq for row in again(file).heads.values()} == {59}
    file.write([head(60)], AT + timedelta(seconds=60))
    assert (again(file).generation, again(file).heads[1].seq) == (generation, 60)


def test_begun_anew_the_old_one_is_kept_beside(file: HeadsFile):
    file.write([head(9)], AT)
    old, before = again(file), file.path.read_bytes()
    aside = file.begin_anew([head(4)], AT)
    assert aside.read_bytes() == before
    assert again(file).generation != old.generation
    assert again(file).heads == {1: head(4)}


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path):
    (tmp_path / "heads").write_text("a file where the folder should be")
    with pytest.raises(OSError):
        HeadsFile(tmp_path / "heads", "one").write([head(1)], AT)


def test_nothing_personal_is_in_it(file: HeadsFile, real: World):
    happen(real, 1, note="Wang rang from 13900000000")
    file.write(moved_since(None, heads_now()), AT)
    lines = [json.loads(line.partition(" ")[2]) for line in file.path.read_text().splitlines()]
    assert {name for line in lines for name in line} == {"at", "heads", "generation", "installation"}
    assert "1390" not in file.path.read_text()


# --- against a database ---------------------------------------------------------------------------------------------------
def kept_of(now: dict[int, Head], at: datetime | None = None) -> Kept:
    said = (at or wall()).isoformat()
    return Kept("g", dict(now), dict.fromkeys(now, said), said)


def test_a_log_that_went_on_has_lost_nothing(real: World):
    happen(real, 1), happen(real, 2)
    kept = kept_of(heads_now())
    happen(real, 3), happen(real, 1, key="b")
    assert lost(kept, heads_now()) == []
    assert [(row.key, row.seq) for row in moved_since(kept, heads_now())] == [("a", 3), ("b", 1)]


def test_what_had_been_exported_and_is_not_there_is_named(real: World):
    stream = happen(real, 1).stream_id
    (here,) = [row for row in heads_now().values() if row.key == "a"]
    ahead, gone = Head(stream, real.pk, "test", "a", 5, "ff"), Head(10**6, real.pk, "test", "z", 2, "ee")
    kept = kept_of({stream: ahead, 10**6: gone})
    found = lost(kept, heads_now())
    at = kept.newest
    assert found == [Lost(real.pk, "test", "a", 2, 5, at, 1), Lost(real.pk, "test", "z", 1, 2, at, 0)]
    # Written to since it was put back, even past where it had been: what is older than the export is what was left.
    for n in range(2, 8):
        happen(real, n)
    assert lost(kept, heads_now())[0] == Lost(real.pk, "test", "a", 2, 5, at, 7)
    assert here.seq == 1


def test_another_hash_at_the_same_number_is_seen(real: World):
    stream = happen(real, 1).stream_id
    (here,) = [row for row in heads_now().values() if row.key == "a"]
    other = Head(stream, real.pk, "test", "a", here.seq, "00" * 32)
    kept = kept_of({stream: other})
    assert [(row.first, row.last) for row in lost(kept, heads_now())] == [(1, 1)]


def test_a_number_given_again_to_another_matter_is_not_the_log_that_was(real: World):
    stream = happen(real, 1, key="later").stream_id
    kept = kept_of({stream: Head(stream, real.pk, "test", "before", 4, "aa")})
    assert [(row.key, row.first, row.last, row.stands_at) for row in lost(kept, heads_now())] == [("before", 1, 4, 0)]


# --- the clearance ----------------------------------------------------------------------------------------------------------
def test_a_clearance_is_for_this_database_and_these_tables(real: World, fresh_db: str):
    assert clearance.is_cleared()
    assert not clearance.clear(), "it is already"
    for other in ("0 1 2", "", "9" * 60):
        Installation.objects.update(cleared_for=other)
        assert not clearance.is_cleared()
    assert clearance.clear()
    # As a restored dump does: tables of the same names, made anew.
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE engine_event RENAME TO was")
        cursor.execute("CREATE TABLE engine_event (LIKE was)")
    assert not clearance.is_cleared()


def test_nobody_but_a_person_ends_a_hold(real: World):
    assert clearance.hold()
    assert not clearance.hold()
    assert not clearance.clear()
    assert not clearance.is_cleared()
    assert clearance.release()
    assert clearance.is_cleared()
    assert not clearance.release()


def test_an_installation_is_one_and_stays(real: World):
    row = Installation.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        Installation.objects.create(id=2, key=row.key)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Installation.objects.update(held_at=wall())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM engine_installation")
        assert cursor.fetchone() == (1,)
