/** What a receiver took from a half-stored park, as its sender recognises it, also one who came back without its memory. */
import { afterEach, expect, test, vi } from "vitest";
import { ReaderPark } from "../../src/client/parks.ts";
import { Marks, newFileId, newFileKey, parkSecret, randomBytes, type ParkSecret } from "../../src/crypto_engine.ts";
import type { StreamName } from "../../src/wire/frames.ts";
import { fileSource } from "../../src/files/source.ts";
import { Away } from "../../src/transfer/breaks.ts";
import { Ledger, type Line } from "../../src/transfer/ledger.ts";
import { StoreRoad } from "../../src/transfer/store_road.ts";
import { ParkServer } from "../support/park_server.ts";

const OWN = { manifest: 2, content: 9 };
const FROM = { manifest: 0, content: 5 };
const PARKED = { manifest: 2, content: 14 };

afterEach(() => {
  vi.unstubAllGlobals();
});

function marksOf(counts: typeof OWN): Marks {
  const marks = new Marks();
  for (const stream of ["manifest", "content"] as const) for (let index = 0; index < counts[stream]; index++) marks.put(stream, index, randomBytes(28));
  return marks;
}

function lineOf(): Line {
  return new Ledger(() => undefined, () => undefined).open({
    id: "one", direction: "send", peer: { id: "", tag: "", name: "Bob", role: "receiver", account: null }, verified: true, phase: "reconnecting",
    title: "one", fileCount: 1, total: 1, text: null,
  });
}

function road(): { readonly road: StoreRoad; readonly own: Marks; readonly parked: Marks } {
  const [own, parked] = [marksOf(OWN), marksOf(PARKED)];
  for (let index = 0; index < FROM.content; index++) parked.put("content", index, own.get("content", index));
  const sealing = { key: newFileKey(), id: newFileId(), version: 1, recordSize: 524_288, marks: own };
  const line = lineOf();
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

/** One that may park a small file on this server. */
async function parking(server: ParkServer): Promise<{ readonly road: StoreRoad; readonly line: Line; readonly secret: ParkSecret }> {
  vi.stubGlobal("fetch", server.fetch);
  const id = newFileId();
  const line = lineOf();
  const source = fileSource([{ path: "one", file: new File(["1"], "one") }]);
  const sealing = { key: newFileKey(), id, version: 1, recordSize: 524_288, marks: new Marks() };
  const secret = await parkSecret(randomBytes(32), id, 1);
  return { road: new StoreRoad(server.base, sealing, source, line, secret), line, secret };
}

const NOTHING = { manifest: 0, content: 0, bytes: 0 };

test("a park whose making was not answered is not said to fill, and makes room for the next", async () => {
  const server = new ParkServer();
  server.fate = (asked, times) => (asked === "new_park" && times === 1 ? "lost" : "comes");
  const { road: store, line } = await parking(server);
  expect(await store.leave(NOTHING)).toBe(false);
  expect(line.snapshot.phase).toBe("reconnecting");
  expect(await store.leave(NOTHING)).toBe(true);
  expect(line.snapshot.phase).toBe("parked");
  expect(server.there).toBe(1);
});

test("a park that is gone before its sender hears that it is whole was taken", async () => {
  const server = new ParkServer();
  server.fate = (asked, times) => (asked === "commit_park" && times === 1 ? "lost" : "comes");
  const { road: store, line, secret } = await parking(server);
  const leaving = store.leave(NOTHING);
  await vi.waitFor(() => { expect(server.asked).toContain("commit_park"); }, { timeout: 10_000 });
  await new ReaderPark(server.base, secret).done();
  expect(await leaving).toBe(true);
  await store.taken();
  expect(line.snapshot.phase).toBe("parking"); // it never lay there waiting
  expect(server.there).toBe(0);
});

test("what is over goes nowhere any more", async () => {
  const server = new ParkServer();
  const { road: store, line } = await parking(server);
  line.done(null);
  store.close(new Away(), true);
  expect(await store.leave(NOTHING)).toBe(false);
  expect(line.snapshot.phase).toBe("done");
  expect(server.asked).toEqual([]);
});
