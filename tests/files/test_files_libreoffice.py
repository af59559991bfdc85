"""Books that went through LibreOffice come back the same."""

import shutil
import subprocess

import pytest
from files_samples import NASTY_NAMES, READ_ME, baseline, frames, same

from xcu_sheets.files import read_book, write_book, write_folder
from xcu_sheets.files.escapes import guard

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
# LibreOffice takes a literal `_x005F_` before a control character's escape for an escape: its own loss.
NAMES = [name for name in NASTY_NAMES if name != "_x005F_x000D_"]
pytestmark = pytest.mark.skipif(not OFFICE, reason="LibreOffice is not installed")


def convert(path, folder, to, *, infilter=""):
    """Open a file in LibreOffice and save it in a folder, with a profile of our own."""
    folder.mkdir(exist_ok=True)
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [OFFICE, profile, "--headless", *([f"--infilter={infilter}"] if infilter else [])]
    command += ["--convert-to", to, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=110)
    return folder / f"{path.stem}.{to.split(':')[0]}"


def test_workbook_resaved_is_the_same(tmp_path):
    """Frames, row numbers and baseline are identical after LibreOffice wrote the workbook."""
    shown = frames(*NAMES, "a\nb", "\x0b", "a\rb", "x005F_")
    path = write_book(tmp_path / "book.xlsx", shown, baseline=baseline(shown), read_me=READ_ME)
    before, after = read_book(path), read_book(convert(path, tmp_path / "out", "xlsx"))
    assert after.problems == ()
    assert after.baseline.about() == before.baseline.about()
    assert after.digest() == before.digest()
    for name in shown:
        assert same(after.sheets[name].frame, before.sheets[name].frame)
        assert same(after.sheets[name].original, before.sheets[name].original)
        assert same(after.baseline.frames[name], before.baseline.frames[name])


def test_csv_resaved_is_the_same(tmp_path):
    """A CSV opened and saved in LibreOffice, all settings as it guesses them, keeps every guarded cell."""
    shown = frames(*NAMES)
    folder = write_folder(tmp_path / "book", shown, baseline=None)
    # 59 is `;`, 34 the quote, 76 UTF-8; detecting special numbers on, as people have it
    resaved = convert(
        folder / "users.csv",
        tmp_path / "out",
        "csv:Text - txt - csv (StarCalc):59,34,76",
        infilter="CSV:59,34,76,1,,0,false,true",
    )
    before, after = read_book(folder).sheets["users"], read_book(resaved).sheets["users"]
    assert same(after.frame, before.frame)
    assert guard("0139123456").startswith("'")
