"""Tables that become blocks on narrow screens, where their head is hidden: each cell says its column by itself."""

import re
from collections import Counter
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

# Cells that need no label, because what stands there says what it is: a link that does something, an office's name.
CLEAR_BY_THEMSELVES = {
    "components/table.html": 1,
    "contacts/absence_list.html": 3,
    "contacts/directory_people.html": 2,
    "contacts/office.html": 1,
    "contacts/office_list.html": 1,
    "forums/decisions.html": 1,
    "forums/meeting_replies.html": 1,
    "forums/meeting_series_preview.html": 1,
    "forums/members.html": 1,
    "forums/topic_list.html": 1,
    "municipalities/district_table.html": 1,
    "municipalities/history.html": 4,
}


def unlabelled(text: str) -> list[str]:
    tables = re.findall(r"<table[^>]*table--stack.*?</table>", text, re.DOTALL)
    cells = [cell for table in tables for cell in re.findall(r"<td\b[^>]*>(?!</td>)", table)]
    return [cell for cell in cells if "data-label" not in cell]


def test_cells_of_stacked_tables_say_their_column() -> None:
    files = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}
    found = Counter({name: len(unlabelled(text)) for name, text in files.items()})
    assert dict(+found) == CLEAR_BY_THEMSELVES


def test_a_cell_without_a_label_would_be_found() -> None:
    head = "<table class='table table--stack'>"
    assert unlabelled(f"{head}<td>a</td><td class='b'>c</td><td data-label='d'>e</td><td></td></table><td>f</td>") == [
        "<td>",
        "<td class='b'>",
    ]
