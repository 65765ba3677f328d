/** A whole transfer between two sides: what arrives, what a fault leaves behind. */
import { expect, test } from "vitest";
import { fileSource } from "../../src/files/source.ts";
import type { Session } from "../../src/protocol/session.ts";
import type { Bytes } from "../../src/wire/encoding.ts";
import { pair, type Side } from "../support/pair.ts";

const file = (name: string, bytes: Uint8Array<ArrayBuffer>): { path: string; file: File } => ({
  path: name,
  file: new File([bytes], name.split("/").at(-1)!, { lastModified: 1_700_000_000_000 }),
});

function patterned(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 11)) & 255;
  return bytes;
}

async function accept(side: Side): Promise<void> {
  await side.reaches("asked");
  await side.courier.answer(side.last!.id, true, null);
}

const RECORD = 512 * 1024;

test.each([0, 1, RECORD - 1, RECORD, RECORD + 1, 5_000_000, 4 * 1024 * 1024])("a file of %i bytes arrives as it was", async (size) => {
  const { alice, bob } = await pair();
  const bytes = patterned(size);
  alice.send("one", fileSource([file("photo.jpg", bytes)]));
  await accept(bob);
  await alice.reaches("done");
  await bob.reaches("done");
  expect(bob.saved.map(({ name }) => name)).toEqual(["photo.jpg"]);
  expect(await same(bob.saved[0]!.blob, bytes)).toBe(true);
  expect(bob.last).toMatchObject({ done: size, total: size, problem: null });
  expect(alice.last).toMatchObject({ done: size, problem: null });
});

test("more than one window of content arrives, so acks open it", async () => {
  const { alice, bob } = await pair();
  const bytes = patterned(40 * 1024 * 1024);
  alice.send("big", fileSource([file("big", bytes)]));
  await accept(bob);
  await alice.reaches("done");
  expect(await same(bob.saved[0]!.blob, bytes)).toBe(true);
});

test("a few loose files are downloads of their own, in order", async () => {
  const { alice, bob } = await pair();
  alice.send("some", fileSource([file("a", patterned(3)), file("empty", patterned(0)), file("b", patterned(600_000))]));
  await accept(bob);
  await bob.reaches("done");
  expect(bob.saved.map(({ name, blob }) => [name, blob.size])).toEqual([["a", 3], ["empty", 0], ["b", 600_000]]);
});

test("a folder is one archive with every file in it", async () => {
  const { alice, bob } = await pair();
  const items = Array.from({ length: 300 }, (_, at) => file(`Holiday/${String(at)}.bin`, patterned(at * 37)));
  alice.send("folder", fileSource([...items, { path: "Holiday/empty", file: null }]));
  await accept(bob);
  await bob.reaches("done");
  expect(bob.saved.map(({ name }) => name)).toEqual(["Holiday.zip"]);
  const listed = unzipped(Buffer.from(await bob.saved[0]!.blob.arrayBuffer()));
  expect(listed.size).toBe(301);
  expect(listed.get("Holiday/empty/")?.length).toBe(0);
  for (const { path } of items) {
    const at = Number(/(\d+)\.bin/.exec(path)![1]);
    expect(Buffer.compare(listed.get(path)!, Buffer.from(patterned(at * 37)))).toBe(0);
  }
});

test("a text is shown, not saved", async () => {
  const { alice, bob } = await pair();
  alice.sendText("text", "Grüße, 世界 \u{1f600}");
  await accept(bob);
  await bob.reaches("done");
  expect(bob.last?.text).toBe("Grüße, 世界 \u{1f600}");
  expect(bob.saved).toEqual([]);
});

test("several wait for each other and all arrive", async () => {
  const { alice, bob } = await pair();
  for (const name of ["one", "two", "three"]) alice.send(name, fileSource([file(name, patterned(9))]));
  for (let turn = 0; turn < 3; turn++) await accept(bob);
  await bob.reaches("done");
  expect(bob.saved.map(({ name }) => name)).toEqual(["one", "two", "three"]);
});

test("a no ends it on both sides and nothing is saved", async () => {
  const { alice, bob } = await pair();
  alice.send("no", fileSource([file("a", patterned(9))]));
  await bob.reaches("asked");
  await bob.courier.answer(bob.last!.id, false, null);
  await alice.reaches("declined");
  expect(bob.last?.phase).toBe("declined");
  expect(bob.saved).toEqual([]);
});

test.each([
  ["a flipped bit", "not_authentic", (piece: Uint8Array<ArrayBuffer>) => ((piece[piece.length - 1]! ^= 1), piece)],
  ["a frame that lies about its length", "malformed", (piece: Uint8Array<ArrayBuffer>) => ((piece[0] = 255), piece)],
  ["a frame that lies about its index", "out_of_order", (piece: Uint8Array<ArrayBuffer>) => ((piece[15]! ^= 4), piece)],
])("%s on the way is noticed, told to both, and nothing is saved", async (_, code, tamper) => {
  const { alice, bob, wire } = await pair();
  let seen = 0;
  wire.tamper = (piece) => (++seen === 3 ? tamper(piece) : piece);
  alice.send("changed", fileSource([file("a", patterned(2_000_000))]));
  await accept(bob);
  await bob.reaches("failed");
  await alice.reaches("failed");
  expect(bob.last?.problem?.code).toBe(code);
  expect(bob.saved).toEqual([]);
});

