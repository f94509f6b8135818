from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from training.tricks.augmentation import (
    AUGMENTS,
    apply,
    blur,
    color,
    cutout,
    diffused,
    diffusion,
    diffusion_steps,
    noise,
    rotation,
    translation,
    zoom,
)

SIDE = 16
MANY = 2000


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def pictures(count: int, side: int = SIDE) -> Tensor:
    """Return pictures without any pixel that is 0."""
    images = torch.rand(count, 3, side, side) * 0.9 + 0.1
    return images * torch.where(torch.rand_like(images) < 0.5, -1.0, 1.0)


def copies(count: int, side: int = SIDE) -> Tensor:
    return pictures(1, side).repeat(count, 1, 1, 1)


@pytest.mark.parametrize("name", AUGMENTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("side", [4, 16])
def test_pictures_keep_their_shape_their_type_and_their_memory(name: str, dtype: torch.dtype, side: int) -> None:
    images = pictures(3, side).to(dtype)
    before = images.clone()
    changed = AUGMENTS[name](images)
    assert (changed.shape, changed.dtype) == (images.shape, dtype)
    assert torch.isfinite(changed).all()
    assert torch.equal(images, before)


@pytest.mark.parametrize("name", AUGMENTS)
def test_each_picture_of_a_batch_gets_its_own_draw(name: str) -> None:
    changed = AUGMENTS[name](copies(64))
    assert len(torch.unique(changed, dim=0)) > 16


@pytest.mark.parametrize("name", AUGMENTS)
def test_torchs_seed_makes_the_draws_repeatable(name: str) -> None:
    images, drawn = pictures(16), []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(AUGMENTS[name](images))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("name", ["color", "translation", "cutout"])
def test_a_slope_reaches_exactly_the_pixels_that_are_kept(name: str) -> None:
    images = pictures(32).requires_grad_()
    changed = AUGMENTS[name](images)
    changed.sum().backward()
    # A shift and a cut pass each kept pixel on once; colour keeps the sum of a picture but for its brightness.
    assert images.grad is not None
    kept = (images.grad - 1.0).abs() < 1e-4
    assert (kept | (images.grad == 0.0)).all()
    assert kept.flatten(1).sum(dim=1).tolist() == (changed != 0.0).flatten(1).sum(dim=1).tolist()


@pytest.mark.parametrize("name", AUGMENTS)
def test_the_pictures_of_a_batch_do_not_touch_each_other(name: str) -> None:
    images = pictures(4).requires_grad_()
    weights = torch.randn(3, SIDE, SIDE)
    (slope,) = torch.autograd.grad((AUGMENTS[name](images)[2] * weights).sum(), images)
    assert [bool(one.any()) for one in slope] == [False, False, True, False]


def test_colour_moves_the_mean_by_up_to_a_half() -> None:
    images = pictures(MANY, 4)
    moved = (color(images) - images).mean(dim=(1, 2, 3))
    assert moved.abs().max() < 0.5 + 1e-5
    assert moved.min() < -0.49
    assert moved.max() > 0.49
    assert abs(moved.mean()) < 0.03


def test_colour_keeps_grey_pictures_grey_and_scales_their_contrast_about_their_mean() -> None:
    grey = pictures(MANY, 4)[:, :1].repeat(1, 3, 1, 1)
    changed = color(grey)
    torch.testing.assert_close(changed[:, 1:], changed[:, :1].expand(-1, 2, -1, -1), rtol=0, atol=1e-5)
    contrast = factors(about_mean(changed), about_mean(grey))
    assert contrast.min() > 0.5 - 1e-3
    assert contrast.max() < 1.5 + 1e-3
    assert contrast.min() < 0.51
    assert contrast.max() > 1.49


def test_colour_scales_the_saturation_from_none_to_twice() -> None:
    images = pictures(MANY, 4)
    changed = color(images)
    contrast = factors(about_mean(greys(changed)), about_mean(greys(images)))
    saturation = factors(changed - greys(changed), images - greys(images)) / contrast
    assert saturation.min() > -1e-3
    assert saturation.max() < 2.0 + 1e-3
    assert saturation.min() < 0.02
    assert saturation.max() > 1.98


def greys(images: Tensor) -> Tensor:
    return images.mean(dim=1, keepdim=True)


def about_mean(images: Tensor) -> Tensor:
    return images - images.mean(dim=(1, 2, 3), keepdim=True)


def factors(after: Tensor, before: Tensor) -> Tensor:
    """Return the one number of each picture that `before` was multiplied with, having checked that there is one."""
    factor = (after * before).sum(dim=(1, 2, 3)) / before.square().sum(dim=(1, 2, 3))
    torch.testing.assert_close(after, before * factor[:, None, None, None], rtol=0, atol=1e-4)
    return factor


@pytest.mark.parametrize(("side", "reach"), [(4, 0), (8, 1), (16, 2), (32, 4)])
def test_a_translation_moves_whole_pixels_up_to_an_eighth_both_ways_and_zeros_come_in(side: int, reach: int) -> None:
    image = pictures(1, side)[0]
    shifted = dict(shifts(image, reach))
    seen = set()
    for moved in translation(image.repeat(500, 1, 1, 1)):
        found = [shift for shift, expected in shifted.items() if torch.equal(moved, expected)]
        assert len(found) == 1
        seen.update(found)
    ways = range(-reach, reach + 1)
    assert {down for down, _ in seen} == set(ways)
    assert {right for _, right in seen} == set(ways)
    assert len(seen) > min(len(shifted), 70) * 0.9


def shifts(image: Tensor, reach: int) -> Iterator[tuple[tuple[int, int], Tensor]]:
    """Make every shift of an image by brute force, pixel by pixel of the side, zeros coming in."""
    side = image.shape[-1]
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            expected = torch.zeros_like(image)
            for row in range(max(down, 0), min(side, side + down)):
                to, source = slice(max(right, 0), side + min(right, 0)), slice(max(-right, 0), side - max(right, 0))
                expected[:, row, to] = image[:, row - down, source]
            yield (down, right), expected


def test_a_cutout_is_a_square_of_half_the_side_that_may_hang_over_the_edge() -> None:
    images = pictures(MANY)
    changed = cutout(images)
    hole = changed == 0.0
    assert torch.equal(hole, hole[:, :1].expand_as(hole))
    assert torch.equal(changed[~hole], images[~hole])
    rows, columns = hole[:, 0].any(dim=2), hole[:, 0].any(dim=1)
    assert torch.equal(hole[:, 0], rows[:, :, None] & columns[:, None, :])
    for lines in (rows, columns):
        ends = [(int(line.nonzero().min()), int(line.nonzero().max()) + 1) for line in lines]
        assert set(ends) == {(max(middle - 4, 0), min(middle + 4, SIDE)) for middle in range(SIDE + 1)}
        assert all(int(line.sum()) == last - first for line, (first, last) in zip(lines, ends, strict=True))


def test_the_two_ways_of_a_shift_and_of_a_cut_are_drawn_apart() -> None:
    marked = torch.zeros(MANY, 3, SIDE, SIDE)
    marked[:, :, 7, 7] = 1.0
    places = translation(marked)[:, 0].flatten(1).argmax(dim=1)
    assert (places // SIDE != places % SIDE).float().mean() > 0.6
    holes = cutout(torch.ones(MANY, 3, SIDE, SIDE))[:, 0] == 0.0
    assert (holes != holes.mT).flatten(1).any(dim=1).float().mean() > 0.6


def test_several_are_applied_one_after_the_other() -> None:
    images = pictures(4)
    torch.manual_seed(3)
    expected = cutout(color(images))
    torch.manual_seed(3)
    assert torch.equal(apply(["color", "cutout"], images), expected)
    torch.manual_seed(3)
    assert not torch.equal(apply(("cutout", "color"), images), expected)


def test_without_names_pictures_stay_as_they_are() -> None:
    images = pictures(2)
    assert apply((), images) is images


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError, match="colour"):
        apply(("color", "colour"), pictures(2))


@pytest.mark.parametrize("name", sorted(AUGMENTS.keys() - {"diffusion"}))
def test_the_strength_is_the_probability_of_each_augmentation(name: str) -> None:
    images = pictures(MANY, 8)
    kept = (apply([name], images, torch.tensor(0.3)) == images).flatten(1).all(dim=1).float().mean()
    all_kept = (AUGMENTS[name](images) == images).flatten(1).all(dim=1).float().mean()
    assert kept.item() == pytest.approx(0.7 + 0.3 * all_kept.item(), abs=0.04)
    assert torch.equal(apply([name], images, torch.tensor(0.0)), images)


def test_a_zoom_scales_about_the_middle_by_a_factor_of_its_distribution() -> None:
    ramp = (torch.arange(64.0) - 31.5)[None, None, None, :].expand(MANY, 3, 64, 64) / 64.0
    middle = zoom(ramp)[:, 0, 32, 24:40]
    factors = (middle[:, -1] - middle[:, 0]) / (ramp[0, 0, 0, 39] - ramp[0, 0, 0, 24])
    assert torch.log2(1.0 / factors).std().item() == pytest.approx(0.2, abs=0.02)
    assert torch.log2(1.0 / factors).mean().item() == pytest.approx(0.0, abs=0.02)


def test_a_rotation_keeps_the_middle_and_turns_by_every_angle() -> None:
    marked = torch.zeros(500, 3, 33, 33)
    marked[:, :, 16, 24:29] = 1.0
    marked[:, :, 15:18, 15:18] = 0.5
    turned = rotation(marked)[:, 0]
    assert turned[:, 16, 16].tolist() == pytest.approx([0.5] * 500, abs=1e-4)
    bright = (turned - 0.5).clamp(min=0.0)
    rows = (bright.sum(dim=2) * (torch.arange(33.0) - 16)).sum(dim=1) / bright.sum(dim=(1, 2))
    columns = (bright.sum(dim=1) * (torch.arange(33.0) - 16)).sum(dim=1) / bright.sum(dim=(1, 2))
    angles = torch.atan2(rows, columns)
    assert len(torch.unique((angles / (torch.pi / 6)).floor())) >= 12
    torch.testing.assert_close((rows.square() + columns.square()).sqrt(), torch.full((500,), 10.0), rtol=0, atol=1.5)


def test_noise_has_a_strength_of_its_own_for_each_image() -> None:
    images = pictures(MANY, 8)
    deviations = (noise(images) - images).flatten(1).std(dim=1)
    assert deviations.mean().item() == pytest.approx(0.1 * (2 / torch.pi) ** 0.5, abs=0.005)
    assert deviations.min() < 0.01


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_diffusion_goes_as_far_as_its_strength(strength: float) -> None:
    images = torch.ones(MANY, 3, 4, 4)
    noised = diffusion(images, strength)
    clean = (noised == images).flatten(1).all(dim=1).float().mean().item()
    means = noised.mean(dim=(1, 2, 3))
    assert clean == pytest.approx(0.5, abs=0.03)
    if strength == 0.0:  # up to 5 steps: products of 1 - b stay above 0.998
        assert means.min() > 0.99
    else:
        assert means.min() < 0.15  # after 500 steps of up to 0.02: exp(-5) ** 0.5 = 0.08
        assert (noised - means[:, None, None, None]).std() < 0.06


def test_diffusion_is_the_noise_of_the_steps_that_are_drawn() -> None:
    images = torch.rand(64, 3, 4, 4)
    torch.manual_seed(3)
    steps = diffusion_steps(64, torch.tensor(0.7))
    noised = diffused(images, steps)
    torch.manual_seed(3)
    assert torch.equal(diffusion(images, 0.7), noised)
    unchanged = (noised == images).flatten(1).all(dim=1)
    assert torch.equal(unchanged, steps == 0)
    assert 0 < unchanged.sum() < 64
    assert 200 < steps.max() <= 5 + 0.7 * 495


def test_the_last_step_of_diffusion_is_the_longest() -> None:
    ends = diffused(torch.ones(3, 3, 64, 64), torch.tensor([0, 250, 500])).mean(dim=(1, 2, 3))
    expected = [float(torch.prod(1 - torch.linspace(1e-4, 0.02, 500)[:step]).sqrt()) for step in (0, 250, 500)]
    assert ends.tolist() == pytest.approx(expected, abs=0.003)


def test_a_blur_keeps_a_flat_picture_and_spreads_a_point_as_a_gaussian_does() -> None:
    torch.testing.assert_close(blur(torch.full((1, 3, 32, 32), 0.3), 2.0), torch.full((1, 3, 32, 32), 0.3))
    point = torch.zeros(1, 1, 33, 33)
    point[..., 16, 16] = 1.0
    spread = blur(point, 2.0)[0, 0]
    places = torch.arange(-16, 17).float()
    assert float(spread.sum()) == pytest.approx(1.0, abs=1e-5)
    assert float((spread.sum(dim=0) * places.square()).sum()) == pytest.approx(4.0, rel=0.03)  # the variance, sigma 2
    assert blur(point, 0.1) is point
