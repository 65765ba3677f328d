import { describe, expect, test } from "vitest";
import { newFileId, newFileKey, randomBytes } from "../../src/crypto_engine.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";
import { Room, anOffer, names } from "../support/room.ts";

test("a whole transfer, told to both in its order", async () => {
  const room = await Room.established();
  const { offer, key } = await anOffer();
  const stream = randomBytes(8);
  await room.a.offer(offer);
  await room.carry();
  await room.b.answer(offer.id, true);
  await room.carry();
  await room.a.fileKey(offer.id, key);
  await room.a.path(offer.id, "relay", stream);
  await room.carry();
  await room.b.ack(offer.id, 1, 1, 3);
  await room.b.done(offer.id);
  await room.b.bye();
  await room.carry();
  expect(names(room.heardByB)).toEqual(["offer", "key", "path"]);
  expect(names(room.heardByA)).toEqual(["answer", "ack", "done", "peer_left"]);
  expect(room.heardByB[0]).toEqual({ event: "offer", offer });
  const [, arrived] = room.heardByB;
  expect(arrived?.event === "key" && arrived.key.reveal()).toEqual(key.reveal());
  expect([room.a.over, room.b.over]).toEqual([true, true]);
});

test("both see the same words, and neither offers before its own person compared them", async () => {
  const room = new Room();
  await room.start();
  expect(room.heardByA).toEqual(room.heardByB);
  expect(room.heardByA[0]).toEqual({ event: "established", words: expect.arrayContaining([expect.any(String)]) });
  const { offer } = await anOffer();
  expect(await codeOfPromise(room.a.offer(offer))).toBe("not_verified");
  room.b.wordsMatch();
  expect([room.a.verified, room.b.verified]).toEqual([false, true]);
  expect(await codeOfPromise(room.a.offer(offer))).toBe("not_verified");
  expect(room.a.outbox()).toEqual([]);
});

test("words that differ end it for both", async () => {
  const room = new Room();
  await room.start();
  await room.a.wordsDiffer();
  await room.carry();
  expect(room.heardByB.at(-1)).toEqual({ event: "peer_left", code: "words_differ" });
  expect([room.a.over, room.b.over]).toEqual([true, true]);
});

test("words cannot match before there are any", () => {
  expect(codeOf(() => new Room().a.wordsMatch())).toBe("out_of_order");
});

describe("what is out of its turn", () => {
  test("is refused here, and nothing of it is said", async () => {
    const room = await Room.established();
    const { offer, key } = await anOffer();
    await room.a.offer(offer);
    await room.carry();
    for (const step of [
      room.a.offer(offer),
      room.a.answer(offer.id, true),
      room.a.fileKey(offer.id, key),
      room.a.path(offer.id, "relay", randomBytes(8)),
      room.b.offer(offer),
      room.b.done(offer.id),
      room.b.ack(offer.id, 0, 0, 0),
      room.b.answer(newFileId(), true),
    ]) {
      expect(["out_of_order", "not_verified"]).toContain(await codeOfPromise(step));
    }
    expect([room.a.outbox(), room.b.outbox()]).toEqual([[], []]);
  });

  test("ends the session when it comes from the peer, and the peer is told", async () => {
    const room = await Room.established();
    const { offer } = await anOffer();
    await room.a.offer(offer);
    await room.carry();
    // A peer whose own table lets it: it forgets the transfer and offers it again.
    await room.a.cancel(offer.id, "cancelled");
    room.a.outbox(); // lost on purpose: the numbers have a gap now
    await room.a.offer(offer);
    await room.carry();
    expect(names(room.heardByB)).toEqual(["offer", "failed"]);
    expect(room.heardByA).toEqual([{ event: "peer_left", code: "out_of_order" }]);
  });
});

test("a key that is not the one offered is refused on both sides", async () => {
  const room = await Room.established();
  const { offer } = await anOffer();
  await room.a.offer(offer);
  await room.carry();
  await room.b.answer(offer.id, true);
  await room.carry();
  expect(await codeOfPromise(room.a.fileKey(offer.id, newFileKey()))).toBe("commitment_mismatch");
});

test("a changed message ends it, and the other side is told why", async () => {
  const room = await Room.established();
  await room.a.offer((await anOffer()).offer);
  const [body] = room.a.outbox();
  body![body!.length - 1]! ^= 1;
  room.heardByB.push(...(await room.b.receive(body!, room.now)));
  await room.carry();
  expect(room.heardByB).toMatchObject([{ event: "failed", error: { code: "not_authentic" } }]);
  expect(room.heardByA).toEqual([{ event: "peer_left", code: "not_authentic" }]);
});
