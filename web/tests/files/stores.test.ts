/** What pages that are gone left on the private disk is swept, and nothing of a page that begins at the same time. */
import { afterEach, expect, test, vi } from "vitest";
import { openStoreKind } from "../../src/files/stores.ts";
import { MemoryFolder } from "../support/memory_folder.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a page that begins while another sweeps keeps its folder", async () => {
  const root = new MemoryFolder();
  let leave: () => void = () => undefined;
  const begins = async (): Promise<void> => {
    await new Promise<void>((held) => {
      void locks.request("peerseal-new", () => new Promise<void>((resolve) => { leave = resolve; held(); }));
    });
    await root.getDirectoryHandle("peerseal-new", { create: true });
  };
  const { locks } = navigator;
  const keys = async function* (): AsyncGenerator<string> {
    await begins();
    yield* [...root.items.keys()];
  };
  vi.stubGlobal("navigator", { locks, storage: { getDirectory: () => Promise.resolve(Object.assign(root, { keys })) } });
  await root.getDirectoryHandle("peerseal-old", { create: true });
  await openStoreKind();
  leave();
  const names = [...root.items.keys()];
  expect(names).toContain("peerseal-new");
  expect(names).not.toContain("peerseal-old");
});
