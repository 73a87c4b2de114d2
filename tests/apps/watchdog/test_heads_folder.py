"""The folder in which heads of the logs are kept: first, lost, unwritable, damaged, one of several."""

from datetime import datetime
from pathlib import Path

import pytest

from common.clock import wall
from engine import clearance
from engine.heads import HeadsFile
from engine.models import Installation
from tests.apps.watchdog.conftest import held, report, standing
from tests.cast import ADMIN, Cast
from watchdog.models import Hold
from watchdog.selectors import hold_open
from watchdog.services import restored
from watchdog.services.restored import Comparing, InWorkers, letters_release


def test_the_first_look_begins_a_file_and_letters_leave(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    Installation.objects.update(cleared_for="")
    watchdog.look(exports=True)
    assert clearance.is_cleared()
    assert [path.suffix for path in sorted(folder.iterdir())] == [".heads", ".lock"]
    assert clearance.standing().exported_at is not None


def test_a_folder_that_cannot_be_written_is_an_alarm_and_letters_leave(fresh_cast: Cast, folder: Path):
    folder.write_text("no folder")
    Installation.objects.update(cleared_for="")
    Comparing(str(folder)).look(exports=True)
    assert [alarm.ref for alarm in standing("heads.unwritten")] == ["all"]
    assert clearance.is_cleared()
    folder.unlink()
    Comparing(str(folder)).look(exports=True)
    assert not standing("heads.unwritten")


def test_a_file_that_went_while_all_ran_is_written_anew(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    watchdog.look(exports=True)
    next(folder.glob("*.heads")).unlink()
    watchdog.look(exports=True)
    assert next(folder.glob("*.heads")).stat().st_size
    assert not Hold.objects.exists()


def test_exported_before_and_nothing_to_compare_with_is_held_by_the_watchdog_alone(
    fresh_cast: Cast, watchdog: Comparing, folder: Path, tmp_path: Path
):
    """A copy on another machine, or a machine that lost its folder with the database."""
    watchdog.look(exports=True)
    Installation.objects.update(cleared_for="")
    elsewhere = str(tmp_path / "elsewhere")
    Comparing(elsewhere).look()
    assert not Hold.objects.exists(), "a worker may stand where the folder is not"
    assert not clearance.is_cleared()
    Comparing(elsewhere).look(exports=True)
    row = hold_open()
    assert row is not None
    assert (row.why, row.missing) == ("no_heads", [])
    assert row.exported_at is not None
    letters_release(by=fresh_cast.actor(ADMIN), reason="This is the new machine")
    Comparing(elsewhere).look(exports=True)
    assert clearance.is_cleared()
    assert list((tmp_path / "elsewhere").glob("*.heads"))


def test_a_new_installation_beside_the_file_of_another_is_its_own(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    watchdog.look(exports=True)
    Installation.objects.update(key="00000000-0000-4000-8000-000000000000", exported_at=None, cleared_for="")
    watchdog.look(exports=True)
    assert clearance.is_cleared()
    assert len(list(folder.glob("*.heads"))) == 2


def test_damaged_lines_are_an_alarm(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    watchdog.look(exports=True)
    report(fresh_cast)
    watchdog.look(exports=True)
    path = next(folder.glob("*.heads"))
    path.write_bytes(path.read_bytes().replace(b"incident", b"accident"))
    watchdog.look(exports=True)
    assert [alarm.params["n"] for alarm in standing("heads.damaged")] == [1]


def test_beside_two_folders_it_is_one_hold_and_one_decision(
    fresh_cast: Cast, watchdog: Comparing, folder: Path, tmp_path: Path
):
    held(fresh_cast, watchdog)
    other = tmp_path / "other"
    other.mkdir()
    (source,) = folder.glob("*.heads")
    second = Comparing(str(other))
    second._read(other, str(clearance.standing().key))
    assert second._file is not None
    kept = HeadsFile(folder, source.stem).read()
    assert kept is not None
    second._file.write(kept.heads.values(), wall())
    second.look()
    row = hold_open()
    assert row is not None
    assert len(row.generations) == 2
    letters_release(by=fresh_cast.actor(ADMIN), reason="Rung up")
    for comparing in (watchdog, second):
        comparing.look(exports=True)
    assert clearance.is_cleared()
    assert not Hold.objects.filter(released_at=None).exists()


def test_while_held_the_export_stands_still(fresh_cast: Cast, watchdog: Comparing, folder: Path):
    held(fresh_cast, watchdog)
    before = next(folder.glob("*.heads")).read_bytes()
    report(fresh_cast)
    watchdog.look(exports=True)
    assert next(folder.glob("*.heads")).read_bytes() == before


def test_without_a_folder_nothing_is_compared_and_letters_leave(fresh_cast: Cast):
    Installation.objects.update(cleared_for="")
    Comparing("").look(exports=True)
    assert clearance.is_cleared()


def test_workers_ask_once_a_second_at_most(fresh_cast: Cast, folder: Path, monkeypatch: pytest.MonkeyPatch):
    looks: list[datetime] = []
    monkeypatch.setattr(restored.Comparing, "look", lambda self, **_: looks.append(wall()))
    workers = InWorkers()
    for _ in range(5):
        assert workers() == 0
    assert len(looks) == 1
