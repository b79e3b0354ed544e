"""Parts: what is stored comes back the same, and nothing else is taken for a part."""

from uuid import UUID

import pytest

from apps.chat import parts

FILE = UUID("018f0000-0000-7000-8000-000000000001")


def test_parts_survive_the_database() -> None:
    said = (parts.Reasoning("hm", "sig"), parts.Text("Hello 🌍"), parts.Attachment(FILE))
    assert parts.load(parts.dump(said)) == said
    assert parts.text_of(said) == "Hello 🌍"
    assert parts.file_ids(said) == [FILE]


@pytest.mark.parametrize("row", [{}, {"type": "video"}, {"type": "text"}, {"type": "file", "file_id": "x"}])
def test_what_is_no_part_is_refused(row: dict[str, str]) -> None:
    with pytest.raises(parts.PartError):
        parts.load([row])
