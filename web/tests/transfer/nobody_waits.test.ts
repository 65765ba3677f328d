/** Coming back to somebody who is not waiting any more: that is seen, and not waited for minutes. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Meet } from "../../src/client/meet.ts";
import { ResumeSecret } from "../../src/crypto_engine.ts";
import { Comeback, type Began, type Bond } from "../../src/transfer/comeback.ts";
import { endOf } from "../../src/transfer/endings.ts";

const bond = { secret: new ResumeSecret(new Uint8Array(32).fill(3)), role: "initiator", mode: "words" } as unknown as Bond;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Waits since now at the meeting place. */
async function waits(began: Began): Promise<Comeback> {
  const meet = { line: "line", up: true, call: () => Promise.resolve({}) } as unknown as Meet;
  const comeback = new Comeback(meet, bond, () => Promise.resolve(), performance.now(), began);
  await comeback.wait();
  return comeback;
}

/** Asked once a second, as the rooms do. After how many seconds it says that nobody waits. */
function until(comeback: Comeback, listed: boolean, seconds: number): number | null {
  for (let second = 0; second < seconds; second++) {
    if (comeback.nobody(listed, performance.now())) return second;
    vi.advanceTimersByTime(1_000);
  }
  return null;
}

test("who was cut and finds nobody hears so after a while", async () => {
  expect(until(await waits("cut"), false, 60)).toBe(21);
});

test("who lost the other one goes on waiting", async () => {
  expect(until(await waits("lost"), false, 250)).toBeNull();
});

test("somebody who is free for others does not wait", async () => {
  expect(until(await waits("lost"), true, 60)).toBe(3);
});

test("who resumes something of before waits for somebody who has not pressed it yet", async () => {
  expect(until(await waits("resumed"), true, 250)).toBeNull();
});

test("it says by name that nobody waits, and what to do", () => {
  const peer = { id: "a1", tag: "a1a1", name: "Alice", role: "sender", account: null } as const;
  expect(endOf("not_waiting", { peer, mode: "words" })).toMatchObject({ code: "not_waiting", message: "Alice is not waiting any more.", hint: "Resume it when you are both here again." });
});
