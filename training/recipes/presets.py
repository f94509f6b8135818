"""The recipes by name, each derived from another by what it changes."""

from __future__ import annotations

from dataclasses import replace

from training.recipes.recipe import Recipe

DIFFAUGMENT = ("color", "translation", "cutout")

COURSE_SAMPLE = Recipe(
    summary="the course's own program, its numbers exactly: the baseline to beat",
    generator="course",
    discriminator="course",
    z_dim=32,
    flip=False,
)
DCGAN = replace(
    COURSE_SAMPLE,
    summary="DCGAN: z 128, N(0, 0.02) init, batch norm in both networks; DiffAugment and a narrow D keep the balance",
    generator="dcgan",
    discriminator="dcgan",
    z_dim=128,
    d_norm="batch",
    init="dcgan",
    d_width=16,  # with 32 and without augmentation D tells the fakes apart for good after some 5,000 images
    augment=DIFFAUGMENT,
    flip=True,
    batch=32,
    ema_images=10_000,
)
FEATURE_MATCHING = replace(
    DCGAN,
    summary="DCGAN whose G matches the means of D's features instead of fooling D",
    d_norm="none",  # behind batch norm the means hide contrast: half of it would weigh 0.02
    d_wrap="weight",
    init="he",
    feature_matching=1.0,
    adversarial=0.0,
)
MINIBATCH_DISCRIMINATION = replace(
    DCGAN,
    summary="DCGAN whose D sees how near the images of a batch are to each other",
    d_norm="none",
    d_statistic="minibatch_discrimination",
)
WGAN = replace(
    DCGAN,
    summary="Wasserstein loss, D's weights clipped to 0.01, RMSProp, five steps of D for one of G",
    loss="wasserstein",
    clip=0.01,
    d_steps=5,
    g_optimizer="rmsprop",
    d_optimizer="rmsprop",
    g_lr=5e-5,
    d_lr=5e-5,
    beta2=0.99,
)
WGAN_GP = replace(
    DCGAN,
    summary="Wasserstein loss, gradient penalty 10, layer norm in D, five steps of D for one of G",
    loss="wasserstein",
    penalties=(("gradient", 10.0),),
    d_norm="layer",
    d_steps=5,
    g_lr=1e-4,
    d_lr=1e-4,
    beta1=0.0,
    beta2=0.9,
)
LSGAN = replace(DCGAN, summary="DCGAN with least squares (0 and 1) for cross-entropy", loss="least_squares")
WEIGHT_NORM = replace(
    DCGAN,
    summary="DCGAN with weight norm in both networks instead of batch norm",
    g_norm="none",
    d_norm="none",
    g_activation="leaky_relu",
    init="he",
    g_wrap="weight",
    d_wrap="weight",
)
SPECTRAL_NORM = Recipe(
    summary="SNGAN: residual networks, spectral norm in D, hinge",
    generator="resnet",
    discriminator="resnet",
    d_wrap="spectral",
    init="xavier",
    loss="hinge",
    augment=DIFFAUGMENT,
    d_width=16,
    g_width=16,
    batch=32,
    beta1=0.0,
    beta2=0.9,
    ema_images=10_000,
)
SAGAN = replace(
    SPECTRAL_NORM,
    summary="SAGAN: SNGAN with self-attention at 32 x 32, spectral norm in both, D four times as fast",
    attention=32,
    g_wrap="spectral",
    g_lr=1e-4,
    d_lr=4e-4,
    beta2=0.999,
)
BEGAN = Recipe(
    summary="BEGAN: D is an autoencoder, its errors on reals and fakes are kept in proportion",
    generator="dcgan",
    discriminator="autoencoder",
    g_norm="batch",
    g_activation="elu",
    upsample="nearest",
    d_width=16,
    loss="began",
    diversity=0.5,
    batch=32,
    g_lr=1e-4,
    d_lr=1e-4,
    ema_images=10_000,
)
UNROLLED = replace(DCGAN, summary="DCGAN whose G looks three steps of D ahead", d_norm="none", unrolled=3)
TTUR = replace(DCGAN, summary="DCGAN with two time scales: D learns four times as fast as G", g_lr=1e-4, d_lr=4e-4)
PGGAN_PARTS = replace(
    SPECTRAL_NORM,
    summary="parts of PGGAN: pixel norm, equalised learning rate, minibatch standard deviation, WGAN-GP with drift",
    discriminator="stylegan2",
    g_norm="pixel",
    g_activation="leaky_relu",
    g_wrap="equalized",
    d_wrap="equalized",
    init="he",
    d_statistic="minibatch_stddev",
    loss="wasserstein",
    penalties=(("gradient", 10.0), ("drift", 0.001)),
    g_lr=1e-3,
    d_lr=1e-3,
    beta2=0.99,
)
BIGGAN_PARTS = replace(
    SAGAN,
    summary="parts of BigGAN: classes by conditional batch norm and projection, orthogonal init; made to be truncated",
    classes=102,
    condition="projection",
    init="orthogonal",
    g_lr=1e-4,
    d_lr=4e-4,
)
STYLEGAN2_LIGHT = Recipe(
    summary="a light StyleGAN2: mapping, styles, noise, lazy R1, minibatch standard deviation, DiffAugment",
    generator="stylegan2",
    discriminator="stylegan2",
    g_width=16,
    d_width=16,
    d_statistic="minibatch_stddev",
    init="he",
    g_wrap="equalized",
    d_wrap="equalized",
    penalties=(("r1", 1.0),),
    penalty_every=16,
    lazy_step=True,
    style_mixing=0.9,
    augment=DIFFAUGMENT,
    batch=32,
    g_lr=2e-3,
    d_lr=2e-3,
    mapping_lr=0.01,
    beta1=0.0,
    beta2=0.99,
    ema_images=10_000,
)
GANHACKS = replace(
    DCGAN,
    summary='DCGAN with what still works of "How to train a GAN": soft labels for reals, noise that fades',
    penalties=(("real_smoothing", 0.1),),
    g_activation="leaky_relu",
    d_noise=0.1,
    d_noise_images=50_000,
)
VAE_GAN = replace(
    DCGAN,
    summary="DCGAN with an encoder: G also reconstructs the reals, and D's features say how like they are (VAE/GAN)",
    hybrid=0.001,
    judge_reconstructions=True,
)
ADA = replace(DCGAN, summary="DCGAN whose augmentation is as strong as D's overfitting asks (ADA)", ada_target=0.6)
LECAM = replace(
    DCGAN, summary="DCGAN with LeCam's pull of the logits to their running means", penalties=(("lecam", 0.01),)
)
R3GAN = replace(
    SPECTRAL_NORM,
    summary="the loss of R3GAN: relativistic, R1 and R2 (every fourth step); residual networks without spectral norm",
    discriminator="stylegan2",
    d_wrap="none",
    init="he",
    loss="relativistic",
    penalties=(("r1", 10.0), ("r2", 10.0)),
    penalty_every=4,
)
FASTGAN = Recipe(
    summary="FastGAN: skip-layer excitation in G, a D that reconstructs the reals, hinge",
    generator="fastgan",
    discriminator="fastgan",
    g_width=16,
    d_width=16,
    d_norm="batch",
    g_wrap="spectral",
    init="torch",
    loss="hinge",
    penalties=(("reconstruction", 1.0),),
    reconstruct_augmented=True,
    augment=DIFFAUGMENT,
    batch=16,
    ema_images=10_000,
)
DIFFUSION_GAN = replace(
    DCGAN,
    summary="DCGAN with Diffusion-GAN's noise, as strong as D's overfitting asks",
    augment=("diffusion",),
    d_timestep=True,
    ada_target=0.6,
)
SAN = replace(DCGAN, summary="DCGAN whose D ends in a direction, trained apart (SAN)", sliced=True, loss="hinge")
CONDITIONAL = replace(
    DCGAN,
    summary="DCGAN that is told the species of the flowers, by projection in D",
    classes=102,
    condition="projection",
)
PROJECTED = Recipe(
    summary="a light FastGAN generator against small discriminators on frozen ImageNet features, DiffAugment",
    generator="fastgan",
    discriminator="projected",
    g_width=16,
    d_width=64,
    d_norm="batch",
    g_wrap="spectral",
    d_wrap="spectral",
    loss="hinge",
    augment=DIFFAUGMENT,
    batch=16,
    beta1=0.0,
    beta2=0.99,
    ema_images=10_000,
)
BEST = replace(
    PROJECTED,
    summary="Projected GAN on ImageNet features with patch logits, a pixel discriminator, nearest-neighbour upsampling",
    generator="fastgan_nearest",
    discriminator="projected_patch",
    ema_images=20_000,
    spectral=2.0,
    average_statistics=512,  # after 18,000 images: KID 1.42 -> 0.87, FID 140 -> 115
)
RECIPES = {
    "best": BEST,
    "course_sample": COURSE_SAMPLE,
    "dcgan": DCGAN,
    "feature_matching": FEATURE_MATCHING,
    "minibatch_discrimination": MINIBATCH_DISCRIMINATION,
    "wgan": WGAN,
    "wgan_gp": WGAN_GP,
    "lsgan": LSGAN,
    "weight_norm": WEIGHT_NORM,
    "spectral_norm": SPECTRAL_NORM,
    "sagan": SAGAN,
    "began": BEGAN,
    "unrolled": UNROLLED,
    "ttur": TTUR,
    "pggan_parts": PGGAN_PARTS,
    "biggan_parts": BIGGAN_PARTS,
    "stylegan2_light": STYLEGAN2_LIGHT,
    "ganhacks": GANHACKS,
    "vae_gan": VAE_GAN,
    "ada": ADA,
    "lecam": LECAM,
    "r3gan": R3GAN,
    "fastgan": FASTGAN,
    "diffusion_gan": DIFFUSION_GAN,
    "san": SAN,
    "conditional": CONDITIONAL,
    "projected": PROJECTED,
}
