/** What a receiver took from a half-stored park, as its sender recognises it, also one who came back without its memory. */
import { expect, test } from "vitest";
import { Marks, newFileId, newFileKey, randomBytes } from "../../src/crypto_engine.ts";
import type { StreamName } from "../../src/wire/frames.ts";
import { fileSource } from "../../src/files/source.ts";
import { Ledger } from "../../src/transfer/ledger.ts";
import { StoreRoad } from "../../src/transfer/store_road.ts";

const OWN = { manifest: 2, content: 9 };
const FROM = { manifest: 0, content: 5 };
const PARKED = { manifest: 2, content: 14 };

function marksOf(counts: typeof OWN): Marks {
  const marks = new Marks();
  for (const stream of ["manifest", "content"] as const) for (let index = 0; index < counts[stream]; index++) marks.put(stream, index, randomBytes(28));
  return marks;
}

function road(): { readonly road: StoreRoad; readonly own: Marks; readonly parked: Marks } {
  const [own, parked] = [marksOf(OWN), marksOf(PARKED)];
  for (let index = 0; index < FROM.content; index++) parked.put("content", index, own.get("content", index));
  const sealing = { key: newFileKey(), id: newFileId(), version: 1, recordSize: 524_288, marks: own };
  const line = new Ledger(() => undefined, () => undefined).open({
    id: "one", direction: "send", peer: { id: "", tag: "", name: "Bob", role: "receiver", account: null }, verified: true, phase: "reconnecting",
    title: "one", fileCount: 1, total: 1, text: null,
  });
  const source = fileSource([{ path: "one", file: new File(["1"], "one") }]);
  const before = { park: "0".repeat(32), token: randomBytes(32), marks: { marks: parked, from: FROM } };
  return { road: new StoreRoad("http://localhost:1/", sealing, source, line, null, null, before), own, parked };
}

async function have(manifest: number, content: number, of: (stream: StreamName, index: number) => Marks) {
  const held = new Marks();
  for (let index = 0; index < manifest; index++) held.put("manifest", index, of("manifest", index).get("manifest", index));
  for (let index = 0; index < content; index++) held.put("content", index, of("content", index).get("content", index));
  return { type: "have" as const, id: newFileId(), manifest, content, bytes: 0, marks: await held.hash(manifest, content) };
}

test.each([5, 6, 9])("from record %i on it came from the park, and goes on from there", async (from) => {
  const { road: store, own, parked } = road();
  const held = await have(2, 12, (stream, index) => (stream === "content" && index >= from ? parked : own));
  expect(await store.agrees(held)).toBe(true);
  expect(own.get("content", 11)).toEqual(parked.get("content", 11));
  expect(await own.hash(2, 12)).toEqual(held.marks);
});

test("the list may have come from the park too", async () => {
  const { road: store, own, parked } = road();
  expect(await store.agrees(await have(2, 7, (_, index) => (index >= 5 || index < 2 ? parked : own)))).toBe(true);
});

test("what was sent before the park is recognised as it was", async () => {
  const { road: store, own } = road();
  expect(await store.agrees(await have(2, 8, () => own))).toBe(true);
});

test.each([[2, 12], [1, 3], [2, 15], [3, 2]])("%i and %i records of something else are not", async (manifest, content) => {
  const { road: store } = road();
  const others = marksOf({ manifest, content });
  expect(await store.agrees(await have(manifest, content, () => others))).toBe(false);
});
