import { describe, expect, test } from "vitest";
import { ResumeSecret, newFileId, randomBytes } from "../../src/crypto_engine.ts";
import type { DescriptionFields, IceCandidate, Offer } from "../../src/protocol/control.ts";
import type { Bytes } from "../../src/wire/encoding.ts";
import { codeOfPromise } from "../support/codes.ts";
import { Room, anOffer, names } from "../support/room.ts";

const marks = randomBytes(32);
const stream = (): Bytes => randomBytes(8);
const description: DescriptionFields = {
  role: "offer", ufrag: "CcdX", pwd: "K5BEMQA1thy0eOQ8HtNruAFZ", fingerprint: randomBytes(32), setup: "actpass",
};
const candidate: IceCandidate = { host: "192.168.1.7", port: 50_000, kind: "host", priority: 7 };

/** A transfer whose records are under way from `a` to `b`. */
async function carrying(): Promise<{ readonly room: Room; readonly id: Bytes; readonly offer: Offer }> {
  const room = await Room.established();
  const { offer, key } = await anOffer();
  await room.a.offer(offer);
  await room.carry();
  await room.b.answer(offer.id, true);
  await room.carry();
  await room.a.fileKey(offer.id, key);
  await room.a.path(offer.id, "relay", stream());
  await room.carry();
  room.heardByA.length = room.heardByB.length = 0;
  return { room, id: offer.id, offer };
}

describe("after a break", () => {
  test("the sender asks, the receiver tells, and the next path begins there", async () => {
    const { room, id } = await carrying();
    await room.a.where(id);
    await room.carry();
    await room.b.have(id, 2, 7, 448, marks);
    await room.carry();
    await room.a.path(id, "direct", stream(), 2, 7);
    await room.carry();
    expect(room.heardByB).toEqual([
      { event: "where", id },
      { event: "path", id, kind: "direct", stream: expect.any(Uint8Array), manifest: 2, content: 7 },
    ]);
    expect(room.heardByA).toEqual([{ event: "have", have: { type: "have", id, manifest: 2, content: 7, bytes: 448, marks } }]);
    await room.b.ack(id, 2, 8, 512);
    await room.carry();
    expect(names(room.heardByA)).toEqual(["have", "ack"]);
  });

  test("acks and a done that cross the question count", async () => {
    const { room, id } = await carrying();
    await room.b.ack(id, 1, 1, 3);
    await room.b.done(id);
    await room.a.where(id);
    await room.carry();
    expect(names(room.heardByA)).toEqual(["ack", "done"]);
    expect(room.heardByB).toEqual([]);
    expect([room.a.over, room.b.over]).toEqual([false, false]);
  });

  test("a receiver that held everything may be done before the next path", async () => {
    const { room, id } = await carrying();
    await room.a.where(id);
    await room.carry();
    await room.b.have(id, 1, 1, 3, marks);
    await room.b.ack(id, 1, 1, 3); // a timer's: said already
    await room.b.done(id);
    await room.carry();
    expect(names(room.heardByA)).toEqual(["have", "done"]);
    await room.a.path(id, "relay", stream(), 1, 1); // it crossed the end: nothing is said
    expect(room.a.outbox()).toEqual([]);
  });

  test("what the receiver says of a transfer that was cancelled meanwhile is not said", async () => {
    const { room, id } = await carrying();
    await room.a.cancel(id, "cancelled");
    await room.carry();
    await room.b.ack(id, 1, 1, 3);
    await room.b.done(id);
    await room.b.description(id, description);
    expect(room.b.outbox()).toEqual([]);
    expect(await codeOfPromise(room.b.answer(id, true))).toBe("out_of_order");
    expect(await codeOfPromise(room.b.done(newFileId()))).toBe("out_of_order"); // never heard of
  });

  test.each([
    ["relay", 2, 6, "out_of_order"], ["relay", 1, 7, "out_of_order"], ["relay", 2, 8, "out_of_order"],
    ["direct", 0, 0, "out_of_order"], ["store", 2, 8, "out_of_order"], ["store", 3, 0, "out_of_order"],
    ["store", 0, 0, "ok"], ["store", 2, 0, "ok"], ["relay", 2, 7, "ok"],
  ] as const)("a path by %s from %i and %i is %s, where 2 and 7 are held", async (kind, manifest, content, code) => {
    const { room, id } = await carrying();
    await room.a.where(id);
    await room.carry();
    await room.b.have(id, 2, 7, 448, marks);
    await room.carry();
    expect(await codeOfPromise(room.a.path(id, kind, stream(), manifest, content))).toBe(code);
  });

  test("the first path begins at the start", async () => {
    const room = await Room.established();
    const { offer, key } = await anOffer();
    await room.a.offer(offer);
    await room.carry();
    await room.b.answer(offer.id, true);
    await room.carry();
    await room.a.fileKey(offer.id, key);
    expect(await codeOfPromise(room.a.path(offer.id, "relay", stream(), 0, 1))).toBe("out_of_order");
    await room.a.path(offer.id, "store", stream(), 0, 0);
  });

  test("who has no turn is refused", async () => {
    const { room, id } = await carrying();
    expect(await codeOfPromise(room.b.where(id))).toBe("out_of_order");
    expect(await codeOfPromise(room.b.have(id, 0, 0, 0, marks))).toBe("out_of_order");
    expect(await codeOfPromise(room.a.where(newFileId()))).toBe("out_of_order");
    await room.a.where(id);
    await room.carry();
    expect(await codeOfPromise(room.a.where(id))).toBe("out_of_order");
    expect(await codeOfPromise(room.a.path(id, "relay", stream()))).toBe("out_of_order");
  });
});

