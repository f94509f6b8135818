"""The entrants' Markdown as safe HTML."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_CHARACTERS = 2000
SCHEMES = ("https://", "http://", "mailto:")
# No pictures, which would load from elsewhere, and no headings, which would stand in the page's outline.
DISABLED = ("image", "heading", "lheading", "html_block", "html_inline", "reference")


class _Renderer(RendererHTML):
    """Mark links as an entrant's, so that neither search engines nor the other page take them for ours."""

    def link_open(self, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType) -> str:
        tokens[index].attrSet("rel", "nofollow noopener noreferrer ugc")
        return str(self.renderToken(tokens, index, options, env))


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Allow links to the web and to mail, whole addresses only."""
        return url.strip().lower().startswith(SCHEMES)


def to_safe_html(text: str) -> str:
    """Return Markdown (CommonMark) as HTML in which nothing of the entrant's is a tag, a script, a style or a picture.

    Text beyond 2000 characters is cut off.
    """
    parser = _Parser("commonmark", {"html": False}, renderer_cls=_Renderer).disable(list(DISABLED))
    return str(parser.render(text[:MAX_CHARACTERS]))
