/** Colours are measured, not guessed: text 4.5:1, outlines and figures 3:1, in light and dark (WCAG 2.2). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../../src/ui/tokens.css", import.meta.url), "utf8");
const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");

function colours(block: string): ReadonlyMap<string, string> {
  return new Map(Array.from(block.matchAll(/--([a-z0-9-]+): (#[0-9a-f]{6});/gu), ([, name = "", value = ""]) => [name, value]));
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dim = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dim + 0.05);
}

describe.each([
  ["light", colours(light)],
  ["dark", new Map([...colours(light), ...colours(dark)])],
])("%s", (_, tokens) => {
  const of = (name: string): string => {
    const value = tokens.get(name);
    if (value === undefined) throw new Error(`no colour ${name}`);
    return value;
  };

  it.each(["ink", "quiet", "seal", "verified", "waiting"])("%s is readable on paper and on a letter", (name) => {
    expect(contrast(of(name), of("paper"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of(name), of("sheet"))).toBeGreaterThanOrEqual(4.5);
  });

  it("words on a seal-red button are readable, also under the pointer", () => {
    expect(contrast(of("on-seal"), of("seal"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of("on-seal"), of("seal-deep"))).toBeGreaterThanOrEqual(4.5);
  });

  it("outlines of controls stand out from what they lie on", () => {
    expect(contrast(of("edge"), of("paper"))).toBeGreaterThanOrEqual(3);
    expect(contrast(of("edge"), of("sheet"))).toBeGreaterThanOrEqual(3);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])("figure tone %i stands out from the paper", (tone) => {
    expect(contrast(of(`tone-${String(tone)}`), of("paper"))).toBeGreaterThanOrEqual(3);
  });
});
