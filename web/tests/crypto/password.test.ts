import fc from "fast-check";
import { expect, test } from "vitest";
import { newRoot } from "../../src/crypto/identity.ts";
import { rootOf, wordsOf } from "../../src/crypto/mnemonic.ts";
import { ARGON2_COST, canonicalName, newSalt, passwordKeys, stretch } from "../../src/crypto/password.ts";
import { randomBytes } from "../../src/crypto/primitives.ts";
import { identityOfAccount, openVault, sealVault } from "../../src/crypto/vault.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";
import { ada, bert } from "../support/people.ts";

const server = randomBytes(16);

test("a password gives the same keys wherever it is typed, and work that shows its progress", async () => {
  const parameters = { server, salt: newSalt(), ...ARGON2_COST };
  const heard: number[] = [];
  const composed = await stretch("pa\u00dfw\u00f6rd", "ada", parameters, (done) => heard.push(done));
  const decomposed = await stretch("pa\u00dfwo\u0308rd", "ada", parameters);
  expect(decomposed.auth.reveal()).toEqual(composed.auth.reveal());
  expect(decomposed.vaultKey.reveal()).toEqual(composed.vaultKey.reveal());
  expect(composed.auth.reveal()).not.toEqual(composed.vaultKey.reveal());
  expect(heard.at(-1)).toBe(1);
  expect(heard.length).toBeGreaterThan(10);
});

test.each([
  { memory: 65_535 }, { memory: 1_048_577 }, { passes: 2 }, { passes: 11 }, { lanes: 0 }, { lanes: 5 }, { memory: NaN },
])("%j is refused before the password is touched", async (weak) => {
  const parameters = { server, salt: newSalt(), ...ARGON2_COST, ...weak };
  expect(await codeOfPromise(stretch("\ud800", "ada", parameters))).toBe("weak_parameters");
});

test("an account name has one form", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const code = codeOf(() => canonicalName(text));
      if (code === "ok") expect(canonicalName(canonicalName(text))).toBe(canonicalName(text));
      else expect(code).toBe("name_malformed");
    }),
  );
  expect(canonicalName("\uff21da O'Neil")).toBe("ada o'neil");
  expect(canonicalName("a".repeat(64))).toHaveLength(64);
  for (const bad of ["", " a", "a ", "a  b", "a\tb", "a/b", "a\u202eb", "a".repeat(65), "\ud800", "a\n", ".", "..", "\u0301a", "ua\ufe0f", "u\u3164a", "ua\u{e0100}"]) {
    expect(codeOf(() => canonicalName(bad)), JSON.stringify(bad)).toBe("name_malformed");
  }
});

test("24 words give the root back, however they are typed", async () => {
  const root = newRoot();
  const words = await wordsOf(root);
  expect(words).toHaveLength(24);
  for (const typed of [words.join(" "), ` \t${words.join("\r\n ").toUpperCase()}\n`]) {
    expect((await rootOf(typed)).reveal()).toEqual(root.reveal());
  }
  const [first, second, ...rest] = words;
  const other = first === "abandon" ? "ability" : "abandon";
  for (const bad of ["", words.slice(1).join(" "), [...words, first].join(" "), [`${first}x`, second, ...rest].join(" "), words.join("\u2003-")]) {
    expect(await codeOfPromise(rootOf(bad))).toBe("words_malformed");
  }
  const wrong = await Promise.all(Array.from({ length: 16 }, (_, at) => codeOfPromise(rootOf(words.map((word, place) => (place === at ? other : word)).join(" ")))));
  expect(wrong).toContain("words_malformed");
});

test("a vault opens with its own key, account and server only", async () => {
  const { vaultKey } = await passwordKeys(randomBytes(32));
  const { vaultKey: another } = await passwordKeys(randomBytes(32));
  const vault = await sealVault(ada.root, vaultKey, "ada", server);
  expect(vault).toHaveLength(93);
  const root = await openVault(vault, vaultKey, "ada", server);
  expect((await identityOfAccount(root, ada.bundle.encoded)).fingerprint).toEqual(ada.fingerprint);
  expect(await codeOfPromise(identityOfAccount(root, bert.bundle.encoded))).toBe("key_changed");
  expect(await codeOfPromise(openVault(vault, another, "ada", server))).toBe("not_authentic");
  expect(await codeOfPromise(openVault(vault, vaultKey, "bert", server))).toBe("not_authentic");
  expect(await codeOfPromise(openVault(vault, vaultKey, "ada", randomBytes(16)))).toBe("not_authentic");
  expect(await codeOfPromise(openVault(vault.slice(1), vaultKey, "ada", server))).toBe("malformed");
});
