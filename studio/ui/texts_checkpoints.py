"""The words of the panel of checkpoints, in English and Japanese."""

from __future__ import annotations

CHECKPOINTS: dict[str, tuple[str, str]] = {
    "checkpoints": ("Checkpoints", "チェックポイント"),
    "checkpoints_open": ("Checkpoints: {shown}", "チェックポイント: {shown}"),
    "checkpoints_hint": (
        "A click shows the checkpoint in Explore; the seed stays.",
        "選ぶと「見る」に表示します。シードは変わりません。",
    ),
    "checkpoints_search": ("Search by name, recipe or trick", "名前・レシピ・手法で絞り込む"),
    "checkpoints_found": ("{count} of {all}", "{all} 件中 {count} 件"),
    "checkpoints_none": ("Nothing here matches “{words}”.", "「{words}」に合うものはありません。"),
    "checkpoints_recent": ("Used last", "最近使ったもの"),
    "checkpoints_all": ("All", "すべて"),
    "checkpoints_images": ("{images} images", "{images} 枚"),
    "checkpoints_more": ("+{count}", "+{count}"),
    "checkpoints_problem": ("Cannot be used: {name}", "使えません: {name}"),
}
