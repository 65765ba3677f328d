import { describe, expect, test } from "vitest";
import { newFileId, newFileKey, parseCode, randomBytes } from "../../src/crypto_engine.ts";
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

test("a no ends the transfer, and the same file may be offered again", async () => {
  const room = await Room.established();
  const { offer, key } = await anOffer();
  await room.a.offer(offer);
  await room.carry();
  await room.b.answer(offer.id, false, "declined", "no room");
  await room.carry();
  expect(room.heardByA).toEqual([
    { event: "answer", id: offer.id, accept: false, code: "declined", message: "no room" },
  ]);
  expect(await codeOfPromise(room.a.fileKey(offer.id, key))).toBe("out_of_order");
  await room.a.offer(offer);
  await room.carry();
  expect(names(room.heardByB)).toEqual(["offer", "offer"]);
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

  test("messages for a transfer nobody knows are ignored", async () => {
    const room = await Room.established();
    const { offer } = await anOffer();
    await room.a.offer(offer);
    await room.carry();
    await room.b.answer(offer.id, true);
    await room.a.cancel(offer.id, "cancelled", "changed my mind"); // crosses the answer
    await room.carry();
    expect(room.heardByA).toEqual([]);
    expect(room.heardByB.at(-1)).toEqual({ event: "cancelled", id: offer.id, code: "cancelled", message: "changed my mind" });
    expect([room.a.over, room.b.over]).toEqual([false, false]);
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

test("cancelling everything ends every transfer, and an unknown code reads as cancelled", async () => {
  const room = await Room.established();
  const offers = [await anOffer(), await anOffer()];
  for (const { offer } of offers) await room.a.offer(offer);
  await room.carry();
  await room.b.cancel(null, "whatever this is");
  await room.carry();
  expect(room.heardByA).toEqual([{ event: "cancelled", id: null, code: "cancelled", message: null }]);
  for (const { offer } of offers) expect(await codeOfPromise(room.b.answer(offer.id, true))).toBe("out_of_order");
});

test("more than a hundred transfers at once end the session", async () => {
  const room = await Room.established();
  const { offer } = await anOffer();
  for (let count = 0; count < 101; count++) await room.a.offer({ ...offer, id: newFileId() });
  await room.carry();
  expect(names(room.heardByB).filter((name) => name === "offer")).toHaveLength(100);
  expect(room.heardByB.at(-1)).toMatchObject({ event: "failed", error: { code: "limit" } });
});

describe("time", () => {
  test("pings keep a quiet session alive for as long as both are there", async () => {
    const room = await Room.established();
    expect(await room.pass(120_000)).toEqual([]);
    expect([room.a.over, room.b.over]).toEqual([false, false]);
  });

  test("a peer that falls silent is noticed within 30 s, not before 25 s", async () => {
    const room = await Room.established();
    expect(await room.pass(24_000, ["a"])).toEqual([]);
    expect(await room.pass(6_000, ["a"])).toEqual([{ event: "peer_vanished" }]);
    expect(await room.a.receive(randomBytes(40), room.now)).toEqual([]);
  });

  test("records that arrive are a sign of life", async () => {
    const room = await Room.established();
    for (let round = 0; round < 10; round++) {
      expect(await room.pass(10_000, ["a"])).toEqual([]);
      room.a.heard(room.now);
    }
  });

  test("a machine that slept reads what waits for it before it gives up", async () => {
    const room = await Room.established();
    room.now += 3_600_000;
    expect(await room.a.tick(room.now)).toEqual([]);
  });
});

describe("a code", () => {
  const [right, wrong] = [parseCode("7-harbor-velvet"), parseCode("7-harbor-velour")];

  test("that is right lets the sender offer without words", async () => {
    const room = new Room([right, right]);
    await room.start();
    await room.a.offer((await anOffer()).offer);
    expect([room.a.verified, names(room.heardByA)]).toEqual([false, ["established"]]);
  });

  test("that is wrong is a wrong code to the receiver at once, to the sender when the room closes", async () => {
    const room = new Room([right, wrong]);
    await room.start();
    expect(room.heardByB).toMatchObject([{ event: "failed", error: { code: "wrong_code" } }]);
    expect([room.a.awaitingConfirmation, room.a.over]).toEqual([true, false]);
    expect(await room.a.disconnected()).toMatchObject([{ event: "failed", error: { code: "wrong_code" } }]);
    expect(room.a.awaitingConfirmation).toBe(true);
  });

  test("that is not confirmed within 10 s is a failed guess", async () => {
    const room = new Room([right, wrong]);
    await room.start();
    expect(await room.pass(9_000, ["a"])).toEqual([]);
    expect(await room.pass(1_000, ["a"])).toMatchObject([{ event: "failed", error: { code: "wrong_code" } }]);
  });

  test.each([[[]], [[5]], [[5, ...new Array<number>(32).fill(0)]], [[2, 0]], [[16, ...new Array<number>(30).fill(0)]], [[99]], [[1]]])(
    "is spent by whatever a guesser answers to the confirmation: %j",
    async (answer) => {
      const room = new Room([right, wrong]);
      await room.start();
      const events = await room.a.receive(Uint8Array.from(answer), room.now);
      expect(events).toMatchObject([{ event: "failed", error: { code: "wrong_code" } }]);
      expect(room.a.awaitingConfirmation).toBe(true);
    },
  );

  test("is not spent by a peer that leaves before it is tried", async () => {
    const room = new Room([right, right]);
    await room.a.start(room.now);
    expect(await room.a.disconnected()).toEqual([{ event: "peer_left", code: null }]);
    expect(room.a.awaitingConfirmation).toBe(false);
  });
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
