/** A code is good for one guess, however that guess ends. */
import { describe, expect, test } from "vitest";
import { parseCode } from "../../src/crypto_engine.ts";
import { Room, anOffer, names } from "../support/room.ts";

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
