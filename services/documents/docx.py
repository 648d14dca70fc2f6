"""A document as a Word file (DOCX), without a library: a dozen elements of WordprocessingML are enough.

Fields to be chosen are drop-down lists; every field names its code in small print, by which it is read again
whatever program saved the file. Source: ECMA-376, part 1, section 17.
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

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MEDIA = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WIDTHS = (3300, 5900, 5938)
"""Twips of the three columns on a sideways A4 page: what is asked, the answer, what it is about."""
_SIZES = {1: 36, 2: 28, 3: 23}
_TONES = {
    Tone.PLAIN: "",
    Tone.STRONG: "<w:b/><w:bCs/>",
    Tone.QUIET: '<w:color w:val="47584F"/><w:sz w:val="18"/><w:szCs w:val="18"/>',
}
_FROZEN = (2026, 1, 1, 0, 0, 0)


def as_docx(document: Document) -> bytes:
    """The bytes of the file; the same document makes the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS),
            ("docProps/core.xml", _properties(document)),
            ("word/_rels/document.xml.rels", _DOCUMENT_RELATIONS),
            ("word/styles.xml", _styles(document.language)),
            ("word/document.xml", _Body(document).xml()),
        ):
            archive.writestr(zipfile.ZipInfo(name, _FROZEN), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


class _Body:
    """word/document.xml of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.is_rtl = document.is_right_to_left
        self.n_fields = 0

    def xml(self) -> str:
        """The whole part."""
        blocks = "".join(self._block(block) for block in self.document.blocks)
        side = "<w:bidi/>" if self.is_rtl else ""
        return (
            f'{_HEAD}<w:document xmlns:w="{_W}"><w:body>{blocks}'
            '<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/>'
            '<w:pgMar w:top="850" w:right="850" w:bottom="850" w:left="850" w:header="500" w:footer="500"'
            f' w:gutter="0"/>{side}</w:sectPr></w:body></w:document>'
        )

    def _block(self, block: Block) -> str:
        if isinstance(block, Heading):
            breaks = "<w:pageBreakBefore/>" if block.breaks else ""
            return self._paragraph(block.text, style=f"Heading{block.level}", before=breaks)
        if isinstance(block, Text):
            return self._texts(block)
        return self._form(block) + self._paragraph("", Tone.QUIET)

    def _texts(self, text: Text) -> str:
        return "".join(self._paragraph(line, text.tone) for line in text.text.split("\n"))

    def _paragraph(
        self,
        text: str,
        tone: Tone = Tone.PLAIN,
        *,
        style: str = "",
        before: str = "",
        rtl: bool | None = None,
    ) -> str:
        is_rtl = runs_right_to_left(text, self.is_rtl) if rtl is None else rtl
        named = f'<w:pStyle w:val="{style}"/>' if style else ""
        inner = self._run(text, tone, is_rtl) if text else ""
        return f"<w:p><w:pPr>{named}{before}{'<w:bidi/>' if is_rtl else ''}</w:pPr>{inner}</w:p>"

    def _run(self, text: str, tone: Tone, is_rtl: bool) -> str:
        look = _TONES[tone] + ("<w:rtl/>" if is_rtl else "")
        return f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(clean(text))}</w:t></w:r>'

    def _form(self, form: Form) -> str:
        n = 3 if form.beside else 2
        widths = _WIDTHS if n == 3 else (_WIDTHS[0], _WIDTHS[1] + _WIDTHS[2])
        sides = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="8A9A92"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        return (
            f"<w:tbl><w:tblPr>{'<w:bidiVisual/>' if self.is_rtl else ''}"
            f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{sides}</w:tblBorders>'
            '<w:tblLayout w:type="fixed"/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{''.join(self._rows(form, widths))}</w:tbl>"
        )

    def _rows(self, form: Form, widths: tuple[int, ...]) -> Iterator[str]:
        if form.title:
            names = (form.title, form.answer_title, form.beside_title)[: len(widths)]
            cells = "".join(
                self._cell(self._paragraph(name, Tone.STRONG), width, "E3ECE7")
                for name, width in zip(names, widths, strict=True)
            )
            yield f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{cells}</w:tr>"
        for at, row in enumerate(form.rows):
            cells = self._cell(self._asked(row), widths[0], "F3F6F4") + self._cell(
                self._answer(row), widths[1]
            )
            if len(widths) == 3:
                inner = "".join(self._texts(text) for text in form.beside) if at == 0 else "<w:p/>"
                merge = '<w:vMerge w:val="restart"/>' if at == 0 else "<w:vMerge/>"
                cells += self._cell(inner, widths[2], merge=merge)
            yield f"<w:tr>{cells}</w:tr>"

    def _cell(self, inner: str, width: int, shade: str = "", merge: str = "") -> str:
        fill = f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else ""
        return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{merge}{fill}</w:tcPr>{inner}</w:tc>'

    def _asked(self, row: Row) -> str:
        asked = self._paragraph(row.label, Tone.STRONG)
        if row.hint:
            asked += self._texts(Text(row.hint, Tone.QUIET))
        if row.code:
            asked += self._paragraph(f"[{row.code}]", Tone.QUIET, rtl=False)
        return asked

    def _answer(self, row: Row) -> str:
        if not row.choices:
            return self._texts(Text(row.answer))
        chosen = row.answer or EMPTY
        self.n_fields += 1
        items = "".join(
            f"<w:listItem w:displayText={quoteattr(clean(choice))} w:value={quoteattr(clean(choice))}/>"
            for choice in (EMPTY, *row.choices)
        )
        is_rtl = runs_right_to_left(chosen, self.is_rtl)
        code = quoteattr(row.code or "")
        return (
            f"<w:p><w:pPr>{'<w:bidi/>' if is_rtl else ''}</w:pPr><w:sdt><w:sdtPr>"
            f"<w:alias w:val={quoteattr(clean(row.label)[:64])}/><w:tag w:val={code}/>"
            f'<w:id w:val="{self.n_fields}"/>'
            f"<w:dropDownList>{items}</w:dropDownList></w:sdtPr>"
            f"<w:sdtContent>{self._run(chosen, Tone.PLAIN, is_rtl)}</w:sdtContent></w:sdt></w:p>"
        )


def _properties(document: Document) -> str:
    return (
        f'{_HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(clean(document.title))}</dc:title><dc:language>{document.language}</dc:language>"
        "</cp:coreProperties>"
    )


def _styles(language: str) -> str:
    """Fonts by script, so that Chinese and Arabic are legible on any machine; headings to jump by."""
    spoken = {"ar": ("en-GB", "ar-SA"), "zh": ("zh-CN", "ar-SA")}.get(language, (language, "ar-SA"))
    default = (
        '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial"'
        ' w:eastAsia="Microsoft YaHei" w:cs="Arial"/><w:sz w:val="21"/><w:szCs w:val="22"/>'
        f'<w:lang w:val="{spoken[0]}" w:eastAsia="zh-CN" w:bidi="{spoken[1]}"/></w:rPr></w:rPrDefault>'
        '<w:pPrDefault><w:pPr><w:spacing w:after="80"/></w:pPr></w:pPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    )
    headings = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        '<w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/>'
        '<w:spacing w:before="240" w:after="100"/>'
        f'<w:outlineLvl w:val="{level - 1}"/></w:pPr>'
        f'<w:rPr><w:b/><w:bCs/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
        for level, size in _SIZES.items()
    )
    return f'{_HEAD}<w:styles xmlns:w="{_W}">{default}{headings}</w:styles>'


_TYPES = (
    f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_MEDIA}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_MEDIA}.styles+xml"/>'
    '<Override PartName="/docProps/core.xml"'
    ' ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_LINKS}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"'
    ' Target="docProps/core.xml"/></Relationships>'
)
_DOCUMENT_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_LINKS}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
