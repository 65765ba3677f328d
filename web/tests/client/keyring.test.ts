/** What a browser keeps of accounts: sealed where it can be, forgotten when the person leaves. */
import { afterEach, expect, test, vi } from "vitest";
import { MemoryDrawer, type Drawer } from "../../src/client/drawer.ts";
import { Keyring } from "../../src/client/keyring.ts";
import { newRoot, type Root } from "../../src/crypto_engine.ts";
import { hexEncode } from "../../src/wire/encoding.ts";
import { codeOfPromise } from "../support/codes.ts";
import { ada, bert } from "../support/people.ts";

const BASE = "https://seal.test/";
const [ID, OTHER_ID] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];
const hex = (roots: readonly Root[]): string[] => roots.map((root) => hexEncode(root.reveal()));

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Everything in a drawer that is bytes, as hex. */
async function bytesIn(drawer: Drawer, key: string): Promise<string> {
  const value = (await drawer.read(key)) as Record<string, unknown>;
  return Object.values(value).filter((part) => part instanceof Uint8Array).map((part) => hexEncode(part)).join(" ");
}

test("a root comes back, and what is kept of it is sealed under a key the browser does not give out", async () => {
  const drawer = new MemoryDrawer();
  const keyring = new Keyring(drawer, BASE);
  const root = newRoot();
  await keyring.keepRoot("ada", root);
  expect(hex(await keyring.roots("ada"))).toEqual(hex([root]));
  expect(await keyring.roots("bert")).toEqual([]);
  expect(await bytesIn(drawer, `${BASE} root ada`)).not.toContain(hexEncode(root.reveal()));
  const { key } = (await drawer.read(`${BASE} root ada`)) as { readonly key: CryptoKey };
  await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
});

test("a sealed root moved to another account's place opens nothing", async () => {
  const drawer = new MemoryDrawer();
  const keyring = new Keyring(drawer, BASE);
  await keyring.keepRoot("ada", newRoot());
  const kept = await drawer.read(`${BASE} root ada`);
  await drawer.change(`${BASE} root bert`, () => kept);
  expect(await keyring.roots("bert")).toEqual([]);
});

test("a page without https keeps the root as it is", async () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  const keyring = new Keyring(new MemoryDrawer(), BASE);
  const root = newRoot();
  await keyring.keepRoot("ada", root);
  expect(hex(await keyring.roots("ada"))).toEqual(hex([root]));
});

test("new keys wait beside the present ones until it is known which the account has", async () => {
  const keyring = new Keyring(new MemoryDrawer(), BASE);
  const [old, next] = [newRoot(), newRoot()];
  await keyring.keepRoot("ada", old);
  await keyring.keepNext("ada", next);
  expect(hex(await keyring.roots("ada"))).toEqual(hex([old, next]));
  await keyring.keepRoot("ada", next);
  expect(hex(await keyring.roots("ada"))).toEqual(hex([next]));
});

test("the server's id is pinned at first use; another one is refused", async () => {
  const keyring = new Keyring(new MemoryDrawer(), BASE);
  await keyring.checkServer(ID);
  await keyring.checkServer(ID);
  expect(await codeOfPromise(keyring.checkServer(OTHER_ID))).toBe("key_changed");
  expect(await codeOfPromise(keyring.checkServer(ID))).toBe("ok");
});

test("of the books seen the newest is remembered, for the keys it belongs to", async () => {
  const keyring = new Keyring(new MemoryDrawer(), BASE);
  const [older, newer] = [{ counter: 3, hash: new Uint8Array(32).fill(3) }, { counter: 4, hash: new Uint8Array(32).fill(4) }];
  await keyring.seeBook("ada", ada.fingerprint, newer);
  await keyring.seeBook("ada", ada.fingerprint, older);
  expect(await keyring.bookSeen("ada", ada.fingerprint)).toEqual(newer);
  expect(await keyring.bookSeen("ada", bert.fingerprint)).toBeNull();
  await keyring.seeBook("ada", bert.fingerprint, older);
  expect(await keyring.bookSeen("ada", bert.fingerprint)).toEqual(older);
});

test("who signs out is forgotten, nobody else", async () => {
  const keyring = new Keyring(new MemoryDrawer(), BASE);
  const root = newRoot();
  for (const user of ["ada", "bert"]) await keyring.keepRoot(user, root);
  await keyring.signIn({ user: "ada", wordsShown: false });
  await keyring.wordsSeen();
  expect(await keyring.member()).toEqual({ user: "ada", wordsShown: true });
  await keyring.checkServer(ID);
  await keyring.seeBook("ada", ada.fingerprint, { counter: 1, hash: ID });
  await keyring.signOut("ada");
  expect(await keyring.member()).toBeNull();
  expect(await keyring.roots("ada")).toEqual([]);
  expect(await keyring.bookSeen("ada", ada.fingerprint)).toBeNull();
  expect(await codeOfPromise(keyring.checkServer(OTHER_ID))).toBe("ok");
  expect(hex(await keyring.roots("bert"))).toEqual(hex([root]));
});

test("a session that ended by itself takes no keys along", async () => {
  const keyring = new Keyring(new MemoryDrawer(), BASE);
  await keyring.keepRoot("ada", newRoot());
  await keyring.signIn({ user: "ada", wordsShown: true });
  await keyring.sessionEnded();
  expect(await keyring.member()).toBeNull();
  expect(await keyring.roots("ada")).toHaveLength(1);
});
