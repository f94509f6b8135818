"""The words of the panel of checkpoints, in English and Japanese."""

from __future__ import annotations

CHECKPOINTS: dict[str, tuple[str, str]] = {
    "checkpoints_key_move": ("Go up or down the list", "一覧を上下に移動"),
    "checkpoints": ("Checkpoints", "チェックポイント"),
    "checkpoints_open": ("Checkpoints: {shown}", "チェックポイント: {shown}"),
    "checkpoints_hint": (
        "A click shows the checkpoint in Explore; the seed stays.",
        "選ぶと「見る」に表示します。シードは変わりません。",
    ),
    "checkpoints_search": ("Search by name, recipe or trick", "名前・レシピ・技法で絞り込む"),
    "checkpoints_found": ("{count} of {all}", "{all} 件中 {count} 件"),
    "checkpoints_none": ("Nothing here matches “{words}”.", "「{words}」に合うものはありません。"),
    "checkpoints_recent": ("Used last", "最近使ったもの"),
    "checkpoints_all": ("All", "すべて"),
    "checkpoints_images": ("{images} images", "{images} 枚"),
    "checkpoints_more": ("+{count}", "+{count}"),
    "checkpoints_added": ("added here", "追加分"),
    "checkpoints_problem": ("Cannot be used: {name}", "使えません: {name}"),
    "add_title": ("Add a checkpoint", "チェックポイントを追加"),
    "add_short": ("Add", "追加"),
    "add_hint": (
        "Its config.json and model.safetensors, both at once, up to {limit} MB. Everybody here can then use it, and "
        "this browser can remove it again; the newest {most} are kept.",
        "config.json と model.safetensors を一緒に選びます（{limit} MB まで）。"
        "このスタジオの全員が使えます。削除できるのは、追加したブラウザーだけです。新しい {most} 個まで残ります。",
    ),
    "add_name": ("Name, if you like", "名前（任意）"),
    "add_drop": ("Drop both files here, or choose them", "2 つのファイルをここにドロップ、または選択"),
    "add_sending": ("Sending: {percent} % …", "送信中: {percent} %…"),
    "add_stopped": ("Stopped; nothing of it was kept.", "中止しました。送信した分は残っていません。"),
    "add_done": (
        "{name} ({hash}) was added to the list above.",
        "{name}（{hash}）を上の一覧に追加しました。",
    ),
    "add_known": (
        "This checkpoint is here already, as {name} ({hash}).",
        "このチェックポイントは {name}（{hash}）として登録済みです。",
    ),
    "remove_own": ("Remove", "削除"),
    "remove_sure": (
        "Remove “{name}” for everybody here? Tiles that were exported from it can then no longer be verified here.",
        "「{name}」を全員の一覧から削除しますか。書き出し済みのタイルも、ここでは検証できなくなります。",
    ),
    "remove_yes": ("Yes, remove it", "削除する"),
    "remove_no": ("Keep it", "残す"),
    "remove_done": ("{name} ({hash}) was removed.", "{name}（{hash}）を削除しました。"),
    "checkpoint_gone": (
        "“{name}” is no longer here: whoever added it has removed it, or newer ones have pushed it out. “{now}” is "
        "shown in its place, with the same seed.",
        "「{name}」はここにはもうありません。追加した人が削除したか、新しいものと入れ替わっています。"
        "代わりに、同じシードの「{now}」を表示しています。",
    ),
    "error_remove_others": (
        "Only the browser that has added a checkpoint can remove it.",
        "チェックポイントを削除できるのは、追加したブラウザーだけです。",
    ),
    "error_remove_gone": (
        "No added checkpoint has the hash {hash}; it may have been removed already.",
        "ハッシュ {hash} の追加されたチェックポイントはありません。すでに削除されている可能性があります。",
    ),
    "error_remove_disk": (
        "The studio cannot write to its disk, so the checkpoint was not removed.",
        "スタジオのディスクに書き込めないため、削除できませんでした。",
    ),
    "error_add_pickle": (
        "{file} may be a pickle, which can run code when it is loaded. Only config.json and model.safetensors are "
        "taken.",
        "{file} は pickle 形式の可能性があり、読み込むとコードが実行されるおそれがあります。"
        "追加できるのは config.json と model.safetensors だけです。",
    ),
    "error_add_pickle_inside": (
        "The file of weights is a pickle inside, whatever its name; it could run code when it is loaded, so it is "
        "not taken.",
        "重みのファイルの中身は pickle 形式です。読み込むとコードが実行されるおそれがあるため、追加できません。",
    ),
    "error_add_kind": (
        "{file} is neither config.json nor model.safetensors; only these two are taken.",
        "{file} は config.json でも model.safetensors でもありません。追加できるのはこの 2 つだけです。",
    ),
    "error_add_both": (
        "Choose exactly one config.json and one model.safetensors, both at once.",
        "config.json と model.safetensors を 1 つずつ、同時に選んでください。",
    ),
    "error_add_weights": (
        "The file of weights is no safetensors file; model.safetensors as the training writes it is needed.",
        "重みのファイルは safetensors 形式ではありません。学習プログラムが書いた model.safetensors が必要です。",
    ),
    "error_add_size": (
        "The weights have {megabytes} MB; up to {limit} MB are allowed. “python -m training publish” halves them.",
        "重みは {megabytes} MB です。{limit} MB まで追加できます。python -m training publish で半分にできます。",
    ),
    "error_add_config": (
        "config.json is no JSON that can be read; the file that the training has written is needed.",
        "config.json を JSON として読めません。学習プログラムが書いたファイルが必要です。",
    ),
    "error_add_config_size": (
        "config.json has {kilobytes} kB; up to {limit} kB are allowed.",
        "config.json は {kilobytes} kB です。{limit} kB まで追加できます。",
    ),
    "error_add_passport": (
        "The field “{field}” of the passport in config.json has not the form that the training gives it.",
        "config.json の学習の記録のうち「{field}」の形が正しくありません。",
    ),
    "error_add_attention": (
        "The generator attends at {side} x {side}, which takes gigabytes; up to {limit} x {limit} is allowed here.",
        "{side} x {side} の自己注意は、数 GB のメモリーが必要なため追加できません。{limit} x {limit} まで使えます。",
    ),
    "error_add_operations": (
        "A tile of this generator takes {gigaflop} GFLOP of computing; up to {limit} are allowed here.",
        "この生成器はタイル 1 枚に {gigaflop} GFLOP の計算が必要なため追加できません。上限は {limit} GFLOP です。",
    ),
    "error_add_rate": (
        "{count} checkpoints were sent within a minute; try again in a minute.",
        "1 分間に {count} 個のチェックポイントが送られました。1 分ほど待ってからもう一度試してください。",
    ),
    "error_add_busy": (
        "{count} checkpoints are being sent right now; try again in a moment.",
        "いま {count} 個のチェックポイントを受信中です。少し待ってからもう一度試してください。",
    ),
    "error_add_lost": (
        "The sending was interrupted and given up; choose the two files again.",
        "送信が途中で切れました。2 つのファイルをもう一度選んでください。",
    ),
    "error_add_disk": (
        "The studio cannot write to its disk, so the checkpoint was not kept.",
        "スタジオのディスクに書き込めないため、追加できませんでした。",
    ),
    "error_add_off": (
        "This studio takes no checkpoints from the page; put them into its folder.",
        "このスタジオではページから追加できません。フォルダーに置いてください。",
    ),
}
