"""The light markup of longer texts: headings, paragraphs, lists, emphasis and links; nothing else, no HTML."""

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_markdown = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .disable(["html_block", "html_inline", "image", "code", "fence", "backticks", "lheading", "hr", "blockquote"])
    .disable("reference")
)


def rendered(text: str, highest: int = 2) -> SafeString:
    """The text as HTML, with headings from the second level on, or a deeper one: the first is the page's own."""
    tokens = _markdown.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{max(int(token.tag[1]), highest)}"
    # Safe: the parser escapes all text, writes no HTML of the author's and refuses script addresses.
    return mark_safe(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S308
