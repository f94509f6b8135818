"""The words about tiles as files, and about their weakest pictures."""

from __future__ import annotations

TILES: dict[str, tuple[str, str]] = {
    # the zip of favourites
    "zip_title": ("Save the tiles as a zip of PNGs", "タイルの PNG を zip にまとめて保存"),
    "zip_hint": (
        "The exact PNG of each favourite that is chosen below, and a manifest.json that lists them with your notes. "
        "At most {most} at once: a tile has about 4 MB and takes a second or more. Hand in one of the PNGs, "
        "not the zip.",
        "下で選んだお気に入りの正確な PNG と、メモ付きの一覧 manifest.json をまとめます。"
        "1 回に {most} 枚までです（1 枚は約 4 MB、描画に 1 秒以上）。提出するのは zip ではなく、中の PNG 1 枚です。",
    ),
    "zip_choose": ("into the zip", "zip に入れる"),
    "zip_choose_of": ("Into the zip: {words}", "zip に入れる: {words}"),
    "zip_all": ("Choose all", "すべて選ぶ"),
    "zip_newest": ("Choose the newest {most}", "新しい {most} 件を選ぶ"),
    "zip_none": ("Choose none", "選択を解除"),
    "zip_chosen": ("{chosen} of {count} chosen, {most} at most", "{count} 件中 {chosen} 件を選択（{most} 件まで）"),
    "zip_make": ("Make the zip", "zip を作る"),
    "zip_stop": ("Stop", "中止"),
    "zip_progress_label": ("Tiles in the zip", "zip の進み具合"),
    "zip_progress": ("Drawing tile {number} of {count} …", "{count} 枚中 {number} 枚目を描画中…"),
    "zip_waits": (
        "Tile {number} of {count} waits until the tiles of others are drawn …",
        "{count} 枚中 {number} 枚目は、ほかの人のタイルの描画が終わるのを待っています…",
    ),
    "zip_stopped": ("Stopped; nothing was saved.", "中止しました。何も保存していません。"),
    "zip_saved": (
        "Saved {file}: {count} {count:tile|tiles}, {megabytes} MB.",
        "{file} を保存しました（タイル {count} 枚、{megabytes} MB）。",
    ),
    "zip_empty": ("None of the tiles can be drawn, so there is no zip.", "描けるタイルがないため、zip は作りません。"),
    "zip_left_out": (" Left out: {tiles}.", "含まれないタイル: {tiles}。"),
    "zip_left_one": ("{words} ({reason})", "{words}（{reason}）"),
    "zip_absent": ("checkpoint {hash} is not here", "チェックポイント {hash} がここにありません"),
    # opening a tile from its file
    "open_file": ("Open a tile file", "タイルのファイルを開く"),
    "open_hint": (
        "A tile that was exported here opens its checkpoint, seed and ψ.",
        "書き出したタイルから、そのチェックポイント・シード・ψ を開きます。",
    ),
    "open_hint_drop": ("It can also be dropped anywhere on this tab.", "このタブのどこにでもドロップできます。"),
    "open_drop": ("Drop a tile here to open its seed", "タイルをドロップするとシードを開きます"),
    "open_claim": (
        "{file} says of itself: {words} · {hash}. This is a claim and was not checked; the tile shown is drawn from "
        "that seed, not taken from the file.",
        "{file} の自己申告: {words} · {hash}。照合はしていません。"
        "表示中のタイルはファイルの画像ではなく、このシードから描いたものです。",
    ),
    "open_verify": ("Verify the file", "このファイルを検証する"),
    "error_open_no_manifest": (
        "The file does not say which checkpoint and seed it is; only a PNG as it was exported does. The tile stays.",
        "ファイルにチェックポイントとシードが書かれていません。書き出したままの PNG が必要です。表示は変わりません。",
    ),
    "error_open_bad_manifest": (
        "What the file says of itself is damaged or false ({field}); the tile stays.",
        "ファイルに埋め込まれた情報が壊れているか、偽物です（{field}）。表示は変わりません。",
    ),
    "error_open_unknown": (
        "The file is a tile of checkpoint {hash}, which is not here; the tile stays.",
        "このファイルはチェックポイント {hash} のタイルですが、ここにはありません。表示は変わりません。",
    ),
    "error_unreadable": (
        "{name} cannot be read; it must be one file that is still there.",
        "{name} を読めません。存在する 1 つのファイルを選んでください。",
    ),
    # the weakest pictures of a tile
    "weakest_switch": ("Outline the five weakest pictures", "最も弱い 5 枚に枠を付ける"),
    "weakest_cells": ("The five that are outlined, the weakest first", "枠を付けた 5 枚（弱い順）"),
    "weakest_cell": (
        "Enlarge picture {cell}, row {row}, column {column}",
        "画像 {cell}（{row} 行 {column} 列）を拡大",
    ),
    "weakest_waiting": ("Looking at this tile and three others …", "このタイルとほかの 3 枚を調べています…"),
    "weakest_words": (
        "Outlined: the five that differ most from what this checkpoint usually draws, by colour, brightness and edges. "
        "A metric is not the eye: what is odd is often weak, and sometimes the best. The outlines are on the screen "
        "only.",
        "枠は、色・明るさ・輪郭がこのチェックポイントの普段の画像から最も離れた 5 枚です。"
        "数値は目の代わりになりません。異質な画像は弱いことが多い一方、最良のこともあります。枠は画面だけのもので、書き出しには入りません。",
    ),
    "weakest_diversity": (
        "Diversity {diversity}; usual for this checkpoint: {usual}. The weakest pictures, the weakest first:",
        "多様性 {diversity}（このチェックポイントでは普段 {usual}）。最も弱い画像（弱い順）:",
    ),
}
