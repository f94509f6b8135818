from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training.tricks.unrolled import unrolled_head


def players() -> tuple[nn.Module, torch.optim.Optimizer, Tensor, Tensor]:
    torch.manual_seed(0)
    head = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    return head, torch.optim.Adam(head.parameters(), 0.01, (0.5, 0.9)), torch.randn(5, 3), torch.randn(5, 3)


def game(real: Tensor, fake: Tensor) -> Callable[[Any], Tensor]:
    return lambda head: (nn.functional.softplus(-head(real)) + nn.functional.softplus(head(fake))).mean()


@pytest.mark.parametrize("before", [0, 3])
@pytest.mark.parametrize("steps", [1, 3])
def test_looking_ahead_is_what_adam_would_do(before: int, steps: int) -> None:
    head, optimizer, real, fake = players()
    loss = game(real, fake)

    def descend(times: int) -> None:
        for _ in range(times):
            optimizer.zero_grad()
            loss(head).backward()
            optimizer.step()

    descend(before)
    kept = {name: value.clone() for name, value in head.state_dict().items()}
    ahead = unrolled_head(head, optimizer, loss, steps)(real).detach()
    assert all(torch.equal(value, kept[name]) for name, value in head.state_dict().items())
    assert not torch.allclose(ahead, head(real))
    descend(steps)
    torch.testing.assert_close(ahead, head(real).detach(), rtol=1e-4, atol=1e-5)


def test_a_slope_flows_through_the_steps_that_were_looked_ahead() -> None:
    head, optimizer, real, fake = players()
    fake.requires_grad_()
    through = torch.autograd.grad(unrolled_head(head, optimizer, game(real, fake), 2)(real).sum(), fake)[0]
    assert through.abs().max() > 0  # `real` itself does not hang on `fake`: only the steps do
    numeric = torch.zeros_like(through)
    with torch.no_grad():
        for index in range(fake.numel()):
            ends = []
            for sign in (1.0, -1.0):
                moved = fake.detach().clone()
                moved.view(-1)[index] += sign * 1e-2
                with torch.enable_grad():
                    ends.append(unrolled_head(head, optimizer, game(real, moved), 2)(real).sum().item())
            numeric.view(-1)[index] = (ends[0] - ends[1]) / 2e-2
    torch.testing.assert_close(through, numeric, rtol=0.1, atol=2e-3)
