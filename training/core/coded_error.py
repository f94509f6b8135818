"""Errors that say why in one sentence, and the same by a code with values, for a program that has words of its own."""

from __future__ import annotations

from training.core.clean_text import encodable


class CodedError(Exception):
    """Something cannot be used; the message says which and why, in one sentence.

    `why` is the code of the reason ("other" where there is none), and `values` are what words for it hold. Names of
    files that are not UTF-8 are written so that UTF-8 can hold them.
    """

    def __init__(self, message: str, why: str = "other", **values: object) -> None:
        super().__init__(encodable(message))
        self.why = why
        self.values = {name: encodable(str(value)) for name, value in values.items()}
