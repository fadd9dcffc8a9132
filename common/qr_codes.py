"""QR codes as SVG to stand in a page: black on white with the quiet zone, whatever the page's colours."""

from functools import lru_cache

import segno
from django.utils.safestring import SafeString

QUIET_ZONE = 4  # modules, as ISO/IEC 18004 asks


@lru_cache(maxsize=256)  # the same text always gives the same picture, and making one takes 30 ms
def svg(text: str) -> SafeString:
    """The picture, without a name of its own: the page around it says what it is."""
    code = segno.make_qr(text, error="m", encoding="utf-8")
    return SafeString(code.svg_inline(border=QUIET_ZONE, light="#fff", omitsize=True, svgclass=None, lineclass=None))
