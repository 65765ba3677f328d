/** The transfers of one session: how many there may be, and what is said of one that is over. */
import { expect, test } from "vitest";
import { newFileId } from "../../src/crypto_engine.ts";
import { codeOfPromise } from "../support/codes.ts";
import { Room, anOffer, names } from "../support/room.ts";

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
