"""The names of networks, as files have them, and why something cannot be used, by the code of the reason."""

from __future__ import annotations

TOLD: dict[str, tuple[str, str]] = {
    # the networks that score, that a recipe looks through, and that look for copies
    "network_squeezenet": (
        "SqueezeNet 1.1, trained on ImageNet (BSD)",
        "SqueezeNet 1.1（ImageNet で学習済み、BSD）",
    ),
    "network_inception": (
        "InceptionV3, trained on ImageNet (FID's own weights, by torch-fidelity)",
        "InceptionV3（ImageNet で学習済み。FID 本来の重み、torch-fidelity による）",
    ),
    "network_efficientnet": (
        "EfficientNet-Lite0, trained on ImageNet (Apache-2.0)",
        "EfficientNet-Lite0（ImageNet で学習済み、Apache-2.0）",
    ),
    "network_eye": (
        "EfficientNet-Lite0, trained on ImageNet (Apache-2.0); and pixels at {width} x {height}",
        "EfficientNet-Lite0（ImageNet で学習済み、Apache-2.0）と {width} x {height} の画素",
    ),
    "network_pixels": ("pixels at {width} x {height}", "{width} x {height} の画素"),
    # why a checkpoint cannot be used
    "problem_no_config": ("{folder} has no config.json.", "config.json がありません。"),
    "problem_no_run": (
        "{folder} is no checkpoint and no run that has saved one.",
        "config.json がありません。保存済みのチェックポイントもありません。",
    ),
    "problem_no_weights": ("{folder} has no {file}.", "重みのファイルがありません。"),
    "problem_unreadable": (
        "{file} cannot be read; check that the file is there and may be opened.",
        "ファイルを開けません。アクセス権とファイルの状態を確認してください。",
    ),
    "problem_config": (
        "{file} is no text in UTF-8, or nested too deeply.",
        "config.json が壊れているか、内容が正しくありません。",
    ),
    "problem_damaged": (
        "{file} is damaged or no safetensors file.",
        "重みのファイルが壊れているか、safetensors ではありません。",
    ),
    "problem_pickle": (
        "{file} is damaged or no safetensors file: inside it is a pickle, which is not read as it could run code.",
        "重みのファイルが pickle 形式です。中のコードが実行されないよう、safetensors だけを読みます。",
    ),
    "problem_not_finite": (
        "{file} holds weights that are not finite: its training has diverged.",
        "重みに NaN か無限大が含まれています。学習が発散したものです。",
    ),
    "problem_diverged": (
        "The generator returned values that are not finite: its training has diverged.",
        "出力に NaN か無限大が含まれています。学習が発散したものです。",
    ),
    "problem_replaced": (
        "{name} has just been replaced by another checkpoint; choose it again.",
        "別のチェックポイントに置き換えられました。もう一度選んでください。",
    ),
    "problem_memory": (
        "There is no memory for a generator of this config.",
        "この設定の生成器を作るメモリーが足りません。",
    ),
    "problem_disk": (
        "The disk could not be read or written; check the free space and the rights.",
        "ディスクの読み書きに失敗しました。空き容量とアクセス権を確認してください。",
    ),
    "problem_other": ("The reason is in the program's log.", "理由はプログラムのログにあります。"),
    "problem_format": (
        "{file} has the format {found}; this program reads format {known}.",
        "{file} の format は {found} です。このプログラムが読めるのは {known} です。",
    ),
    "problem_about": ("{file} has an `about` that is no record.", "{file} の about が正しい形の記録ではありません。"),
    "problem_choice": (
        "{file} describes no generator of this program: The {name} {value} is not one of: {allowed}.",
        "{file} の {name} が {value} になっています。使える値: {allowed}",
    ),
    "problem_generator": (
        "{file} describes no generator of this program: {words}",
        "{file} の内容は、このプログラムの生成器の設定ではありません（{words}）",
    ),
    "problem_json": (
        "{file} cannot be read: it is no JSON near line {line}, column {column}.",
        "{file} は JSON として正しくありません（{line} 行 {column} 列の付近）。",
    ),
    "problem_config_size": ("{file} is larger than {limit} bytes.", "{file} が {limit} バイトを超えています。"),
    "problem_weights_size": (
        "{file} is larger than the {limit} bytes that its config can need.",
        "{file} が、config.json の設定に必要な大きさ（最大 {limit} バイト）を超えています。",
    ),
    "problem_weights_names": (
        "{file} and its config disagree about the weights {names}.",
        "{file} の重みの名前が config.json の設定と合いません: {names}",
    ),
    "problem_weights_shape": (
        "{file} holds {name} in the shape {shape}; its config asks for {wanted}.",
        "{file} の {name} の形は {shape} ですが、config.json の設定では {wanted} です。",
    ),
    "problem_weights_type": (
        "{file} holds {name} as {type}; {allowed} is allowed.",
        "{file} の {name} の型は {type} です。使える型: {allowed}",
    ),
    "problem_operations": (
        "A tile of this generator takes {found} GFLOP; up to {limit} are allowed here.",
        "この生成器はタイル 1 枚に {found} GFLOP の計算が必要です。上限は {limit} GFLOP です。",
    ),
    "problem_link": (
        "{file} is a link to outside this folder, which is not followed.",
        "{file} はフォルダーの外へのリンクなので、開きません。",
    ),
    # why there is no film
    "problem_no_ffmpeg": ("No ffmpeg with H.264 was found here.", "H.264 を書ける ffmpeg がありません。"),
    "problem_ffmpeg": (
        "ffmpeg could not write the film: {words}",
        "ffmpeg が動画を書き込めませんでした（{words}）",
    ),
    "problem_no_frame": ("A film needs one frame at least.", "動画には 1 コマ以上が必要です。"),
    "problem_log": ("see the program's log.", "理由はプログラムのログにあります。"),
    # why the training pictures cannot be used
    "problem_no_data": (
        "{path} is neither a folder of pictures nor a file that `python -m training pack` wrote.",
        "{path} は、画像のフォルダーでも python -m training pack で作ったファイルでもありません。",
    ),
    "problem_no_picture": (
        "{path} holds no image that can be used ({words}).",
        "{path} に使える画像がありません（{words}）。",
    ),
    "problem_data_lost": ("{file} can no longer be read.", "{file} を読めなくなりました。"),
    "problem_labels_head": (
        "{path} begins with {found}; its first line must be: file,label.",
        "{path} の先頭が {found} になっています。1 行目は file,label としてください。",
    ),
    "problem_label": (
        "{path}, line {line}: the label {label} is not a whole number from 0 to {most}.",
        "{path} の {line} 行目: ラベル {label} は 0 から {most} までの整数ではありません。",
    ),
    "problem_labels_table": (
        "{path} is no table in UTF-8: {words}.",
        "{path} は UTF-8 の表として読めません（{words}）。",
    ),
    "problem_index_log": (
        "The index could not be built; the reason is in the program's log.",
        "索引を作れませんでした。理由はプログラムのログにあります。",
    ),
}
