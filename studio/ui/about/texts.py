"""The words of the About tab, and the glossary of the tricks that the recipes use."""

from __future__ import annotations

from typing import NamedTuple

Words = tuple[str, str]  # English, Japanese

ABOUT: dict[str, Words] = {
    "about_tile_title": ("What a tile is", "タイルとは"),
    "about_tile": (
        "One seed gives all 100 pictures of a tile, row by row. Draw as many seeds as you like: what you choose is "
        "always the whole tile. No picture of it may be exchanged, left out or moved, and anybody can draw the tile "
        "again and check it.",
        "1 つのシードから、タイルの 100 枚すべてが順に決まります。シードは何度選び直しても構いませんが、"
        "選べるのは必ずタイル全体です。1 枚だけの差し替え・除外・並べ替えはできず、"
        "同じタイルを誰でも描き直して検証できます。",
    ),
    "about_scores_title": ("Scores of all checkpoints", "全チェックポイントの評価値"),
    "about_scores_intro": (
        "KID and FID measure how far drawn pictures are from real ones: lower is nearer. A metric is not the eye: it "
        "misses what its network does not see, so look at the tiles. Each table belongs to one feature network, and "
        "numbers of different tables cannot be compared.",
        "KID と FID は、生成画像と実画像の隔たりを表します（小さいほど近い）。評価値は目の代わりになりません。"
        "特徴量のネットワークが見ないものは数値に表れないので、必ずタイルを見てください。表はネットワークごとに分かれ、"
        "異なる表の数値は比較できません。",
    ),
    "about_scores_name": ("Checkpoint", "チェックポイント"),
    "about_scores_kid": ("KID", "KID"),
    "about_scores_fid": ("FID", "FID"),
    "about_scores_bands": ("Power in five bands", "5 帯域のパワー比"),
    "about_scores_periods": ("Grids of 2 / 4 px", "2 / 4 px の格子"),
    "about_scores_spectrum": (
        "Power and grids: the power spectrum of the drawn pictures over that of the real ones, in five bands from "
        "coarse to fine, and at the periods of 2 and 4 pixels. 1 is alike; a period above 3 is a grid over the "
        "pictures.",
        "パワー比と格子: 生成画像と実画像のパワースペクトルの比です。粗い側から細かい側へ 5 つの帯域と、"
        "2・4 ピクセルの周期で比べています。1 なら同じで、周期の値が 3 を超えると画像に格子模様が見られます。",
    ),
    "about_scores_fakes": ("Drawn / real", "生成 / 実画像"),
    "about_scores_images": ("Images seen", "学習画像数"),
    "about_scores_minutes": ("Minutes", "学習時間（分）"),
    "about_scores_few": (
        "Grey: fewer than 1,000 drawn pictures, too noisy to rank by; these stand below the others.",
        "灰色: 生成画像が 1,000 枚未満のため誤差が大きく、順位には向きません。ほかの下に並べています。",
    ),
    "about_scores_unnamed": ("Network not named", "ネットワーク名の記録なし"),
    "about_scores_unnamed_hint": (
        "Which network gave these numbers is not recorded, so they stand by name and in no ranking.",
        "どのネットワークの数値か記録がないため、順位を付けずに名前順で並べています。",
    ),
    "about_imagenet": ("ImageNet", "ImageNet"),
    "about_scores_pretrained": (
        "Trained with the help of {network}; it has an advantage that the others lack.",
        "学習に {network} を利用しています。ほかより有利な条件です。",
    ),
    "about_scores_unscored": ("Without scores: {names}", "評価値なし: {names}"),
    "about_scores_none": (
        "No checkpoint here has scores. `python -m training ladder` gives them.",
        "評価値のあるチェックポイントはありません。`python -m training ladder` で評価できます。",
    ),
    "about_open": ("Show {name} in Explore", "{name} を「見る」で表示"),
    "about_glossary_title": ("The tricks, in two lines each", "技法の早見表"),
    "about_search": ("Search the tricks", "技法を検索"),
    "about_found": ("{count} of {all}", "{all} 件中 {count} 件"),
    "about_found_none": ("Nothing here has these words.", "一致する技法はありません。"),
    "about_look": ("Look at:", "見どころ:"),
    "about_recipes": ("Recipes:", "レシピ:"),
    "about_group": ("{group} ({count})", "{group}（{count}）"),
    "about_group_start": ("Where everything starts", "出発点"),
    "about_group_loss": ("Losses", "損失関数"),
    "about_group_bound": ("Norms and penalties", "正規化とペナルティ"),
    "about_group_network": ("Parts of the networks", "ネットワークの部品"),
    "about_group_batch": ("Variety and classes", "多様性とクラス"),
    "about_group_data": ("For few pictures", "少ない画像で学ぶ"),
    "about_group_draw": ("When drawing", "描画のとき"),
    "about_program_title": ("This program", "このプログラム"),
    "about_version_program": ("GAN Race Studio", "GAN Race Studio"),
    "about_version_python": ("Python", "Python"),
    "about_version_torch": ("PyTorch", "PyTorch"),
    "about_version_gradio": ("Gradio", "Gradio"),
    "about_version_device": ("Tiles to look at are drawn on", "閲覧用タイルの描画"),
    "about_not_installed": ("run from its folder", "フォルダーから直接実行"),
    "about_official": (
        "Exports and checks are always drawn on the CPU, in float32, so that everybody gets the same tile.",
        "書き出しと検証は、誰でも同じタイルになるよう、常に CPU の float32 で描きます。",
    ),
    "about_licence": (
        "The program is free under the MIT licence. The photographs of the Oxford 102 Flowers (Nilsback and Zisserman, "
        "2008) are not part of it and belong to their owners. EfficientNet-Lite0, through which the recipes `best` "
        "and `projected` look in training, is under Apache-2.0 and is not part of it either.",
        "プログラムは MIT ライセンスで自由に使えます。Oxford 102 Flowers（Nilsback and Zisserman, "
        "2008）の写真はこのプログラムに含まれず、それぞれの権利者に帰属します。レシピ `best` と `projected` が"
        "学習に利用する EfficientNet-Lite0 は Apache-2.0 で、これも含まれません。",
    ),
    "about_errors": (
        "For the organiser: errors of the program are in its terminal, and in the notebook `demo.last_errors()` lists "
        "the last 20. They are not shown on this page, which anybody with the link can open.",
        "主催者の方へ: プログラムのエラーは端末に出ます。ノートブックでは `demo.last_errors()` で直近 20 "
        "件を確認できます。リンクを知っていれば誰でも開けるこのページには表示しません。",
    ),
}


