"""Files are replaced whole or left alone."""

import stat
import sys
from pathlib import Path

import pytest
from files_samples import READ_ME, frames

from xcu_sheets.files import read_book, write_book, write_csv
from xcu_sheets.files.replace_file import replace_file
from xcu_sheets.model.errors import BookError


def names(folder):
    """Return the names in a folder."""
    return [path.name for path in folder.iterdir()]


def test_replaced_file_is_new_and_private(tmp_path):
    """The target holds the new content, mode 0600, and no temporary file stays."""
    target = tmp_path / "a.txt"
    target.write_text("old")
    with replace_file(target) as file:
        file.temporary.write_text("new")
    assert (target.read_text(), file.saved, names(tmp_path)) == ("new", target, ["a.txt"])
    if sys.platform != "win32":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_failure_keeps_the_old_file(tmp_path):
    """An error while writing leaves the old content and no litter."""
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(ValueError, match="boom"), replace_file(target) as file:
        file.temporary.write_text("half")
        raise ValueError("boom")
    assert (target.read_text(), names(tmp_path)) == ("old", ["a.txt"])


def test_target_open_elsewhere_is_saved_beside(tmp_path, monkeypatch):
    """A target that may not be replaced keeps its content; the new file takes a free name."""
    target = tmp_path / "a.xlsx"
    target.write_text("old")
    (tmp_path / "a (2).xlsx").write_text("taken")
    real = Path.replace

    def locked(self, to):
        if Path(to) == target:
            raise PermissionError(13, "in use")
        return real(self, to)

    monkeypatch.setattr(Path, "replace", locked)
    saved = write_book(target, frames(), baseline=None, read_me=READ_ME)
    assert (saved.name, target.read_text()) == ("a (3).xlsx", "old")
    assert "users" in read_book(saved).sheets


def test_full_disk_while_writing_a_workbook(tmp_path, monkeypatch):
    """XlsxWriter's own exception becomes one line, the old book stays."""
    import zipfile

    target = tmp_path / "a.xlsx"
    target.write_text("old")

    def full(*_args, **_kw):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(BookError, match="No space left on device"):
        write_book(target, frames(), baseline=None, read_me=READ_ME)
    assert (target.read_text(), names(tmp_path)) == ("old", ["a.xlsx"])


@pytest.mark.parametrize("name", ["nowhere/a.csv", "folder"])
def test_where_nothing_can_be_written(tmp_path, name):
    """A missing folder or a folder in the file's place is one clear line."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(BookError, match=r"cannot be written|does not exist"):
        write_csv(tmp_path / name, frames()["users"])
    assert names(tmp_path) == ["folder"]
