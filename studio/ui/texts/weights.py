"""The words for the two kinds of weights of a checkpoint."""

from __future__ import annotations

WEIGHTS: dict[str, tuple[str, str]] = {
    "weights": ("Weights", "重み"),
    "weights_pick_averaged": ("Averaged", "平均した重み"),
    "weights_pick_raw": ("As last trained", "最終ステップの重み"),
    "weights_averaged": ("averaged weights", "平均した重み"),
    "weights_raw": ("weights as last trained", "最終ステップの重み"),
    "weights_hint": (
        "Training averages the weights of its last steps (EMA), which usually gives better pictures. Both kinds draw "
        "from the same latents, and every tile says which of them drew it.",
        "学習では最後の方の重みを平均しており（EMA）、ふつうは平均した方が良い画像になります。"
        "どちらも同じ潜在変数から描き、どちらの重みかは必ず表示されます。",
    ),
    "rule_weights_averaged": (
        "the weights are those of the checkpoint {hash}, averaged",
        "重みはチェックポイント {hash} のもの（平均した重み）",
    ),
    "rule_weights_raw": (
        "the weights are those of the checkpoint {hash}, as last trained, not averaged; the file declares it",
        "重みはチェックポイント {hash} の最終ステップのもの（平均していないことをファイルに明記）",
    ),
}
