"""What the race says to entrants, voters and the organiser when something is refused, in English and Japanese."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from studio.race import counting

Language: TypeAlias = Literal["en", "ja"]


class Message(NamedTuple):
    """One text in both languages; both are filled with the same values."""

    en: str
    ja: str


# What the phases are called, alone and, where ballots can be taken in one, with whether they are.
STAGES = {
    "SUBMIT": Message("Entries", "提出"),
    "CHECK": Message("Check", "確認"),
    "VOTE": Message("Vote", "投票"),
    "VOTE_open": Message("Vote (open)", "投票（受付中）"),
    "VOTE_closed": Message("Vote (closed)", "投票（締め切り後）"),
    "FINAL": Message("Final", "決勝"),
    "FINAL_open": Message("Final (open)", "決勝（受付中）"),
    "FINAL_closed": Message("Final (closed)", "決勝（締め切り後）"),
    "REVEAL": Message("Result", "発表"),
}

# Where the race has to stand for what an organiser asks for: keys of STAGES.
ALLOWED_STAGES = {
    "check": ("CHECK",),
    "close": ("SUBMIT", "VOTE_open", "FINAL_open"),
    "codes": ("VOTE",),
    "exclude": ("SUBMIT", "CHECK"),
    "final": ("VOTE_closed",),
    "include": ("SUBMIT", "CHECK"),
    "open": ("SUBMIT", "CHECK"),
    "reopen": ("CHECK", "VOTE", "FINAL_closed"),
    "reveal": ("VOTE_closed", "FINAL_closed"),
}

MESSAGES = {
    # voters
    "code_unknown": Message(
        "This code is not one of this race; check its ten letters and digits.",
        "このレースのコードではありません。10 文字の英数字を確かめてください。",
    ),
    "code_used": Message("This code has voted.", "このコードはすでに投票に使われました。"),
    "name_used": Message("Somebody of this name has voted.", "この名前ではすでに投票されています。"),
    "name_bad": Message(
        "A voter's name has 1 to {limit} visible letters.",
        "投票者の名前は 1 文字以上 {limit} 文字以下で入力してください。",
    ),
    "too_many_wrong": Message(
        "There were too many wrong codes; try again in {seconds} seconds.",
        "誤ったコードが多すぎます。{seconds} 秒後にもう一度お試しください。",
    ),
    "vote_not_open": Message("The vote is not open yet.", "投票はまだ始まっていません。"),
    "vote_closed": Message("The vote is closed.", "投票は締め切られました。"),
    "round_over": Message(
        "This ballot is for another round than the one that is open; load the page again.",
        "この投票用紙は、現在のラウンドのものではありません。ページを読み込み直してください。",
    ),
    "paused": Message(
        "The race is paused; nothing is lost. Try again when it goes on.",
        "レースは一時停止中です。失われたものはありません。再開後にもう一度お試しください。",
    ),
    "own_tile": Message(
        "The tile {tile} is your own; vote for others.",
        "タイル {tile} はあなたのものです。ほかのタイルを選んでください。",
    ),
    "nothing_to_choose": Message(
        "Beside your own tile there are too few finalists left to rank, so you have no vote in this final.",
        "ご自分のタイルを除くと順位を付けられるタイルが足りないため、この決勝では投票できません。",
    ),
    "malformed": Message(
        "The field {field} of the request is not {wanted}.", "リクエストの項目 {field} が正しくありません（{wanted}）。"
    ),
    "key_taken": Message(
        "Another ballot was sent with this key; load the page again and vote once more.",
        "このキーは別の投票に使われています。ページを読み込み直して、もう一度投票してください。",
    ),
    "picture_unknown": Message("There is no picture {name} in this race.", "このレースに画像 {name} はありません。"),
    "ballot_tile_unknown": Message(counting.SENTENCES["tile_unknown"], "タイル {tile} はこのラウンドにありません。"),
    "ballot_tile_twice": Message(
        counting.SENTENCES["tile_twice"], "タイル {tile} が 2 回選ばれています。1 回だけ選べます。"
    ),
    "ballot_too_few": Message(
        "The ballot ranks {count} tiles; in this round it must rank at least {least}.",
        "{count} 枚のタイルが選ばれています。このラウンドでは {least} 枚以上選んでください。",
    ),
    "ballot_too_many": Message(
        "The ballot ranks {count} tiles; in this round it may rank at most {most}.",
        "{count} 枚のタイルが選ばれています。このラウンドで選べるのは {most} 枚までです。",
    ),
    # entrants
    "entry_not_verified": Message("The tile did not verify: {sentence}", "タイルを検証できませんでした: {sentence}"),
    "entry_no_tile": Message(
        "There is no tile: an exported PNG, or entry.toml with checkpoint and seed, is wanted.",
        "タイルがありません。書き出した PNG か、チェックポイントとシードを書いた entry.toml が必要です。",
    ),
    "entry_several_tiles": Message(
        "There are {count} pictures, {names}; one tile is allowed.",
        "画像が {count} 枚あります（{names}）。提出できるタイルは 1 枚です。",
    ),
    "entry_contradicts": Message(
        "The {field} in entry.toml is {said}, that of the tile is {found}.",
        "entry.toml の {field} は {said} ですが、タイルでは {found} です。",
    ),
    "entry_toml": Message("entry.toml cannot be read: {why}.", "entry.toml を読めません: {why}。"),
    "entry_archive": Message("The zip cannot be read: {why}", "zip を読めません: {why}"),
    "entry_hours_unknown": Message(
        "The metadata do not say how long it was trained; at most {limit} hours are allowed.",
        "学習時間がメタデータに書かれていません。学習は {limit} 時間までです。",
    ),
    "entry_hours": Message(
        "It was trained for {hours} hours by its metadata; at most {limit} are allowed.",
        "メタデータによると {hours} 時間学習しています。学習は {limit} 時間までです。",
    ),
    "entry_pretrained": Message(
        "Its recipe has a pretrained discriminator that the metadata do not declare.",
        "レシピが事前学習済みの識別器を使っていますが、メタデータに申告がありません。",
    ),
    "entry_size": Message(
        "Its pictures have {side} pixels a side; those of this race have {wanted}.",
        "画像の一辺は {side} 画素です。このレースでは {wanted} 画素です。",
    ),
    "entry_attention": Message(
        "Its generator needs too much memory (attention at {side} x {side}; at most {limit} x {limit}).",
        "生成器のメモリー使用量が大きすぎます（{side} x {side} のアテンション。{limit} x {limit} まで）。",
    ),
    "entry_duplicate": Message("The same tile is in the race already.", "同じタイルがすでに提出されています。"),
    "entry_name_taken": Message(
        "Somebody else has entered under the name {name}; choose another.",
        "名前「{name}」はほかの人が使っています。別の名前にしてください。",
    ),
    "entry_name_bad": Message(
        "An entry's name has 1 to {limit} visible letters.",
        "エントリーの名前は 1 文字以上 {limit} 文字以下で入力してください。",
    ),
    "entry_ignores_seed": Message(
        "Its generator gives the same tile for another seed.",
        "別のシードでも同じタイルになる生成器です。",
    ),
    "entry_excluded": Message("The organiser has excluded it.", "主催者が除外しました。"),
    "entry_seed": Message("{sentence}", "シードは 0 から 4294967295 までの整数、ψ は 0 から 1 までの数です。"),
    "entry_checkpoint": Message("Its checkpoint cannot be used: {why}", "チェックポイントを使えません: {why}"),
    "entry_checkpoint_gone": Message(
        "Its checkpoint is not here any more.", "チェックポイントがもうここにありません。"
    ),
    "entries_closed": Message("Entries are closed.", "提出は締め切られました。"),
    "entries_full": Message(
        "The race has {limit} entries, the most that are taken.", "エントリーは {limit} 件までです。"
    ),
    "entry_limit": Message(
        "This browser has sent {limit} entries, the most that one may send; enter again under one of their names.",
        "このブラウザーからは上限の {limit} 件が提出されています。同じ名前で再提出すると差し替えられます。",
    ),
    "entry_limit_address": Message(
        "{limit} entries came from this network; the other places are kept for others. Hand yours to the organiser.",
        "このネットワークからは上限の {limit} 件が提出されています。残りはほかの人の分です。主催者に渡してください。",
    ),
    # organiser
    "secret_wrong": Message("This is not the organiser's secret.", "主催者用キーが違います。"),
    "phase": Message(
        'The race is in the phase "{phase}"; "{action}" is possible in: {allowed}.',
        "レースは「{phase}」の段階です。「{action}」ができる段階: {allowed}。",
    ),
    "no_ballots_wanted": Message(
        "{count} ballots are in, which would be lost; the vote can be closed, but not taken back.",
        "{count} 票が投じられており、戻すと失われます。締め切ることはできますが、取り消せません。",
    ),
    "finalists_shown": Message(
        "The finalists have been shown, so the first round cannot be opened again.",
        "決勝進出者が公開されたため、最初のラウンドを再開できません。",
    ),
    "too_few_entries": Message(
        "There are {count} entries; a vote needs at least {least}.",
        "エントリーは {count} 件です。投票には {least} 件以上必要です。",
    ),
    "voters_bad": Message(
        "{count} voters do not fit: each of the {entries} entries has a voter of its own, and {limit} is the most.",
        "投票者数 {count} は使えません。エントリー {entries} 件にそれぞれ 1 人必要で、上限は {limit} 人です。",
    ),
    "no_final": Message(
        "No final can be held: it needs a podium round of at least 3 ballots and two tiles with points.",
        "決勝を行えません。表彰台方式のラウンドで 3 票以上、得点のあるタイルが 2 枚以上必要です。",
    ),
    "entries_changed": Message(
        "The entries changed while the vote was being opened; open it again.",
        "投票を開始する間にエントリーが変わりました。もう一度開始してください。",
    ),
    "codes_overtaken": Message(
        "A ballot came in while the new codes were drawn, so the codes from before stay good. Draw new codes again.",
        "コードを作り直している間に票が入ったため、前のコードが引き続き有効です。もう一度コードを作り直してください。",
    ),
    "voters_wanted": Message(
        "The number of voters is missing, and there are no codes yet.",
        "投票者数が指定されておらず、コードもまだありません。",
    ),
    "honour_no_codes": Message(
        "This race is on the honour system; it has no codes.", "このレースは自己申告制です。コードはありません。"
    ),
    "not_revealed": Message("The result is shown after the reveal.", "結果は発表後に公開されます。"),
    "entry_absent": Message(
        "There is no entry {name}; the entries are: {names}.", "エントリー「{name}」はありません。エントリー: {names}"
    ),
    "folder_taken": Message(
        "{path} is no race and not empty; name a new folder or that of a race.",
        "{path} はレースのフォルダーではなく、空でもありません。",
    ),
    "no_race": Message("There is no race in {path}.", "{path} にレースはありません。"),
    "race_format": Message(
        "The race in {path} has the format {found}; this program reads format {wanted}.",
        "{path} のレースの形式は {found} です。このプログラムは形式 {wanted} を読みます。",
    ),
    "race_damaged": Message("The file {path} is damaged: {why}.", "ファイル {path} が壊れています: {why}。"),
    "store_away": Message(
        "The folder of the race cannot be reached at the moment. What had been confirmed is kept; try again.",
        "レースのフォルダーに現在アクセスできません。確認済みの内容は残っています。もう一度お試しください。",
    ),
    "store_full": Message(
        "The disk with the folder of the race is full; what had been confirmed is kept.",
        "レースのフォルダーのあるディスクがいっぱいです。確認済みの内容は残っています。",
    ),
}

# What the page says plainly of the secrecy of the vote, beside the ballot.
SECRECY = Message(
    "The program keeps who has voted and what was voted apart, without times and in no order. Whoever runs it could "
    "still watch while ballots come in: copies of the folder from before and after a vote show which ballot is new, a "
    "mounted drive may keep such copies by itself, and a changed program could note anything. The organiser also knows "
    "from the beginning which tile is whose.",
    "だれが投票したかと、何に投票したかは、時刻も順序もなしに別々に保存されます。ただし、プログラムを動かす人は、投票中の様子を"
    "見ることができます。投票の前後でフォルダーをコピーすれば、どの票が増えたか分かります（マウントしたドライブが自動でコピーを残すことも"
    "あります）。プログラムを書き換えれば、何でも記録できます。また、主催者はどのタイルがだれのものかを最初から知っています。",
)
WEAK_SECRECY = Message(
    "With fewer than {limit} voters, the published ballots may show who voted for what.",
    "投票者が {limit} 人より少ないと、公開される票から、だれが何に投票したか分かることがあります。",
)


class RaceError(ValueError):
    """Something is refused: `code` is a key of MESSAGES, and `values` fill that text."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code, self.values = code, values
        super().__init__(self.sentence())

    def sentence(self, language: Language = "en") -> str:
        """Return the reason in one sentence."""
        values = {**self.values, **_stages_in_words(self.values, language)} if self.code == "phase" else self.values
        return str(getattr(MESSAGES[self.code], language).format(**values))

    def to_dict(self) -> dict[str, Any]:
        """Return code and values as plain JSON."""
        return {"code": self.code, "values": self.values}


def _stages_in_words(values: dict[str, Any], language: Language) -> dict[str, str]:
    """Return the words for the stage and for those in which the action is possible."""
    allowed = getattr(allowed_in_words(values["action"]), language)
    return {"phase": getattr(STAGES[values["phase"]], language), "allowed": allowed}


def allowed_in_words(action: str) -> Message:
    """Return where the race has to stand for an action of ALLOWED_STAGES."""
    stages = [STAGES[stage] for stage in ALLOWED_STAGES[action]]
    return Message(", ".join(stage.en for stage in stages), "、".join(stage.ja for stage in stages))


def ballot_error(error: counting.CountingError) -> RaceError:
    """Return what a voter is told of a ballot that the counting refuses."""
    return RaceError(f"ballot_{error.code}", **error.values)
