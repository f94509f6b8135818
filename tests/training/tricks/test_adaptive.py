from __future__ import annotations

import pytest
import torch

from training.tricks.adaptive import AdaptiveState

REALS = torch.tensor([[2.0], [1.0], [3.0], [4.0]])  # D calls all of them real: r_t goes to 1
MIXED = torch.tensor([[2.0], [-1.0], [3.0], [-4.0]])  # half of them: r_t goes to 0
FAKES = torch.tensor([[-1.0], [-2.0], [0.0], [1.0]])


def after(control: AdaptiveState, reals: torch.Tensor, steps: int) -> AdaptiveState:
    for _ in range(steps):
        control.update(reals, FAKES)
    return control


def test_running_means_approach_the_logits() -> None:
    control = after(AdaptiveState(), REALS, 1)
    assert control.real_mean.item() == pytest.approx(0.01 * 2.5)
    assert control.fake_mean.item() == pytest.approx(0.01 * -0.5)
    after(control, REALS, 2000)
    assert [control.real_mean.item(), control.fake_mean.item()] == pytest.approx([2.5, -0.5], abs=1e-4)


def test_the_strength_rises_while_d_knows_the_reals_and_falls_while_it_does_not() -> None:
    control = AdaptiveState(target=0.6, ramp_images=2000)
    assert control.strength == 0.0
    after(control, REALS, 91)  # r_t = 1 - 0.99 ** 91 = 0.599
    assert control.strength == 0.0
    after(control, REALS, 100)
    assert control.overfit > 0.8
    assert control.strength.item() == pytest.approx(100 * 4 / 2000)
    after(control, REALS, 10_000)
    assert control.strength == 1.0
    after(control, MIXED, 52)  # 0.99 ** 52 = 0.593: the strength has fallen in the last step alone
    assert control.strength.item() == pytest.approx(1.0 - 2 * 4 / 2000, abs=4 / 2000 + 1e-6)
    after(control, MIXED, 10_000)
    assert control.strength == 0.0


def test_without_a_target_every_image_is_augmented() -> None:
    assert after(AdaptiveState(), REALS, 500).strength == 1.0


def test_begans_balance_weighs_the_fakes_more_while_they_are_painted_too_well() -> None:
    control = AdaptiveState(diversity=0.5)
    assert control.balance == 0.0
    real, fake = torch.tensor([[-0.4], [-0.6]]), torch.tensor([[-0.1], [-0.1]])  # errors: 0.5 and 0.1
    control.update(real, fake)
    assert control.balance.item() == pytest.approx(0.001 * (0.5 * 0.5 - 0.1))
    for _ in range(10):
        control.update(real, torch.tensor([[-0.9], [-0.9]]))
    assert control.balance == 0.0
    assert AdaptiveState().balance == 1.0


def test_everything_is_in_the_state() -> None:
    control = after(AdaptiveState(target=0.6, diversity=0.5), REALS, 300)
    again = AdaptiveState(target=0.6, diversity=0.5)
    again.load_state_dict(control.state_dict())
    assert set(control.state_dict()) == {
        *("real_mean", "fake_mean", "overfit", "strength", "balance", "g_loss", "g_gradient"),
    }
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in control.state_dict().items())
