"""Frames and books that the tests of reading and writing share."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd

from xcu_sheets.files import ReadMe
from xcu_sheets.model.book import Baseline
from xcu_sheets.model.resources import RESOURCES
from xcu_sheets.model.snapshot import text_frame

SECRET = "Zx9-canary-secret"
NASTY_NAMES = (
    *("NULL", "NA", "None", "nan", "TRUE", "VRAI", "=1+1", "+33139123456", "-1", "@SUM(A1)", "0612", "O'Brien"),
    *("D’Aubigné", "3-4", "03/04", "12:30", "1e5", "#N/A", "MARS1", "'Ndiaye", "'=x", "_x0041_", "_x0041_x0042_"),
    *("_x005F_x000D_", "😀", "1700-1799", "12345678901234567", "&lt;", "<b>x</b>", "＝1", "%PATH%", "|x", '"quoted"'),
    *("a;b,c", "Jean-Pierre de La Fontaine", "<r>x</r>", "6 260", "5 mars", "jan 5", "50 %", "(5)"),
)


def frame_of(name: str, *rows: dict[str, str]) -> pd.DataFrame:
    """Return the frame of a resource from rows that name the cells that are not blank."""
    return text_frame({column: [row.get(column, "") for row in rows] for column in RESOURCES[name].columns})


def users(*last_names: str) -> pd.DataFrame:
    """Return a users frame with one row per last name."""
    return frame_of(
        "users",
        *(
            {
                "id": str(500 + at),
                "entity": "default@192.168.29.221",
                "first_name": "Marie",
                "last_name": name,
                "internal_number": str(1700 + at),
                "external_number": "0139123456",
                "mail": f"m{at}@example.org",
            }
            for at, name in enumerate(last_names)
        ),
    )


TEMPLATES = frame_of(
    "templates",
    {"id": "7", "name": "Standard", "xivos": "xivo1, xivo2", "peer_sip_name": "auto", "routed_inbound": "yes"},
)
ENTITIES = frame_of(
    "entities",
    {
        "id": "22",
        "combined_id": "default@192.168.29.221",
        "name": "default",
        "display_name": "Siège",
        "xivo": "xivo1",
        "intervals": "1700-1799, 1961, 2600-2799",
        "presented_number": "inbNo",
    },
)
XIVOS = frame_of("xivos", {"id": "1", "uuid": "c2f0", "name": "xivo1", "host": "10.0.0.1", "remaining_slots": "664"})
READ_ME = ReadMe("http://xcu:9001", "admin", "2026-02-01T10:00:00Z", {"lost@x": "500"}, "0.1.0", "help@example.org")


def frames(*last_names: str) -> dict[str, pd.DataFrame]:
    """Return the frames of a small server."""
    return {"users": users(*(last_names or ("Martin",))), "templates": TEMPLATES, "entities": ENTITIES, "xivos": XIVOS}


def baseline(shown: dict[str, pd.DataFrame]) -> Baseline:
    """Return a baseline of these frames."""
    return Baseline(
        book_id="b00k",
        server="http://xcu:9001",
        login="admin",
        taken_at="2026-02-01T10:00:00Z",
        frames=shown,
        xivo_uuids=("c2f0",),
        tool_version="0.1.0",
        unreadable={"lost@x": "500"},
    )


def same(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """Tell whether two frames hold the same columns and texts, whatever their index."""
    return list(left.columns) == list(right.columns) and left.to_numpy().tolist() == right.to_numpy().tolist()


def repack(source: Path, target: Path, edits: dict[str, bytes]) -> Path:
    """Copy a zip with some of its members replaced or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, edits.get(name, old.read(name)))
        for name in set(edits) - set(old.namelist()):
            new.writestr(name, edits[name])
    return target