class Trick(NamedTuple):
    """One entry of the glossary: what it does, what to look at, where it is from, and how a recipe has it."""

    key: str
    group: str
    name: Words
    does: Words
    look: Words
    paper: str = ""  # an arXiv number
    setting: str = ""  # as `--set` takes it
    recipes: tuple[str, ...] = ()


GLOSSARY = (
    Trick(
        "course_sample",
        "start",
        ("The course’s sample", "授業のサンプル"),
        (
            "The course’s own program: z of 32 numbers, plain cross-entropy, no batch norm in D, no augmentation.",
            "授業で配られるプログラムそのもの。z は 32 次元、損失は素の交差エントロピーで、D "
            "のバッチ正規化もデータ拡張もありません。",
        ),
        (
            "the bar to beat: a trick is worth its name when its tile looks better after as many images.",
            "超えるべき基準です。同じ学習画像数でこれより良いタイルになれば、その技法には効果があります。",
        ),
        recipes=("course_sample",),
    ),
    Trick(
        "dcgan",
        "start",
        ("DCGAN", "DCGAN"),
        (
            "Strided convolutions in place of pooling, batch norm, and weights that start small: the plain network "
            "from which most recipes here are derived.",
            "プーリングの代わりにストライド付き畳み込みを使い、バッチ正規化と小さな初期値で学習する基本形。"
            "ここのレシピの多くはこれを元にしています。",
        ),
        (
            "a fine checkerboard in flat areas, left by the transposed convolutions.",
            "平坦な部分の細かい市松模様。転置畳み込みの跡です。",
        ),
        "1511.06434",
        "generator=dcgan",
        ("dcgan",),
    ),
    Trick(
        "how_to_train",
        "start",
        ("“How to train a GAN”", "“How to train a GAN”"),
        (
            "A list of 17 practical hints from 2016. The recipe keeps those that still help: softer labels for reals, "
            "LeakyReLU in G, and noise on D’s pictures that fades away.",
            "2016 年の 17 項目の実践集。このレシピは、今も役立つものとして、本物側のラベルの緩和、G の LeakyReLU、"
            "徐々に消える D への入力ノイズを採っています。",
        ),
        (
            "whether the noise leaves a grain behind; README gives a verdict on each of the 17.",
            "ノイズ由来のざらつきが残っていないか。17 項目それぞれの評価は README にあります。",
        ),
        recipes=("ganhacks",),
    ),
    Trick(
        "non_saturating",
        "loss",
        ("Non-saturating loss", "非飽和損失"),
        (
            "G maximises the logarithm of D’s belief in its pictures, which keeps its gradient strong while D is "
            "winning.",
            "G は「本物らしさ」の対数を最大化します。D が優勢な間も G の勾配が弱まりません。",
        ),
        (
            "the steady default: when in doubt about another loss, compare with this one.",
            "迷ったときの標準です。ほかの損失はまずこれと比べてください。",
        ),
        "1406.2661",
        "loss=non_saturating",
        ("course_sample", "dcgan"),
    ),
    Trick(
        "label_smoothing",
        "loss",
        ("One-sided label smoothing", "片側ラベル平滑化"),
        (
            "D is asked for 0.9 instead of 1 on reals, so that it is never quite sure. Only for cross-entropy, and "
            "only on the side of the reals.",
            "本物に対する目標を 1 ではなく 0.9 にして、D の過信を防ぎます。交差エントロピー専用で、"
            "本物側だけに使います。",
        ),
        (
            "calmer logits of D; the pictures change little where augmentation is on already.",
            "D の出力が穏やかになります。データ拡張を使っていれば、画像の変化はわずかです。",
        ),
        "1606.03498",
        "penalties=real_smoothing:0.1",
        ("ganhacks",),
    ),
    Trick(
        "least_squares",
        "loss",
        ("LSGAN", "LSGAN（最小二乗）"),
        (
            "Squared distances to 1 and 0 in place of cross-entropy: fakes far beyond the border are pulled back, too.",
            "交差エントロピーの代わりに 1 と 0 への二乗誤差を使います。境界から遠い偽物も引き戻されます。",
        ),
        ("D’s outputs, which can drift away from 0 and 1.", "D の出力が 0 と 1 から離れていかないか。"),
        "1611.04076",
        "loss=least_squares",
        ("lsgan",),
    ),
    Trick(
        "wasserstein",
        "loss",
        ("Wasserstein GAN", "Wasserstein GAN"),
        (
            "D becomes a critic with a slope instead of a judge with a verdict. Something must bound the slope: here "
            "D’s weights are clipped, and D takes five steps for one of G.",
            "D は真偽の判定ではなく、滑らかな点数を付けます。傾きの制限が必要で、ここでは重みをクリップします。"
            "G の 1 ステップにつき D は 5 ステップ学習します。",
        ),
        (
            "few steps of G: at the same number of images it has learned a fifth of what the others did.",
            "G の更新回数。同じ学習画像数では、ほかの 5 分の 1 しか更新されていません。",
        ),
        "1701.07875",
        "loss=wasserstein clip=0.01",
        ("wgan",),
    ),
    Trick(
        "hinge",
        "loss",
        ("Hinge loss", "ヒンジ損失"),
        (
            "D learns only from pictures that it does not yet tell apart by a clear margin; G simply raises D’s "
            "output.",
            "D は、まだ十分な差で見分けられない画像だけから学びます。G は D の出力を単純に上げます。",
        ),
        (
            "a D loss that stays above 0: at 0 D knows everything and teaches nothing.",
            "D の損失が 0 に張り付いていないか。0 では D がすべてを見分け、G は何も学べません。",
        ),
        "1705.02894",
        "loss=hinge",
        ("spectral_norm", "sagan", "fastgan", "san", "projected", "best"),
    ),
    Trick(
        "relativistic",
        "loss",
        ("Relativistic loss (R3GAN)", "相対的損失（R3GAN）"),
        (
            "D compares a real with a fake instead of judging each alone; with R1 and R2 on both sides the game "
            "settles.",
            "D は 1 枚ずつではなく、本物と偽物を組にして比べます。R1 と R2 を両側に加えると学習が落ち着きます。",
        ),
        (
            "variety: no kind of flower should be lost. Each penalty step costs about twice the time.",
            "多様性。失われた花の種類がないか。ペナルティの計算には約 2 倍の時間がかかります。",
        ),
        "2501.05441",
        "loss=relativistic penalties=r1:10,r2:10",
        ("r3gan",),
    ),
    Trick(
        "began",
        "loss",
        ("BEGAN", "BEGAN"),
        (
            "D is an autoencoder: it copies reals well and fakes badly, and a controller keeps the two errors in "
            "proportion.",
            "D はオートエンコーダーで、本物はうまく、偽物は下手に写します。2 つの誤差の比は自動で調整されます。",
        ),
        (
            "smooth, clean pictures with little variety; a larger diversity trades one for the other.",
            "滑らかですが似た画像になりやすい点。diversity を上げると多様になります。",
        ),
        "1703.10717",
        "loss=began",
        ("began",),
    ),
    Trick(
        "feature_matching",
        "loss",
        ("Feature matching", "特徴量マッチング"),
        (
            "G matches the mean of D’s inner features on reals instead of fooling D. A steady aim that D cannot win.",
            "G は D をだます代わりに、D の中間特徴の平均を本物に合わせます。D が勝ちすぎても目標が揺らぎません。",
        ),
        (
            "soft, averaged pictures: the mean says nothing of the single flower.",
            "ぼけて平均的な画像。平均を合わせても 1 輪ごとの形は決まりません。",
        ),
        "1606.03498",
        "feature_matching=1",
        ("feature_matching",),
    ),
    Trick(
        "unrolled",
        "loss",
        ("Unrolled GAN", "Unrolled GAN"),
        (
            "G looks some steps of D ahead and plays against the D that will be, so that jumping between a few "
            "pictures does not pay.",
            "G は数ステップ先の D を見越して学習します。少数の画像の間を飛び移るだけでは得をしなくなります。",
        ),
        (
            "variety across the tile, and the speed: every step of G costs several of D.",
            "タイル全体の多様性と速度。G の 1 ステップに D の数ステップ分の計算が必要です。",
        ),
        "1611.02163",
        "unrolled=3",
        ("unrolled",),
    ),
    Trick(
        "hybrid",
        "loss",
        ("VAE and GAN in one", "VAE と GAN の融合"),
        (
            "An encoder beside G turns reals into latents, and G must paint them again; D’s features say how like they "
            "are. A step costs two to three times as much.",
            "本物を潜在変数に変えるエンコーダーを加え、G に描き直させます。似ているかどうかは D の特徴で測ります。"
            "1 ステップの計算は 2～3 倍です。",
        ),
        (
            "softer pictures that leave out no kind; for this race the encoder itself is of no use.",
            "やや柔らかく、種類の抜けにくい画像。エンコーダー自体はこのレースでは使いません。",
        ),
        "1512.09300",
        "hybrid=0.001",
        ("vae_gan",),
    ),
    Trick(
        "batch_norm",
        "bound",
        ("Batch normalisation", "バッチ正規化"),
        (
            "Brings each channel to the same mean and spread over the batch. For drawing, averages of the training are "
            "used, so that no picture depends on its neighbours.",
            "チャンネルごとに、バッチ内の平均と散らばりを揃えます。描画には学習中の平均値を使うので、"
            "隣の画像に左右されません。",
        ),
        (
            "stripes or a common tint in all pictures, where reals and fakes shared a batch in D.",
            "全画像に共通する縞や色かぶり。D で本物と偽物を同じバッチに混ぜると起こります。",
        ),
        "1502.03167",
        "g_norm=batch",
        ("dcgan", "began"),
    ),
    Trick(
        "weight_norm",
        "bound",
        ("Weight normalisation", "重み正規化"),
        (
            "Learns the length and the direction of each filter apart, in place of batch norm: no picture depends on "
            "its batch. It does not bound D’s slope.",
            "フィルターの長さと向きを別々に学習し、バッチ正規化の代わりとします。バッチに依存しませんが、D "
            "の傾きは制限しません。",
        ),
        (
            "the first steps, in which it may fail; grey tiles are a sign of it.",
            "学習の出だし。ここで失敗することがあり、灰色のタイルはその兆候です。",
        ),
        "1602.07868",
        "g_wrap=weight d_wrap=weight",
        ("weight_norm",),
    ),
    Trick(
        "spectral_norm",
        "bound",
        ("Spectral normalisation (SNGAN)", "スペクトル正規化（SNGAN）"),
        (
            "Divides each weight of D by its largest singular value, so that D’s slope stays bounded at nearly no "
            "cost.",
            "D の重みを最大特異値で割り、わずかな計算で D の傾きを抑えます。",
        ),
        (
            "a training that does not blow up; with Adam’s beta1 above 0.5 it still may.",
            "学習が発散しないこと。ただし Adam の beta1 が 0.5 を超えると不安定になり得ます。",
        ),
        "1802.05957",
        "d_wrap=spectral",
        ("spectral_norm", "sagan", "projected", "best"),
    ),
    Trick(
        "gradient_penalty",
        "bound",
        ("Gradient penalty (WGAN-GP)", "勾配ペナルティ（WGAN-GP）"),
        (
            "Asks for a slope of length 1 between each real and each fake, in place of clipping D’s weights. Per "
            "picture, so D must not have batch norm.",
            "重みをクリップする代わりに、本物と偽物の間で D の勾配の長さを 1 に近づけます。1 枚ごとの条件なので、D "
            "にバッチ正規化は使えません。",
        ),
        (
            "long gradients in the alarms, and slow progress: five steps of D for one of G.",
            "「勾配が長い」という警告と、進みの遅さ（G の 1 ステップにつき D は 5 ステップ）。",
        ),
        "1704.00028",
        "loss=wasserstein penalties=gradient:10",
        ("wgan_gp", "pggan_parts"),
    ),
    Trick(
        "r1",
        "bound",
        ("R1 penalty", "R1 ペナルティ"),
        (
            "Punishes D’s slope at the reals only, so that D calms down near the data. “Lazy”: it may act every 16th "
            "step.",
            "本物の画像の位置でだけ D の勾配を抑え、データの近くで D を落ち着かせます。16 ステップに 1 回で十分です。",
        ),
        (
            "its weight: too strong gives blur, too weak lets D win.",
            "重みの加減。強すぎるとぼけ、弱すぎると D が勝ってしまいます。",
        ),
        "1801.04406",
        "penalties=r1:1 penalty_every=16",
        ("stylegan2_light", "r3gan"),
    ),
    Trick(
        "lecam",
        "bound",
        ("LeCam", "LeCam"),
        (
            "Pulls D’s outputs towards their running means, so that few pictures are not learned by heart. Free of "
            "cost, and goes with augmentation.",
            "D の出力を移動平均へ引き寄せ、少ない画像の丸暗記を防ぎます。計算の負担はなく、データ拡張と併用できます。",
        ),
        (
            "the gap between D’s outputs for reals and fakes: it should stay small for longer.",
            "本物と偽物に対する D の出力の差。長く小さいままなら効いています。",
        ),
        "2104.03310",
        "penalties=lecam:0.01",
        ("lecam",),
    ),
    Trick(
        "ttur",
        "bound",
        ("Two time scales (TTUR)", "2 つの学習率（TTUR）"),
        (
            "D learns with four times G’s rate, in place of several steps of D for one of G.",
            "D を何ステップも余分に学習させる代わりに、D の学習率を G の 4 倍にします。",
        ),
        (
            "whether D wins too early: then G’s pictures stop changing.",
            "D が早く勝ちすぎていないか。G の画像が変わらなくなったら、その兆候です。",
        ),
        "1706.08500",
        "g_lr=0.0001 d_lr=0.0004",
        ("ttur", "sagan"),
    ),
    Trick(
        "equalised",
        "bound",
        ("Equalised learning rate", "学習率の均等化"),
        (
            "All weights start with the same spread and are scaled when used, so that each layer learns equally fast.",
            "すべての重みを同じ散らばりで始め、使う時に縮尺を掛けます。どの層も同じ速さで学習します。",
        ),
        (
            "learning rates: they are some ten times higher than usual with it.",
            "学習率。これを使うと、通常の 10 倍ほどの値になります。",
        ),
        "1710.10196",
        "g_wrap=equalized d_wrap=equalized",
        ("pggan_parts", "stylegan2_light"),
    ),
    Trick(
        "pixel_norm",
        "bound",
        ("Pixel norm", "ピクセル正規化"),
        (
            "Brings the channels at every place of G’s maps to the same length: no statistics of a batch are needed.",
            "G の特徴マップの各位置で、チャンネル全体の大きさを揃えます。バッチの統計は使いません。",
        ),
        (
            "colours that do not run away while G and D outbid each other.",
            "G と D が張り合っても、色が極端にならないこと。",
        ),
        "1710.10196",
        "g_norm=pixel",
        ("pggan_parts",),
    ),
    Trick(
        "self_attention",
        "network",
        ("Self-attention (SAGAN)", "自己注意（SAGAN）"),
        (
            "Lets every place of a map look at every other one, so that both halves of a flower agree. It starts as "
            "doing nothing and grows.",
            "特徴マップのすべての位置が互いを参照し、花の左右が噛み合うようにします。最初は無効で、徐々に強まります。",
        ),
        (
            "symmetry and whole shapes; in a short training it may not have begun to act.",
            "対称性と全体の形。短い学習では、まだ働き始めていないことがあります。",
        ),
        "1805.08318",
        "attention=32",
        ("sagan", "biggan_parts"),
    ),
    Trick(
        "upsampling",
        "network",
        ("Nearest or sub-pixel upsampling", "最近傍・サブピクセル拡大"),
        (
            "Doubles the maps by repeating or by rearranging channels in place of a transposed convolution, whose "
            "kernels overlap unevenly.",
            "転置畳み込みの代わりに、画素の繰り返しやチャンネルの並べ替えで拡大します。"
            "カーネルの重なりむらが生じません。",
        ),
        (
            "flat areas: the checkerboard should be gone.",
            "平坦な部分。市松模様が消えているはずです。",
        ),
        "1609.05158",
        "upsample=nearest",
        ("began",),
    ),
    Trick(
        "styles",
        "network",
        ("Styles (StyleGAN2)", "スタイル（StyleGAN2）"),
        (
            "A small network turns z into styles that scale the weights of every layer; noise adds the chance details, "
            "drawn from the same seed.",
            "小さなネットワークが z をスタイルに変え、各層の重みを調節します。細部はノイズが担い、"
            "これも同じシードから決まります。",
        ),
        (
            "Morph: styles of two seeds can be mixed, coarse layers apart from fine ones. It needs long trainings.",
            "「モーフ」で 2 つのシードのスタイルを層ごとに混ぜられます。長い学習が必要です。",
        ),
        "1912.04958",
        "style_mixing=0.9",
        ("stylegan2_light",),
    ),
    Trick(
        "skip_excitation",
        "network",
        ("Skip-layer excitation (FastGAN)", "Skip-layer excitation（FastGAN）"),
        (
            "A small, early map of G decides how strong each channel of a large, late one is. D must also paint reals "
            "again from its own maps, so that it learns to look.",
            "G の小さな初期の特徴が、後の大きな特徴の強さをチャンネルごとに決めます。D "
            "には自分の特徴から本物を描き直す課題も与え、よく見るように仕向けます。",
        ),
        (
            "usable pictures after few images; whether small details repeat across the tile.",
            "少ない学習画像数で形になること。細部が繰り返されていないかも見てください。",
        ),
        "2101.04775",
        "generator=fastgan",
        ("fastgan", "projected"),
    ),
    Trick(
        "projected",
        "network",
        ("Projected GAN", "Projected GAN"),
        (
            "Small discriminators look at the frozen features of a network trained on ImageNet, mixed at random. The "
            "fastest way to good pictures, with outside knowledge: declare it.",
            "ImageNet で学習済みの固定ネットワークの特徴を混ぜ、小さな D が判定します。最も速く良い画像になりますが、"
            "外部の知識を使うので明示が必要です。",
        ),
        (
            "shapes that are right and textures that repeat; its scores flatter it, look closely.",
            "形は正確でも質感が繰り返される点。評価値は実際より良く出がちなので、よく見てください。",
        ),
        "2111.01007",
        recipes=("projected", "best"),
    ),
    Trick(
        "minibatch_discrimination",
        "batch",
        ("Minibatch discrimination", "ミニバッチ識別"),
        (
            "D also sees how near each picture is to the others of its batch, so that a G which repeats itself is "
            "caught.",
            "D は各画像とバッチ内のほかの画像との近さも見ます。同じ画像ばかり作る G は見破られます。",
        ),
        ("twins in the tile: there should be fewer.", "タイルの中のそっくりな画像。減るはずです。"),
        "1606.03498",
        "d_statistic=minibatch_discrimination",
        ("minibatch_discrimination",),
    ),
    Trick(
        "minibatch_stddev",
        "batch",
        ("Minibatch standard deviation", "ミニバッチ標準偏差"),
        (
            "Tells D with a single number how much the pictures of a batch differ: the modern, cheaper form of "
            "minibatch discrimination.",
            "バッチ内の画像の散らばりを 1 つの数値で D に伝えます。ミニバッチ識別の軽い現代版です。",
        ),
        ("variety of colours and kinds across the tile.", "タイル全体の色と種類の多様性。"),
        "1710.10196",
        "d_statistic=minibatch_stddev",
        ("pggan_parts", "stylegan2_light"),
    ),
    Trick(
        "projection",
        "batch",
        ("Classes by projection", "クラス条件（射影）"),
        (
            "G is told which of the 102 kinds to draw, through the gains of its batch norm, and D compares the picture "
            "with a vector of that kind. The kinds follow from the seed.",
            "G は 102 種類のどれを描くかをバッチ正規化の係数で受け取り、D は画像をその種類のベクトルと照合します。"
            "種類もシードから決まります。",
        ),
        (
            "whether a class is one kind of flower; without labels.csv it cannot be trained.",
            "クラスごとに花の種類が揃っているか。学習には labels.csv が必要です。",
        ),
        "1802.05637",
        "classes=102 condition=projection",
        ("conditional", "biggan_parts"),
    ),
    Trick(
        "diffaugment",
        "data",
        ("DiffAugment", "DiffAugment"),
        (
            "Reals and fakes are changed alike before D sees them: colours, shifts, holes. D cannot learn 8,000 "
            "pictures by heart; the first thing to add.",
            "D に見せる前に、本物と偽物の両方に色・ずらし・穴あけの変更を加えます。8,000 枚の丸暗記を防ぐ、"
            "最初に試すべき技法です。",
        ),
        (
            "odd hues, or edges that are shifted in the drawn pictures: then it leaks.",
            "不自然な色合いや端のずれ。生成画像に現れたら、変更が漏れています。",
        ),
        "2006.10738",
        "augment=color,translation,cutout",
        ("dcgan", "spectral_norm", "fastgan", "projected", "best"),
    ),
    Trick(
        "ada",
        "data",
        ("Adaptive augmentation (ADA)", "適応的データ拡張（ADA）"),
        (
            "Augments only as strongly as D’s overfitting asks, measured by how surely it knows the reals.",
            "D が本物をどれだけ確信しているかで過学習を測り、必要な強さだけデータを拡張します。",
        ),
        (
            "the strength in the curves: it should rise slowly, not jump to 1.",
            "曲線に現れる拡張の強さ。急に 1 にならず、ゆっくり上がるのが理想です。",
        ),
        "2006.06676",
        "ada_target=0.6",
        ("ada", "diffusion_gan"),
    ),
    Trick(
        "diffusion_noise",
        "data",
        ("Diffusion-GAN’s noise", "Diffusion-GAN のノイズ"),
        (
            "Noises D’s pictures as a diffusion does, as far as its overfitting asks: the modern form of noise on "
            "inputs.",
            "拡散モデルと同じ形のノイズを、D の過学習に応じた深さで加えます。入力ノイズの現代版です。",
        ),
        ("grain in the drawn pictures, which should not be there.", "生成画像にざらつきが残っていないか。"),
        "2206.02262",
        "augment=diffusion ada_target=0.6",
        ("diffusion_gan",),
    ),
    Trick(
        "san",
        "loss",
        ("Slicing (SAN)", "スライス（SAN）"),
        (
            "D’s last layer becomes a direction of length 1 that is trained apart from its features, so that it always "
            "points where reals and fakes differ most.",
            "D の最終層を長さ 1 の方向にし、特徴とは別に学習します。本物と偽物の差が最も大きい向きを指し続けます。",
        ),
        ("a comparison with plain hinge at equal images.", "同じ学習画像数での、通常のヒンジ損失との違い。"),
        "2301.12811",
        "sliced=true loss=hinge",
        ("san",),
    ),
    Trick(
        "ema",
        "draw",
        ("Average of weights (EMA)", "重みの移動平均（EMA）"),
        (
            "What is drawn is a running average of G’s weights, not those of the last step. Free, and the second thing "
            "to add.",
            "最後の重みではなく、G の重みの移動平均で描きます。負担なく効く、2 番目に試すべき技法です。",
        ),
        (
            "the average beside the weights as last trained, where a checkpoint has both; early on it lags behind.",
            "両方の重みがあれば、平均と最終ステップとの違い。学習の初期には平均の方が遅れて見えます。",
        ),
        "",
        "ema_images=10000",
        ("dcgan", "spectral_norm", "fastgan", "projected", "best"),
    ),
    Trick(
        "truncation",
        "draw",
        ("Truncation", "トランケーション ψ（truncation）"),
        (
            "Draws all latents of the tile towards the middle by one factor psi: safer pictures, less variety. One psi "
            "for the whole tile is allowed and recorded.",
            "タイルの全潜在変数を 1 つの係数 ψ で中心に寄せます。破綻は減りますが多様性も減ります。タイル全体に同じ "
            "ψ を使うことは認められ、記録されます。",
        ),
        (
            "psi 0.7 against 1 in Explore: what is won in quality and lost in variety.",
            "「見る」で ψ 0.7 と 1 を比べ、質の向上と多様性の減少を見てください。",
        ),
        "1809.11096",
        recipes=("biggan_parts",),
    ),
)
