/** A path that breaks under a transfer: it goes on from what is kept, and what arrives is byte for byte what was sent. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { fileSource } from "../../src/files/source.ts";
import { Keeping } from "../../src/transfer/keeping.ts";
import { pair, type Side } from "../support/pair.ts";

const RECORD = 512 * 1024;

function patterned(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 11)) & 255;
  return bytes;
}

async function accept(side: Side): Promise<void> {
  await side.reaches("asked");
  await side.courier.answer(side.last!.id, true, null);
}

async function same(blob: Blob | undefined, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  return blob !== undefined && Buffer.compare(Buffer.from(await blob.arrayBuffer()), Buffer.from(bytes.buffer)) === 0;
}

test.each([
  ["inside the list of files", 40],
  ["between the list and the content", 16 + 28 + 60],
  ["inside a header", 400],
  ["inside the first record", 200_000],
  ["in the middle", 3 * RECORD],
  ["inside the last record", 5 * RECORD + 1000],
])("a path cut %s costs at most one record of each stream", async (_, at) => {
  const { alice, bob, wire } = await pair();
  const bytes = patterned(5 * RECORD + 70_000);
  wire.cuts = [at];
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([bytes], "a.bin") }]));
  await accept(bob);
  await alice.reaches("done");
  await bob.reaches("done");
  expect(await same(bob.saved[0]?.blob, bytes)).toBe(true);
  expect(wire.opened).toBe(2);
  expect(Math.max(...wire.frames.values())).toBeLessThanOrEqual(2);
  expect([...wire.frames.values()].filter((times) => times > 1).length).toBeLessThanOrEqual(2);
});

test.each([["breaks", false], ["ends in order", true]])("a path that %s for the receiver alone is asked about and gone on from", async (_, ends) => {
  const { alice, bob, wire } = await pair();
  const bytes = patterned(5 * RECORD + 70_000);
  wire.lost = { at: 3 * RECORD, ends };
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([bytes], "a.bin") }]));
  await accept(bob);
  await alice.reaches("done");
  await bob.reaches("done");
  expect(await same(bob.saved[0]?.blob, bytes)).toBe(true);
  expect(wire.opened).toBe(2);
});

test("a path that breaks before anything was under way on it is said to be broken again until the sender hears it", async () => {
  const { alice, bob, wire } = await pair();
  const bytes = patterned(2 * RECORD);
  let unheard = 0;
  const { ack } = bob.session;
  wire.lost = { at: 0, ends: false };
  bob.session.ack = (id, manifest, ...counts) => (manifest === 0 && unheard++ < 2 ? Promise.resolve() : ack.call(bob.session, id, manifest, ...counts));
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([bytes], "a.bin") }]));
  await accept(bob);
  await alice.reaches("done");
  await bob.reaches("done");
  expect(unheard).toBeGreaterThan(2);
  expect(await same(bob.saved[0]?.blob, bytes)).toBe(true);
});

test("a question that comes while the receiver still makes room for what comes is answered as soon as it can be", async () => {
  const { alice, bob, wire } = await pair();
  const bytes = patterned(3 * RECORD);
  let goOn!: () => void;
  const asked = new Promise<void>((resolve) => (goOn = resolve));
  const { begin } = Keeping;
  const slow = vi.spyOn(Keeping, "begin").mockImplementation(async (...all) => {
    await asked;
    return begin.apply(Keeping, all);
  });
  const { where } = alice.session;
  alice.session.where = async (id) => {
    await where.call(alice.session, id);
    setTimeout(goOn, 0);
  };
  wire.cuts = [100];
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([bytes], "a.bin") }]));
  await accept(bob);
  await alice.reaches("done");
  await bob.reaches("done");
  slow.mockRestore();
  expect(await same(bob.saved[0]?.blob, bytes)).toBe(true);
});

test("an ack is said again only where something broke", async () => {
  const { alice, bob } = await pair();
  const acks: string[] = [];
  const { ack } = bob.session;
  bob.session.ack = (id, ...counts) => (acks.push(counts.join()), ack.call(bob.session, id, ...counts));
  alice.send("whole", fileSource([{ path: "a.bin", file: new File([patterned(40 * RECORD)], "a.bin") }]));
  await accept(bob);
  await bob.reaches("done");
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(acks.length).toBeGreaterThan(0);
  expect(new Set(acks).size).toBe(acks.length);
});

test("wherever it breaks and however often, nothing is lost or doubled", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 4 * RECORD }),
      fc.array(fc.integer({ min: 1, max: 4 * RECORD }), { maxLength: 2 }),
      async (size, cuts) => {
        const { alice, bob, wire } = await pair();
        const bytes = patterned(size);
        wire.cuts = [...new Set(cuts)].sort((one, two) => one - two);
        alice.send("cut", fileSource([{ path: "a.bin", file: new File([bytes], "a.bin") }]));
        await accept(bob);
        await alice.reaches("done");
        await bob.reaches("done");
        expect(await same(bob.saved[0]?.blob, bytes)).toBe(true);
      },
    ),
    { numRuns: 12 },
  );
});

test("a path that breaks again and again without getting anywhere ends with that reason, on both sides", async () => {
  const { alice, bob, wire } = await pair();
  wire.cuts = Array.from({ length: 20 }, (_, at) => 100 + 100 * at);
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([patterned(RECORD)], "a.bin") }]));
  await accept(bob);
  await alice.reaches("failed");
  expect(alice.last?.problem?.code).toBe("stream_cut");
  await bob.reaches("failed");
  expect(wire.opened).toBe(4);
  expect(bob.saved).toEqual([]);
});

test("a folder of many files goes on in the middle of one", async () => {
  const { alice, bob, wire } = await pair();
  const items = Array.from({ length: 60 }, (_, at) => ({ path: `Holiday/${String(at)}`, file: new File([patterned(40_000 + at)], String(at)) }));
  wire.cuts = [1_000_000, 2_000_000];
  alice.send("folder", fileSource(items));
  await accept(bob);
  await alice.reaches("done");
  await bob.reaches("done");
  const zip = Buffer.from(await bob.saved[0]!.blob.arrayBuffer());
  for (const { file } of items) expect(zip.includes(Buffer.from(await file.arrayBuffer()))).toBe(true);
});

test("a receiver that claims to hold more than was sent is not believed", async () => {
  const { alice, bob, wire } = await pair();
  wire.cuts = [RECORD * 2];
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([patterned(8 * RECORD)], "a.bin") }]));
  const say = bob.session.have.bind(bob.session);
  bob.session.have = (id, manifest, content, bytes, marks) => say(id, manifest, content + 5, bytes + 5 * RECORD, marks);
  await accept(bob);
  await alice.reaches("failed");
  expect(alice.last?.problem?.code).toBe("out_of_order");
});

test("a receiver that holds other records than were sent is told, and gets nothing more", async () => {
  const { alice, bob, wire } = await pair();
  wire.cuts = [RECORD * 2];
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([patterned(8 * RECORD)], "a.bin") }]));
  const say = bob.session.have.bind(bob.session);
  bob.session.have = (id, manifest, content, bytes) => say(id, manifest, content, bytes, new Uint8Array(32));
  await accept(bob);
  await alice.reaches("failed");
  expect(alice.last?.problem?.code).toBe("content_differs");
  await bob.reaches("failed");
  expect(bob.saved).toEqual([]);
});
