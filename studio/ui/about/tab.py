"""The About tab: the scores of all checkpoints, a glossary of the tricks, the tile's rule, versions and credits."""

from __future__ import annotations

import platform
from importlib import metadata

import gradio as gr
import torch

from studio.checkpoints.scoreboard import Board, Passport, Standing, boards
from studio.rendering.picture import device_name
from studio.ui.about import messages
from studio.ui.about.glossary import GLOSSARY, Trick
from studio.ui.component import component
from studio.ui.protocol import answers
from studio.ui.protocol_types import NoFields
from studio.ui.services import Studio
from studio.ui.shared.known_names import named_network
from studio.ui.texts.i18n import LANGUAGES

PROGRAM = "gan-race-studio"


def build(studio: Studio) -> gr.HTML:
    """Build the tab; its scores are read anew each time that it is shown."""

    @answers
    def about_scores(_: NoFields) -> messages.ScoresReply:
        tables, unscored = boards(_passports(studio))
        return messages.ScoresReply(boards=list(map(_board, tables)), unscored=unscored)

    @answers
    def about_program(_: NoFields) -> messages.ProgramReply:
        return messages.ProgramReply(tricks=list(map(_in_all_languages, GLOSSARY)), versions=_versions(studio))

    return component("about", [about_scores, about_program])


def _passports(studio: Studio) -> list[Passport]:
    entries = studio.catalog.entries()
    return [
        Passport(entry.name, entry.sha256, entry.description.about)
        for entry in entries
        if entry.description and entry.sha256 and entry.problem is None
    ]


def _board(board: Board) -> messages.Board:
    return messages.Board(network=named_network(board.network), rows=list(map(_standing, board.rows)))


def _standing(row: Standing) -> messages.Standing:
    return messages.Standing(**{**vars(row), "pretrained": named_network(row.pretrained)})


def _in_all_languages(trick: Trick) -> messages.Trick:
    """Return an entry of the glossary with its words by language, so that a switch asks nothing."""
    words = {
        language: messages.TrickWords(name=trick.name[place], does=trick.does[place], look=trick.look[place])
        for place, language in enumerate(LANGUAGES)
    }
    return messages.Trick(
        key=trick.key,
        group=trick.group,
        words=words,
        paper=trick.paper,
        setting=trick.setting,
        recipes=list(trick.recipes),
    )


def _versions(studio: Studio) -> messages.Versions:
    return messages.Versions(
        program=_program_version(),
        python=platform.python_version(),
        torch=str(torch.__version__),
        gradio=metadata.version("gradio"),
        device=device_name(studio.renderer.device),
    )


def _program_version() -> str | None:
    """Return the installed version; None where the program runs from its folder."""
    try:
        return metadata.version(PROGRAM)
    except metadata.PackageNotFoundError:
        return None
