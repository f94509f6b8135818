"""Make one-line mistakes in the tables of tricks and the count of a race, one at a time; the tests must catch each.

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
    Mistake(
        "studio/race/counting.py", '"podium": (3, 2, 1)', '"podium": (3, 2, 2)', "studio/race/test_counting_fixtures.py"
    ),
    Mistake(
        "studio/race/counting.py",
        '        if self.kind != "final":\n            left_out',
        '        if self.kind == "final":\n            left_out',
        "studio/race/test_counting_fixtures.py",
    ),
    Mistake(
        "studio/race/counting.py",
        "won[one] += Fraction(1 + (lead > 0) - (lead < 0), 2)",
        "won[one] += Fraction(1 + (lead >= 0) - (lead < 0), 2)",
        "studio/race/test_counting_fixtures.py",
    ),
    Mistake(
        "studio/race/counting.py",
        '    "first_places": _first_places,\n    "times_ranked": _times_ranked,',
        '    "times_ranked": _times_ranked,\n    "first_places": _first_places,',
        "studio/race/test_counting_fixtures.py",
    ),
    Mistake(
        "studio/race/counting.py",
        "Fraction(self.points[tile], self.rules.electors_of(tile))",
        "Fraction(self.points[tile], self.rules.eligible)",
        "studio/race/test_counting_fixtures.py",
    ),
    Mistake(
        "studio/race/counting.py",
        "for one in _split(tally, part, TIE_BREAKS, why)",
        "for one in [(part, why)]",
        "studio/race/test_counting_fixtures.py",
    ),
    Mistake(
        "studio/race/counting.py",
        "if score > 0 and score >= border",
        "if score >= border",
        "studio/race/test_counting.py",
    ),
    Mistake(
        "studio/race/counting.py",
        '"\\n".join([*sorted(receipts), salt])',
        '"\\n".join([*receipts, salt])',
        "studio/race/test_counting.py",
    ),
    Mistake(
        "studio/race/counting.py", "shares = place == 1 and tally", "shares = tally", "studio/race/test_counting.py"
    ),
    Mistake("studio/race/recount.py", '"podium": [3, 2, 1]', '"podium": [3, 2, 2]', "studio/race/test_recount.py"),
    Mistake(
        "studio/race/recount.py",
        'if kind != "final" or set(pair) <= set(ranks)',
        "if set(pair) <= set(ranks)",
        "studio/race/test_recount.py",
    ),
    Mistake(
        "studio/race/published.py",
        "key=lambda ballot: ballot.receipt",
        "key=lambda ballot: 0",
        "studio/race/test_published.py",
    ),
    Mistake("studio/race/simulation.py", "(errors + fresh) / 2.0", "fresh", "studio/race/test_simulation.py"),
    Mistake(
        "studio/race/simulation.py",
        "((votes == highest).sum(1), _ranked(votes).sum(1), earlier[rows])",
        "(_ranked(votes).sum(1), (votes == highest).sum(1), earlier[rows])",
        "studio/race/test_simulation.py",
    ),
    Mistake("studio/race/results.py", "weights @ points / electors", "weights @ points", "studio/race/test_results.py"),
    Mistake(
        "studio/race/spreadsheet.py",
        "if isinstance(value, str) and _is_formula(value)",
        "if False",
        "studio/race/test_results_page.py",
    ),
    Mistake(
        "studio/race/entrant_markdown.py",
        "return url.strip().lower().startswith(SCHEMES)",
        "return True",
        "studio/race/test_results_page.py",
    ),
    Mistake("training/core/latents.py", "astype(np.float32)", "astype(np.float16)", "training/core/test_latents.py"),
    Mistake(
        "training/core/latents.py",
        "[check_seed(seed), LABEL_STREAM]",
        "check_seed(seed)",
        "training/core/test_latents.py",
    ),
    Mistake(
        "training/core/latents.py",
        "torch.sin((1.0 - t) * angle) * start",
        "torch.sin(t * angle) * start",
        "training/core/test_latents.py",
    ),
    Mistake("training/core/pixels.py", "+ 128.0", "+ 127.5", "training/core/test_pixels.py"),
    Mistake(
        "training/core/tile.py",
        "generator(z[rows].to(device), kinds, psi)",
        "generator(z[rows].to(device), kinds)",
        "training/core/test_tile.py",
    ),
    Mistake("training/core/precision.py", "one.fp32_precision = EXACT", "pass", "training/core/test_precision.py"),
    Mistake(
        "training/tricks/losses.py",
        "return softplus(-real) + softplus(fake)",
        "return softplus(-real) + softplus(-fake)",
        "training/tricks/test_losses.py",
    ),
    Mistake(
        "training/tricks/losses.py",
        "return softplus(-fake)",
        "return -softplus(fake)",
        "training/tricks/test_losses.py",
    ),
    Mistake(
        "training/tricks/losses.py",
        "relu(1.0 - real) + relu(1.0 + fake)",
        "relu(1.0 - real) + relu(fake)",
        "training/tricks/test_losses.py",
    ),
    Mistake("training/tricks/losses.py", "return fake - real", "return real - fake", "training/tricks/test_losses.py"),
    Mistake(
        "training/tricks/losses.py",
        "return 0.5 * (fake - 1.0).square()",
        "return 0.5 * fake.square()",
        "training/tricks/test_losses.py",
    ),
    Mistake(
        "training/tricks/losses.py",
        "return softplus(real - fake)",
        "return softplus(fake - real)",
        "training/tricks/test_losses.py",
    ),
    Mistake(
        "training/tricks/regularizers.py",
        "gradient.square().sum(dim=(1, 2, 3))",
        "gradient.square().sum()",
        "training/tricks/test_regularizers.py",
    ),
    Mistake(
        "training/tricks/regularizers.py",
        "return (length - 1.0).square()",
        "return length.square()",
        "training/tricks/test_regularizers.py",
    ),
    Mistake(
        "training/tricks/regularizers.py",
        "create_graph=True",
        "create_graph=False",
        "training/tricks/test_regularizers.py",
    ),
    Mistake(
        "training/tricks/regularizers.py",
        "0.5 * squared_gradient_norm(view.d, view.fake)",
        "0.5 * squared_gradient_norm(view.d, view.real)",
        "training/tricks/test_regularizers.py",
    ),
    Mistake(
        "training/tricks/regularizers.py",
        "torch.relu(view.real_mean - view.fake_logits)",
        "torch.relu(view.fake_mean - view.fake_logits)",
        "training/tricks/test_regularizers.py",
    ),
    Mistake(
        "training/tricks/regularizers.py",
        "return view.real_logits.mean(dim=1)",
        "return -view.real_logits.mean(dim=1)",
        "training/tricks/test_regularizers.py",
    ),
    Mistake(
        "training/core/normalization.py",
        "dim=1 if isinstance(layer, nn.ConvTranspose2d) else 0",
        "dim=0",
        "training/core/test_normalization.py",
    ),
    Mistake(
        "training/core/normalization.py",
        "math.sqrt(2.0 / inputs(layer))",
        "math.sqrt(1.0 / inputs(layer))",
        "training/core/test_normalization.py",
    ),
    Mistake(
        "training/core/normalization.py",
        "last.float().square().mean(dim=3, keepdim=True)",
        "last.float().square().mean(dim=2, keepdim=True)",
        "training/core/test_normalization.py",
    ),
    Mistake(
        "training/core/normalization.py",
        "nn.GroupNorm(1, channels)",
        "nn.GroupNorm(channels, channels)",
        "training/core/test_normalization.py",
    ),
    Mistake(
        "training/tricks/initialization.py",
        "nn.init.normal_(layer.weight, 0.0, 0.02)",
        "nn.init.normal_(layer.weight, 0.0, 0.2)",
        "training/tricks/test_initialization.py",
    ),
    Mistake(
        "training/tricks/augmentation.py",
        "* (2.0 * saturation)",
        "* saturation",
        "training/tricks/test_augmentation.py",
    ),
    Mistake(
        "training/tricks/augmentation.py",
        "reach = height // 8",
        "reach = height // 4",
        "training/tricks/test_augmentation.py",
    ),
    Mistake(
        "training/tricks/augmentation.py",
        "drawn(lambda n: torch.rand(n, 1, 1, 1, device=strength.device), len(images))",
        "torch.rand(1, 1, 1, 1, device=strength.device)",
        "training/tricks/test_augmentation.py",
    ),
    Mistake(
        "training/tricks/augmentation.py",
        "DIFFUSION_SIGMA * (1.0 - share).sqrt()",
        "DIFFUSION_SIGMA * share.sqrt()",
        "training/tricks/test_augmentation.py",
    ),
    Mistake(
        "training/tricks/adaptive.py",
        "torch.sign(self.overfit - self.target)",
        "torch.sign(self.target - self.overfit)",
        "training/tricks/test_adaptive.py",
    ),
    Mistake(
        "training/tricks/adaptive.py",
        "real_logits.sign().mean()",
        "real_logits.mean()",
        "training/tricks/test_adaptive.py",
    ),
    Mistake(
        "training/tricks/adaptive.py",
        "self.diversity * -real_logits.mean() - -fake_logits.mean()",
        "self.diversity * -real_logits.mean() + -fake_logits.mean()",
        "training/tricks/test_adaptive.py",
    ),
    Mistake(
        "training/tricks/replay_buffer.py",
        "self.images[places] = new[:number]",
        "pass",
        "training/tricks/test_replay_buffer.py",
    ),
    Mistake(
        "training/tricks/replay_buffer.py",
        "torch.cat([old, fake.detach()[number:]])",
        "torch.cat([fake.detach()[:number], old])",
        "training/tricks/test_replay_buffer.py",
    ),
    Mistake(
        "training/tricks/generator_noise.py",
        "if not stage.training:",
        "if False:",
        "training/tricks/test_generator_noise.py",
    ),
    Mistake(
        "training/tricks/unrolled.py", "create_graph=True", "create_graph=False", "training/tricks/test_unrolled.py"
    ),
    Mistake("training/tricks/unrolled.py", "moments[2] + 1.0", "moments[2] + 2.0", "training/tricks/test_unrolled.py"),
    Mistake("training/tricks/optimizers.py", "alpha=beta2", "alpha=beta1", "training/tricks/test_optimizers.py"),
    Mistake(
        "training/runs/alarms.py",
        'value(row, "spread") < 0.1',
        'value(row, "spread") > 0.1',
        "training/runs/test_alarms.py",
    ),
    Mistake(
        "training/recipes/compatibility.py",
        'r.clip > 0 and r.d_wrap != "none"',
        'r.clip > 1 and r.d_wrap != "none"',
        "training/recipes/test_recipe.py",
    ),
    Mistake(
        "training/recipes/recipe.py", '"replay": (0.0, 0.9)', '"replay": (0.0, 9.0)', "training/recipes/test_recipe.py"
    ),
    Mistake(
        "training/discriminators/batch_statistics.py",
        "torch.exp(-distances)",
        "torch.exp(distances)",
        "training/discriminators/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/batch_statistics.py",
        "correction=0",
        "correction=1",
        "training/discriminators/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/base.py",
        "conv2d(maps, direction.detach(), self.bias)",
        "conv2d(maps, direction, self.bias)",
        "training/discriminators/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/base.py",
        ".gather(1, labels[:, None])",
        ".sum(dim=1, keepdim=True)",
        "training/discriminators/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/autoencoder.py",
        "DiscriminatorOutput(-error[:, None], code)",
        "DiscriminatorOutput(error[:, None], code)",
        "training/discriminators/test_discriminators.py",
    ),
    Mistake(
        "training/core/generators/layers.py",
        "self.gain = nn.Parameter(torch.zeros(()))",
        "self.gain = nn.Parameter(torch.ones(()))",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/layers.py",
        "torch.softmax(queries.transpose(1, 2) @ keys, dim=2)",
        "torch.softmax(queries.transpose(1, 2) @ keys, dim=1)",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/stylegan2.py",
        "w = torch.lerp(self.mean_w, w, psi)",
        "w = w * psi",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/stylegan2.py",
        "if self.training else fixed",
        "if not self.training else fixed",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/resnet.py",
        "self.norm(x) * (1.0 + gain) + bias",
        "self.norm(x) * gain + bias",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        "self.seed * SEED_STRIDE + self.images",
        "self.seed * SEED_STRIDE",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        "return every * penalty.function(view).mean()",
        "return penalty.function(view).mean()",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        "keep=0.5 ** (self.recipe.batch / half_life)",
        "keep=0.5 ** (1 / half_life)",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/generator_average.py",
        "torch._foreach_copy_(list(average.buffers()), buffers)",
        "pass",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        '"control": self.adaptive, ',
        "",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "return real, fake * self.trainer.adaptive.balance",
        "return real, fake",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        ".d(reals.float(), fakes.float())",
        ".d(fakes.float(), reals.float())",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "return self._added(loss, outputs.fakes.classes, outputs.labels)",
        "return loss",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/core/sharding.py",
        "else value * shard.share",
        "else value",
        "training/runs/test_sharded_steps.py",
    ),
    Mistake(
        "training/runs/synchronized_batch_norm.py",
        "shift = -gain * inverse * through[1] - slope * mean",
        "shift = -slope * mean",
        "training/core/test_sharding.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        "real_mean=self.adaptive.real_mean",
        "real_mean=self.adaptive.fake_mean",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/discriminators/resnet.py",
        "return self.scale * added",
        "return added",
        "training/discriminators/test_discriminators.py",
    ),
    Mistake(
        "training/discriminators/fastgan.py",
        "_quarter(images, rows, columns)",
        "_quarter(images, columns, rows)",
        "training/discriminators/test_discriminators.py",
    ),
    Mistake(
        "training/recipes/compatibility.py",
        "not (r.clip or r.penalty_names & GRADIENT_PENALTIES or",
        "not (r.clip or r.penalty_names or",
        "training/recipes/test_recipe.py",
    ),
    Mistake(
        "training/core/normalization.py", "1 if starts else", "16 if starts else", "training/core/test_normalization.py"
    ),
    Mistake(
        "training/core/generators/base.py",
        "torch.erf(z / math.sqrt(2.0))",
        "torch.erf(z)",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/base.py",
        '"sphere": unit_moment}',
        '"sphere": unchanged}',
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/base.py",
        "z.square().mean(dim=1, keepdim=True)",
        "z.square().sum(dim=1, keepdim=True)",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/base.py",
        "self.scale(z) * psi",
        "self.scale(z * psi)",
        "training/core/test_generators.py",
    ),
    Mistake(
        "training/core/generators/base.py",
        '"linear": unchanged}',
        '"linear": torch.tanh}',
        "training/core/test_generators.py",
    ),
    Mistake("training/core/generators/resnet.py", "self.to_range(", "torch.tanh(", "training/core/test_generators.py"),
    Mistake(
        "training/core/generators/config.py",
        '    "stylegan2",\n)  # networks that bring',
        ")  # networks that bring",
        "training/core/test_generators.py",
    ),
    Mistake("training/recipes/recipe.py", "output=self.g_output", 'output="tanh"', "training/recipes/test_recipe.py"),
    Mistake("training/recipes/recipe.py", "latent=self.latent", 'latent="normal"', "training/recipes/test_recipe.py"),
    Mistake(
        "training/recipes/compatibility.py",
        "r.feature_matching == 0 and r.hybrid == 0",
        "r.feature_matching == 0",
        "training/recipes/test_recipe.py",
    ),
    Mistake(
        "training/tricks/vae_encoder.py",
        "torch.exp(0.5 * log_variance)",
        "torch.exp(log_variance)",
        "training/tricks/test_vae_encoder.py",
    ),
    Mistake(
        "training/tricks/vae_encoder.py",
        "log_variance.exp() - log_variance - 1.0",
        "log_variance.exp() + log_variance - 1.0",
        "training/tricks/test_vae_encoder.py",
    ),
    Mistake(
        "training/tricks/vae_encoder.py",
        "- log_variance - 1.0).sum(dim=1)",
        "- log_variance - 1.0).mean(dim=1)",
        "training/tricks/test_vae_encoder.py",
    ),
    Mistake(
        "training/tricks/vae_encoder.py",
        "(real - reconstructed).square()",
        "(real - reconstructed).abs()",
        "training/tricks/test_vae_encoder.py",
    ),
    Mistake(
        "training/tricks/vae_encoder.py",
        "mean, log_variance = self.body",
        "log_variance, mean = self.body",
        "training/tricks/test_vae_encoder.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "loss + self.recipe.hybrid * (prior_loss",
        "loss + (prior_loss",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py", "buffer.clone() for name", "buffer for name", "training/runs/test_trainer.py"
    ),
    Mistake(
        "training/runs/step_hooks.py",
        'return {"encoder": self.encoder}',
        "return {}",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "return list(self.encoder.parameters())",
        "return []",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "d.head(d.backbone(images), labels)",
        "d.head(self.trainer.batch(images, labels).seen, labels)",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "(sample(mean, log_variance), reals.labels)",
        "(mean, reals.labels)",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "return Augmented(augmentation.diffused(augmented.images, steps), steps)",
        "return Augmented(augmentation.diffused(augmented.images, steps), 0 * steps)",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/step_hooks.py",
        "self.trainer.loss.d(outputs.real.detach(), fake.float())",
        "self.trainer.loss.d(outputs.real, fake.float())",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        "lazily(recipe.penalty_every, recipe.d_lr, *betas) if recipe.lazy_step",
        "(recipe.d_lr, *betas) if recipe.lazy_step",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        "reals.seen if self.recipe.reconstruct_augmented else reals.images",
        "reals.images",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        '"lr": self.recipe.mapping_lr * self.recipe.g_lr',
        '"lr": self.recipe.g_lr',
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/runs/trainer.py",
        "for name, weight in self.recipe.step_penalties:",
        "for name, weight in self.recipe.penalties:",
        "training/runs/test_trainer.py",
    ),
    Mistake(
        "training/tricks/optimizers.py",
        "beta1**share, beta2**share",
        "beta1**share, beta2",
        "training/tricks/test_optimizers.py",
    ),
    Mistake(
        "training/discriminators/timestep.py",
        "product / math.sqrt(features.shape[1])",
        "product",
        "training/discriminators/test_timestep.py",
    ),
    Mistake(
        "training/runs/drive.py",
        "without=() if delivery.resumable else (STATE,)",
        "without=()",
        "training/runs/test_saver.py",
    ),
    Mistake(
        "training/core/run_folder.py",
        "if newest and not exists(newest / STATE) else {newest}",
        "if False else {newest}",
        "training/runs/test_saver.py",
    ),
    Mistake(
        "training/evaluation/spectrum.py",
        "(distance > low)",
        "(distance >= low)",
        "training/evaluation/test_spectrum.py",
    ),
    Mistake(
        "training/evaluation/spectrum.py",
        "keepdim=True)) * window",
        "keepdim=True))",
        "training/evaluation/test_spectrum.py",
    ),
    Mistake(
        "training/evaluation/spectrum.py", "(over / under)", "(under / over)", "training/evaluation/test_spectrum.py"
    ),
    Mistake("training/runs/alarms.py", "ratio > GRID", "ratio > 9 * GRID", "training/runs/test_alarms.py"),
    Mistake("training/core/tolerance.py", "MAX_LEVELS = 2", "MAX_LEVELS = 20", "studio/ui/verify/test_verify.py"),
    Mistake(
        "training/core/picture_limits.py",
        "scans += marker == SCAN",
        "scans = int(marker == SCAN)",
        "training/core/test_picture_limits.py",
    ),
    Mistake(
        "studio/race/seed_comparison.py",
        "if one not in taken",
        "if one != -1",
        "studio/race/test_seed_comparison.py",
    ),
    Mistake(
        "studio/race/near_duplicates.py",
        "max(REPEATED_LEVELS, REPEATED_SHARE * usual)",
        "max(REPEATED_LEVELS, usual)",
        "studio/race/test_seed_comparison.py",
    ),
    Mistake(
        "studio/race/training_copies.py",
        "torch.minimum(self._distances(images), self._distances(images.flip(3)))",
        "self._distances(images)",
        "studio/race/test_training_copies.py",
    ),
    Mistake("studio/race/remarks.py", "if len(run) > 2", "if len(run) > 1", "studio/ui/verify/test_verify.py"),
    Mistake(
        "studio/race/manifest_diff.py",
        "if name not in spared",
        "if name not in typed",
        "studio/ui/verify/test_verify.py",
    ),
    Mistake(
        "studio/race/png_appearance.py",
        "chunk.body[:4] == chunk.body[4:8]",
        "chunk.body[:4] != b''",
        "studio/race/test_png_appearance.py",
    ),
    Mistake(
        "studio/race/store/ballot_box.py",
        'connection.execute("DELETE FROM ballots")',
        'connection.execute("DELETE FROM ballots WHERE round = 0")\n    cast = cast[-1:]',
        "studio/race/test_race_attacks.py",
    ),
    Mistake("studio/race/store/database.py", "?mode=rw", "?mode=rwc", "studio/race/test_race_attacks.py"),
    Mistake(
        "studio/race/voting.py",
        "if entry and voter.owner and entry.owner == voter.owner",
        "if entry",
        "studio/race/test_race_voting.py",
    ),
    Mistake(
        "studio/race/voting.py",
        "if allowed.own in ranks",
        "if allowed.own == ranks[0]",
        "studio/race/test_race_voting.py",
    ),
    Mistake(
        "studio/race/voting.py",
        "if found is not None and found.ranks == vote.ranks",
        "if found is not None",
        "studio/race/test_race_voting.py",
    ),
    Mistake(
        "studio/race/phases.py",
        "case Phase.VOTE if state.voting and ballots",
        "case Phase.VOTE if state.voting and ballots > 9",
        "studio/race/test_race_voting.py",
    ),
    Mistake(
        "studio/race/verification.py",
        'claimed.get("psi", 1.0) if psi is None else psi',
        "1.0",
        "studio/ui/verify/test_verify.py",
    ),
]


def main(words: Sequence[str]) -> int:
    """Try the mistakes whose place or text holds one of the words, or all; return 1 where one goes unnoticed."""
    chosen = [one for one in MISTAKES if not words or any(word in " ".join(one) for word in words)]
    unnoticed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        copy_sources(PROJECT, copy)
        for number, mistake in enumerate(chosen, start=1):
            with made(copy, mistake):
                noticed = fails(copy, mistake.test)
            unnoticed += [] if noticed else [mistake]
            told = "caught" if noticed else "UNNOTICED"
            print(f"{number}/{len(chosen)} {told}: {mistake.file}: {mistake.wrong}", flush=True)
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} mistakes caught")
    return 1 if unnoticed or not chosen else 0


def copy_sources(project: Path, copy: Path) -> None:
    """Copy a project without its checkpoints, runs and environments, which lie at its top."""
    left_out = {project / "checkpoints", project / "runs", *project.glob("venv*"), *project.glob(".*")}

    def ignored(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "__pycache__" or Path(folder) / name in left_out]

    shutil.copytree(project, copy, ignore=ignored)


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
