"""The one-time codes as a page to print and cut apart: each with its link as a QR code, in English and Japanese."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from studio.qr_code import LinkError, check_link, to_svg
from studio.race.messages import RaceError
from studio.race.one_time_codes import grouped
from studio.race.organiser import IssuedCode

QR_PIXELS = 132
STYLE = """
body { font: 11pt system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", sans-serif; }
body { margin: 0; color: #000; background: #fff; }
main { display: grid; grid-template-columns: 1fr 1fr; }
article { border: 1px dashed #777; padding: 4mm; min-height: 56mm; break-inside: avoid; box-sizing: border-box; }
h2 { font-size: 12pt; margin: 0 0 2mm; overflow-wrap: anywhere; }
.code { font: bold 17pt ui-monospace, monospace; margin: 2mm 0; }
svg { float: right; margin-left: 3mm; }
p { margin: 1mm 0; overflow-wrap: anywhere; }
"""
HEAD = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
MARK = '<meta name="generator" content="GAN Race Studio: sheet of codes">'
HELP_EN = "This code is good for one ballot in each round. Do not show it to anybody."
HELP_JA = "このコードで、各ラウンドに 1 回投票できます。ほかの人に見せないでください。"


def link_of(address: str, code: str) -> str:
    """Return the link that votes with a code: the code stands after #, so that no server or proxy sees it in a log.

    Raises RaceError for an address that is none.
    """
    try:
        return check_link(f"{address.rstrip('/')}/?tab=race#code={code}")
    except LinkError as error:
        raise RaceError("malformed", field="address", wanted="http or https and a host") from error


def to_html(title: str, codes: Sequence[IssuedCode], address: str | None) -> str:
    """Return the sheet; without an address there are codes to type and no links."""
    cards = "\n".join(_card(title, one, address) for one in codes)
    heading = escape(title)
    return (
        f"{HEAD}{MARK}<title>{heading}</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{cards}\n</main></body></html>\n"
    )


def is_sheet(beginning: str) -> bool:
    """Tell whether a file that begins so is a sheet; earlier versions of this program wrote no mark into it."""
    return beginning.startswith(f"{HEAD}{MARK}") or (beginning.startswith(f"{HEAD}<title>") and STYLE in beginning)


def _card(title: str, one: IssuedCode, address: str | None) -> str:
    whose = f"<p>{escape(one.entry)}</p>" if one.entry else ""
    link = link_of(address, one.code) if address else None
    code = to_svg(link, QR_PIXELS).decode() if link else ""
    place = f"<p>{escape(address)}</p>" if address else ""
    return (
        f'<article>{code}<h2>{escape(title)}</h2>{whose}<p class="code">{grouped(one.code)}</p>{place}'
        f'<p>{HELP_EN}</p><p lang="ja">{HELP_JA}</p></article>'
    )
