"""Make one-line mistakes in the tables of tricks, one at a time, and show that the tests catch each.

Run `python tests/mistakes.py` in the project's folder, with words to choose among the mistakes by their place. It works
on a copy, takes some minutes, and exits with 1 where a mistake goes unnoticed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[1]


class Mistake(NamedTuple):
    """A line that is right, what stands in its place, and the test file that must notice."""

    file: str
    right: str
    wrong: str
    test: str


MISTAKES = [
    Mistake("training/latents.py", "astype(np.float32)", "astype(np.float16)", "training/test_latents.py"),
    Mistake("training/latents.py", "[check_seed(seed), LABEL_STREAM]", "check_seed(seed)", "training/test_latents.py"),
    Mistake(
        "training/latents.py",
        "torch.sin((1.0 - t) * angle) * start",
        "torch.sin(t * angle) * start",
        "training/test_latents.py",
    ),
    Mistake("training/images.py", "+ 128.0", "+ 127.5", "training/test_images.py"),
    Mistake(
        "training/sheet.py",
        "generator(z[rows].to(device), kinds, psi)",
        "generator(z[rows].to(device), kinds)",
        "training/test_sheet.py",
    ),
    Mistake("training/precision.py", "one.fp32_precision = EXACT", "pass", "training/test_precision.py"),
    Mistake(
        "training/losses.py",
        "return softplus(-real) + softplus(fake)",
        "return softplus(-real) + softplus(-fake)",
        "training/test_losses.py",
    ),
    Mistake("training/losses.py", "return softplus(-fake)", "return -softplus(fake)", "training/test_losses.py"),
    Mistake(
        "training/losses.py",
        "relu(1.0 - real) + relu(1.0 + fake)",
        "relu(1.0 - real) + relu(fake)",
        "training/test_losses.py",
    ),
    Mistake("training/losses.py", "return fake - real", "return real - fake", "training/test_losses.py"),
    Mistake(
        "training/losses.py",
        "return 0.5 * (fake - 1.0).square()",
        "return 0.5 * fake.square()",
        "training/test_losses.py",
    ),
    Mistake(
        "training/losses.py", "return softplus(real - fake)", "return softplus(fake - real)", "training/test_losses.py"
    ),
    Mistake(
        "training/penalties.py",
        "gradient.square().sum(dim=(1, 2, 3))",
        "gradient.square().sum()",
        "training/test_penalties.py",
    ),
    Mistake(
        "training/penalties.py", "return (slope - 1.0).square()", "return slope.square()", "training/test_penalties.py"
    ),
    Mistake("training/penalties.py", "create_graph=True", "create_graph=False", "training/test_penalties.py"),
    Mistake(
        "training/penalties.py",
        "0.5 * squared_slope(view.d, view.fake)",
        "0.5 * squared_slope(view.d, view.real)",
        "training/test_penalties.py",
    ),
    Mistake(
        "training/penalties.py",
        "torch.relu(view.real_mean - view.fake_logits)",
        "torch.relu(view.fake_mean - view.fake_logits)",
        "training/test_penalties.py",
    ),
    Mistake(
        "training/penalties.py",
        "return view.real_logits.mean(dim=1)",
        "return -view.real_logits.mean(dim=1)",
        "training/test_penalties.py",
    ),
    Mistake(
        "training/norms.py", "dim=1 if isinstance(layer, nn.ConvTranspose2d) else 0", "dim=0", "training/test_norms.py"
    ),
    Mistake(
        "training/norms.py",
        "math.sqrt(2.0 / inputs(layer))",
        "math.sqrt(1.0 / inputs(layer))",
        "training/test_norms.py",
    ),
    Mistake(
        "training/norms.py",
        "x.square().mean(dim=1, keepdim=True)",
        "x.square().mean(dim=2, keepdim=True)",
        "training/test_norms.py",
    ),
    Mistake(
        "training/norms.py", "nn.GroupNorm(1, channels)", "nn.GroupNorm(channels, channels)", "training/test_norms.py"
    ),
    Mistake(
        "training/inits.py",
        "nn.init.normal_(layer.weight, 0.0, 0.02)",
        "nn.init.normal_(layer.weight, 0.0, 0.2)",
        "training/test_inits.py",
    ),
    Mistake("training/augment.py", "* (2.0 * saturation)", "* saturation", "training/test_augment.py"),
    Mistake("training/augment.py", "reach = height // 8", "reach = height // 4", "training/test_augment.py"),
    Mistake(
        "training/augment.py",
        "chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < strength",
        "chosen = torch.rand(1, 1, 1, 1, device=images.device) < strength",
        "training/test_augment.py",
    ),
    Mistake(
        "training/augment.py",
        "DIFFUSION_SIGMA * (1.0 - share).sqrt()",
        "DIFFUSION_SIGMA * share.sqrt()",
        "training/test_augment.py",
    ),
    Mistake(
        "training/control.py",
        "torch.sign(self.overfit - self.target)",
        "torch.sign(self.target - self.overfit)",
        "training/test_control.py",
    ),
    Mistake("training/control.py", "real_logits.sign().mean()", "real_logits.mean()", "training/test_control.py"),
    Mistake(
        "training/control.py",
        "self.diversity * -real_logits.mean() - -fake_logits.mean()",
        "self.diversity * -real_logits.mean() + -fake_logits.mean()",
        "training/test_control.py",
    ),
    Mistake("training/replay.py", "self.images[places] = new[:number]", "pass", "training/test_replay.py"),
    Mistake(
        "training/replay.py",
        "torch.cat([old, fake.detach()[number:]])",
        "torch.cat([fake.detach()[:number], old])",
        "training/test_replay.py",
    ),
    Mistake("training/disturb.py", "if not stage.training:", "if False:", "training/test_disturb.py"),
    Mistake("training/unroll.py", "create_graph=True", "create_graph=False", "training/test_unroll.py"),
    Mistake("training/unroll.py", "moments[2] + 1.0", "moments[2] + 2.0", "training/test_unroll.py"),
    Mistake("training/optimizers.py", "alpha=beta2", "alpha=beta1", "training/test_optimizers.py"),
    Mistake(
        "training/alarms.py", 'value(row, "spread") < 0.1', 'value(row, "spread") > 0.1', "training/test_alarms.py"
    ),
    Mistake(
        "training/rules.py",
        'r.clip > 0 and r.d_wrap != "none"',
        'r.clip > 1 and r.d_wrap != "none"',
        "training/test_recipe.py",
    ),
    Mistake("training/recipe.py", '"replay": (0.0, 0.9)', '"replay": (0.0, 9.0)', "training/test_recipe.py"),
    Mistake(
        "training/discriminators/batch_statistics.py",
        "torch.exp(-distances)",
        "torch.exp(distances)",
        "training/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/batch_statistics.py", "correction=0", "correction=1", "training/test_discriminators.py"
    ),
    Mistake(
        "training/discriminators/judge.py",
        "conv2d(maps, direction.detach(), self.bias)",
        "conv2d(maps, direction, self.bias)",
        "training/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/judge.py",
        ".gather(1, labels[:, None])",
        ".sum(dim=1, keepdim=True)",
        "training/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/autoencoder.py",
        "Judgement(-error[:, None], code)",
        "Judgement(error[:, None], code)",
        "training/test_discriminators.py",
    ),
    Mistake(
        "training/generators/layers.py",
        "self.gain = nn.Parameter(torch.zeros(()))",
        "self.gain = nn.Parameter(torch.ones(()))",
        "training/test_generators.py",
    ),
    Mistake(
        "training/generators/layers.py",
        "torch.softmax(queries.transpose(1, 2) @ keys, dim=2)",
        "torch.softmax(queries.transpose(1, 2) @ keys, dim=1)",
        "training/test_generators.py",
    ),
    Mistake(
        "training/generators/stylegan2.py",
        "w = torch.lerp(self.mean_w, w, psi)",
        "w = w * psi",
        "training/test_generators.py",
    ),
    Mistake(
        "training/generators/stylegan2.py",
        "if self.training else fixed",
        "if not self.training else fixed",
        "training/test_generators.py",
    ),
    Mistake(
        "training/generators/resnet.py",
        "self.norm(x) * (1.0 + gain) + bias",
        "self.norm(x) * gain + bias",
        "training/test_generators.py",
    ),
    Mistake(
        "training/run.py", "self.seed * SEED_STRIDE + self.images", "self.seed * SEED_STRIDE", "training/test_run.py"
    ),
    Mistake(
        "training/run.py",
        "return every * penalty.function(view).mean()",
        "return penalty.function(view).mean()",
        "training/test_run.py",
    ),
    Mistake(
        "training/run.py",
        "keep = 0.5 ** (self.recipe.batch / half_life)",
        "keep = 0.5 ** (1 / half_life)",
        "training/test_run.py",
    ),
    Mistake("training/run.py", "kept.copy_(buffer)", "pass", "training/test_run.py"),
    Mistake("training/run.py", '"scaler", "control", "replay"]', '"scaler", "replay"]', "training/test_run.py"),
    Mistake("training/run.py", "judged.fake * self.control.balance", "judged.fake", "training/test_run.py"),
    Mistake(
        "training/run.py",
        ".d(reals.sliced.float(), fakes.sliced.float())",
        ".d(fakes.sliced.float(), reals.sliced.float())",
        "training/test_run.py",
    ),
    Mistake(
        "training/run.py",
        "loss + self.recipe.class_weight * cross_entropy(fake",
        "loss + 0.0 * cross_entropy(fake",
        "training/test_run.py",
    ),
    Mistake(
        "training/run.py",
        "real_mean=self.control.real_mean",
        "real_mean=self.control.fake_mean",
        "training/test_run.py",
    ),
    Mistake(
        "training/discriminators/resnet.py",
        "return self.scale * added",
        "return added",
        "training/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/fastgan.py",
        "_quarter(images, rows, columns)",
        "_quarter(images, columns, rows)",
        "training/test_discriminators.py",
    ),
    Mistake(
        "training/rules.py",
        "not (r.clip or r.penalty_names & SLOPES or",
        "not (r.clip or r.penalty_names or",
        "training/test_recipe.py",
    ),
    Mistake("training/norms.py", "1 if starts else", "16 if starts else", "training/test_norms.py"),
    Mistake(
        "training/generators/network.py", "torch.erf(z / math.sqrt(2.0))", "torch.erf(z)", "training/test_generators.py"
    ),
    Mistake(
        "training/generators/network.py",
        '"sphere": unit_moment}',
        '"sphere": unchanged}',
        "training/test_generators.py",
    ),
    Mistake(
        "training/generators/network.py",
        "z.square().mean(dim=1, keepdim=True)",
        "z.square().sum(dim=1, keepdim=True)",
        "training/test_generators.py",
    ),
    Mistake(
        "training/generators/network.py", "self.scale(z) * psi", "self.scale(z * psi)", "training/test_generators.py"
    ),
    Mistake(
        "training/generators/network.py", '"linear": unchanged}', '"linear": torch.tanh}', "training/test_generators.py"
    ),
    Mistake("training/generators/resnet.py", "self.to_range(", "torch.tanh(", "training/test_generators.py"),
    Mistake(
        "training/generators/config.py",
        'SCALES_LATENTS = ("fastgan", "stylegan2")',
        'SCALES_LATENTS = ("fastgan",)',
        "training/test_generators.py",
    ),
    Mistake("training/recipe.py", "output=self.g_output", 'output="tanh"', "training/test_recipe.py"),
    Mistake("training/recipe.py", "latent=self.latent", 'latent="normal"', "training/test_recipe.py"),
    Mistake(
        "training/rules.py",
        "r.feature_matching == 0 and r.hybrid == 0",
        "r.feature_matching == 0",
        "training/test_recipe.py",
    ),
    Mistake(
        "training/hybrid.py", "torch.exp(0.5 * log_variance)", "torch.exp(log_variance)", "training/test_hybrid.py"
    ),
    Mistake(
        "training/hybrid.py",
        "log_variance.exp() - log_variance - 1.0",
        "log_variance.exp() + log_variance - 1.0",
        "training/test_hybrid.py",
    ),
    Mistake(
        "training/hybrid.py",
        "- log_variance - 1.0).sum(dim=1)",
        "- log_variance - 1.0).mean(dim=1)",
        "training/test_hybrid.py",
    ),
    Mistake("training/hybrid.py", "(real - painted).square()", "(real - painted).abs()", "training/test_hybrid.py"),
    Mistake(
        "training/hybrid.py",
        "mean, log_variance = self.body",
        "log_variance, mean = self.body",
        "training/test_hybrid.py",
    ),
    Mistake(
        "training/run.py",
        "self.recipe.hybrid * self._hybrid_loss(reals)",
        "self._hybrid_loss(reals)",
        "training/test_run.py",
    ),
    Mistake("training/run.py", "buffer.clone() for name", "buffer for name", "training/test_run.py"),
    Mistake("training/run.py", '[*parts, "encoder"] if self.recipe.hybrid else parts', "parts", "training/test_run.py"),
    Mistake(
        "training/run.py",
        "[*self.g.parameters(), *self.encoder.parameters()]",
        "[*self.g.parameters()]",
        "training/test_run.py",
    ),
    Mistake(
        "training/run.py",
        "self.d.head(self.d.backbone(images), labels)",
        "self.d.head(self._look(images), labels)",
        "training/test_run.py",
    ),
    Mistake(
        "training/run.py", "(sample(mean, log_variance), reals.labels)", "(mean, reals.labels)", "training/test_run.py"
    ),
    Mistake("training/spectrum.py", "(distance > low)", "(distance >= low)", "training/test_spectrum.py"),
    Mistake("training/spectrum.py", "keepdim=True)) * window", "keepdim=True))", "training/test_spectrum.py"),
    Mistake("training/spectrum.py", "(over / under)", "(under / over)", "training/test_spectrum.py"),
    Mistake("training/alarms.py", "ratio > GRID", "ratio > 9 * GRID", "training/test_alarms.py"),
    Mistake("studio/export.py", "MAX_LEVELS = 2", "MAX_LEVELS = 20", "studio/test_verify.py"),
    Mistake("studio/export.py", 'claimed.get("psi", 1.0) if psi is None else psi', "1.0", "studio/test_verify.py"),
]


def main(words: Sequence[str]) -> int:
    """Try the mistakes whose place or text holds one of the words, or all; return 1 where one goes unnoticed."""
    chosen = [one for one in MISTAKES if not words or any(word in " ".join(one) for word in words)]
    unnoticed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "checkpoints", "runs", "venv*"))
        for number, mistake in enumerate(chosen, start=1):
            with made(copy, mistake):
                noticed = fails(copy, mistake.test)
            unnoticed += [] if noticed else [mistake]
            told = "caught" if noticed else "UNNOTICED"
            print(f"{number}/{len(chosen)} {told}: {mistake.file}: {mistake.wrong}", flush=True)
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} mistakes caught")
    return 1 if unnoticed or not chosen else 0


@contextmanager
def made(copy: Path, mistake: Mistake) -> Iterator[None]:
    """Hold a mistake in a copy of the project for the time of a with block."""
    path = copy / mistake.file
    source = path.read_text(encoding="utf-8")
    path.write_text(changed(mistake, source), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(source, encoding="utf-8")


def changed(mistake: Mistake, source: str) -> str:
    """Return a source with a mistake in it, or raise ValueError where its line is no longer there."""
    if mistake.right not in source:
        raise ValueError(f"{mistake.file} has no {mistake.right!r}; bring tests/mistakes.py up to date.")
    return source.replace(mistake.right, mistake.wrong, 1)


def fails(copy: Path, test: str) -> bool:
    """Run one test file and tell whether it fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{test}"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False)
    if result.returncode not in (0, 1):
        raise RuntimeError(f"tests/{test} could not be run:\n{result.stdout.decode()[-2000:]}")
    return result.returncode == 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
