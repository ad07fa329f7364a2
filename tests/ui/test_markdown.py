"""Growing text → safe blocks: what is finished stays, the whole equals one rendering, and nothing in it is active."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.ui import markdown
from dashboard.ui.markdown import SCHEMES, TAGS, Blocks, _clean, _coloured, render
from dashboard.ui.plain import visible

PIECES = (
    *("# heading\n", "paragraph\n", "\n", "\n\n", "- item\n", "  - nested\n", "1. one\n", "2. two\n", "7) seven\n"),
    *(
        "```python\n",
        "def f(): return 1\n",
        "```\n",
        "~~~\n",
        "    indented\n",
        "> quoted\n",
        "| a | b |\n",
        "|--:|:-:|\n",
    ),
    *("| 1 | 2 |\n", "---\n", "===\n", "**bold** `code` ~~gone~~", "[link](http://example.org)", "- [ ] to do\n"),
    *("- [x] done\n", "[ref]: http://example.org\n", "[ref]\n", "<b>html</b>\n", "\r\n", "\r", "\u202e", "\ud83d"),
    *(
        "\ude00",
        "#",
        "*",
        "-",
        "\t",
        "  ",
        "![image](http://example.org/x.png)",
        "&amp;",
        "\\\n",
        "a\x00b",
        "1",
        ".",
        " ",
    ),
)
MARKDOWN = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=25).map("".join)


class Seen(HTMLParser):
    """Every tag and attribute of an HTML text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def inert(html: str) -> None:
    """Only tags that can do nothing, only attributes that start nothing, only links that open apart."""
    for tag, attributes in Seen(html).tags:
        assert tag in TAGS
        assert set(attributes) <= {"href", "title", "rel", "target", "class", "start"}
        if tag == "a" and (href := attributes.get("href")):
            assert href.split(":")[0].lower() in SCHEMES or not re.match(r"\w+:", href)
            assert attributes["target"] == "_blank"
            assert attributes["rel"] == "noopener noreferrer nofollow"


@settings(max_examples=300)
@given(MARKDOWN, st.lists(st.integers(1, 12), min_size=1, max_size=40))
def test_any_cut_gives_the_html_of_one_rendering(text: str, sizes: list[int]) -> None:
    blocks, at = Blocks(), 0
    final: list[str] = []
    for turn in range(len(text) + 1):
        if at >= len(text):
            break
        size = sizes[turn % len(sizes)]
        blocks.grow(text[at : at + size])
        at += size
        html = blocks.html
        assert html[: len(final)] == final, "a finished block changed"
        final = html[: blocks.finished]
    blocks.finish()
    assert blocks.html[: len(final)] == final
    assert "".join(blocks.html) == render(text)
    assert blocks.finished == len(blocks.html)


LONG_PIECES = ("- item\n", "- item\n\n", "  - nested\n", "3. three\n", "1) one\n", "   text of it\n", "| a | b |\n", "|--:|---|\n", "| 1 | 2 |\n", "---\n", "plain\n", "\n", "word ", "```\n")  # fmt: skip


PROSE = st.text("ab1\u00e9\u00b2 .,?!-*_~`[]()<>&;:\"'#|\\\n\t", max_size=60)


@settings(max_examples=400)
@given(
    st.lists(
        PROSE | st.sampled_from(("a", " b", "1", ". ", "a\n", "1. ", "- ", "word ", " word", ", and")), max_size=30
    )
)
def test_what_is_shown_meanwhile_is_what_its_text_gives(pieces: list[str]) -> None:
    """Prose is made longer without being rendered anew."""
    blocks = Blocks()
    for piece in pieces:
        blocks.grow(piece)
        open_part = "".join(blocks.html[blocks.finished :])
        assert open_part == blocks._rest.html(markdown._uncoloured, blocks._open + markdown._text(blocks._held))


def test_prose_that_grows_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = Blocks()
    blocks.grow("A **bold** beginning")
    before = blocks.html
    monkeypatch.setattr(markdown, "_clean", lambda _html: pytest.fail("rendered anew"))
    blocks.grow(", and ")
    blocks.grow("so on. ")
    assert (before, blocks.html) == (
        ["<p>A <strong>bold</strong> beginning</p>\n"],
        ["<p>A <strong>bold</strong> beginning, and so on.</p>\n"],
    )


