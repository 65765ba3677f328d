/** Whether the other side is alive: pings, silence, and machines that slept. */
import { expect, test } from "vitest";
import { randomBytes } from "../../src/crypto_engine.ts";
import { Room } from "../support/room.ts";

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
