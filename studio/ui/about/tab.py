"""The About tab: the scores of all checkpoints, a glossary of the tricks, the tile's rule, versions and credits."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib import metadata

import gradio as gr
import torch

from studio.checkpoints.scoreboard import Passport, boards
from studio.rendering.picture import device_name
from studio.ui.about.glossary import GLOSSARY, Trick
from studio.ui.component import component
from studio.ui.protocol import Answer, answers
from studio.ui.services import Studio
from studio.ui.texts.i18n import LANGUAGES

PROGRAM = "gan-race-studio"


def build(studio: Studio) -> gr.HTML:
    """Build the tab; its scores are read anew each time that it is shown."""

    @answers
    def about_scores(_: Answer) -> Answer:
        tables, unscored = boards(_passports(studio))
        return {"boards": [asdict(table) for table in tables], "unscored": unscored}

    @answers
    def about_program(_: Answer) -> Answer:
        return {"tricks": [_in_all_languages(trick) for trick in GLOSSARY], "versions": _versions(studio)}

    return component("about", [about_scores, about_program])


def _passports(studio: Studio) -> list[Passport]:
    entries = studio.gallery.entries()
    return [
        Passport(entry.name, entry.sha256, entry.description.about)
        for entry in entries
        if entry.description and entry.sha256 and entry.problem is None
    ]


def _in_all_languages(trick: Trick) -> Answer:
    """Return an entry of the glossary with its words by language, so that a switch asks nothing."""
    words = {
        language: {"name": trick.name[place], "does": trick.does[place], "look": trick.look[place]}
        for place, language in enumerate(LANGUAGES)
    }
    facts = {"paper": trick.paper, "setting": trick.setting, "recipes": list(trick.recipes)}
    return {"key": trick.key, "group": trick.group, "words": words, **facts}


def _versions(studio: Studio) -> Answer:
    return {
        "program": _program_version(),
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "gradio": metadata.version("gradio"),
        "device": device_name(studio.renderer.device),
    }


def _program_version() -> str | None:
    """Return the installed version; None where the program runs from its folder."""
    try:
        return metadata.version(PROGRAM)
    except metadata.PackageNotFoundError:
        return None
