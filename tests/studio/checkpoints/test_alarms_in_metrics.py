from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio.checkpoints import alarms_in_metrics
from studio.checkpoints.alarms_in_metrics import triggered_alarms
from studio.ui.texts.i18n import TEXTS
from training.runs.alarms import ALARMS


def write(folder: Path, text: str) -> Path:
    (folder / alarms_in_metrics.METRICS).write_text(text, encoding="utf-8", newline="")
    return folder


def test_the_last_whole_row_tells(tmp_path: Path) -> None:
    rows = [{"images": 1, "alarms": ["d_wins"]}, {"images": 2, "alarms": ["collapse", "gradients"]}]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    assert triggered_alarms(write(tmp_path, text)) == ["collapse", "gradients"]
    assert triggered_alarms(write(tmp_path, text + '{"images": 3, "ala')) == ["collapse", "gradients"]


def test_a_row_without_alarms_says_that_none_rings(tmp_path: Path) -> None:
    text = '{"images": 1, "alarms": ["d_wins"]}\n{"images": 2}\n'
    assert triggered_alarms(write(tmp_path, text)) == []


def test_only_the_end_of_a_long_file_is_read(tmp_path: Path) -> None:
    text = "x" * 10 * alarms_in_metrics.TAIL_BYTES + '\n{"alarms": ["d_wins"]}\n'
    assert triggered_alarms(write(tmp_path, text)) == ["d_wins"]


@pytest.mark.parametrize("alarms", ['"d_wins"', "[1, null]", '["<script>"]', '{"a": 1}', '["' + "a" * 99 + '"]'])
def test_what_is_no_alarm_is_passed_over(tmp_path: Path, alarms: str) -> None:
    assert triggered_alarms(write(tmp_path, f'{{"alarms": {alarms}}}\n')) == []


@pytest.mark.parametrize("text", ["", "\n\n", "[" * 9999, "\x00"])
def test_a_file_of_any_content_is_read_without_failing(tmp_path: Path, text: str) -> None:
    assert triggered_alarms(write(tmp_path, text)) == []
    assert triggered_alarms(tmp_path / "absent") == []


def test_every_alarm_of_the_training_has_its_text_on_the_page() -> None:
    assert [code for code in ALARMS if f"alarm_{code}" not in TEXTS] == []
