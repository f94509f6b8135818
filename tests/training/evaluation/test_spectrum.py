from __future__ import annotations

import pytest
import torch
from torch import Tensor

from training.evaluation import spectrum
from training.evaluation.spectrum import FLOOR, PERIOD_NAMES, Spectrum, bands, compare, powers

SIDE = 16
SPREAD = 20.0  # of noise, in levels
AMPLITUDE = 10  # of a pattern, in levels

checkerboard = 1 - 2 * ((torch.arange(SIDE)[:, None] + torch.arange(SIDE)) % 2)
stripes = torch.tensor([1, 1, -1, -1]).repeat(SIDE // 4).expand(SIDE, SIDE)


def noise(count: int = 200, seed: int = 0, side: int = SIDE) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    grey = 128 + SPREAD * torch.randn(count, 1, side, side, generator=random)
    return grey.round().clamp(20, 235).expand(-1, 3, -1, -1).to(torch.uint8)


def flat(level: int = 128, side: int = SIDE) -> Tensor:
    return torch.full((2, 3, side, side), level, dtype=torch.uint8)


def test_a_flat_picture_has_no_power_whatever_its_level() -> None:
    for level in (0, 77, 255):
        torch.testing.assert_close(powers(flat(level)), torch.zeros(2, 7))


def test_white_noise_has_the_power_of_its_variance_at_every_frequency() -> None:
    found = powers(noise(600, side=64)).mean(dim=0)
    assert ((found / (SPREAD**2 + 1 / 12) - 1).abs() < 0.1).all()  # rounding adds a twelfth


def test_a_checkerboard_has_all_its_power_aslant_at_the_period_of_two() -> None:
    """One of three frequencies has a^2 (sum of w)^2 / (sum of w^2) = a^2 (R^2 / 4)^2 / (3 R / 8)^2."""
    found = powers((flat() + AMPLITUDE * checkerboard).to(torch.uint8))[0]
    expected = torch.tensor([0.0] * 5 + [AMPLITUDE**2 * SIDE**2 * (4 / 9) / 3, 0.0])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("pattern", [stripes, stripes.T], ids=["across", "down"])
def test_stripes_of_four_have_half_their_power_at_two_of_the_eight_frequencies_of_that_period(pattern: Tensor) -> None:
    found = powers((flat() + AMPLITUDE * pattern).to(torch.uint8))[0]
    torch.testing.assert_close(found[6].item(), AMPLITUDE**2 * SIDE**2 * (4 / 9) / 2 / 4, rtol=1e-4, atol=1e-3)
    assert found[5] < 1e-3


def test_noise_against_itself_is_1_and_against_other_noise_nearly() -> None:
    rows = powers(noise())
    assert compare(rows, rows) == Spectrum(*[1.0] * 7)
    assert all(0.8 < ratio < 1.25 for ratio in compare(rows, powers(noise(seed=1))))


@pytest.mark.parametrize(
    ("pattern", "raised", "same"), [(checkerboard, "period_2", "period_4"), (stripes, "period_4", "period_2")]
)
def test_an_added_pattern_raises_its_own_period_alone(pattern: Tensor, raised: str, same: str) -> None:
    pictures = noise()
    found = compare(powers(pictures), powers((pictures + AMPLITUDE * pattern).to(torch.uint8)))
    assert getattr(found, raised) > 3
    assert getattr(found, same) == pytest.approx(1.0, abs=1e-3)
    assert found.bands[:2] == pytest.approx((1.0, 1.0), abs=1e-3)


def test_a_blur_lowers_the_fine_bands_and_leaves_the_coarse_ones() -> None:
    pictures = noise(side=64)
    blurred = torch.nn.functional.avg_pool2d(pictures.float(), 3, 1, 1, count_include_pad=False).round()
    found = compare(powers(pictures), powers(blurred.to(torch.uint8)))
    assert found.band_1 > 0.9
    assert list(found.bands) == sorted(found.bands, reverse=True)
    assert found.band_5 < 0.15


def test_a_wave_lies_in_the_band_of_its_frequency() -> None:
    for cycles, band in ((4, 0), (12, 1), (24, 2), (40, 3), (56, 4)):
        wave = 100 * torch.cos(2 * torch.pi * cycles * torch.arange(128) / 128)
        found = powers((128 + wave).round().expand(1, 3, 128, 128).to(torch.uint8))[0, :5]
        assert found.argmax() == band
        assert found[band] > 0.99 * found.sum()


def test_bands_are_named_in_cycles_per_picture_of_its_side() -> None:
    assert bands(128) == ["0-8", "8-16", "16-32", "32-48", "48-64"]
    assert bands(64) == ["0-4", "4-8", "8-16", "16-24", "24-32"]


def test_what_rounding_hides_counts_as_rounding() -> None:
    assert compare(powers(flat(3)), powers(flat(4))) == Spectrum(*[1.0] * 7)
    rows = powers(noise())
    assert compare(powers(flat()), rows).band_5 == pytest.approx(rows[:, 4].mean().item() / FLOOR)
    assert compare(rows, powers(flat())).band_5 == pytest.approx(FLOOR / rows[:, 4].mean().item())


def test_pictures_of_eight_have_no_first_band_and_odd_sides_are_refused() -> None:
    assert compare(powers(noise(side=8)), powers(2 * noise(side=8) // 3)).band_1 == 1.0
    with pytest.raises(ValueError, match="side 10 has no grid of 4 pixels; multiples of 4 are allowed"):
        powers(noise(side=10))


def test_a_pictures_power_does_not_depend_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    together = powers(noise(7))
    monkeypatch.setattr(spectrum, "BATCH", 3)
    torch.testing.assert_close(powers(noise(7)), together)


def test_periods_are_the_last_numbers() -> None:
    found = Spectrum(*range(7))
    assert found.periods == {"period_2": 5, "period_4": 6}
    assert tuple(found.periods) == PERIOD_NAMES
    assert found.bands == (0, 1, 2, 3, 4)
