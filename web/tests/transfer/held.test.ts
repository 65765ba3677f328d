/** A receiver that is there and does not say what it holds: it is waited for so long, and no longer. */
import { afterEach, expect, test, vi } from "vitest";
import { Marks, newFileId, newFileKey } from "../../src/crypto_engine.ts";
import { fileSource, textSource } from "../../src/files/source.ts";
import type { Session } from "../../src/protocol/session.ts";
import { Away } from "../../src/transfer/breaks.ts";
import { Held } from "../../src/transfer/held.ts";
import type { Line } from "../../src/transfer/ledger.ts";
import type { Passage } from "../../src/transfer/passage.ts";
import type { Sealing } from "../../src/transfer/records.ts";
import type { StoreRoad } from "../../src/transfer/store_road.ts";
import { RECORD_SIZE } from "../../src/wire/limits.ts";
import { inNoTime } from "../support/in_no_time.ts";
import { pair } from "../support/pair.ts";

const HAVE_MILLISECONDS = 40_000;

afterEach(() => {
  vi.restoreAllMocks();
});

/** What one receiver of a text holds, and how often it was asked. */
function asking(): { readonly held: Held; readonly asked: () => number; readonly sealing: Sealing } {
  const where = vi.fn(() => Promise.resolve());
  const session = { where } as unknown as Session;
  const passage = { resumed: false, step: (step: (session: Session) => Promise<void>) => step(session) } as unknown as Passage;
  const sealing = { id: newFileId(), key: newFileKey(), marks: new Marks(), version: 1, recordSize: RECORD_SIZE };
  const line = { snapshot: { phase: "moving" }, at: () => undefined } as unknown as Line;
  const store = { marks: null, agrees: () => Promise.resolve(true) } as unknown as StoreRoad;
  return { held: new Held(sealing, textSource("hello"), line, passage, store, null), asked: () => where.mock.calls.length, sealing };
}

const NOTHING = { type: "have" as const, id: new Uint8Array(16), manifest: 0, content: 0, bytes: 0, marks: new Uint8Array(32) };

test("a receiver that answers everything but what it holds is said to have fallen silent, and both may go on later", async () => {
  const { alice, bob, wire } = await pair();
  inNoTime(HAVE_MILLISECONDS);
  bob.session.have = () => Promise.resolve();
  wire.cuts = [RECORD_SIZE];
  alice.send("cut", fileSource([{ path: "a.bin", file: new File([new Uint8Array(3 * RECORD_SIZE)], "a.bin") }]));
  await bob.reaches("asked");
  await bob.courier.answer(bob.last!.id, true, null);
  await alice.reaches("failed");
  expect(alice.last?.problem).toMatchObject({ code: "vanished", message: "The other side fell silent.", retryable: true });
  await bob.reaches("failed");
  expect(bob.last?.problem?.code).toBe("stream_cut"); // what broke off is kept; what was stopped is not
  expect(wire.opened).toBe(1);
});

test("who asks again in the same channel waits for the answer to the first question", async () => {
  inNoTime(HAVE_MILLISECONDS);
  const { held, asked } = asking();
  await expect(held.ask()).rejects.toMatchObject({ code: "vanished", retryable: true });
  const again = held.ask();
  held.have(NOTHING);
  await expect(again).resolves.toEqual({ manifest: 0, content: 0, bytes: 0 });
  expect(asked()).toBe(1);
});

test("who asks again before anything came of the answer still has it, and is answered no second time", async () => {
  const { held, asked } = asking();
  const first = held.ask();
  held.have(NOTHING);
  await first;
  await expect(held.ask()).resolves.toEqual({ manifest: 0, content: 0, bytes: 0 });
  expect(asked()).toBe(1);
  held.goesOn();
  const third = held.ask();
  await vi.waitFor(() => { expect(asked()).toBe(2); });
  held.have(NOTHING);
  await third;
});

test("in another channel it is asked anew", async () => {
  const { held, asked } = asking();
  const first = held.ask();
  held.away();
  await expect(first).rejects.toBeInstanceOf(Away);
  const second = held.ask();
  await vi.waitFor(() => { expect(asked()).toBe(2); });
  held.have(NOTHING);
  await second;
});

test("an answer nobody asked for is not taken", () => {
  expect(() => { asking().held.have(NOTHING); }).toThrow(expect.objectContaining({ code: "out_of_order" }));
});

test("who says done right behind saying that it holds everything is believed once that was looked at", async () => {
  const { held } = asking();
  const asked = held.ask();
  held.have({ ...NOTHING, content: 1 });
  held.saysDone();
  expect(held.everything).toBe(false);
  await expect(asked).rejects.toMatchObject({ code: "out_of_order" }); // nothing was sealed yet
  expect(held.everything).toBe(false);
});

test.each([0, 1])("of one record that was sent, done behind a word of %i is believed if that is all", async (content) => {
  const { held, sealing } = asking();
  sealing.marks.put("content", 0, new Uint8Array(28));
  const asked = held.ask();
  held.have({ ...NOTHING, content });
  if (content === 0) {
    expect(() => { held.saysDone(); }).toThrow(expect.objectContaining({ code: "out_of_order" }));
    return;
  }
  held.saysDone();
  await asked;
  await held.done;
  expect(held.everything).toBe(true);
});
