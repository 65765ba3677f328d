"""axe-core inside a page: what it finds wrong, and nothing else is fetched from there."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

from support.gallery import WEB

#: Everything axe knows of WCAG A and AA, and what it advises.
ALL: Final = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
#: What depends on colours alone.
COLOURS: Final = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}

_AXE: Final = WEB / "node_modules/axe-core/axe.min.js"
_LOOK: Final = """async (only) => {
  const seen = await axe.run({ runOnly: only, resultTypes: ["violations"] });
  return {
    measured: seen.passes.some((rule) => rule.id === "color-contrast"),
    wrong: seen.violations.flatMap((rule) => rule.nodes.map((node) =>
      `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 300)}`)),
  };
}"""


def violations(page: Page, rules: object = ALL) -> list[str]:
    """What these rules find wrong on the page as it is shown now; fails if there was no text to measure."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    seen = page.evaluate(_LOOK, rules)
    assert seen["measured"], f"{page.url}: nothing was measured"
    wrong: list[str] = seen["wrong"]
    return wrong
