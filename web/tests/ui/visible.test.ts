/** Text from another person cannot hide or turn around what it says. */
import { describe, expect, it } from "vitest";
import { isHidden, visible, visibleLines } from "../../src/ui/visible.ts";

describe("a name on one line", () => {
  it.each([
    ["annex\u202egnp.exe", "annex[U+202E]gnp.exe"],
    ["a\u2066b\u2069", "a[U+2066]b[U+2069]"],
    ["two\nlines\tand a tab", "two␊lines␉and a tab"],
    ["bell\u0007", "bell␇"],
    ["del\u007f", "del␡"],
    ["next\u0085line", "next[U+0085]line"],
    ["zero\u200bwidth", "zero[U+200B]width"],
    ["sep\u2028\u2029", "sep[U+2028][U+2029]"],
    ["\ufeffmark", "[U+FEFF]mark"],
    ["ua\ufe0f", "ua[U+FE0F]"],
    ["\ufe0f\u20e3", "[U+FE0F]\u20e3"],
    ["ua\u034f", "ua[U+034F]"],
    ["u\u3164a", "u[U+3164]a"],
    ["\u115f", "[U+115F]"],
    ["ua\u{e0100}", "ua[U+E0100]"],
    ["ua\u200d", "ua[U+200D]"],
    ["u\u200ca", "u[U+200C]a"],
    ["\u2764\ufe0f\ufe0f", "\u2764\ufe0f[U+FE0F]"],
    ["lone\ud800", "lone\ufffd"],
  ])("%j is shown as %j", (given, shown) => {
    expect(visible(given)).toBe(shown);
  });

  it.each(["Zoë", "陳美玲", "ليلى", "नमस्ते", "👩‍👩‍👧", "a\u0301", "<b>bold</b>", "❤\ufe0f 1\ufe0f\u20e3", "👩🏽\u200d🚀 🏳\ufe0f\u200d🌈", "می\u200cخواهم", "क\u094d\u200dष"])("%j stays what it is", (name) => {
    expect(visible(name)).toBe(name);
  });
});

it("a message keeps its lines and tabs, nothing else", () => {
  expect(visibleLines("one\r\ntwo\n\tthree\u0000\r")).toBe("one\ntwo\n\tthree␀␍");
});

it("a leading dot hides a file", () => {
  expect([".bashrc", ".ssh/config", "a/.b", "a.txt"].map(isHidden)).toEqual([true, true, false, false]);
});
