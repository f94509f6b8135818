"""The words of the page of results, in English and Japanese."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """One text in both languages; both are filled with the same values."""

    en: str
    ja: str


TEXTS = {
    "results": Text("Results", "結果"),
    "language": Text("Language", "言語"),
    # the result
    "no_ranking": Text(
        "There is no ranking: it takes at least {least} ballots.", "投票が {least} 票に満たないため、順位はありません。"
    ),
    "winner": Text("Winner", "優勝"),
    "winners": Text("Shared first place", "同率優勝"),
    "clear": Text(
        "A clear result: in {percent} % of resampled votes the same tile wins.",
        "明確な結果です。票を再抽出した場合の {percent} % で同じタイルが優勝します。",
    ),
    "likely": Text(
        "A likely result: in {percent} % of resampled votes the same tile wins.",
        "ほぼ確かな結果です。票を再抽出した場合の {percent} % で同じタイルが優勝します。",
    ),
    "close": Text(
        "A close call: in {percent} % of resampled votes the same tile wins.",
        "接戦です。票を再抽出した場合に同じタイルが優勝するのは {percent} % です。",
    ),
    "open": Text(
        "Nearly a draw: only in {percent} % of resampled votes the same tile wins.",
        "ほぼ互角です。票を再抽出した場合に同じタイルが優勝するのは {percent} % にとどまります。",
    ),
    "turnout": Text("{ballots} of {eligible} voters", "投票者 {eligible} 人中 {ballots} 人"),
    "too_many": Text(
        "There are more ballots than voters: on the honour system somebody may have voted more than once.",
        "票数が投票者数を超えています。自己申告制のため、複数回投票した人がいる可能性があります。",
    ),
    "honour": Text(
        "This vote was held on the honour system: nothing kept anybody from voting twice.",
        "この投票は自己申告制で行われました。重複投票を防ぐ仕組みはありません。",
    ),
    # the rounds
    "single": Text("Single choice", "単記投票"),
    "podium": Text("First round: podium of 3, 2 and 1 points", "第 1 ラウンド: 表彰台（3・2・1 点）"),
    "final": Text("Final: ranking of the best", "決勝: 上位タイルの順位付け"),
    "no_quorum": Text(
        "Fewer than {least} ballots: this round gives no ranking.",
        "{least} 票に満たないため、このラウンドの順位はありません。",
    ),
    "place": Text("Place", "順位"),
    "tile": Text("Tile", "タイル"),
    "name": Text("Name", "名前"),
    "score": Text("Points per voter", "投票者 1 人あたりの点"),
    "duels": Text("Duels won", "対戦の勝ち数"),
    "band": Text("95 % band", "95 % 区間"),
    "bar": Text("Points from first, second and third places", "1 位・2 位・3 位による点"),
    "positions": Text("Times first, second, ...", "1 位、2 位… の票数"),
    "chance": Text("Chance of winning", "優勝の確率"),
    "decided_by": Text("What put it below", "上位との差を決めたもの"),
    "by_score": Text("score", "得点"),
    "by_head_to_head": Text("duels among the tied", "同点者どうしの対戦"),
    "by_first_places": Text("first places", "1 位の数"),
    "by_times_ranked": Text("times ranked", "順位が付いた回数"),
    "by_first_round": Text("first round", "第 1 ラウンドの得点"),
    "by_lot": Text("lot", "くじ"),
    "by_shared": Text("shared", "同率"),
    "band_note": Text(
        "The bands hold 95 % of the scores of {samples} resampled votes. The chance of winning is the share of them in "
        "which the tile wins.",
        "区間は、票を {samples} 回再抽出したときの得点の 95 % が入る範囲です。"
        "優勝の確率は、そのうちタイルが優勝した割合です。",
    ),
    "duel_matrix": Text("Head to head", "一対一の比較"),
    "duel_note": Text(
        "Each row: how many ballots prefer its tile to that of the column.",
        "各行: その行のタイルを列のタイルより上とした票の数。",
    ),
    # an entry
    "entries": Text("The tiles", "タイル一覧"),
    "checkpoint": Text("Checkpoint (SHA-256)", "チェックポイント（SHA-256）"),
    "weights": Text("Weights", "重み"),
    "seed": Text("Seed", "シード"),
    "psi": Text("Psi", "トランケーション ψ"),
    "recipe": Text("Recipe", "レシピ"),
    "training_hours": Text("Hours of training (declared)", "学習の時間数（申告）"),
    "pretrained": Text("Pretrained networks (declared)", "学習済みネットワーク（申告）"),
    "seeds_looked_at": Text("Seeds looked at (declared)", "見たシードの数（申告）"),
    "second_seed": Text("Second seed, drawn by the organiser", "主催者が引いた 2 つ目のシード"),
    "repeated_cells": Text("Pictures repeated in the second tile", "2 つ目のタイルにも現れた画像"),
    "verify": Text("Verify the tile:", "タイルの検証:"),
    "by_entrant": Text("In the entrant's words", "参加者のことば"),
    # the proof
    "proof": Text("How this can be checked", "検証の方法"),
    "recount": Text(
        "The file race.json holds all ballots; python recount.py race.json counts them again, and with a receipt after "
        "it shows that ballot. The format is described in docs/race.md of the program.",
        "race.json にすべての票があります。python recount.py race.json で数え直し、"
        "続けて受付番号を書くとその票を表示します。"
        "形式はプログラムの docs/race.md にあります。",
    ),
    "commitment": Text(
        "Before the vote this commitment to who made which tile was published; it is the SHA-256 of the mapping in "
        "race.json and the salt:",
        "投票の前に、どのタイルがだれのものかを固定する次の値が公開されました。"
        "race.json の対応表とソルトの SHA-256 です。",
    ),
    "salt": Text("Salt:", "ソルト:"),
    "ties": Text(
        "Ties are broken by, in this order: duels among the tied, first places, times ranked, points of the first "
        "round, and a lot drawn from the SHA-256 of all receipts and the salt.",
        "同点は、同点者どうしの対戦、1 位の数、順位が付いた回数、第 1 ラウンドの得点、"
        "全受付番号とソルトの SHA-256 によるくじの"
        "順で決めます。",
    ),
    "could_see": Text(
        "What the organiser could still see: whoever runs the program knows who made which tile, and who can read its "
        "memory or change it while it runs could learn who cast which ballot. The files that it keeps do not tell: a "
        "ballot has a random receipt, and no code, time or order.",
        "主催者に見えうるもの: プログラムを動かす人は、どのタイルがだれのものかを知っています。実行中のメモリを読んだり"
        "プログラムを書き換えたりできる人は、だれがどの票を入れたかを知りえます。保存されたファイルからは分かりません。"
        "票にあるのは無作為な受付番号だけで、コード、時刻、順序はありません。",
    ),
    "weak_secrecy": Text(
        "With fewer than {limit} voters, the ballots may show who voted for what.",
        "投票者が {limit} 人に満たないため、票からだれの投票かが分かることがあります。",
    ),
    "ballots": Text("All ballots", "すべての票"),
    "receipt": Text("Receipt", "受付番号"),
    "ranks": Text("From the best on", "上位から"),
}
