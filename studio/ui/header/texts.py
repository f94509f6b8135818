"""The words of the link as a QR code."""

from __future__ import annotations

QR: dict[str, tuple[str, str]] = {
    "qr_title": ("QR code of this link", "リンクの QR コード"),
    "qr_alt": (
        "QR code that leads to the link written below it",
        "下に書かれたリンクを開く QR コード",
    ),
    "qr_open": (
        "Scan it with a phone to see this very picture there. Whoever has the link can open the page.",
        "スマートフォンで読み取ると、この画面がそのまま開きます。リンクを知っている人は誰でもページを開けます。",
    ),
    "qr_moved": (
        "This page is open on the program’s own machine, so the code leads to its public link. Whoever has the link "
        "can open the page.",
        "このページはプログラムと同じマシンで開いているため、QR コードは公開リンクを指します。"
        "リンクを知っている人は誰でもページを開けます。",
    ),
    "qr_one_machine": (
        "A phone cannot reach this address: it works on this machine only. For a public link start the program with "
        "`python app.py --share`; in the notebook, tick SHARE and run the cell again.",
        "このアドレスはこのマシンでしか開けず、スマートフォンからは届きません。公開リンクを作るには "
        "`python app.py --share` で起動するか、ノートブックで SHARE に印を付けてセルを実行し直してください。",
    ),
    "error_link": (
        "“{value}” cannot be made a QR code; a link begins with http:// or https:// and has up to 600 plain letters.",
        "「{value}」は QR コードにできません。http:// または https:// で始まる 600 文字以内のリンクを使えます。",
    ),
}
