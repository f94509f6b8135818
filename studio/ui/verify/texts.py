"""The words of the Verify tab."""

from __future__ import annotations

from studio.race.png_appearance import COLOURS_NAMED, EFFECTS
from studio.race.verdict import REMARKS, SENTENCES

REASONS_JA = {
    "exact": "すべての値が、チェックポイント {short} のシード {seed} の結果と一致します。",
    "within_tolerance": (
        "丸め誤差を除き、チェックポイント {short} のシード {seed} の結果です"
        "（差は 255 段階中 {largest} 以下、値の {percent} %）。"
    ),
    "cells_differ": "100 枚中 {count} 枚が、チェックポイント {short} のシード {seed} と異なります。",
    "all_cells_differ": (
        "100 枚すべてがチェックポイント {short} のシード {seed} と異なります（平均 {mean} 段階）。"
        "別のタイルか、画質を落として保存し直したものです。"
    ),
    "saved_with_loss": (
        "{kind} にはタイルの正確な値を保存できません。100 枚中 {count} 枚がチェックポイント {short} の"
        "シード {seed} と異なります。書き出した PNG を提出してください。"
    ),
    "no_png": (
        "値はチェックポイント {short} のシード {seed} のものですが、{kind} は値と違う見え方を指定できます。"
        "書き出した PNG を提出してください。"
    ),
    "lossy_file": "{kind} にはタイルの正確な値を保存できません。書き出した PNG を提出してください。",
    "wrong_size": (
        "画像は {width} x {height} 画素です。チェックポイント {short} のタイルは "
        "{wanted_width} x {wanted_height} 画素です。"
    ),
    "transparent": "画像に透明な部分があります。タイルは不透明です。",
    "animated": "アニメーション画像です。タイルは 1 枚の静止画です。",
    "looks_different": ("PNG に、表示を変えうるチャンクがあります: {chunks}。書き出した PNG を提出してください。"),
    "not_rgb": (
        "PNG の画素は {bits} ビットの{pixels}です。タイルの画素は 8 ビットの RGB です。"
        "書き出した PNG を提出してください。"
    ),
    "no_manifest": "どのチェックポイントとシードの画像か、ファイルに書かれていません。照合には両方が必要です。",
    "bad_manifest": (
        "ファイルに埋め込まれた情報が壊れているか、偽物です（{field}）。チェックポイントとシードが必要です。"
    ),
    "bad_seed": "「{value}」はシードではありません。0 から 4294967295 までの整数を使えます。",
    "bad_psi": "「{value}」はトランケーション ψ の値ではありません。0 から 1 までの数を使えます。",
    "unknown_checkpoint": "チェックポイント {sha256} がここにないため、描き直せません。",
    "unusable_checkpoint": "チェックポイント {short} を使えません: {reason}",
    "file_too_large": "ファイルは {size} バイトです。{limit} バイトまで読めます。",
    "too_many_pixels": "画像が {limit} x {limit} 画素を超えています。",
    "not_an_image": "読める画像ではありません。PNG が必要です。",
    "damaged": "{kind} のように始まりますが、壊れているか途中で切れています。",
    "unreadable": "ファイルを読めません: {why}。",
    "archive_damaged": "zip が壊れているか、zip ではありません。",
    "archive_encrypted": "zip の中のファイルが暗号化されています。パスワードなしで作り直してください。",
    "archive_method": "zip の中のファイルが読めない方式で圧縮されています。通常の方式で作り直してください。",
    "archive_nested": "zip の中の zip は開きません。取り出して検証してください。",
    "archive_too_large": "zip の中身が {limit} バイトを超えています。{limit} バイトまで読めます。",
    "archive_too_many": "zip に {limit} 個を超えるファイルがあります。{limit} 個まで読めます。",
    "too_many_scans": "JPEG のスキャンが {limit} 回を超えています。{limit} 回まで読めます。",
    "too_many_segments": "{kind} が {limit} を超える部分に分かれています。{limit} まで読めます。",
    "too_much_text": "PNG に {limit} バイトを超えるテキストがあります。{limit} バイトまで読めます。",
    "run_length_too_large": "ランレングス圧縮の BMP が {limit} バイトを超えています。{limit} バイトまで読めます。",
    "too_slow": "画像を読むのに {limit} 秒を超えました。1 枚に使えるのは {limit} 秒までです。",
}
REMARKS_JA = {
    "opaque_alpha": "PNG にはアルファチャンネルがありますが、すべて不透明です。",
    "trailing_bytes": "ファイルは画像の終わりの後も続きます（{count} バイト）。この部分は表示されません。",
    "typed_seed": "入力されたシード {used} と照合しました。ファイル自体の記載は {said} です。",
    "typed_checkpoint": "入力されたチェックポイント {used} と照合しました。ファイル自体の記載は {said} です。",
    "typed_psi": "入力されたトランケーション ψ {used} と照合しました。ファイル自体の記載は {said} です。",
}
COLOURS_JA = {
    "grey": "グレースケール",
    "rgb": "RGB",
    "palette": "パレットカラー",
    "grey_alpha": "アルファ付きグレースケール",
    "rgba": "アルファ付き RGB",
}
EFFECTS_JA = {
    "PLTE": "パレット",
    "bKGD": "背景色",
    "cHRM": "別の原色",
    "cICP": "動画の色空間",
    "cLLI": "画面の明るさ",
    "eXIf": "カメラの情報。画像を回転させることがあります",
    "gAMA": "別の明るさ",
    "hIST": "色の出現頻度",
    "iCCP": "カラープロファイル",
    "mDCV": "画面の色",
    "oFFs": "ページ上の位置",
    "pCAL": "値の別の意味",
    "pHYs": "正方形でない画素",
    "sBIT": "少ない有効ビット",
    "sCAL": "画素の大きさ",
    "sPLT": "推奨パレット",
    "sRGB": "未知の色空間",
    "sTER": "両眼用の 2 枚の画像",
    "tRNS": "透明な色",
    "unknown": "ここでは知られていないもの",
}

