"""A document as OpenDocument text (ODT), without a library; the same parts as in services/documents/docx.py.

Source: OASIS OpenDocument 1.3, part 3, chapters 5 (text), 7.7 (drop-down fields) and 9 (tables).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from services.documents.parts import (
    EMPTY,
    Block,
    Document,
    Form,
    Heading,
    Row,
    Text,
    Tone,
    runs_right_to_left,
)
from services.documents.parts import printable as clean

_TYPE = "application/vnd.oasis.opendocument.text"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_NAMES = (
    f'xmlns:office="{_OASIS}:office:1.0" xmlns:text="{_OASIS}:text:1.0" xmlns:table="{_OASIS}:table:1.0"'
    f' xmlns:style="{_OASIS}:style:1.0" xmlns:fo="{_OASIS}:xsl-fo-compatible:1.0"'
    f' xmlns:meta="{_OASIS}:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"'
)
_WIDTHS = ("5.8cm", "10.4cm", "10.5cm")
_FROZEN = (2026, 1, 1, 0, 0, 0)
_LOOKS = {
    "P": "",
    "S": ' fo:font-weight="bold" style:font-weight-asian="bold" style:font-weight-complex="bold"',
    "Q": ' fo:color="#47584f" fo:font-size="9pt" style:font-size-asian="9pt" style:font-size-complex="9pt"',
}
_TONES = {Tone.PLAIN: "P", Tone.STRONG: "S", Tone.QUIET: "Q"}


def as_odt(document: Document) -> bytes:
    """The bytes of the file; the same document makes the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype", _FROZEN), _TYPE, zipfile.ZIP_STORED)
        for name, content in (
            ("META-INF/manifest.xml", _MANIFEST),
            ("meta.xml", _meta(document)),
            ("styles.xml", _styles(document)),
            ("content.xml", _content(document)),
        ):
            archive.writestr(zipfile.ZipInfo(name, _FROZEN), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _content(document: Document) -> str:
    body = "".join(_block(block, document) for block in document.blocks)
    looks = "".join(
        _paragraph_style(name, look, rtl) for name, look in _LOOKS.items() for rtl in (False, True)
    )
    columns = "".join(
        f'<style:style style:name="C{at}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width}"/></style:style>'
        for at, width in enumerate((*_WIDTHS, "20.9cm"))
    )
    side = "rl-tb" if document.is_right_to_left else "lr-tb"
    tables = (
        '<style:style style:name="T" style:family="table"><style:table-properties style:width="26.7cm"'
        f' fo:margin-bottom="0.3cm" table:align="margins" style:writing-mode="{side}"/></style:style>'
    )
    cells = "".join(
        f'<style:style style:name="{name}" style:family="table-cell"><style:table-cell-properties'
        f' fo:border="0.5pt solid #8a9a92" fo:padding="0.15cm"{fill}/></style:style>'
        for name, fill in (
            ("Answer", ""),
            ("Asked", ' fo:background-color="#f3f6f4"'),
            ("Named", ' fo:background-color="#e3ece7"'),
        )
    )
    return (
        f"{_HEAD}<office:document-content {_NAMES}><office:automatic-styles>{looks}{columns}{tables}{cells}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )


def _paragraph_style(name: str, look: str, is_rtl: bool) -> str:
    side, start = ("rl-tb", "end") if is_rtl else ("lr-tb", "start")
    return (
        f'<style:style style:name="{name}{"R" if is_rtl else "L"}" style:family="paragraph"'
        f' style:parent-style-name="Standard"><style:paragraph-properties fo:margin-bottom="0.12cm"'
        f' style:writing-mode="{side}" fo:text-align="{start if is_rtl else "start"}"/>'
        f"<style:text-properties{look}/></style:style>"
    )


def _block(block: Block, document: Document) -> str:
    if isinstance(block, Heading):
        name = f"Heading_20_{block.level}" + ("_20_Break" if block.breaks else "")
        inner = _inline(block.text)
        return f'<text:h text:style-name="{name}" text:outline-level="{block.level}">{inner}</text:h>'
    if isinstance(block, Text):
        return _texts(block, document)
    return _form(block, document)


def _texts(text: Text, document: Document) -> str:
    return "".join(_paragraph(line, text.tone, document) for line in text.text.split("\n"))


def _paragraph(text: str, tone: Tone, document: Document, rtl: bool | None = None) -> str:
    is_rtl = runs_right_to_left(text, document.is_right_to_left) if rtl is None else rtl
    return f'<text:p text:style-name="{_TONES[tone]}{"R" if is_rtl else "L"}">{_inline(text)}</text:p>'


def _inline(text: str) -> str:
    """Blanks and tabs have elements of their own, or a reader would fold them."""
    marked = escape(clean(text)).replace("\t", "<text:tab/>").replace("  ", " <text:s/>")
    return f"<text:s/>{marked[1:]}" if marked.startswith(" ") else marked


def _form(form: Form, document: Document) -> str:
    n = 3 if form.beside else 2
    columns = (0, 1, 2) if n == 3 else (0, 3)
    widths = "".join(f'<table:table-column table:style-name="C{at}"/>' for at in columns)
    return f'<table:table table:style-name="T">{widths}{"".join(_rows(form, n, document))}</table:table>'


def _rows(form: Form, n: int, document: Document) -> Iterator[str]:
    if form.title:
        names = (form.title, form.answer_title, form.beside_title)[:n]
        cells = "".join(_cell(_paragraph(name, Tone.STRONG, document), "Named") for name in names)
        yield f"<table:table-header-rows><table:table-row>{cells}</table:table-row></table:table-header-rows>"
    for at, row in enumerate(form.rows):
        cells = _cell(_asked(row, document), "Asked") + _cell(_answer(row, document), "Answer")
        if n == 3 and at == 0:
            inner = "".join(_texts(text, document) for text in form.beside)
            cells += _cell(inner, "Answer", f' table:number-rows-spanned="{len(form.rows)}"')
        elif n == 3:
            cells += "<table:covered-table-cell/>"
        yield f"<table:table-row>{cells}</table:table-row>"


def _cell(inner: str, style: str, more: str = "") -> str:
    start = f'<table:table-cell table:style-name="{style}" office:value-type="string"{more}>'
    return f"{start}{inner}</table:table-cell>"


def _asked(row: Row, document: Document) -> str:
    asked = _paragraph(row.label, Tone.STRONG, document)
    if row.hint:
        asked += _texts(Text(row.hint, Tone.QUIET), document)
    if row.code:
        asked += _paragraph(f"[{row.code}]", Tone.QUIET, document, rtl=False)
    return asked


def _answer(row: Row, document: Document) -> str:
    if not row.choices:
        return _texts(Text(row.answer), document)
    chosen = row.answer or EMPTY
    labels = "".join(
        f"<text:label text:value={quoteattr(clean(choice))}"
        f"{' text:current-selected=' + quoteattr('true') if choice == chosen else ''}/>"
        for choice in (EMPTY, *row.choices)
    )
    side = "R" if runs_right_to_left(chosen, document.is_right_to_left) else "L"
    return (
        f'<text:p text:style-name="P{side}"><text:drop-down text:name={quoteattr(row.code or "")}>'
        f"{labels}{escape(clean(chosen))}</text:drop-down></text:p>"
    )


def _meta(document: Document) -> str:
    return (
        f"{_HEAD}<office:document-meta {_NAMES}><office:meta>"
        f"<dc:title>{escape(clean(document.title))}</dc:title>"
        f"<dc:language>{document.language}</dc:language></office:meta></office:document-meta>"
    )


def _styles(document: Document) -> str:
    side = "rl-tb" if document.is_right_to_left else "lr-tb"
    fonts = (
        ' fo:font-family="Arial" fo:font-size="10.5pt"'
        " style:font-family-asian=\"'Microsoft YaHei', 'Noto Sans CJK SC'\""
        ' style:font-size-asian="10.5pt" style:font-family-complex="Arial" style:font-size-complex="11pt"'
        f' fo:language="{document.language}" style:language-asian="zh" style:country-asian="CN"'
        ' style:language-complex="ar"'
    )
    bold = ' fo:font-weight="bold" style:font-weight-asian="bold" style:font-weight-complex="bold"'
    headings = "".join(
        f'<style:style style:name="Heading_20_{level}{suffix}"'
        f' style:display-name="Heading {level}{suffix and " Break"}"'
        ' style:family="paragraph" style:parent-style-name="Standard" style:next-style-name="Standard"'
        f' style:default-outline-level="{level}"><style:paragraph-properties fo:margin-top="0.4cm"'
        f' fo:margin-bottom="0.2cm" fo:keep-with-next="always"{page}/><style:text-properties{bold}'
        f' fo:font-size="{size}" style:font-size-asian="{size}" style:font-size-complex="{size}"/>'
        "</style:style>"
        for level, size in ((1, "18pt"), (2, "14pt"), (3, "11.5pt"))
        for suffix, page in (("", ""), ("_20_Break", ' fo:break-before="page"'))
    )
    return (
        f"{_HEAD}<office:document-styles {_NAMES}><office:styles>"
        '<style:default-style style:family="paragraph">'
        f'<style:paragraph-properties style:writing-mode="{side}"/>'
        f"<style:text-properties{fonts}/></style:default-style>"
        f'<style:style style:name="Standard" style:family="paragraph"/>{headings}</office:styles>'
        '<office:automatic-styles><style:page-layout style:name="Page"><style:page-layout-properties'
        ' fo:page-width="29.7cm" fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.5cm"'
        f' style:writing-mode="{side}"/></style:page-layout></office:automatic-styles><office:master-styles>'
        '<style:master-page style:name="Standard" style:page-layout-name="Page"/></office:master-styles>'
        "</office:document-styles>"
    )


_MANIFEST = (
    f'{_HEAD}<manifest:manifest xmlns:manifest="{_OASIS}:manifest:1.0" manifest:version="1.3">'
    f'<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="{_TYPE}"/>'
    + "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in ("content.xml", "styles.xml", "meta.xml")
    )
    + "</manifest:manifest>"
)
