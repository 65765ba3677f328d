/** Two who lost each other in the middle meet again, and go on as if nothing had been. */
import { afterEach, expect, test, vi } from "vitest";
import { ResumeSecret } from "../../src/crypto_engine.ts";
import { Interrupted } from "../../src/errors.ts";
import { fileSource } from "../../src/files/source.ts";
import { Session } from "../../src/protocol/session.ts";
import { Keeping } from "../../src/transfer/keeping.ts";
import { apart, pair, together, type Side } from "../support/pair.ts";

const RECORD = 512 * 1024;
const SECRET = new ResumeSecret(new Uint8Array(32).fill(5));

afterEach(() => {
  vi.restoreAllMocks();
});

function file(length: number): { path: string; file: File } {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 11)) & 255;
  return { path: "a.bin", file: new File([bytes], "a.bin") };
}

async function accept(side: Side): Promise<void> {
  await side.reaches("asked");
  await side.courier.answer(side.last!.id, true, null);
}

async function same(blob: Blob | undefined, sent: File): Promise<boolean> {
  return blob !== undefined && Buffer.compare(Buffer.from(await blob.arrayBuffer()), Buffer.from(await sent.arrayBuffer())) === 0;
}

/** Until the receiver holds so many bytes. */
async function holds(side: Side, bytes: number): Promise<void> {
  for (let tries = 0; tries < 1_000 && side.last!.done < bytes; tries++) await new Promise((resolve) => setTimeout(resolve, 2));
}

test("a transfer goes on in the next channel from what is kept", async () => {
  const { alice, bob, wire } = await pair();
  const item = file(40 * RECORD);
  let passed = 0;
  wire.tamper = (piece) => (++passed > 20 ? piece.subarray(0, 0) : piece); // the rest gets stuck
  alice.send("one", fileSource([item]));
  await accept(bob);
  await holds(bob, 18 * RECORD);
  await apart(alice, bob, wire);
  await alice.reaches("reconnecting");
  await bob.reaches("reconnecting");
  wire.tamper = (piece) => piece;
  await together(alice, bob, SECRET);
  await alice.reaches("done");
  await bob.reaches("done");
  expect(await same(bob.saved[0]?.blob, item.file)).toBe(true);
  expect(bob.last?.resumedFrom).toBeGreaterThanOrEqual(18 * RECORD);
});

test("it goes on however often they lose each other", async () => {
  const { alice, bob, wire } = await pair();
  const item = file(30 * RECORD);
  let left = 8;
  wire.tamper = (piece) => (left-- > 0 ? piece : piece.subarray(0, 0));
  alice.send("one", fileSource([item]));
  await accept(bob);
  for (let time = 1; time <= 3; time++) {
    await holds(bob, time * 5 * RECORD);
    await apart(alice, bob, wire);
    left = time === 3 ? Infinity : 8;
    await together(alice, bob, SECRET);
  }
  await bob.reaches("done");
  expect(await same(bob.saved[0]?.blob, item.file)).toBe(true);
});

test.each(["a page", "a command line, which names no path then"])("a done that was lost is said again to %s", async (sender) => {
  const { alice, bob, wire } = await pair();
  const item = file(RECORD);
  bob.session.done = () => Promise.reject(new Error("the channel is gone"));
  alice.send("one", fileSource([item]));
  await accept(bob);
  await bob.reaches("done");
  expect(alice.last?.phase).toBe("moving");
  await apart(alice, bob, wire);
  if (sender !== "a page") vi.spyOn(Session.prototype, "path").mockResolvedValue();
  await together(alice, bob, SECRET);
  await alice.reaches("done");
  expect(bob.saved.length).toBe(1);
});

test("a receiver that has all of it, and only lost the others before it was in its place, needs no path any more", async () => {
  const { alice, bob, wire } = await pair();
  const item = file(3 * RECORD);
  vi.spyOn(Keeping.prototype, "complete").mockRejectedValueOnce(new Interrupted("it broke", { retryable: true }));
  alice.send("one", fileSource([item]));
  await accept(bob);
  await holds(bob, 3 * RECORD);
  await apart(alice, bob, wire);
  vi.spyOn(Session.prototype, "path").mockResolvedValue(); // a command line names none then
  await together(alice, bob, SECRET);
  await bob.reaches("done");
  await alice.reaches("done");
  expect(await same(bob.saved[0]?.blob, item.file)).toBe(true);
});

test("a key that was lost on the way is given again, without asking the person again", async () => {
  const { alice, bob, wire } = await pair();
  const item = file(3 * RECORD);
  const say = alice.session.fileKey.bind(alice.session);
  alice.session.fileKey = async (id, key) => {
    await say(id, key);
    alice.session.outbox(); // it never leaves
    await apart(alice, bob, wire);
  };
  alice.send("one", fileSource([item]));
  await accept(bob);
  for (let tries = 0; tries < 400 && alice.last?.phase !== "reconnecting"; tries++) await new Promise((resolve) => setTimeout(resolve, 5));
  await together(alice, bob, SECRET);
  await alice.reaches("done");
  await bob.reaches("done");
  expect(await same(bob.saved[0]?.blob, item.file)).toBe(true);
});

test("who cancels while the other is away ends it for both", async () => {
  const { alice, bob, wire } = await pair();
  wire.tamper = (piece) => piece.subarray(0, 0);
  alice.send("one", fileSource([file(3 * RECORD)]));
  await accept(bob);
  await bob.reaches("moving");
  await apart(alice, bob, wire);
  await bob.courier.cancel(bob.last!.id);
  await bob.reaches("cancelled");
  await together(alice, bob, SECRET);
  await alice.reaches("cancelled");
  expect(alice.last?.problem?.code).toBe("cancelled");
});
