"""What a file is, is read from what is in it."""

from io import BytesIO
from zipfile import ZipFile

import pytest

from escalation.domain.files import JPEG, PDF, SORTS, charset_of, sort_of, tidy_name


def packed(*names: str) -> bytes:
    kept = BytesIO()
    with ZipFile(kept, "w") as folder:
        for name in names:
            folder.writestr(name, "x")
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "media"),
    [
        pytest.param(b"%PDF-1.7 ...", "application/pdf", id="a report"),
        pytest.param(b"\xff\xd8\xff\xe0....", "image/jpeg", id="a photo"),
        pytest.param(b"\x00\x00\x00\x18ftypheic....", "image/heic", id="a photo of a telephone"),
        pytest.param(b"\x00\x00\x00\x18ftypmp42....", "video/mp4", id="a film"),
        pytest.param("09:01 主机重启\n".encode(), "text/plain", id="a log"),
        pytest.param("09:01 主机重启\n".encode("gbk"), "text/plain", id="a log in GBK"),
        pytest.param("主机\x07".encode("gbk"), None, id="a control character in GBK"),
        pytest.param("主机\x00".encode("gbk"), None, id="a NUL in GBK"),
        pytest.param(b"\x93\xfa\x96\x7b\xff", None, id="neither"),
        pytest.param(
            packed("[Content_Types].xml", "xl/workbook.xml"),
            next(m for m in SORTS if m.endswith("sheet")),
            id="a sheet",
        ),
        pytest.param(
            packed("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), None, id="a sheet with macros"
        ),
        pytest.param(packed("a.exe"), None, id="an archive"),
        pytest.param(b"PK\x03\x04 and no more", None, id="half an archive"),
        pytest.param(b"\n <!DOCTYPE html><script>alert(1)</script>", None, id="a page"),
        pytest.param("\ufeff<svg xmlns='http://www.w3.org/2000/svg'/>".encode(), None, id="a drawing"),
        pytest.param(b"MZ\x90\x00\x03", None, id="a program"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(b" \n", None, id="blanks"),
    ],
)
def test_a_kind_is_known_by_its_content(content: bytes, media: str | None) -> None:
    found = sort_of(content)
    assert (found.media if found else None) == media


def test_a_text_is_handed_out_as_it_is_written() -> None:
    assert [charset_of("主机".encode(code)) for code in ("utf-8", "gbk")] == ["utf-8", "gb18030"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("C:\\temp\\..\\Bericht.PDF", "Bericht.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("invoice.html", "invoice.html.pdf"),
        ("a\u202eb\r\n.pdf", "ab.pdf"),
        ("", "file.pdf"),
    ],
)
def test_a_name_holds_no_folder_and_ends_as_its_content_is(name: str, kept: str) -> None:
    assert tidy_name(name, PDF) == kept
    assert len(tidy_name("n" * 500 + ".jpeg", JPEG)) == 120
