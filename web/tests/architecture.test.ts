/** The page's layers: each folder imports only what stands below it, and what is pure stays pure. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name: name.replaceAll("\\", "/"), text: readFileSync(SOURCE + name, "utf8") }));

/** From the lowest; a file at the top of src is a layer of its own. */
const LAYERS = ["errors.ts", "wire", "crypto", "crypto_engine.ts", "protocol"];
const PURE = files.filter(({ name }) => LAYERS.includes(layerOf(name)));

function layerOf(name: string): string {
  return name.split("/")[0] ?? "";
}

/** What a file imports: paths within src, or names of packages. */
function importsOf({ name, text }: { readonly name: string; readonly text: string }): string[] {
  const found = [...text.matchAll(/(?:from|import|import\()\s*"([^"]+)"/g)].map(([, target]) => target ?? "");
  return found.map((target) => (target.startsWith(".") ? new URL(target, `file:///${name}`).pathname.slice(1) : target));
}

/** The code of a file, without its comments. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

test("the files are found, and their imports with them", () => {
  expect(PURE.length).toBeGreaterThan(20);
  const session = PURE.find(({ name }) => name === "protocol/session.ts");
  expect(session && importsOf(session)).toContain("crypto_engine.ts");
});

describe.each(PURE)("$name", (file) => {
  const own = LAYERS.indexOf(layerOf(file.name));

  test("imports only what stands below it", () => {
    for (const target of importsOf(file).filter((path) => path.endsWith(".ts"))) {
      const place = LAYERS.indexOf(layerOf(target));
      expect(place, `${file.name} imports ${target}`).toBeGreaterThanOrEqual(0);
      expect(place, `${file.name} imports ${target}`).toBeLessThanOrEqual(own);
    }
  });

  test("has no clock, no sockets and no page", () => {
    const forbidden = /\b(?:Date\.now|new Date|performance\.|setTimeout|setInterval|fetch\(|WebSocket|document\.|window\.|localStorage|console\.|Math\.random)/;
    expect(codeOf(file.text)).not.toMatch(forbidden);
  });
});

test("the protocol reaches cryptography through its one door", () => {
  const protocol = files.filter(({ name }) => layerOf(name) !== "crypto" && name !== "crypto_engine.ts");
  for (const file of protocol) {
    expect(importsOf(file).filter((target) => target.startsWith("crypto/")), file.name).toEqual([]);
  }
});

test("one module touches the crypto libraries; one more reads the word list", () => {
  const users = files.filter((file) => importsOf(file).some((target) => /^@(?:noble|scure)\//.test(target)));
  expect(users.map(({ name }) => name).sort()).toEqual(["crypto/primitives.ts", "crypto/word_list.ts"]);
});

test("below the driver, one module touches WebCrypto and randomness", () => {
  const users = PURE.filter(({ text }) => /\bcrypto\.(?:subtle|getRandomValues|randomUUID)\b/.test(codeOf(text)));
  expect(users.map(({ name }) => name)).toEqual(["crypto/primitives.ts"]);
});
