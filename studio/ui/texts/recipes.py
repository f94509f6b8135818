"""What each recipe is, in the words of its passport, and in Japanese; the page knows a recipe by these words."""

from __future__ import annotations

RECIPE_TEXTS: dict[str, tuple[str, str]] = {
    "recipe_best": (
        "Projected GAN with patch logits, a generator of repeated pixels up to the last, and a judge of the pixels",
        "パッチごとに判定する Projected GAN。生成器は最後まで画素の繰り返しで拡大し、画素そのものを見る識別器も加える",
    ),
    "recipe_course_sample": (
        "the course's own program, its numbers exactly: the baseline to beat",
        "授業のプログラムそのまま（数値も同じ）。超えるべき基準",
    ),
    "recipe_dcgan": (
        "DCGAN: z 128, N(0, 0.02) init, batch norm in both networks; DiffAugment and a narrow D keep the balance",
        "DCGAN: z は 128 次元、N(0, 0.02) で初期化、両方にバッチ正規化。DiffAugment と細い D で均衡を保つ",
    ),
    "recipe_feature_matching": (
        "DCGAN whose G matches the means of D's features instead of fooling D",
        "D をだます代わりに、D の特徴量の平均を G が合わせる DCGAN（特徴量マッチング）",
    ),
    "recipe_minibatch_discrimination": (
        "DCGAN whose D sees how near the images of a batch are to each other",
        "バッチ内の画像どうしの近さを D が見る DCGAN（ミニバッチ識別）",
    ),
    "recipe_wgan": (
        "Wasserstein loss, D's weights clipped to 0.01, RMSProp, five steps of D for one of G",
        "Wasserstein 損失。D の重みを 0.01 でクリップ、RMSProp、G 1 回につき D を 5 回更新",
    ),
    "recipe_wgan_gp": (
        "Wasserstein loss, gradient penalty 10, layer norm in D, five steps of D for one of G",
        "Wasserstein 損失。勾配ペナルティ 10、D に層正規化、G 1 回につき D を 5 回更新",
    ),
    "recipe_lsgan": (
        "DCGAN with least squares (0 and 1) for cross-entropy",
        "交差エントロピーの代わりに最小二乗（0 と 1）を使う DCGAN",
    ),
    "recipe_weight_norm": (
        "DCGAN with weight norm in both networks instead of batch norm",
        "バッチ正規化の代わりに、両方に重み正規化を使う DCGAN",
    ),
    "recipe_spectral_norm": (
        "SNGAN: residual networks, spectral norm in D, hinge",
        "SNGAN: 残差ネットワーク、D にスペクトル正規化、ヒンジ損失",
    ),
    "recipe_sagan": (
        "SAGAN: SNGAN with self-attention at 32 x 32, spectral norm in both, D four times as fast",
        "SAGAN: 32 x 32 に自己注意を加えた SNGAN。両方にスペクトル正規化、D の学習率は 4 倍",
    ),
    "recipe_began": (
        "BEGAN: D is an autoencoder, its errors on reals and fakes are kept in proportion",
        "BEGAN: D はオートエンコーダー。本物と偽物の再構成誤差の比を保つ",
    ),
    "recipe_unrolled": (
        "DCGAN whose G looks three steps of D ahead",
        "G が D の 3 ステップ先を見て学ぶ DCGAN",
    ),
    "recipe_ttur": (
        "DCGAN with two time scales: D learns four times as fast as G",
        "学習率を二つに分けた DCGAN: D は G の 4 倍の速さで学ぶ（TTUR）",
    ),
    "recipe_pggan_parts": (
        "parts of PGGAN: pixel norm, equalised learning rate, minibatch standard deviation, WGAN-GP with drift",
        "PGGAN の要素: ピクセル正規化、学習率の均等化、ミニバッチ標準偏差、ドリフト項付き WGAN-GP",
    ),
    "recipe_biggan_parts": (
        "parts of BigGAN: classes by conditional batch norm and projection, orthogonal init; made to be truncated",
        "BigGAN の要素: 条件付きバッチ正規化と射影によるクラス、直交初期化。トランケーション向き",
    ),
    "recipe_stylegan2_light": (
        "a light StyleGAN2: mapping, styles, noise, lazy R1, minibatch standard deviation, DiffAugment",
        "軽量な StyleGAN2: マッピング、スタイル、ノイズ、間引いた R1、ミニバッチ標準偏差、DiffAugment",
    ),
    "recipe_ganhacks": (
        'DCGAN with what still works of "How to train a GAN": soft labels for reals, noise that fades',
        "「How to train a GAN」のうち今も有効な工夫を加えた DCGAN: 本物のラベルを緩め、ノイズを徐々に弱める",
    ),
    "recipe_vae_gan": (
        "DCGAN with an encoder: G also paints the reals again, and D's features say how like they are (VAE/GAN)",
        "エンコーダー付きの DCGAN: G は本物の再構成も行い、その近さを D の特徴量で測る（VAE/GAN）",
    ),
    "recipe_ada": (
        "DCGAN whose augmentation is as strong as D's overfitting asks (ADA)",
        "D の過学習に応じてデータ拡張の強さを変える DCGAN（ADA）",
    ),
    "recipe_lecam": (
        "DCGAN with LeCam's pull of the logits to their running means",
        "ロジットを移動平均に引き寄せる LeCam 正則化を加えた DCGAN",
    ),
    "recipe_r3gan": (
        "the loss of R3GAN: relativistic, R1 and R2 (every fourth step); residual networks without spectral norm",
        "R3GAN の損失: 相対的損失に R1 と R2（4 ステップごと）。スペクトル正規化のない残差ネットワーク",
    ),
    "recipe_fastgan": (
        "FastGAN: skip-layer excitation in G, a D that paints the reals again, hinge",
        "FastGAN: G に層をまたぐ励起（SLE）、D は本物の再構成も行う。ヒンジ損失",
    ),
    "recipe_diffusion_gan": (
        "DCGAN with Diffusion-GAN's noise, as strong as D's overfitting asks",
        "Diffusion-GAN のノイズを加えた DCGAN。強さは D の過学習に応じて変わる",
    ),
    "recipe_san": (
        "DCGAN whose D ends in a direction, trained apart (SAN)",
        "D の最後の層を、別に学習する「方向」にした DCGAN（SAN）",
    ),
    "recipe_conditional": (
        "DCGAN that is told the species of the flowers, by projection in D",
        "花の種類を教える DCGAN（D では射影を使用）",
    ),
    "recipe_projected": (
        "a light FastGAN generator against small discriminators on frozen ImageNet features, DiffAugment",
        "軽量な FastGAN の生成器に、ImageNet で学習済みの固定特徴量を見る小さな識別器を組み合わせる。DiffAugment",
    ),
}