describe("in a resumed channel", () => {
  test("the sender goes on with what the channel before began", async () => {
    const room = await Room.resumed();
    const id = newFileId();
    await room.a.where(id);
    await room.carry();
    await room.b.have(id, 1, 3, 192, marks);
    await room.carry();
    await room.a.path(id, "relay", stream(), 1, 3);
    await room.carry();
    await room.b.ack(id, 1, 4, 200);
    await room.b.done(id);
    await room.carry();
    expect(names(room.heardByB)).toEqual(["where", "path"]);
    expect(names(room.heardByA)).toEqual(["have", "ack", "done"]);
  });

  test("a receiver that does not know it says so", async () => {
    const room = await Room.resumed();
    const id = newFileId();
    await room.a.where(id);
    await room.carry();
    await room.b.cancel(id, "not_found");
    await room.carry();
    expect(room.heardByA).toEqual([{ event: "cancelled", id, code: "not_found", message: null }]);
  });

  test("there are no words, and new offers are held back as before", async () => {
    const secret = new ResumeSecret(randomBytes(32));
    const room = new Room([secret, secret]);
    await room.start();
    expect(room.heardByA).toEqual([{ event: "established", words: [] }]);
    const { offer } = await anOffer();
    expect(await codeOfPromise(room.a.offer(offer))).toBe("not_verified");
    const trusting = await Room.resumed({ verified: true });
    expect([trusting.a.maySend, trusting.b.maySend]).toEqual([true, false]);
    await trusting.a.offer(offer);
  });

  test("whoever has another secret does not get in", async () => {
    const room = new Room([new ResumeSecret(randomBytes(32)), new ResumeSecret(randomBytes(32))]);
    await room.start();
    expect(room.heardByB).toMatchObject([{ event: "failed", error: { code: "confirmation_failed" } }]);
    expect(room.a.established).toBe(false);
  });

  test("what ended in it is not opened again", async () => {
    const room = await Room.resumed();
    const id = newFileId();
    await room.a.where(id);
    await room.carry();
    await room.b.cancel(id, "not_found");
    await room.carry();
    await room.a.where(id);
    expect(room.a.outbox()).toEqual([]);
  });

  test("more than a hundred end the session", async () => {
    const room = await Room.resumed();
    for (let count = 0; count < 101; count++) await room.a.where(newFileId());
    await room.carry();
    expect(names(room.heardByB).filter((name) => name === "where")).toHaveLength(100);
    expect(room.heardByB.at(-1)).toMatchObject({ event: "failed", error: { code: "limit" } });
  });
});

test("in any other channel an unknown transfer is not asked for", async () => {
  const { room, id } = await carrying();
  await room.b.done(id);
  room.b.outbox(); // it never arrives
  await room.a.where(id);
  await room.carry();
  expect(room.heardByB).toEqual([]);
});

describe("addresses", () => {
  test("are told to nobody before the answer", async () => {
    const room = await Room.established();
    const { offer } = await anOffer();
    await room.a.offer(offer);
    await room.carry();
    expect(await codeOfPromise(room.b.description(offer.id, description))).toBe("out_of_order");
    expect(await codeOfPromise(room.a.ice(offer.id, [candidate]))).toBe("out_of_order");
    await room.b.answer(offer.id, true);
    await room.b.description(offer.id, description);
    await room.carry();
    expect(room.heardByA.at(-1)).toEqual({ event: "description", description: { type: "description", id: offer.id, ...description } });
  });

  test("come from both sides, also while the receiver is asked", async () => {
    const { room, id } = await carrying();
    await room.a.where(id);
    await room.b.ice(id, [candidate]);
    await room.a.ice(id, [candidate]);
    await room.carry();
    expect(names(room.heardByA)).toEqual(["ice"]);
    expect(names(room.heardByB)).toEqual(["where", "ice"]);
    expect(room.heardByA[0]).toEqual({ event: "ice", ice: { type: "ice", id, candidates: [candidate] } });
  });

  test("are few: one more is refused here", async () => {
    const { room, id } = await carrying();
    for (let count = 0; count < 4; count++) await room.a.description(id, description);
    for (let count = 0; count < 8; count++) await room.a.ice(id, [candidate]);
    expect(await codeOfPromise(room.a.description(id, description))).toBe("limit");
    expect(await codeOfPromise(room.a.ice(id, [candidate]))).toBe("limit");
    await room.b.description(id, description); // each side has its own count
    await room.carry();
    expect(room.heardByB).toHaveLength(12);
    expect(room.b.over).toBe(false);
  });

  test("after the end are not said", async () => {
    const { room, id } = await carrying();
    await room.b.done(id);
    await room.b.description(id, description);
    await room.carry();
    expect(names(room.heardByA)).toEqual(["done"]);
  });
});

test("both export the same, each use another", async () => {
  const room = await Room.established();
  const [a, b] = await Promise.all([room.a.export("resume"), room.b.export("resume")]);
  expect(a).toEqual(b);
  expect(await room.a.export("park")).not.toEqual(a);
});
