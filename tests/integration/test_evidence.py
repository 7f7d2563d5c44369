"""The evidence page and its pictures agree with the measurements."""

import xml.etree.ElementTree as ET

from tools.evidence import PAGE, PICTURES, load_data, pictures, render

TEXT = PAGE.read_text(encoding="utf-8")


def test_page_and_pictures_are_current() -> None:
    assert render(TEXT, load_data()) == TEXT, "run `make docs`"
    drawn = pictures(TEXT)
    assert drawn == {name: (PICTURES / name).read_text(encoding="utf-8") for name in drawn}, "run `make docs`"
    for picture in drawn.values():
        ET.fromstring(picture)  # noqa: S314 - our own
