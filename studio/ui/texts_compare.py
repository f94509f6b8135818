"""Further words of the Compare tab."""

from __future__ import annotations

COMPARE: dict[str, tuple[str, str]] = {
    "compare_swap": ("Swap sides", "左右を入れ替え"),
    "compare_stop": ("Stop", "中止"),
    "compare_progress": ("Drawing row {row} of {rows} …", "{rows} 行中 {row} 行目を描画中…"),
    "compare_stopped": ("Stopped after {row} of {rows} rows.", "{rows} 行中 {row} 行で中止しました。"),
    "compare_scale": ("Scale", "目盛り"),
    "compare_scale_linear": ("linear", "線形"),
    "compare_scale_log": ("logarithmic", "対数"),
    "compare_cut": (
        "Beyond the axis: {names}. The logarithmic scale shows all of it.",
        "目盛りの外にあります: {names}。対数目盛りではすべて表示されます。",
    ),
    "compare_cut_line": ("{name} ({low} to {high})", "{name}（{low} から {high}）"),
    "compare_cut_and": (", ", "、"),
}
