"""What kind of file this is, by what is in it: its name may say anything."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final
from unicodedata import category
from zipfile import BadZipFile, ZipFile


@dataclass(frozen=True, slots=True)
class Sort:
    """A kind of file that is taken as evidence: its media type, and the endings that a name of it may have, the usual one first."""

    media: str
    endings: tuple[str, ...]


PDF: Final = Sort("application/pdf", (".pdf",))
JPEG: Final = Sort("image/jpeg", (".jpg", ".jpeg"))
PNG: Final = Sort("image/png", (".png",))
WEBP: Final = Sort("image/webp", (".webp",))
HEIC: Final = Sort("image/heic", (".heic", ".heif"))
MP4: Final = Sort("video/mp4", (".mp4", ".m4v"))
MOV: Final = Sort("video/quicktime", (".mov",))
TEXT: Final = Sort("text/plain", (".txt", ".log", ".csv"))
OFFICE: Final = {
    "xl/": Sort("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",)),
    "word/": Sort("application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",)),
    "ppt/": Sort("application/vnd.openxmlformats-officedocument.presentationml.presentation", (".pptx",)),
}
SORTS: Final = {sort.media: sort for sort in (PDF, JPEG, PNG, WEBP, HEIC, MP4, MOV, TEXT, *OFFICE.values())}
STARTS: Final = ((b"%PDF-", PDF), (b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG))
STILL: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"})
FILM: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"3gp4", b"3gp5"}
)
LONGEST_NAME: Final = 120
# Of GB18030: control characters, and what stands for nothing, as other bytes become.
NO_TEXT: Final = frozenset({"Cc", "Cn", "Co"})
BREAKS: Final = dict.fromkeys(map(ord, "\t\n\r\f"))


def sort_of(content: bytes) -> Sort | None:
    """None for what is not taken: programs, archives, pages and drawings that a browser would run, office files with macros."""
    for start, sort in STARTS:
        if content.startswith(start):
            return sort
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    if content[4:8] == b"ftyp":
        return _boxed(content[8:12])
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return TEXT if _is_text(content) else None


def _boxed(brand: bytes) -> Sort | None:
    if brand in STILL:
        return HEIC
    if brand in FILM:
        return MP4
    return MOV if brand == b"qt  " else None


def _office(content: bytes) -> Sort | None:
    try:
        with ZipFile(BytesIO(content)) as packed:
            names = packed.namelist()
    except (BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    return next((sort for folder, sort in OFFICE.items() if any(name.startswith(folder) for name in names)), None)


def charset_of(content: bytes) -> str | None:
    """How a text is written, by the names browsers know: UTF-8, else GB18030, which GBK is part of; None: neither."""
    for charset in ("utf-8", "gb18030"):
        try:
            content.decode(charset)
        except UnicodeDecodeError:
            continue
        return charset
    return None


def _is_text(content: bytes) -> bool:
    charset = charset_of(content)
    if charset is None:
        return False
    text = content.decode(charset).removeprefix("\ufeff")
    plain = all(ch >= " " or ch in "\t\n\r\f" for ch in text)
    if charset != "utf-8":
        plain = plain and not any(category(ch) in NO_TEXT for ch in text.translate(BREAKS))
    return bool(text.strip()) and plain and not text.lstrip().startswith("<")


def tidy_name(name: str, sort: Sort) -> str:
    """A name without folders and control characters, whose ending agrees with what is in the file."""
    base = "".join(ch for ch in name.replace("\\", "/").rpartition("/")[2] if ch.isprintable()).strip(" .")
    if not base.lower().endswith(sort.endings):
        base = f"{base[: LONGEST_NAME - 5] or 'file'}{sort.endings[0]}"
    stem, dot, ending = base.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}"