test("bytes after the end of it all are refused", async () => {
  const { alice, bob, wire } = await pair();
  wire.tamper = (piece) => (piece[5] === 1 && piece[4] === 2 ? new Uint8Array([...piece, 0]) : piece); // the final content record
  alice.send("more", fileSource([file("a", patterned(2_000))]));
  await accept(bob);
  await bob.reaches("failed");
  expect(bob.last?.problem?.code).toBe("malformed");
  expect(bob.saved).toEqual([]);
});

test("either side may stop it half-way, and the other is told", async () => {
  for (const stopper of ["alice", "bob"] as const) {
    const sides = await pair();
    const { alice, bob, wire } = sides;
    let seen = 0;
    wire.tamper = (piece) => (++seen > 5 ? piece.subarray(0, 0) : piece); // the rest never comes
    alice.send("stopped", fileSource([file("a", patterned(9_000_000))]));
    await accept(bob);
    await bob.reaches("moving");
    await sides[stopper].courier.cancel(sides[stopper].last!.id);
    await alice.reaches("cancelled");
    await bob.reaches("cancelled");
    expect(bob.saved).toEqual([]);
  }
});

test.each<[string, (session: Session, id: Bytes) => Promise<void>]>([
  ["done before everything was sent", (session, id) => session.done(id)],
  ["acks more records than were sent", (session, id) => session.ack(id, 1, 80, RECORD)],
  ["acks more bytes than were sent", (session, id) => session.ack(id, 1, 1, 2 ** 50)],
  ["acks more of the list than was sent", (session, id) => session.ack(id, 2, 1, RECORD)],
])("a receiver that says %s is not believed", async (_, claim) => {
  const { alice, bob, wire } = await pair();
  let seen = 0;
  wire.tamper = (piece) => (++seen > 5 ? piece.subarray(0, 0) : piece); // Bob gets a little only
  alice.send("big", fileSource([file("big", patterned(40 * 1024 * 1024))]));
  await accept(bob);
  await bob.reaches("moving");
  while (seen < 65) await new Promise((resolve) => setTimeout(resolve, 5)); // the list and a whole window have left
  await bob.say((session) => claim(session, bob.offered[0]!));
  await alice.reaches("failed");
  expect(alice.last?.problem?.code).toBe("out_of_order");
});

test("thirty offers a minute are shown; more are turned down without a row", async () => {
  const { alice, bob } = await pair();
  for (let at = 0; at < 40; at++) {
    alice.send(String(at), fileSource([file("a", patterned(1))]));
    if (at < 30) {
      await bob.reaches("asked");
      await bob.courier.answer(bob.last!.id, false, null);
      await alice.reaches("declined");
    } else await alice.reaches("failed");
  }
  expect(alice.last?.problem?.code).toBe("busy");
  expect(bob.offered.length).toBe(40);
  expect(bob.ledger.snapshots().length).toBe(30);
});

test("a file that cannot be read any more fails on both sides with that reason", async () => {
  const { alice, bob } = await pair();
  const gone = new File(["x"], "gone");
  Object.defineProperty(gone, "slice", { value: () => new Blob([]) });
  alice.send("gone", fileSource([{ path: "gone", file: gone }]));
  await accept(bob);
  await alice.reaches("failed");
  await bob.reaches("failed");
  expect(alice.last?.problem?.code).toBe("source_changed");
  expect(bob.last?.problem?.code).toBe("source_changed");
});

test("a link that ends takes everything with it", async () => {
  const { alice, bob } = await pair();
  alice.send("one", fileSource([file("a", patterned(9))]));
  alice.send("two", fileSource([file("b", patterned(9))]));
  await bob.reaches("asked");
  alice.courier.stop("left");
  bob.courier.stop("left");
  await alice.settled();
  expect(alice.ledger.snapshots().map(({ phase }) => phase)).toEqual(["failed", "failed"]);
  expect(bob.last?.phase).toBe("cancelled");
});

async function same(blob: Blob, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return Buffer.compare(Buffer.from(await blob.arrayBuffer()), Buffer.from(bytes.buffer)) === 0;
}

/** Names and bytes by the archive's own directory (stored, not compressed). */
function unzipped(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  let at = zip.readUInt32LE(end + 16);
  const files = new Map<string, Buffer>();
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [size, name, extra, comment] = [zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32)];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.set(zip.toString("utf8", at + 46, at + 46 + name), zip.subarray(start, start + size));
    at += 46 + name + extra + comment;
  }
  return files;
}
