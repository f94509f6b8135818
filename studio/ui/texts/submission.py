"""The words that say whether a tile may be handed in, and what its file declares."""

from __future__ import annotations

LEGAL: dict[str, tuple[str, str]] = {
    "legal": ("Submittable", "提出できます"),
    "legal_declared": ("Submittable; the file declares: {declared}", "提出できます（ファイルに明記: {declared}）"),
    "legal_psi": ("truncation ψ {psi} for all 100 pictures", "100 枚すべてにトランケーション ψ {psi}"),
    "legal_and": (", ", "、"),
    "legal_untrained": (
        "Not submittable: this generator is an untrained stand-in. Train one first.",
        "提出できません: この生成器は未学習の代用品です。先に学習してください。",
    ),
    "rule_seed": (
        "all 100 pictures come from one seed, {seed}, in its order",
        "100 枚すべてが 1 つのシード {seed} から順番どおりに生成される",
    ),
    "rule_cells": (
        "no edit: no picture was picked, dropped or exchanged",
        "編集なし: 画像を選んだり、捨てたり、差し替えたりしていない",
    ),
    "rule_no_psi": ("no truncation", "トランケーションなし"),
    "rule_psi": (
        "truncation ψ {psi}, the same for all 100 pictures; the file declares it",
        "トランケーション ψ {psi} を 100 枚すべてに適用（ファイルに明記）",
    ),
    "copy_seed": ("Copy the seed", "シードをコピー"),
    "seed_copied": ("Seed {seed} copied.", "シード {seed} をコピーしました。"),
    "seed_by_hand": (
        "The browser does not let the page copy; the seed is selected, to be copied by hand.",
        "ブラウザーがコピーを許可しません。シードを選択したので、手動でコピーしてください。",
    ),
}