VERIFY: dict[str, tuple[str, str]] = {
    "verify_title": ("Is this tile what its seed gives?", "このタイルは本当にシードどおりか"),
    "verify_intro": (
        "Drop a tile here. The program draws it again from the checkpoint and compares the pixels; "
        "what the file says of itself is not trusted.",
        "タイルをここに置いてください。チェックポイントから描き直して画素を比べます。ファイルの自己申告は信用しません。",
    ),
    "drop": ("Drop a PNG here, or choose a file", "PNG をここにドロップ、または選択"),
    "verifying": ("Drawing the tile again …", "タイルを描き直しています…"),
    "ask_seed": (
        "Tell the checkpoint, the seed and the truncation ψ (1: none) to compare with:",
        "比べるチェックポイント・シード・トランケーション ψ（1 はトランケーションなし）を指定してください:",
    ),
    "verify_psi": ("Truncation ψ", "トランケーション ψ"),
    "check": ("Check", "照合する"),
    "verdict_pass_exact": ("PASS (exact)", "合格（完全一致）"),
    "verdict_pass_tolerance": ("PASS (within tolerance)", "合格（許容差内）"),
    "verdict_fail": ("FAIL", "不合格"),
    "verdict_could_not_check": ("COULD NOT CHECK", "照合できません"),
    "differing_cells": ("Pictures that differ: {cells}", "異なる画像: {cells}"),
    "cell_range": ("{first} to {last}", "{first}～{last}"),
    "file": ("File", "ファイル"),
    "largest_difference": ("Largest difference", "最大の差"),
    "levels": ("{levels} of 255 levels", "255 段階中 {levels}"),
    "differing_share": ("Values that differ", "異なる値の割合"),
    "verified_alt": ("The tile that was checked", "照合したタイル"),
    # what a file says of itself, against what was found
    "claims_caption": ("Where the file does not agree with what was found", "ファイルの記載と照合結果が異なる項目"),
    "claims_field": ("Field", "項目"),
    "claims_said": ("The file says", "ファイルの記載"),
    "claims_found": ("Found", "照合結果"),
    "claims_silent": ("nothing", "記載なし"),
    "claims_absent": ("none", "なし"),
    "claims_noted": ("made elsewhere, which is no lie", "作成環境の違い。偽りではありません"),
    "claim_format": ("format", "形式"),
    "claim_z_source": ("source of the latents", "潜在変数の生成方法"),
    "claim_seed": ("seed", "シード"),
    "claim_shape": ("shape of the latents", "潜在変数の形"),
    "claim_psi": ("truncation ψ", "トランケーション ψ"),
    "claim_classes": ("classes of the pictures", "各画像のクラス"),
    "claim_order": ("order of the pictures", "画像の並び順"),
    "claim_rows": ("rows", "行数"),
    "claim_columns": ("columns", "列数"),
    "claim_cell_size": ("pixels of a picture's side", "画像 1 枚の画素数（一辺）"),
    "claim_checkpoint_sha256": ("hash of the checkpoint", "チェックポイントのハッシュ"),
    "claim_weights": ("weights", "重み"),
    "claim_config_sha256": ("hash of the generator's config", "生成器の設定のハッシュ"),
    "claim_renderer": ("version of the drawing", "描画方法のバージョン"),
    "claim_versions": ("versions", "バージョン"),
    "claim_pixels_sha256": ("hash of all pixels", "全画素のハッシュ"),
    "claim_cells_sha256": ("hashes of the pictures, by number", "各画像のハッシュ（番号別）"),
    "claim_no_json": ("no JSON", "JSON ではない"),
    "claim_no_object": ("no JSON object", "JSON のオブジェクトではない"),
    "claim_too_long": ("longer than 65536 characters", "65536 文字を超える"),
    # the reasons of a verdict
    **{f"reason_{key}": (english, REASONS_JA[key]) for key, english in SENTENCES.items()},
    **{f"remark_{key}": (english, REMARKS_JA[key]) for key, english in REMARKS.items()},
    **{f"colour_{key}": (english, COLOURS_JA[key]) for key, english in COLOURS_NAMED.items()},
    **{f"chunk_{key}": (english, EFFECTS_JA[key]) for key, english in EFFECTS.items()},
    "reason_cells_differ": (  # the page lists the cells itself
        "{count} of 100 pictures {count:differs|differ} from seed {seed} of checkpoint {short}.",
        REASONS_JA["cells_differ"],
    ),
    "reason_false_claims": (
        " What the file says of itself is not true of it: see the table.",
        " ファイルに埋め込まれた情報には、事実と異なるものがあります（下の表）。",
    ),
}
