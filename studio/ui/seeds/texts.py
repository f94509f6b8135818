"""The words of the Seeds tab."""

from __future__ import annotations

SEEDS: dict[str, tuple[str, str]] = {
    "seeds_title": ("Many seeds, whole tiles", "多くのシードを、タイル全体で"),
    "seeds_intro": (
        "Each picture is the whole tile of one seed. Keep, drop and star as you like; nothing is chosen for you.",
        "1 枚がシード 1 つのタイル全体です。残す・外す・お気に入りは自由に選べます。自動で選ばれることはありません。",
    ),
    "seeds_start": ("First seed", "最初のシード"),
    "seeds_count": ("How many", "表示する数"),
    "seeds_show": ("Show", "表示"),
    "seeds_further": ("Next seeds", "次のシード"),
    "seeds_filter": ("Show only", "絞り込み"),
    "seeds_filter_all": ("all", "すべて"),
    "seeds_filter_kept": ("kept", "残したもの"),
    "seeds_filter_starred": ("starred", "お気に入り"),
    "seeds_filter_best": ("ranked best 24", "評価の上位 24"),
    "seeds_order": ("Order", "並び順"),
    "seeds_order_number": ("by number", "番号順"),
    "seeds_order_score": ("by score", "評点順"),
    "seeds_columns": ("Columns", "列数"),
    "seeds_outline": ("Outline the five weakest pictures", "最も弱い 5 枚に枠を付ける"),
    "seeds_outline_words": (
        "Outlined: the five least usual pictures of each tile, {method}. A metric is not the eye: what is odd is often "
        "weak, and sometimes the best.",
        "枠は、各タイルで最も異質な 5 枚です（{method}）。数値は目の代わりになりません。"
        "異質な画像は弱いことが多い一方、最良のこともあります。",
    ),
    "seeds_weakest": ("weakest pictures {cells}", "最も弱い画像 {cells}"),
    "seeds_diversity": ("diversity {diversity}", "多様性 {diversity}"),
    "seeds_previews": (
        "previews: a tile that is opened is drawn exactly",
        "プレビュー表示（タイルを開くと正確に描画します）",
    ),
    "seeds_progress_label": ("Tiles that are drawn", "描画の進み具合"),
    "seeds_progress": (
        "{drawn} of {count} · {kept} kept · {dropped} dropped · {looked} {looked:seed|seeds} of this checkpoint looked "
        "at",
        "{drawn} / {count} 枚 · 残す {kept} · 外す {dropped} · このチェックポイントで見たシード {looked} 個",
    ),
    "seeds_progress_kept": (
        "{count} kept on all sheets of this checkpoint, {others} of them not among these seeds · {drawn} drawn · "
        "{looked} {looked:seed|seeds} of this checkpoint looked at",
        "このチェックポイントで残したもの {count} 枚（うち上の範囲の外 {others} 枚） · 描画済み {drawn} 枚 · "
        "このチェックポイントで見たシード {looked} 個",
    ),
    "seeds_progress_starred": (
        "{count} starred on all sheets of this checkpoint, {others} of them not among these seeds · {drawn} drawn · "
        "{looked} {looked:seed|seeds} of this checkpoint looked at",
        "このチェックポイントのお気に入り {count} 枚（うち上の範囲の外 {others} 枚） · 描画済み {drawn} 枚 · "
        "このチェックポイントで見たシード {looked} 個",
    ),
    "seeds_go_on": ("Go on", "再開"),
    "seeds_nothing": ("No tile here passes the filter.", "条件に合うタイルはありません。"),
    "seeds_keep": ("Keep", "残す"),
    "seeds_drop": ("Drop", "外す"),
    "seeds_star": ("Star", "お気に入り"),
    "seeds_open": ("Open in Explore", "「見る」で開く"),
    "seeds_key_move": ("move", "移動"),
    "seeds_key_columns": ("columns", "列数"),
    "seeds_key_back": ("take back the last keep or drop", "直前の「残す」「外す」を取り消す"),
    "seeds_card": ("Tile of seed {seed}", "シード {seed} のタイル"),
    "seeds_is_keep": ("kept", "残した"),
    "seeds_is_drop": ("dropped", "外した"),
    "seeds_is_failed": ("could not be drawn", "描画できません"),
    "seeds_is_starred": ("starred", "お気に入り"),
    "seeds_marked_keep": ("Seed {seed} is kept.", "シード {seed} を残します。"),
    "seeds_marked_drop": ("Seed {seed} is dropped.", "シード {seed} を外しました。"),
    "seeds_unmarked": ("The mark of seed {seed} is taken back.", "シード {seed} の印を取り消しました。"),
    "seeds_nothing_marked": ("No mark on this sheet can be taken back.", "取り消せる印はありません。"),
    "ranking_title": ("Ranking", "自動評価"),
    "ranking_warning": (
        "A number is not the eye. The best of many by a number is partly luck, and what the number cannot see, nobody "
        "has looked at. Look at the tiles themselves; only whole seeds are scored, and no cell can be exchanged.",
        "数値は目の代わりになりません。多くの中から数値で選んだ 1 位には運も含まれ、数値に表れない点は見落とされます。"
        "必ずタイルそのものを見てください。評点はシード全体に対するもので、1 枚だけの差し替えはできません。",
    ),
    "ranking_waiting": ("At least two tiles must be drawn first.", "2 枚以上のタイルが描かれると評価します。"),
    "ranking_words": (
        "{count} seeds, relative to one another, {method}. Higher is better.",
        "{count} 個のシードを互いに比べた相対評価（{method}）。高いほど良い値です。",
    ),
    "ranking_by_light": (
        "by colour, brightness and edges, without a network",
        "色・明るさ・輪郭による。ネットワークは使いません",
    ),
    "ranking_by_network": ("by features of {name}", "{name} の特徴による"),
    "ranking_see": (
        "Let an ImageNet network look at these tiles (slower, sees more)",
        "ImageNet のネットワークで評価する（時間はかかりますが、より多くを見分けます）",
    ),
    "ranking_stop": ("Stop", "中止"),
    "ranking_lightly": ("Back to colour, brightness and edges", "色・明るさ・輪郭による評価に戻す"),
    "ranking_begins": ("It begins to look …", "評価を始めています…"),
    "ranking_seeing": (
        "{done} of {count} {count:tile|tiles}; about {left} min to go",
        "{count} 枚中 {done} 枚。残り約 {left} 分",
    ),
    "error_no_network": (
        "No network is at hand to look at tiles; colour, brightness and edges must do.",
        "タイルを見るネットワークがありません。色・明るさ・輪郭による評価を使ってください。",
    ),
    "ranking_histogram": (
        "Histogram of the scores of {count} seeds, from {low} to {high}",
        "{count} 個のシードの評点の分布（{low} から {high}）",
    ),
    "ranking_total": ("score", "評点"),
    "ranking_place": ("{place} of {count}", "{count} 個中 {place} 位"),
    "ranking_weakest": ("oddness of the weakest tenth", "最も弱い 1 割の異質さ"),
    "ranking_diversity": ("diversity", "多様性"),
    "ranking_distance": ("distance to real pictures", "実画像との距離"),
    "ranking_no_reals": ("no real pictures given", "実画像の指定なし"),
    "ranking_no_network": (
        "not measured: the network that it takes is not installed",
        "測れません（必要なネットワークがインストールされていません）",
    ),
    "ranking_bad_reals": ("not measured: the real pictures cannot be used", "測れません（実画像を使えません）"),
    "ranking_reals_by_network": (
        "not measured: only the network's ranking measures it",
        "未測定（ネットワークによる評価でのみ測ります）",
    ),
    "ranking_reals_waiting": (
        "not yet measured: the network still looks at the real pictures",
        "未測定（ネットワークが実画像を調べています）",
    ),
    "knockout_key_pick": ("keep only that tile", "そのタイルだけを残す"),
    "knockout_key_side": (
        "keep the left or the right one; of more than two, move the ring",
        "左か右を残す。3 枚以上なら枠を移動",
    ),
    "knockout_key_ringed": ("keep only the ringed one; at the end, open it", "枠のタイルだけを残す。最後は開く"),
    "knockout_start": ("Knockout", "勝ち抜き戦"),
    "knockout_title": ("Knockout", "勝ち抜き戦"),
    "knockout_words": (
        "{alive} of {count} tiles are in; at most {remaining} {remaining:decision|decisions} to go, if one stays each "
        "time. Which one stays?",
        "{count} 枚中 {alive} 枚が残っています。毎回 1 枚だけ残せば、あと最大 {remaining} 回で決まります。"
        "どれを残しますか。",
    ),
    "knockout_of_chosen": (
        "Those of this checkpoint that you kept ({kept}) or starred ({starred}) take part; {others} "
        "{others:other stays|others stay} out.",
        "参加するのは、このチェックポイントで残したもの（{kept} 枚）とお気に入り（{starred} 枚）です。"
        "ほかの {others} 枚は参加しません。",
    ),
    "knockout_of_all": (
        "All {count} that are not dropped take part, since fewer than two are kept or starred.",
        "残したものとお気に入りが 2 枚未満のため、外していない {count} 枚すべてが参加します。",
    ),
    "knockout_won": ("Seed {seed} is left.", "シード {seed} が残りました。"),
    "knockout_this": ("Tile {place}", "タイル {place}"),
    "knockout_both": ("All stay", "すべて残す"),
    "knockout_neither": ("None stays", "どれも残さない"),
    "knockout_undo": ("Undo", "元に戻す"),
    "knockout_leave": ("Leave", "やめる"),
    "knockout_must": ("One must stay here.", "ここでは 1 枚を残す必要があります。"),
    "knockout_too_few": (
        "A knockout needs two tiles that are not dropped.",
        "勝ち抜き戦には、外していないタイルが 2 枚以上必要です。",
    ),
    "knockout_keys": (
        "Keys: 1 to 9 and 0 keep only that tile · ← and → keep the left or the right one; of more than two they move a "
        "ring, and Enter keeps the ringed one · ↑ all stay · ↓ none stays · Z undo · Esc leave. The more take part, "
        "the more are shown at once.",
        "キー: 1〜9 と 0 でその番号だけを残す · ← → で左か右を残す（3 枚以上なら枠が動き、Enter で枠のタイルを残す） · "
        "↑ すべて残す · ↓ どれも残さない · Z 元に戻す · Esc やめる。対象が多いほど、一度に多く表示します。",
    ),
}
