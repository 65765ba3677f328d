/** Names on the receiver's disk and on the wire: the rules of docs/architecture.md, case by case. */
import { describe, expect, test } from "vitest";
import { fit, LocalPaths, localComponents, numbered, splitExtension, UniqueNames, wirePath } from "../../src/files/names.ts";

const bytes = (text: string): number => new TextEncoder().encode(text).length;

describe("a legal wire path on this disk", () => {
  test.each([
    ["photo.jpg", ["photo.jpg"]],
    ["Holiday/a.jpg", ["Holiday", "a.jpg"]],
    ['a<b>c:d"e|f?g*h', ["a_b_c_d_e_f_g_h"]],
    ["\u202egpj.exe", ["_gpj.exe"]],
    ["CON", ["_CON"]],
    ["nul.txt", ["_nul.txt"]],
    ["COM1.log", ["_COM1.log"]],
    ["com¹", ["_com¹"]],
    ["console", ["console"]],
    ["trailing. .", ["trailing___"]],
    ["..hidden", ["..hidden"]],
    [".bashrc", [".bashrc"]],
    ["文件/ملف/😀", ["文件", "ملف", "😀"]],
  ])("%j becomes %j", (wire, local) => {
    expect(localComponents(wire)).toEqual(local);
  });

  test("never gives a component that points elsewhere, whatever comes in", () => {
    for (const hostile of ["..", ".", "", "a\\b", "a/../b", "\u0000", "C:"]) {
      for (const component of localComponents(hostile)) {
        expect(component).not.toMatch(/^\.{0,2}$/);
        expect(component).not.toMatch(/[/\\:\u0000]/);
      }
    }
  });

  test("fits 255 bytes and keeps its extension, splitting no character", () => {
    const [kept] = localComponents(`${"é".repeat(200)}.jpeg`);
    expect(bytes(kept!)).toBeLessThanOrEqual(255);
    expect(kept).toMatch(/^é+\.jpeg$/);
  });
});

describe("a taken name", () => {
  test.each([
    ["a.txt", 1, false, "a (1).txt"],
    ["a.tar.gz", 2, false, "a (2).tar.gz"],
    [".bashrc", 1, false, ".bashrc (1)"],
    ["v1.2", 1, true, "v1.2 (1)"],
    ["a", 0, false, "a"],
  ])("%s, number %i, folder %s: %s", (name, number, folder, expected) => {
    expect(numbered(name, number, folder)).toBe(expected);
  });

  test("stays within 255 bytes with its number", () => {
    expect(bytes(fit("x".repeat(300), " (12)"))).toBe(255);
  });

  test("is given once, upper and lower case alike", () => {
    const names = new UniqueNames();
    expect([names.claim("A.txt"), names.claim("a.txt"), names.claim("b")]).toEqual(["A.txt", "a (1).txt", "b"]);
  });

  test("gets the lowest number that is free, also beside names that look numbered", () => {
    const names = new UniqueNames();
    const claimed = ["a (2).txt", "a.txt", "a.txt", "A.TXT", "a (1).txt"].map((name) => names.claim(name));
    expect(claimed).toEqual(["a (2).txt", "a.txt", "a (1).txt", "A (3).TXT", "a (1) (1).txt"]);
  });

  test("gets one that nobody has, for long names that only their number tells apart too", () => {
    const names = new UniqueNames();
    const long = (end: number): string => "x".repeat(245) + String(end).padStart(6, "0") + ".txt";
    const claimed = Array.from({ length: 3_000 }, (_, at) => names.claim(long(at % 1_500)));
    expect(new Set(claimed).size).toBe(3_000);
    expect(claimed[2_999]).toBe(`${"x".repeat(244)} (1500).txt`);
  });

  test.each([
    ["one name", (_: number) => "a"],
    ["long names that become one", (at: number) => "x".repeat(249) + String(at >> 1).padStart(6, "0")],
  ])("is found in a time that does not grow with those before it: %s", (_, nameOf) => {
    const names = new UniqueNames();
    let tries = 0;
    const taken = (names as unknown as { taken: Set<string> }).taken;
    const has = taken.has.bind(taken);
    taken.has = (key) => (tries++, has(key));
    for (let at = 0; at < 20_000; at++) names.claim(nameOf(at));
    expect(tries).toBeLessThan(80_000);
  });
});

test("two wire paths never share one place, nor do a file and a folder", () => {
  const paths = new LocalPaths();
  const places = ["a?/x", "a:/x", "a?/y", "a_"].map((wire) => paths.place(wire, false).join("/"));
  expect(places).toEqual(["a_/x", "a_ (1)/x", "a_/y", "a_ (2)"]);
});

test.each([
  ["a.txt", ["a", ".txt"]],
  ["a.TAR.gz", ["a", ".TAR.gz"]],
  [".tar.gz", [".tar", ".gz"]],
  ["..", ["..", ""]],
  ["none", ["none", ""]],
])("the extension of %s", (name, parts) => {
  expect(splitExtension(name)).toEqual(parts);
});

describe("a name of this device on the wire", () => {
  test.each([
    ["Holiday/a.jpg", "Holiday/a.jpg"],
    ["/a//b/", "a/b"],
    ["a\\b", "a_b"],
    ["~/x", "_/x"],
    ["x/~y", "x/~y"],
    ["C:/x", "C_/x"],
    ["../x", "___/x"],
    ["%2e%2E", "__2e_2E"],
    ["a\nb", "a_b"],
    ["", "_"],
  ])("%j travels as %j", (local, wire) => {
    expect(wirePath(local)).toBe(wire);
  });
});
