/** Journals of earlier visits whose files the browser does not give out yet: they are listed as soon as it does. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryDrawer } from "../../src/client/drawer.ts";
import { PageSeal } from "../../src/client/page_seal.ts";
import type { StoreKind } from "../../src/files/stores.ts";
import { encodeAbout, type About } from "../../src/transfer/about.ts";
import type { Board, BoardState } from "../../src/transfer/board.ts";
import { tryLock } from "../../src/transfer/journal_folder.ts";
import { Journals } from "../../src/transfer/journals.ts";
import { Resuming, type Shelved } from "../../src/transfer/resuming.ts";
import type { Ledger } from "../../src/transfer/ledger.ts";
import { MemoryFolder } from "../support/memory_folder.ts";

const ABOUT = { v: 1, kind: "send", title: "film.bin", peer: { name: "Bob" }, total: 100, started: 1, stored: null } as unknown as About;
const STORES = { kind: "opfs" } as StoreKind;

let root: MemoryFolder;
let drawer: MemoryDrawer;

beforeEach(() => {
  root = new MemoryFolder();
  drawer = new MemoryDrawer();
  vi.stubGlobal("navigator", { locks: navigator.locks, storage: { getDirectory: () => Promise.resolve(root) } });
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void) => setTimeout(run, 1)) as typeof setTimeout); // all pauses are short
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** An unfinished transfer of an earlier visit; `refuse` is asked before each look at a name whether the browser fails. */
async function left(refuse: (name: string) => boolean): Promise<Journals> {
  const transfers = await root.getDirectoryHandle("transfers", { create: true });
  const keys = async function* (): AsyncGenerator<string> {
    look("transfers");
    yield* await Promise.resolve(transfers.items.keys());
  };
  const look = (name: string): void => {
    if (refuse(name)) throw new DOMException("", "NotReadableError");
  };
  const folder = await transfers.getDirectoryHandle("one", { create: true });
  const writable = await (await folder.getFileHandle("about.json", { create: true })).createWritable();
  const writer = writable.getWriter();
  await writer.write(await (await PageSeal.of(drawer)).seal(encodeAbout(ABOUT)));
  await writer.close();
  folder.items.set("acked", { bytes: new Uint8Array(24).fill(1, 23) });
  const journals = await Journals.at(() => PageSeal.of(drawer), STORES);
  Object.assign(transfers, { keys });
  transfers.before = folder.before = (_, name) => { look(name); };
  return journals!;
}

/** What the page lists, as it changes. */
function listing(journals: Journals): (readonly string[])[] {
  const seen: (readonly string[])[] = [];
  const board = { set: ({ interrupted }: Partial<BoardState>) => seen.push(interrupted!.map(({ title, done }) => `${title} at ${String(done)}`)) };
  const shelved = { account: () => null } as unknown as Shelved;
  new Resuming(board as unknown as Board, {} as Ledger, journals, STORES, () => Promise.resolve(true), shelved).start();
  return seen;
}

test.each([["transfers", 5], ["one", 5], ["about.json", 30], ["acked", 30]])("it is listed once “%s” can be read, after %i tries perhaps", async (held, tries) => {
  let refusals = tries;
  const seen = listing(await left((name) => name === held && refusals-- > 0));
  await vi.waitFor(() => { expect(seen.at(-1)).toEqual(["film.bin at 1"]); }, 5_000);
  expect(seen[0]).toEqual([]);
});

test("what can never be read is looked for no longer than a few minutes", async () => {
  let looks = 0;
  const seen = listing(await left((name) => name === "about.json" && ++looks > 0));
  await vi.waitFor(() => { expect(seen.length).toBe(10); }, 5_000);
  const before = looks;
  await new Promise((resolve) => setTimeout(resolve, 0));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect([seen.length, looks]).toEqual([10, before]);
  expect(seen.at(-1)).toEqual([]);
});

test("what is gone is looked for once", async () => {
  const journals = await left(() => false);
  await (await root.getDirectoryHandle("transfers")).removeEntry("one", { recursive: true });
  const seen = listing(journals);
  await vi.waitFor(() => { expect(seen).toEqual([[]]); });
});

test("one that cannot be begun leaves neither its lock nor its folder", async () => {
  const journals = await left(() => false);
  await expect(journals.create("two", ABOUT)).rejects.toThrow(); // this folder cannot be written in place
  await vi.waitFor(async () => {
    const release = await tryLock("two");
    release?.();
    expect(release).not.toBeNull();
  });
  expect(Object.keys(root.listed())).not.toContain("transfers/two/");
});