@settings(max_examples=300)
@given(st.lists(st.sampled_from(LONG_PIECES), max_size=40).map("".join), st.lists(st.integers(1, 12), min_size=1))
def test_any_cut_gives_the_same_parts_of_long_lists_and_tables(text: str, sizes: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(markdown, "LONG", 30)
        blocks, at, final = Blocks(), 0, list[str]()
        for turn in range(len(text)):
            blocks.grow(text[at : at + sizes[turn % len(sizes)]])
            at += sizes[turn % len(sizes)]
            assert blocks.html[: len(final)] == final, "a finished block changed"
            final = blocks.html[: blocks.finished]
        blocks.finish()
        assert "".join(blocks.html) == render(text)


@given(MARKDOWN)
def test_what_is_not_long_is_what_one_call_of_the_renderer_gives(text: str) -> None:
    assert render(text) == _clean(_coloured.render(visible(text.replace("\r\n", "\n").replace("\r", "\n"))))


def test_a_long_list_is_many_blocks_and_goes_on_counting() -> None:
    blocks = Blocks()
    for n in range(1, 501):
        blocks.grow(f"{n}. item number {n}\n")
        assert blocks.open_chars <= markdown.LONG + 100
    blocks.finish()
    assert blocks.finished > 3
    numbered = [int(each) for each in re.findall(r'<ol start="(\d+)">', "".join(blocks.html))]
    items = [html.count("<li>") for html in blocks.html]
    assert sum(items) == 500
    assert [1 + sum(items[:n]) for n in range(1, len(items))] == numbered
    all_ones = render("1. again\n" * 1000)
    assert int(re.findall(r'<ol start="(\d+)">', all_ones)[0]) == all_ones.split("</ol>")[0].count("<li>") + 1


def test_a_long_table_has_one_head() -> None:
    html = render("| a | b |\n|--:|---|\n" + "| 1 | 2 |\n" * 2000 + "\nafter")
    assert html.count("<table>") > 5
    assert html.count("<thead>") == 1
    assert html.count('<td class="right">1</td>') == 2000
    assert html.endswith("<p>after</p>\n")


@given(MARKDOWN)
def test_whatever_comes_is_inert(text: str) -> None:
    inert(render(text))


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](http://elsewhere.example/pixel.png?q=1)",
    "![x][r]\n\n[r]: http://elsewhere.example/pixel.png",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "<javascript:alert(1)>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<details open ontoggle=alert(1)>x</details>",
    "<svg onload=alert(1)></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)></style></mglyph></math>",
    '<a href="http://x" onclick=alert(1)>x</a>',
    "<body onload=alert(1)>",
    "<object data=http://elsewhere.example></object>",
    "<embed src=http://elsewhere.example>",
    "<link rel=stylesheet href=http://elsewhere.example/x.css>",
    "<style>@import 'http://elsewhere.example/x.css'</style>",
    "<base href=http://elsewhere.example/>",
    "<meta http-equiv=refresh content='0;url=http://elsewhere.example'>",
    "<form action=http://elsewhere.example><button>x</button></form>",
    "<video src=http://elsewhere.example autoplay></video>",
    '"><img src=x onerror=alert(1)>',
    "```html\n<img src=x onerror=alert(1)>\n```",
    '```"><img src=x onerror=alert(1)>\nx\n```',
    "`<img src=x onerror=alert(1)>`",
    '[x](http://a "\\"><img src=x onerror=alert(1)>")',
    "| <img src=x onerror=alert(1)> | b |\n|---|---|\n| <script>alert(1)</script> | d |",
    "&lt;img src=x onerror=alert(1)&gt;",
)


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_payload_is_inert(payload: str) -> None:
    html = render(payload)
    inert(html)
    assert not {"img", "script", "iframe", "svg", "style"} & {tag for tag, _ in Seen(html).tags}
    blocks = Blocks()
    for char in payload:
        blocks.grow(char)
        inert("".join(blocks.html))


@pytest.mark.parametrize("payload", [*HOSTILE, "<a href=javascript:alert(1)>x</a>", "<a href=data:text/html,x>x</a>"])
def test_the_second_line_of_defence_holds_alone(payload: str) -> None:
    inert(_clean(payload))


def test_html_in_the_text_is_text() -> None:
    assert render("a <b>bold</b> claim") == "<p>a &lt;b&gt;bold&lt;/b&gt; claim</p>\n"


def test_nothing_that_comes_later_changes_an_earlier_block() -> None:
    text = "[ref] and\n\nmore\n\n[ref]: http://example.org\n"
    blocks = Blocks()
    for char in text:
        blocks.grow(char)
    blocks.finish()
    assert "".join(blocks.html) == render(text)
    assert "href" not in render(text)


def test_an_image_is_told_not_loaded() -> None:
    assert (
        render("![a <b> c](http://elsewhere.example/x)") == '<p><span class="image">[image: a &lt;b&gt; c]</span></p>\n'
    )


def test_code_is_coloured_once_it_is_closed() -> None:
    blocks = Blocks()
    blocks.grow("```python\nreturn 1\n")
    assert "<span" not in blocks.html[0]
    blocks.grow("```\n\nafter\n")
    assert '<span class="k">return</span>' in blocks.html[0]
    assert blocks.finished == 1


def test_unknown_language_and_very_long_code_stay_plain() -> None:
    assert "<span" not in render("```nosuchlanguage\nreturn\n```")
    assert "<span" not in render("```python\n" + "return 1\n" * 10_000 + "```")


def test_tables_tasks_and_strikethrough() -> None:
    html = render("|a|b|\n|--:|:-:|\n|1|2|\n\n- [x] done\n- [ ] open\n\n~~gone~~")
    assert '<th class="right">a</th>' in html
    assert '<td class="center">2</td>' in html
    assert '<li class="task">☑ done</li>' in html
    assert "<s>gone</s>" in html


def test_deep_nesting_is_bounded() -> None:
    assert render(">" * 5000 + " x").count("<blockquote>") <= 25


def test_bidi_controls_are_visible() -> None:
    assert render("a\u202eb") == "<p>a⟨U+202E⟩b</p>\n"


def test_half_a_surrogate_pair_waits_for_the_other() -> None:
    blocks = Blocks()
    blocks.grow("a\ud83d")
    blocks.grow("\ude00")
    blocks.finish()
    assert blocks.html == ["<p>a😀</p>\n"]
