from __future__ import annotations

import torch
from torch import Tensor

from training.tricks.replay_buffer import ReplayBuffer


def painted(step: int, count: int = 4) -> Tensor:
    """Return fakes that say by their colour in which step they were made."""
    return torch.full((count, 3, 2, 2), step / 100.0)


def steps_of(images: Tensor) -> list[int]:
    return [round(float(image.mean()) * 100) for image in images]


def test_until_it_is_full_all_fakes_are_new() -> None:
    replay = ReplayBuffer(0.5, 2, kept=10)
    for step in range(3):
        assert steps_of(replay.mix(painted(step))) == [step] * 4
    assert replay.count == 10
    assert steps_of(replay.images.float() / 127.5 - 1.0) == [0] * 4 + [1] * 4 + [2] * 2


def test_a_step_shows_its_share_of_old_fakes_and_never_a_future_one() -> None:
    torch.manual_seed(0)
    replay, seen = ReplayBuffer(0.5, 2, kept=8), set()
    for step in range(60):
        shown = steps_of(replay.mix(painted(step)))
        old = [one for one in shown if one != step]
        assert len(old) == (2 if step >= 2 else 0)
        assert all(one < step for one in old)
        seen.update(old)
    assert len(seen) > 30


def test_what_is_shown_has_no_slope_and_keeps_its_range() -> None:
    replay = ReplayBuffer(0.25, 2, kept=4)
    for _ in range(3):
        fake = (torch.rand(4, 3, 2, 2) * 2 - 1).requires_grad_()
        shown = replay.mix(fake)
        assert not shown.requires_grad
        assert shown.abs().max() <= 1.0
    torch.testing.assert_close(shown[1:], fake.detach()[1:], rtol=0, atol=0)


def test_the_buffer_is_in_the_state() -> None:
    replay, again = ReplayBuffer(0.5, 2, kept=4), ReplayBuffer(0.5, 2, kept=4)
    replay.mix(painted(7))
    again.load_state_dict(replay.state_dict())
    assert torch.equal(again.images, replay.images)
    assert again.count == 4
