"""Row 15: a list of known ways to run a script, none of which comes out of the rendering as anything but words."""

from html.parser import HTMLParser

import pytest

from chorus.chat.rendering.markdown import _cleaner, render

_SCHEMES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java&#10;script:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "javascript&#58;alert(1)",
    "\x01javascript:alert(1)",
    " javascript:alert(1)",
    "%6Aavascript:alert(1)",
    "javascript://%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "vbscript:msgbox(1)",
    "VBSCRIPT:msgbox(1)",
    "livescript:x",
    "mocha:x",
    "file:///etc/passwd",
    "blob:https://example.org/1",
    "feed:javascript:alert(1)",
    "view-source:javascript:alert(1)",
    "jar:https://example.org!/x",
    "about:blank",
    "chrome://settings",
    "//evil.example/x",
    "\\\\evil.example\\x",
)
_TAGS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\n>alert(1)</script\n>",
    "<script/src=data:,alert(1)>",
    "<<script>alert(1)//<</script>",
    "<script>alert(1)",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=`x` onerror=alert(1)>",
    "<IMG SRC=javascript:alert(1)>",
    "<img src=x:x onerror\n=alert(1)>",
    '<img """><script>alert(1)</script>">',
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1)>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><use href=data:image/svg+xml,x></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></foreignObject></svg>",
    "<svg><set onbegin=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math href=javascript:alert(1)>x</math>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<applet code=x>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<link rel=import href=//evil.example>",
    "<meta http-equiv=refresh content='0;javascript:alert(1)'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>*{background:url(javascript:alert(1))}</style>",
    "<div style='width:expression(alert(1))'>",
    "<div style=background:url(javascript:alert(1))>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<button formaction=javascript:alert(1)>x",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "<keygen autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<video poster=javascript:alert(1)>",
    "<a href=x onclick=alert(1)>x</a>",
    "<a onmouseover=alert(1)>x</a>",
    "<a href='javascript:alert(1)'>x</a>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href=javascript:alert(1)?>",
    "<table background=javascript:alert(1)>",
    "<td background=javascript:alert(1)>",
    "<frameset onload=alert(1)>",
    "<isindex action=javascript:alert(1)>",
    "<x onclick=alert(1)>x</x>",
    "<custom-element onpointerover=alert(1)>x</custom-element>",
    "<dialog open onclose=alert(1)>",
    "<portal src=javascript:alert(1)>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
)
_MARKDOWN = (
    "![x](javascript:alert(1))",
    '[x](https://example.org "onmouseover=alert(1)")',
    '[x](https://example.org" onmouseover="alert(1))',
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n[x]",
    "```<script>alert(1)</script>\n```",
    '```"onload="alert(1)\nx\n```',
    "`<script>alert(1)</script>`",
    'https://example.org/"onmouseover=alert(1)',
    "https://example.org/<script>alert(1)</script>",
    "@<script>alert(1)</script>",
    "> <img src=x onerror=alert(1)>",
    "| <script>alert(1)</script> |\n| --- |\n| <img src=x onerror=alert(1)> |",
    "# <svg onload=alert(1)>",
    "- <iframe src=javascript:alert(1)>",
)

KNOWN = [*(f"[x]({scheme})" for scheme in _SCHEMES), *(f"<{scheme}>" for scheme in _SCHEMES[:6]), *_TAGS, *_MARKDOWN]

_HARMLESS = {
    "a",
    "blockquote",
    "br",
    "code",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
_ATTRIBUTES = {"href", "title", "rel", "target", "class", "start", "data-mention"}


class Found(HTMLParser):
    """What a browser would make elements of."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _HARMLESS:
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name not in _ATTRIBUTES:
                self.wrong.append(f"{tag} {name}")
            if name == "href" and not (value or "").lower().startswith(("https://", "http://", "mailto:")):
                self.wrong.append(f"href {value}")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"<?{data}>")


def test_row_15_the_list_has_more_than_a_hundred():
    assert len(set(KNOWN)) > 100


@pytest.mark.parametrize("text", KNOWN)
def test_row_15_no_known_way_to_run_a_script_works(text):
    found = Found()
    found.feed(render(text))
    found.close()

    assert found.wrong == []


@pytest.mark.parametrize("html", KNOWN)
def test_row_15_the_second_wall_holds_without_the_first(html):
    """All HTML is escaped before; whatever came through nevertheless would end here."""
    found = Found()
    found.feed(_cleaner.clean(html))
    found.close()

    assert found.wrong == []


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<p style="position: fixed" id="x" class="y">x</p>', "<p>x</p>"),
        ('<p title="x" lang="tlh">x</p>', "<p>x</p>"),
        ('<pre class="evil">x</pre>', "<pre>x</pre>"),
        ('<code class="evil language-evil language-python">x</code>', '<code class="language-python">x</code>'),
        ('<span class="evil mention k">x</span>', '<span class="mention k">x</span>'),
    ],
)
def test_row_15_what_nobody_listed_does_not_stand_behind_the_second_wall(html, left):
    assert _cleaner.clean(html) == left
