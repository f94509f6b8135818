"""Further words of the Compare tab."""

from __future__ import annotations

COMPARE: dict[str, tuple[str, str]] = {
    "compare_how_side": (
        "Click a picture to enlarge it in all tiles; on a tile the arrow keys move the mark. Drag when zoomed. "
        "Hold the key A to see the second tile in the place of the first.",
        "画像をクリックすると全タイルで拡大します。タイル上では矢印キーで枠が動き、拡大中はドラッグで移動します。"
        "A キーを押している間、1 枚目の場所に 2 枚目が表示されます。",
    ),
    "compare_how_side_touch": (
        "Tap a picture to mark it in all tiles, and once more to enlarge it. Drag when zoomed.",
        "画像をタップすると全タイルに枠が付き、もう一度タップすると拡大します。拡大中はドラッグで移動します。",
    ),
    "compare_how_flip": (
        "Press and hold the tile, or the key A, to see the other one in its place. "
        "Enter enlarges the picture under the mouse in all tiles.",
        "タイルを押し続けるか A キーを押している間、もう一方が同じ場所に表示されます。"
        "Enter キーでマウスの指す画像を全タイルで拡大します。",
    ),
    "compare_how_flip_touch": (
        "Press and hold the tile to see the other one in its place. "
        "Tap a picture to mark it, and once more to enlarge it in all tiles.",
        "タイルを押し続けている間、もう一方が同じ場所に表示されます。"
        "画像をタップすると枠が付き、もう一度タップすると全タイルで拡大します。",
    ),
    "compare_how_slider": (
        "Drag across the tile, or move the slider: left of the line is the first one, right of it the second. "
        "Enter enlarges the picture under the mouse in all tiles.",
        "タイル上をドラッグするかスライダーを動かします。線の左が 1 枚目、右が 2 枚目です。"
        "Enter キーでマウスの指す画像を全タイルで拡大します。",
    ),
    "compare_how_slider_touch": (
        "Drag across the tile, or move the slider: left of the line is the first one, right of it the second. "
        "Tap a picture to mark it, and once more to enlarge it in all tiles.",
        "タイル上をドラッグするかスライダーを動かします。線の左が 1 枚目、右が 2 枚目です。"
        "画像をタップすると枠が付き、もう一度タップすると全タイルで拡大します。",
    ),
    "compare_how_matrix": (
        "Each row is one seed, each column one checkpoint. A tile opens in Explore; "
        "the number of a seed compares the checkpoints on it.",
        "行がシード、列がチェックポイントです。タイルを選ぶと「見る」で開き、シードの番号を選ぶとそのシードで比べます。",
    ),
    "compare_key_mark": ("On a tile: move the mark", "タイル上: 枠を動かす"),
    "compare_key_enlarge": ("Enlarge the marked picture", "枠の付いた画像を拡大"),
    "compare_open_tile": ("Open in Explore: {words}", "「見る」で開く: {words}"),
    "compare_row_seed": ("Compare on seed {seed}", "シード {seed} で比べる"),
    "compare_unread": (
        "“{values}” in the link {count:is no hash|are no hashes} of a checkpoint and {count:was|were} not read; "
        "8 to 64 of the characters 0-9 and a-f are allowed.",
        "リンクの「{values}」はチェックポイントのハッシュではないため、読み込みませんでした。"
        "0-9 と a-f の 8〜64 文字を使えます。",
    ),
    "compare_swap": ("Swap sides", "左右を入れ替え"),
    "compare_stop": ("Stop", "中止"),
    "compare_progress": ("Drawing row {row} of {rows} …", "{rows} 行中 {row} 行目を描画中…"),
    "compare_exactly": ("Drawing row {row} of {rows} exactly …", "{rows} 行中 {row} 行目を正確に描画中…"),
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
