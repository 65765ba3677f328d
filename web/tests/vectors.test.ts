/** Every case of vectors/ holds in Node, with WebCrypto and without. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { describeBoth } from "./support/cryptographies.ts";
import { NOT_FOR_PAGES, runCase, type VectorFile } from "./vector_runner.ts";

const folder = fileURLToPath(new URL("../../vectors/", import.meta.url));
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(folder + name, "utf8")) as VectorFile)
  .filter(({ file }) => !NOT_FOR_PAGES.has(file));

it("there are vectors", () => {
  expect(files.flatMap((file) => file.cases).length).toBeGreaterThan(1200);
});

for (const file of files) {
  describeBoth(`vectors of ${file.file}`, () => {
    for (const one of file.cases) {
      it(`${one.id}: ${one.why}`, async () => {
        expect(await runCase(file, one)).toBeNull();
      });
    }
  });
}
