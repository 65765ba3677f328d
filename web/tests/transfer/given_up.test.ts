/** What becomes of the part on the server when a send ends before the other side has it. */
import { afterEach, expect, test, vi } from "vitest";
import { fileSource } from "../../src/files/source.ts";
import { StoreRoad } from "../../src/transfer/store_road.ts";
import { pair } from "../support/pair.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  ["the sender's person", true], ["the receiver's person", true], ["a break", false],
] as const)("ended by %s: nothing of it stays there, %s", async (who, gone) => {
  const closing = vi.spyOn(StoreRoad.prototype, "close");
  const { alice, bob, wire } = await pair();
  wire.tamper = (piece) => piece.subarray(0, 0); // it gets stuck
  alice.send("one", fileSource([{ path: "a.bin", file: new File([new Uint8Array(2_000_000)], "a.bin") }]));
  await bob.reaches("asked");
  await bob.courier.answer(bob.last!.id, true, null);
  await alice.reaches("moving");
  if (who === "a break") alice.courier.stop("left");
  else await (who === "the sender's person" ? alice : bob).courier.cancel(who === "the sender's person" ? "one" : bob.last!.id);
  await alice.settled();
  expect(closing.mock.calls.map(([, done]) => done)).toEqual([gone]);
});
