"""A document to take along, as Word opens it (.docx): headings, facts, lists and tables in one look, with typefaces that show Chinese."""

import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Named, not embedded: both come with Word; where one is missing, every program takes its own for the script.
LATIN, CHINESE = "Calibri", "Microsoft YaHei"
INK, QUIET, LINE = RGBColor(0x16, 0x1C, 0x24), RGBColor(0x5B, 0x66, 0x73), "C9D1DA"
CELL: Final = "Cell"  # a style's name and its id
WIDTH: Final = 17.0  # cm between the margins
AFTER_BORDERS: Final = frozenset(qn(f"w:{name}") for name in ("shd", "tblLayout", "tblCellMar", "tblLook"))
# What XML cannot hold, wherever it was typed.
ILLEGAL: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Paper:
    """Written from top to bottom; `file` is what was written."""

    def __init__(self, *, title: str, author: str, language: str) -> None:
        self._made = Document()
        self._page(title)
        self._look(language)
        core = self._made.core_properties
        core.title, core.author, core.language, core.comments = _legal(title)[:255], _legal(author)[:255], language, ""
        self._made.add_paragraph(_legal(title), style="Title")

    def heading(self, text: str, level: int = 1) -> None:
        self._made.add_heading(_legal(text), level)

    def text(self, text: str, *, strong: str = "", quiet: str = "", style: str | None = None) -> None:
        """A paragraph: something in bold first, something in grey last. Line breaks stay."""
        paragraph = self._made.add_paragraph(style=style)
        if strong:
            paragraph.add_run(_legal(strong)).bold = True
            text = f" {text}" if text else ""
        paragraph.add_run(_legal(text))
        if quiet:
            paragraph.add_run(_legal(f"  {quiet}")).font.color.rgb = QUIET

    def quietly(self, text: str) -> None:
        self.text("", quiet=text)

    def bullets(self, rows: Iterable[str]) -> None:
        for row in rows:
            self.text(row, style="List Bullet")

    def facts(self, rows: Iterable[tuple[str, str]]) -> None:
        """Names and what they stand at, side by side."""
        self._table([(str(name), value) for name, value in rows], (5.0, WIDTH - 5.0), head=False)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float]) -> None:
        """Widths in cm. The head stands on every page the table goes over; no row is torn."""
        self._table([head, *rows], widths, head=True)

    def file(self) -> bytes:
        written = BytesIO()
        self._made.save(written)
        return written.getvalue()

    # --- how it looks ---------------------------------------------------------------------------------------------------
    def _page(self, title: str) -> None:
        section = self._made.sections[0]
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        section.left_margin = section.right_margin = Cm((21.0 - WIDTH) / 2)
        section.top_margin = section.bottom_margin = Cm(2.0)
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        foot.add_run(_legal(f"{title} · "))
        _field(foot, "PAGE")
        foot.add_run(" / ")
        _field(foot, "NUMPAGES")

    def _look(self, language: str) -> None:
        styles = self._made.styles
        sizes = {"Normal": 10, "Title": 20, "Heading 1": 14, "Heading 2": 11.5, "Heading 3": 10, "Footer": 8}
        for name, size in sizes.items():
            style = styles[name]
            style.font.size, style.font.color.rgb = Pt(size), INK if name != "Footer" else QUIET
            _typefaces(style, language)
        styles["Normal"].paragraph_format.space_after = Pt(4)
        cell = styles.add_style(CELL, WD_STYLE_TYPE.PARAGRAPH)
        cell.base_style, cell.font.size = styles["Normal"], Pt(8.5)
        cell.paragraph_format.space_after = Pt(0)

    def _table(self, rows: Sequence[Sequence[str]], widths: Sequence[float], *, head: bool) -> None:
        table = self._made.add_table(rows=len(rows), cols=len(widths))
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        _lines(table)
        for number, (made, values) in enumerate(zip(table.rows, rows, strict=True)):
            properties = made._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if head and number == 0:
                properties.append(OxmlElement("w:tblHeader"))
            for place, (cell, value, width) in enumerate(zip(made.cells, values, widths, strict=True)):
                cell.width = Cm(width)
                paragraph = cell.paragraphs[0]
                paragraph._p.style = CELL  # by its id: looked up by name it takes most of the time of a long table
                paragraph.add_run(_legal(value)).bold = (head and number == 0) or place == 0
        self._made.add_paragraph(style=CELL)  # else two tables grow into one


def _legal(text: Any) -> str:
    return ILLEGAL.sub("\ufffd", str(text))


def _typefaces(style: Any, language: str) -> None:
    """For Latin and Chinese letters alike, in place of the theme's, which know no Chinese."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script, face in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", CHINESE)):
        fonts.set(qn(f"w:{script}"), face)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), "en-GB" if language.startswith("en") else "zh-CN")
    spoken.set(qn("w:eastAsia"), "zh-CN")
    properties = style.element.get_or_add_rPr()
    for before in properties.findall(qn("w:lang")):
        properties.remove(before)
    properties.append(spoken)


def _lines(table: Any) -> None:
    """Thin lines between the rows only. Where they stand among the properties is Word's to say: it opens no other order."""
    borders = OxmlElement("w:tblBorders")
    for edge in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{edge}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", LINE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    properties = table._tbl.tblPr
    after = [child for child in properties if child.tag in AFTER_BORDERS]
    if after:
        after[0].addprevious(borders)
    else:
        properties.append(borders)


def _field(paragraph: Any, code: str) -> None:
    """A number that the program fills in: of this page, of all pages."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    shown = OxmlElement("w:t")
    shown.text = "1"
    run.append(shown)
    field.append(run)
    paragraph._p.append(field)
