"""The light markup of longer texts: headings, paragraphs, lists, emphasis and links; nothing else, no HTML."""

from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

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


def tree(text: str) -> dict[str, Any]:
    """The text as nested nodes of `kind`, with `inner` nodes, `text` or `href`, for what is no HTML."""
    return _node(SyntaxTreeNode(_markdown.parse(text)))


def _node(node: SyntaxTreeNode) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": node.type}
    if node.type == "text":
        return found | {"text": node.content}
    if node.type == "link":
        found["href"] = str(node.attrs["href"])
    if node.type == "ordered_list":
        found["start"] = int(node.attrs.get("start", 1))
    return found | {"inner": [_node(child) for child in node.children]}
