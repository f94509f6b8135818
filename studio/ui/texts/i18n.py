"""Every word on the page, in English and Japanese; `{name}` stands for a value."""

from __future__ import annotations

from studio.ui.about.texts import ABOUT
from studio.ui.checkpoints.texts import CHECKPOINTS
from studio.ui.compare.texts import COMPARE
from studio.ui.header.texts import QR
from studio.ui.seeds.texts import SEEDS
from studio.ui.texts.flowers import FLOWER_TEXTS
from studio.ui.texts.recipes import RECIPE_TEXTS
from studio.ui.texts.server_messages import TOLD
from studio.ui.texts.submission import LEGAL
from studio.ui.texts.tiles import TILES
from studio.ui.texts.weights import WEIGHTS
from studio.ui.verify.texts import VERIFY

LANGUAGES = ("en", "ja")

TEXTS: dict[str, tuple[str, str]] = {
    # the frame
    "title": ("GAN Race Studio", "GAN Race Studio"),
    "tab_explore": ("Explore", "見る"),
    "tab_seeds": ("Seeds", "シード選び"),
    "tab_compare": ("Compare", "比較"),
    "tab_morph": ("Morph", "モーフ"),
    "tab_export": ("Export", "書き出し"),
    "tab_verify": ("Verify", "検証"),
    "tab_about": ("About", "情報"),
    "more_tabs": ("More tabs", "その他のタブ"),
    "page_ready": ("Ready.", "準備ができました。"),
    "language": ("日本語", "English"),
    "language_short": ("あ", "EN"),
    "language_label": ("Switch the language to Japanese", "表示を英語に切り替える"),
    "theme_dark": ("Switch to dark colours", "暗い配色に切り替える"),
    "theme_light": ("Switch to light colours", "明るい配色に切り替える"),
    "alive": ("The program answers.", "プログラムは応答しています。"),
    "gone": ("The program does not answer.", "プログラムが応答しません。"),
    "lost": (
        "The program does not answer; its runtime has probably ended. The page connects again by itself when it "
        "comes back; otherwise ask for a new link.",
        "プログラムが応答しません。ランタイムが終了した可能性があります。戻れば自動でつながります。戻らないときは新しいリンクを"
        "もらってください。",
    ),
    "lost_favourites": (
        "Your favourites are still here. Save them as a file and load it at the new link.",
        "お気に入りはこのブラウザーに残っています。ファイルに保存し、新しいリンク先で読み込んでください。",
    ),
    "alarms_label": ("Training alarms: {alarms}", "学習の警告: {alarms}"),
    # checkpoints
    **CHECKPOINTS,
    **RECIPE_TEXTS,
    **TOLD,
    # favourites
    "favourites": ("Favourites", "お気に入り"),
    "favourites_count": ("Favourites ({count})", "お気に入り（{count} 件）"),
    "favourites_hint": (
        "They stay in this browser, for this address. Another address or browser needs the file.",
        "このブラウザーの、このアドレスに保存されます。別のアドレスやブラウザーではファイルを読み込んでください。",
    ),
    "favourites_none": (
        "None yet: press F or the star while a tile is shown.",
        "まだありません。タイルの表示中に F キーか星を押すと追加されます。",
    ),
    "favourites_save": ("Save as a file", "ファイルに保存"),
    "favourites_load": ("Load a file", "ファイルを読み込む"),
    "favourites_loaded": (
        "{count} {count:favourite|favourites} added; {known} {known:was|were} here already.",
        "お気に入りを {count} 件追加しました（{known} 件は登録済み）。",
    ),
    "starred": ("Seed {seed} of {name} is a favourite now.", "{name} のシード {seed} をお気に入りに追加しました。"),
    "unstarred": (
        "Seed {seed} of {name} is no favourite any more.",
        "{name} のシード {seed} をお気に入りから外しました。",
    ),
    "note": ("Note", "メモ"),
    "note_of": ("Note on seed {seed}", "シード {seed} のメモ"),
    "remove": ("Remove seed {seed}", "シード {seed} を外す"),
    "tile_words": ("seed {seed} · {name}", "シード {seed} · {name}"),
    "tile_words_psi": ("seed {seed} · ψ {psi} · {name}", "シード {seed} · ψ {psi} · {name}"),
    "wall": ("Favourites of this studio", "このスタジオのお気に入り"),
    "wall_hint": (
        "What everybody here has starred, without names. The studio keeps the newest 200 in a file.",
        "ここの全員が星を付けたタイルです。名前は出ません。新しい 200 件がスタジオのファイルに残ります。",
    ),
    "wall_share": ("Put my favourites and their notes here too", "自分のお気に入りとメモもここに載せる"),
    "wall_take": ("Take all to my favourites", "すべて自分のお気に入りに追加"),
    "stars": ("★ {stars}", "★ {stars}"),
    # the keyboard
    "shortcuts": ("Keyboard shortcuts", "キーボード操作"),
    "shortcuts_hint": (
        "They rest while you type, on a focused button and in a dialog, except for the dialog's own.",
        "文字の入力中、ボタンにフォーカスがあるとき、ダイアログの表示中は働きません（ダイアログ自身のキーは働きます）。",
    ),
    "key_close": ("Close the dialog", "ダイアログを閉じる"),
    "everywhere": ("On every tab", "すべてのタブ"),
    "space_key": ("Space", "スペース"),
    # explore
    "checkpoint": ("Checkpoint", "チェックポイント"),
    "checkpoint_label": ("{name} · {images} {images:image|images} · {hash}", "{name} · {images} 枚 · {hash}"),
    "seed": ("Seed", "シード"),
    "previous": ("Previous", "前へ"),
    "next": ("Next", "次へ"),
    "random": ("Random", "ランダム"),
    "go": ("Go", "表示"),
    "copy_link": ("Copy link", "リンクをコピー"),
    "favourites_unkept": (
        "This browser keeps nothing for this page: save your favourites as a file before you leave it.",
        "このブラウザーはこのページのデータを保存しません。ページを離れる前に、お気に入りをファイルに保存してください。",
    ),
    "browser_unkept": (
        "This browser cannot store anything for this page: marks and settings last until it is closed; save your "
        "favourites as a file before that.",
        "このブラウザーはこのページのデータを保存できません。印や設定はページを閉じると消えます。"
        "その前に、お気に入りをファイルに保存してください。",
    ),
    "copied": ("Link copied.", "リンクをコピーしました。"),
    "copy_by_hand": ("Copy this link: {link}", "このリンクをコピーしてください: {link}"),
    "drawing": ("Drawing seed {seed} …", "シード {seed} を描画中…"),
    "caption": ("seed {seed} · {name} · {hash}", "シード {seed} · {name} · {hash}"),
    "caption_psi": ("ψ {psi}", "ψ {psi}"),
    "caption_drawn": ("{seconds} s · {device} · {precision} · z {z}", "{seconds} 秒 · {device} · {precision} · z {z}"),
    "preview": ("preview", "プレビュー"),
    "tile_alt": (
        "Tile of 10 by 10 pictures: seed {seed} of {name}",
        "10 x 10 のタイル: {name} のシード {seed}",
    ),
    "no_tile_alt": ("No tile yet", "タイルはまだありません"),
    "shown": ("Seed {seed} of {name} is shown.", "{name} のシード {seed} を表示しました。"),
    "enlarge_label": ("Enlarge a picture of the tile", "タイルの画像を拡大"),
    "enlarge_mouse": ("Click a picture to enlarge it.", "画像をクリックすると拡大します。"),
    "whole_tile": (
        "The whole tile follows from its seed; no picture can be exchanged.",
        "タイル全体がシードで決まり、1 枚だけの差し替えはできません。",
    ),
    "keys_hint": (
        "Keys: R next · ← previous · D random · F favourite · Z back · ? all of them",
        "キー: R 次へ · ← 前へ · D ランダム · F お気に入り · Z 戻る · ? 一覧",
    ),
    "star": ("Favourite", "お気に入り"),
    "fingers_hint": (
        "Swipe for the next seed, tap a picture to enlarge it, tap twice for a favourite.",
        "横にスワイプで次のシード、タップで拡大、ダブルタップでお気に入りに追加します。",
    ),
    "key_back": ("Back to the tile before", "一つ前のタイルに戻る"),
    "no_way_back": ("There is no tile before this one.", "これより前のタイルはありません。"),
    "visited": ("Tiles you have seen", "これまでに見たタイル"),
    "more": ("More …", "詳細…"),
    "psi": ("Truncation ψ, for the whole tile", "トランケーション ψ（タイル全体）"),
    "psi_hint": (
        "Below 1 the pictures become more alike and often cleaner. It is part of the tile and is exported with it.",
        "1 より小さくすると画像は互いに似て、整いやすくなります。値はタイルの一部として書き出されます。",
    ),
    "enlarged": ("One picture, enlarged", "画像の拡大"),
    "key_enlarged": ("The picture beside, above or below", "左右・上下の画像へ移動"),
    "key_seed_field": ("Go to the seed field", "シード欄へ移動"),
    "cell": ("Picture {cell} · row {row}, column {column}", "画像 {cell} · {row} 行 {column} 列"),
    "cell_alt": ("Picture {cell} of seed {seed}, enlarged", "シード {seed} の画像 {cell}（拡大）"),
    "previous_cell": ("Previous picture", "前の画像"),
    "next_cell": ("Next picture", "次の画像"),
    "close": ("Close", "閉じる"),
    "untrained": (
        "There is no trained checkpoint in the folder “{folder}” yet, so an untrained generator stands in. To train "
        "one, run the notebook's cell 3, “Train”, or elsewhere:",
        "フォルダー「{folder}」に学習済みのチェックポイントがないため、未学習の生成器を表示しています。学習するには、ノートブックでは"
        "セル「3. 学習」を、それ以外では次のコマンドを実行してください:",
    ),
    "unusable": ("Checkpoints that cannot be used", "使えないチェックポイント"),
    "passport": ("How it was trained", "学習の記録"),
    "passport_recipe": ("recipe", "レシピ"),
    "passport_images": ("images seen", "学習画像数"),
    "passport_time": ("training time", "学習時間"),
    "passport_device": ("trained on", "学習環境"),
    "passport_classes": ("classes, drawn by the seed", "クラス数（シードで決定）"),
    "passport_pretrained": ("looked through", "利用した学習済みネットワーク"),
    "passport_none": ("no pretrained network", "なし"),
    "minutes": ("{minutes} min", "{minutes} 分"),
    **WEIGHTS,
    # seeds
    **SEEDS,
    **ABOUT,
    **QR,
    **TILES,
    **FLOWER_TEXTS,
    # compare
    **COMPARE,
    "compare_chosen": ("Checkpoints that are compared", "比べるチェックポイント"),
    "compare_slot": ("Checkpoint {number}", "チェックポイント {number}"),
    "compare_add": ("Add a checkpoint", "チェックポイントを追加"),
    "compare_remove": ("Remove checkpoint {number}", "チェックポイント {number} を外す"),
    "compare_absent": ("{hash} is not here", "{hash} はここにありません"),
    "compare_mode": ("How they are shown", "表示のしかた"),
    "compare_side": ("Side by side", "並べる"),
    "compare_flip": ("Hold to flip", "長押しで切り替え"),
    "compare_slider": ("Slider", "スライダー"),
    "compare_matrix": ("Matrix", "一覧表"),
    "compare_blind": ("Hide the names", "名前を隠す"),
    "compare_blind_matrix": (
        "A matrix shows the names: reveal them first.",
        "一覧表には名前が表示されます。先に名前を明かしてください。",
    ),
    "compare_first": ("Shown", "表示"),
    "compare_second": ("Against", "比較先"),
    "compare_seeds": ("Seeds, up to six: 0-3, 17", "シード（6 個まで、例: 0-3, 17）"),
    "compare_draw": ("Draw", "描画"),
    "compare_favourites": ("My favourites", "お気に入りのシード"),
    "compare_row": ("Row {row} of {rows} is drawn.", "{rows} 行中 {row} 行を描画しました。"),
    "compare_newest": ("Training step: the newest", "学習の段階: 最新"),
    "compare_step": ("Training step: about {images} images", "学習の段階: 約 {images} 枚"),
    "compare_curtain": ("Where the first tile ends and the second begins", "2 枚のタイルの境目"),
    "compare_zoom": ("Zoom", "拡大率"),
    "compare_zoom_in": ("Zoom in", "拡大"),
    "compare_zoom_out": ("Zoom out", "縮小"),
    "compare_zoom_reset": ("Whole tile", "全体を表示"),
    "compare_zoomed": ("Zoom {percent} %", "拡大率 {percent} %"),
    "compare_save": ("Download with captions", "説明付きで保存"),
    "compare_saved": ("Saved {file}.", "{file} を保存しました。"),
    "compare_saved_title": ("Comparison on seed {seed}", "シード {seed} での比較"),
    "compare_never": (
        "For looking only, never for submission: this is no tile of one checkpoint.",
        "閲覧専用です。1 つのチェックポイントのタイルではないため、提出できません。",
    ),
    "compare_same_place": (
        "The same place in every tile is the same latent.",
        "どのタイルでも同じ位置は同じ潜在変数です。",
    ),
    "compare_shown": (
        "Seed {seed} is shown for {count} {count:checkpoint|checkpoints}.",
        "シード {seed} を {count} 個で表示しました。",
    ),
    "compare_images": ("{images} images", "{images} 枚"),
    "compare_identical": ("identical to {number}", "{number} と同一"),
    "compare_letter": ("Tile {letter}", "タイル {letter}"),
    "compare_z_sizes": (
        "Different z sizes: seeds are not comparable. The same seed gives these checkpoints different latents.",
        "z の次元が異なるため、シードどうしは比較できません。同じシードでも潜在変数が異なります。",
    ),
    "compare_classes": (
        "Different classes: seeds are not comparable. Some of these checkpoints draw a class for each picture.",
        "クラスの扱いが異なるため、シードどうしは比較できません。画像ごとにクラスを選ぶものが含まれています。",
    ),
    "compare_guess_title": ("Which is which?", "どれがどのチェックポイント?"),
    "compare_reveal": ("Reveal", "答えを見る"),
    "compare_shuffle": ("Shuffle again", "もう一度混ぜる"),
    "compare_result": ("{right} of {count} right.", "{count} 問中 {right} 問正解です。"),
    "compare_settings": ("What differs in how they were trained", "学習方法の違い"),
    "compare_show_all": ("Show all settings", "すべての設定を表示"),
    "compare_setting": ("Setting", "設定"),
    "compare_no_difference": ("Nothing differs.", "違いはありません。"),
    "compare_no_settings": ("These checkpoints do not say how they were trained.", "学習方法の記録がありません。"),
    "compare_about_pretrained": ("looked through", "利用した学習済みネットワーク"),
    "compare_about_seed": ("seed of the training", "学習のシード"),
    "compare_about_images": ("images seen", "学習画像数"),
    "compare_about_minutes": ("minutes of training", "学習時間（分）"),
    "compare_about_devices": ("trained on", "学習環境"),
    "device_cpu": ("CPU, {count} {count:thread|threads}", "CPU（{count} スレッド）"),
    "compare_about_pictures": ("pictures in the data", "データの画像数"),
    "compare_curves": ("How the training went", "学習の経過"),
    "compare_quantity": ("Quantity", "量"),
    "compare_axis": ("Over", "横軸"),
    "compare_axis_images": ("images seen", "学習画像数"),
    "compare_axis_seconds": ("seconds of training", "学習時間（秒）"),
    "compare_smoothing": ("Smoothing", "平滑化"),
    "compare_as_table": ("The curves in numbers", "曲線を数値で見る"),
    "compare_chart_alt": ("{quantity} over {axis} of {names}", "{names} の {quantity}（横軸: {axis}）"),
    "compare_table_caption": ("{quantity}, in brackets the {axis}", "{quantity}（括弧内は{axis}）"),
    "compare_no_curves": ("No log of the training lies beside these checkpoints.", "学習の記録がありません。"),
    "compare_alarms": ("alarms: {count}", "警告 {count} 件"),
    "compare_alarm": (
        "{name}: {words} ({axis}: {at}; times: {count})",
        "{name}: {words}（{axis}: {at}、回数: {count}）",
    ),
    "alarm_d_wins": (
        "D's loss is near 0: it tells the fakes apart for good, and G learns nothing more",
        "D の損失がほぼ 0 です。偽物を完全に見分けており、G はもう学習しません",
    ),
    "alarm_gradients": (
        "a gradient is longer than 100: the steps are out of control",
        "勾配の長さが 100 を超えました。更新が発散しかけています",
    ),
    "alarm_unsteady": (
        "D's loss varies more than it amounts to: the two do not settle",
        "D の損失が平均以上に変動しています。学習が落ち着いていません",
    ),
    "alarm_g_fools": (
        "G's loss falls all the time: it fools D with garbage",
        "G の損失が下がり続けています。でたらめな画像で D をだましています",
    ),
    "alarm_memorises": (
        "D knows nearly every real: it memorises them; augment more",
        "D が本物をほぼすべて覚えています。データ拡張を強めてください",
    ),
    "alarm_collapse": (
        "the fakes of a batch hardly differ: G has collapsed to a few pictures",
        "生成画像がほとんど同じです。G がモード崩壊しています",
    ),
    "alarm_grid": (
        "a grid of 2 or 4 pixels is over three times as strong as in the reals: enlarge the pictures",
        "2 または 4 ピクセル周期の格子模様が、実画像の 3 倍を超えています。画像を拡大して確かめてください",
    ),
    "quantity_d_loss": ("loss of D", "D の損失"),
    "quantity_g_loss": ("loss of G", "G の損失"),
    "quantity_real": ("mean logit of reals", "本物のロジットの平均"),
    "quantity_fake": ("mean logit of fakes", "偽物のロジットの平均"),
    "quantity_d_gradient": ("gradient of D", "D の勾配の長さ"),
    "quantity_g_gradient": ("gradient of G", "G の勾配の長さ"),
    "quantity_overfit": ("overfitting of D (r_t)", "D の過学習（r_t）"),
    "quantity_strength": ("strength of augmentation", "データ拡張の強さ"),
    "quantity_balance": ("balance of BEGAN (k)", "BEGAN の均衡（k）"),
    "quantity_skipped": ("share of skipped steps", "飛ばされたステップの割合"),
    "quantity_spread": ("spread of the fakes", "偽物のばらつき"),
    "quantity_period_2": ("grid of 2 pixels, fake over real", "2 ピクセル周期の強さ（偽物÷本物）"),
    "quantity_period_4": ("grid of 4 pixels, fake over real", "4 ピクセル周期の強さ（偽物÷本物）"),
    "compare_col_name": ("Checkpoint", "チェックポイント"),
    "compare_col_points": ("Points", "点の数"),
    "compare_col_first": ("First", "最初"),
    "compare_col_last": ("Last", "最後"),
    "compare_col_lowest": ("Lowest", "最小"),
    "compare_col_highest": ("Highest", "最大"),
    "compare_col_alarm_list": ("Alarms", "警告"),
    "compare_scores": ("Scores of the passports", "記録された評価値"),
    "compare_score_name": ("Checkpoint", "チェックポイント"),
    "compare_score_kid": ("KID (lower is better)", "KID（小さいほど良い）"),
    "compare_score_fid": ("FID (lower is better)", "FID（小さいほど良い）"),
    "compare_score_precision": ("Precision", "適合率"),
    "compare_score_recall": ("Recall", "再現率"),
    "compare_score_copies": ("Near copies", "コピーに近い画像の割合"),
    "compare_score_fakes": ("Pictures", "画像数"),
    "compare_score_network": ("Feature network", "特徴量のネットワーク"),
    "compare_fakes": ("{count}", "{count}"),
    "compare_few": ("{count}: fewer than 1,000, too noisy to rank by", "{count}（1,000 未満のため順位付けには不向き）"),
    "compare_eye": (
        "A score is not the eye: look at the tiles.",
        "評価値は目の代わりになりません。タイルを見てください。",
    ),
    "compare_networks": (
        "Scores by different networks cannot be compared.",
        "ネットワークが異なる評価値どうしは比較できません。",
    ),
    "compare_key_previous": ("Compare with the checkpoint before", "1 つ前のチェックポイントと比較"),
    "compare_key_hold": ("Hold: show the other tile", "押している間、もう一方を表示"),
    "compare_key_focus": ("Go to that tile", "その番号のタイルへ移動"),
    # morph
    "morph_title": ("Between seeds", "シードの間を見る"),
    "morph_intro": (
        "Walk from seed to seed through the latent space. Only a pure seed can be handed in: everything else here is "
        "for understanding what the generator has learnt.",
        "潜在空間の中をシードからシードへ移動します。提出できるのは純粋なシードだけです。"
        "それ以外は、生成器が何を学んだかを調べるためのものです。",
    ),
    "morph_mode": ("Where", "場所"),
    "morph_mode_pair": ("Two seeds", "2 シード"),
    "morph_mode_walk": ("Walk", "巡回"),
    "morph_mode_pad": ("Four seeds", "4 シード"),
    "morph_seed_a": ("Seed A", "シード A"),
    "morph_seed_b": ("Seed B", "シード B"),
    "morph_slider_pair": ("Between A and B: {t}", "A と B の間: {t}"),
    "morph_slider_walk": ("Place on the walk: {t}", "巡回の位置: {t}"),
    "morph_way": ("Way", "経路"),
    "morph_way_slerp": ("Arc (slerp)", "円弧（slerp）"),
    "morph_way_lerp": ("Line (lerp)", "直線（lerp）"),
    "morph_play": ("Play", "再生"),
    "morph_pause": ("Pause", "一時停止"),
    "morph_closed_loop": ("Closed loop, back to the first seed", "最初のシードに戻る（ループ）"),
    "morph_add_seed": ("Add a seed", "シードを追加"),
    "morph_add": ("Add", "追加"),
    "morph_add_favourites": ("Add the favourites", "お気に入りを追加"),
    "morph_stop": ("Seed {seed}", "シード {seed}"),
    "morph_stop_up": ("Move seed {seed} up", "シード {seed} を上へ"),
    "morph_stop_down": ("Move seed {seed} down", "シード {seed} を下へ"),
    "morph_stop_remove": ("Remove seed {seed}", "シード {seed} を外す"),
    "morph_few_stops": ("A walk needs two seeds or more.", "巡回にはシードが 2 つ以上必要です。"),
    "morph_corner_0": ("Top left", "左上"),
    "morph_corner_1": ("Top right", "右上"),
    "morph_corner_2": ("Bottom left", "左下"),
    "morph_corner_3": ("Bottom right", "右下"),
    "morph_pad_label": (
        "Place between four seeds; move with the arrow keys",
        "4 つのシードの間の位置。矢印キーで動かせます",
    ),
    "morph_key_pad": (
        "Move the point between four seeds; with Shift, farther",
        "4 シードの間の点を動かす（Shift で大きく）",
    ),
    "morph_pad_hint": (
        "Drag the point, or use the arrow keys. In the corners are the seeds themselves.",
        "点をドラッグするか、矢印キーで動かします。四隅はシードそのものです。",
    ),
    "morph_psi_label": ("Truncation ψ: {psi}", "トランケーション ψ: {psi}"),
    "morph_directions": ("Directions", "方向"),
    "morph_directions_from": ("Found by", "求め方"),
    "morph_method_sefa": ("Weights (SeFa)", "重みから（SeFa）"),
    "morph_method_pca": ("Activations (PCA, GANSpace)", "活性値の主成分（GANSpace）"),
    "morph_direction": ("Direction {number}: {sigma} σ", "方向 {number}: {sigma} σ"),
    "morph_reset_directions": ("Reset all directions", "方向をすべて 0 に戻す"),
    "morph_mixing": ("Mix styles", "スタイルを混ぜる"),
    "morph_mix_on": ("Take the later styles of another seed", "後半のスタイルを別のシードから取る"),
    "morph_mix_seed": ("Seed", "シード"),
    "morph_mix_from": ("From style", "ここから"),
    "morph_style_from": ("{number} of {count}", "{count} 個中 {number} 番目"),
    "morph_enlarge": ("Enlarge a picture", "画像を拡大"),
    "morph_badge_pure": ("Seed {seed} · {words}", "シード {seed} · {words}"),
    "morph_badge_exploration": ("Not submittable: {reasons}", "提出できません: {reasons}"),
    "morph_badge_pending": ("The strip is ahead; the tile follows", "帯が先行しています。タイルは後から追いつきます"),
    "morph_departure_between": ("between seeds", "シードの間"),
    "morph_departure_directions": ("moved along directions", "方向に沿って移動"),
    "morph_departure_mixing": ("styles of another seed", "別のシードのスタイルを混合"),
    "morph_departure_and": (", ", "、"),
    "morph_psi_is": (" · ψ {psi}", " · ψ {psi}"),
    "morph_snap": ("Back to seed {seed}", "シード {seed} に戻る"),
    "morph_open_in_explore": ("Open in Explore", "「見る」で開く"),
    "morph_place_seed": ("seed {seed}", "シード {seed}"),
    "morph_place_between": (
        "{t} of the way from seed {a} to seed {b} ({way})",
        "シード {a} から {b} へ {t}（{way}）",
    ),
    "morph_place_pad": ("between seeds {seeds} at {x}, {y}", "シード {seeds} の間、{x}, {y}"),
    "morph_change_direction": ("{method} {number}: {sigma} σ", "{method} {number}: {sigma} σ"),
    "morph_change_styles": ("styles {first} to {last} of seed {seed}", "スタイル {first}〜{last} はシード {seed}"),
    "morph_change_style": ("style {last} of seed {seed}", "スタイル {last} はシード {seed}"),
    "morph_caption": (
        "{place}{changes}{psi} · {name} · {hash} · {seconds} s · {device} · float32",
        "{place}{changes}{psi} · {name} · {hash} · {seconds} 秒 · {device} · float32",
    ),
    "morph_alt": (
        "Tile of 10 by 10 pictures: {place} of {name}{changes}",
        "10 x 10 のタイル: {name} の{place}{changes}",
    ),
    "morph_strip_alt": (
        "The first eight pictures, which follow the controls as they move",
        "最初の 8 枚。操作に合わせて変わります",
    ),
    "morph_strip_preview": (
        "A preview, drawn in bfloat16; the tile below is exact.",
        "bfloat16 で描いたプレビューです。下のタイルは正確です。",
    ),
    "morph_film": ("Film", "動画"),
    "film_kind": ("Format", "形式"),
    "morph_kind_mp4": ("MP4 (H.264)", "MP4（H.264）"),
    "morph_kind_webp": ("WebP animation", "アニメーション WebP"),
    "morph_kind_gif": ("GIF animation", "アニメーション GIF"),
    "morph_no_mp4": (
        "No ffmpeg with H.264 was found, so there is no MP4: pip install imageio-ffmpeg brings one.",
        "H.264 を書ける ffmpeg がないため MP4 は選べません。pip install imageio-ffmpeg で使えるようになります。",
    ),
    "film_pictures": ("Shown", "表示"),
    "morph_pictures": ("{count} {count:picture|pictures}", "{count} 枚"),
    "morph_pictures_tile": ("the whole tile", "タイル全体"),
    "film_first": ("Picture (0 to 99)", "画像（0〜99）"),
    "film_side": ("Size", "大きさ"),
    "film_seconds": ("Seconds (1 to 20)", "秒数（1〜20）"),
    "film_rate": ("Frames", "コマ数"),
    "morph_rate": ("{rate} a second", "毎秒 {rate}"),
    "film_make": ("Make the film", "動画を作る"),
    "film_stop": ("Stop", "中止"),
    "film_waiting": ("Waiting for its turn …", "順番を待っています…"),
    "film_progress": ("Frame {done} of {total}", "{total} コマ中 {done} コマ"),
    "film_progress_label": ("Progress of the film", "動画の進み具合"),
    "film_stopped": ("Stopped.", "中止しました。"),
    "film_gone": (
        "The program does not have this film any more; make it again.",
        "この動画はプログラムにもうありません。作り直してください。",
    ),
    "film_done": ("Done ({megabytes} MB).", "できました（{megabytes} MB）。"),
    "film_shows": (
        "{checkpoint} · seeds {walk} ({way}){changes}{psi}",
        "{checkpoint} · シード {walk}（{way}）{changes}{psi}",
    ),
    "film_alt": ("The film of the walk", "巡回の動画"),
    "film_save": ("Download the film", "動画をダウンロード"),
    # is it a copy?
    "copy_question": ("Is it a copy?", "コピーではないか"),
    "copy_opening": ("Opening the training pictures …", "学習画像を開いています…"),
    "copy_reading": (
        "The training pictures are being read, once: {done} of {total} …",
        "学習画像を読み込んでいます（最初の 1 回だけ）: {total} 枚中 {done} 枚…",
    ),
    "copy_stopped_others": (
        "Stopped for you; it goes on for others who wait for it, or for the ranking of seeds.",
        "中止しました。待っている人がほかにもいるか、シードの自動評価に必要なため、処理は続きます。",
    ),
    "copy_building": (
        "The training pictures are being looked at, once: {done} of {total} …",
        "学習画像を調べています（最初の 1 回だけ）: {total} 枚中 {done} 枚…",
    ),
    "copy_alt": ("Nearest training picture, number {number}", "最も近い学習画像 {number}"),
    "copy_distance": ("distance {distance}", "距離 {distance}"),
    "copy_mirrored": ("mirrored", "左右反転"),
    "copy_flag": (
        "Copied? A training picture is nearer than {threshold}. Look for yourself.",
        "コピーの可能性: 距離 {threshold} より近い学習画像があります。目で確かめてください。",
    ),
    "copy_no_flag": (
        "No training picture is nearer than {threshold}.",
        "距離 {threshold} より近い学習画像はありません。",
    ),
    "copy_care": (
        "Only 1 in 100 of the {count} training pictures has another one nearer than that. Compared by: {eye}. "
        "It is a hint, no proof, and changes nothing about the tile.",
        "{count} 枚の学習画像どうしでも、これより近い組があるのは 100 枚に 1 枚です。比較方法: {eye}。"
        "目安であって証拠ではなく、タイルには何の影響もありません。",
    ),
    "no_data_hint": (
        "To ask whether a picture is a copy, start the program with the training pictures: app.py --data PATH, or the "
        "environment variable GAN_RACE_DATA.",
        "画像が学習画像のコピーかどうかを調べるには、app.py --data PATH または環境変数 GAN_RACE_DATA で"
        "学習画像を指定して起動してください。",
    ),
    # export
    "export_title": ("One seed, one tile, one file", "1 つのシード、1 枚のタイル、1 つのファイル"),
    "export_intro": (
        "The tile shown in Explore becomes a lossless PNG of 1280 x 1280 pixels. It carries a manifest from which "
        "anybody can draw the tile again and compare it.",
        "「見る」に表示中のタイルを 1280 x 1280 の可逆 PNG にします。誰でも描き直して照合できる情報を含みます。",
    ),
    **LEGAL,
    "rule_weights": ("the weights are those of the checkpoint {hash}", "重みはチェックポイント {hash} のもの"),
    "rule_anonymous": ("the file names no person and no folder", "ファイルに個人名やフォルダー名を含まない"),
    "download": ("Download PNG", "PNG をダウンロード"),
    "exporting": ("Drawing the tile in float32 on the CPU …", "CPU の float32 でタイルを描画中…"),
    "exported": ("Saved {file} ({megabytes} MB).", "{file}（{megabytes} MB）を保存しました。"),
    "manifest": ("Manifest", "埋め込まれる情報"),
    "nothing_to_export": (
        "No tile is shown yet. Choose one in Explore first.",
        "表示中のタイルがありません。先に「見る」で選んでください。",
    ),
    # verify
    **VERIFY,
    # errors
    "error_seed": (
        "“{value}” is no seed; whole numbers from 0 to 4294967295 are allowed.",
        "「{value}」はシードではありません。0 から 4294967295 までの整数を入力してください。",
    ),
    "error_psi": (
        "{value} is no truncation; numbers from 0 to 1 are allowed.",
        "「{value}」はトランケーション ψ の値ではありません。0 から 1 までの数を使えます。",
    ),
    "error_not_finite": (
        "This checkpoint draws values that are no colours (NaN): its training has diverged. Choose another one.",
        "このチェックポイントは数値が壊れています（NaN）。学習が発散したものです。ほかのものを選んでください。",
    ),
    "error_diverged": (
        "{checkpoint} gives values that are no colours (NaN): its training has diverged. Choose another one.",
        "{checkpoint} の出力は数値が壊れています（NaN）。学習が発散したものです。ほかのものを選んでください。",
    ),
    "error_memory": (
        "The graphics card has no memory left for this, even after the other generators were let go.",
        "ほかの生成器を解放しても、GPU のメモリーが足りません。",
    ),
    "memory_relieved": (
        "The graphics card was full: the program freed the memory of other checkpoints and tried again.",
        "GPU のメモリーが足りなかったため、ほかのチェックポイントのメモリーを解放して描き直しました。",
    ),
    "error_favourites_json": ("The file is no JSON.", "このファイルは JSON ではありません。"),
    "error_favourites_kind": (
        "The file holds no favourites of GAN Race Studio.",
        "このファイルは GAN Race Studio のお気に入りではありません。",
    ),
    "error_favourites_version": (
        "The file is of version {version}; version {known} can be read.",
        "このファイルはバージョン {version} です。読めるのはバージョン {known} です。",
    ),
    "error_favourites_row": (
        "Favourite {row} of the file is none: it needs a checkpoint, a seed and a psi from 0 to 1.",
        "ファイルの {row} 件目が正しくありません。チェックポイント、シード、0 から 1 のトランケーション ψ が必要です。",
    ),
    "error_favourites_size": (
        "The file is larger than {limit} kB, which no file of favourites is.",
        "ファイルが {limit} kB を超えています。お気に入りのファイルではありません。",
    ),
    "error_wall": (
        "The studio cannot write its file of favourites; those of this browser are kept.",
        "スタジオのお気に入りファイルに書き込めません。このブラウザーのお気に入りは残っています。",
    ),
    "error_favourites_full": (
        "There are {limit} favourites already, which is the limit; remove one first.",
        "お気に入りは {limit} 件までです。先にどれかを外してください。",
    ),
    "error_unknown_checkpoint": (
        "Checkpoint {hash} is not here; no other picture is shown in its place.",
        "チェックポイント {hash} はここにありません。代わりの画像は表示しません。",
    ),
    "error_too_many_tiles": (
        "{seeds} seeds of {checkpoints} checkpoints are too many; up to 6 seeds of 6 checkpoints are allowed.",
        "シード {seeds} 個 × チェックポイント {checkpoints} 個は多すぎます。"
        "シード 6 個 × チェックポイント 6 個まで表示できます。",
    ),
    "error_seeds": (
        "“{value}” is no list of seeds; write whole numbers from 0 to 4294967295, such as 0-3, 17.",
        "「{value}」はシードの並びではありません。0-3, 17 のように 0 から 4294967295 までの整数を書いてください。",
    ),
    "error_checkpoint": ("The checkpoint cannot be used: {reason}", "チェックポイントを使えません: {reason}"),
    "error_busy": (
        "Many tiles are being drawn for others; try again in a moment.",
        "ほかの人のタイルを描画中です。少し待ってからもう一度試してください。",
    ),
    "error_request": (
        "The page sent {field} = {value}, which is not allowed.",
        "送信された {field} = {value} は使えません。",
    ),
    "error_too_large": (
        "The file has {megabytes} MB; {limit} MB are allowed.",
        "ファイルは {megabytes} MB です。{limit} MB まで使えます。",
    ),
    "error_stops": ("A walk has {most} seeds at most.", "巡回できるシードは {most} 個までです。"),
    "error_film_size": (
        "{frames} frames of {side} x {side} are too many for {kind}; {most} are allowed. Take fewer seconds or a "
        "smaller size.",
        "{kind} では {side} x {side} の {frames} コマは作れません。{most} コマまでです。"
        "秒数か大きさを減らしてください。",
    ),
    "error_film_seconds": (
        "Seconds: a whole number from {least} to {most}, not “{value}”.",
        "秒数は {least} から {most} までの整数です。「{value}」は使えません。",
    ),
    "error_film_seconds_none": (
        "Seconds: write a whole number from {least} to {most}.",
        "秒数に {least} から {most} までの整数を入れてください。",
    ),
    "error_film_first": (
        "Picture: a whole number from {least} to {most}, not “{value}”.",
        "画像は {least} から {most} までの整数です。「{value}」は使えません。",
    ),
    "error_film_first_none": (
        "Picture: write a whole number from {least} to {most}.",
        "画像に {least} から {most} までの整数を入れてください。",
    ),
    "error_film": ("The film could not be made: {reason}", "動画を作れませんでした: {reason}"),
    "error_no_data": (
        "The program was started without training pictures.",
        "学習画像を指定せずに起動しています。",
    ),
    "error_copies": (
        "The training pictures cannot be used: {reason}",
        "学習画像を使えません: {reason}",
    ),
    "error_internal": (
        "The program could not do this; the reason is in its log.",
        "処理できませんでした。理由はプログラムのログにあります。",
    ),
    "error_connection": (
        "The program does not answer. Is its runtime still alive?",
        "プログラムが応答しません。ランタイムは動いていますか。",
    ),
}


def in_language(language: str) -> dict[str, str]:
    """Return every text in one language: `en` or `ja`."""
    column = LANGUAGES.index(language)
    return {key: texts[column] for key, texts in TEXTS.items()}
