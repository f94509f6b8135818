from __future__ import annotations

from threading import Event, current_thread

import pytest

from training.runs.background import Background


def test_each_kind_is_done_once_whatever_was_asked_for_meanwhile_and_in_the_order_of_the_kinds() -> None:
    done, begun, goes_on = [], Event(), Event()

    def first() -> None:
        done.append("first")
        begun.set()
        assert goes_on.wait(60)

    works = {"first": first, "second": lambda: done.append("second"), "third": lambda: done.append("third")}
    background = Background(works)
    background.ask("first")
    assert begun.wait(60)
    for kind in ("third", "second", "third", "second"):
        background.ask(kind)
    assert not background.wait(0.05)
    goes_on.set()
    assert background.wait(60)
    assert done == ["first", "second", "third"]
    background.close()


def test_it_is_another_thread_whose_error_reaches_whoever_waits_and_ends_nothing() -> None:
    threads = []

    def fail() -> None:
        threads.append(current_thread())
        raise ValueError("damaged")

    background = Background({"fails": fail})
    background.ask("fails")
    with pytest.raises(ValueError, match="damaged"):
        background.wait(60)
    background.ask("fails")
    with pytest.raises(ValueError, match="damaged"):
        background.wait(60)
    assert background.wait(60)
    assert threads[0] is threads[1] is not current_thread()
    background.close()
    threads[0].join(60)
    assert not threads[0].is_alive()
