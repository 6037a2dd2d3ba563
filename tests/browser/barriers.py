"""What keeps somebody out who uses a keyboard or a screen reader, or sees little: what axe-core finds on a page."""

from functools import cache

from playwright.sync_api import Page

from parts import node

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def barriers(page: Page) -> list[str]:
    """Each rule that the page breaks as it stands, and where; none is as it should be."""
    if not page.evaluate("window.axe !== undefined"):
        page.evaluate(_axe())
    return page.evaluate(_BROKEN, RULES)


@cache
def _axe() -> str:
    node.install()
    return f"{(node.FOLDER / 'node_modules' / 'axe-core' / 'axe.min.js').read_text()};0"


_BROKEN = """async rules => {
    const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
    return found.violations.flatMap(({id, help, nodes}) =>
        nodes.slice(0, 3).map(({html, any}) => `${id}: ${help}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`));
}"""
