import { expect, test } from "vitest";
import { parseCode, randomBytes, wordList } from "../../src/crypto_engine.ts";
import { Handshake } from "../../src/protocol/handshake.ts";
import type { Bytes } from "../../src/wire/encoding.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";
import { describeBoth } from "../support/cryptographies.ts";

const CODE = parseCode("7-harbor-velvet");

/** Carries messages between two sides until none is left; `tamper` sits in the middle. */
async function play(a: Handshake, b: Handshake, tamper = (message: Bytes): Bytes => message): Promise<void> {
  let toB = await a.start();
  expect(await b.start()).toEqual([]);
  while (toB.length > 0) {
    const toA: Bytes[] = [];
    for (const message of toB) toA.push(...(await b.receive(tamper(message))));
    toB = [];
    for (const message of toA) toB.push(...(await a.receive(tamper(message))));
  }
}

function pair(code = [null, null] as readonly [typeof CODE | null, typeof CODE | null]): readonly [Handshake, Handshake] {
  const room = randomBytes(16);
  const mode = code[0] === null ? "words" : "code";
  return [Handshake.initiator(room, mode, code[0]), Handshake.responder(room, mode, code[1])];
}

describeBoth("a handshake", () => {
  test("shows both sides the same four words of the list, others each time", async () => {
    const list = new Set(await wordList());
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const [a, b] = pair();
      await play(a, b);
      expect(a.established && b.established).toBe(true);
      expect(a.words).toEqual(b.words);
      expect(a.words.filter((word) => list.has(word))).toHaveLength(4);
      seen.add(a.words.join());
    }
    expect(seen.size).toBe(5);
  });

  test("opens a channel in which each hears the other, in order", async () => {
    const [a, b] = pair();
    await play(a, b);
    for (let n = 0; n < 3; n++) {
      expect(await b.channel.open(await a.channel.seal({ type: "ping", n }))).toEqual({ type: "ping", n });
      expect(await a.channel.open(await b.channel.seal({ type: "pong", n }))).toEqual({ type: "pong", n });
    }
    expect(await a.channel.export("park")).toEqual(await b.channel.export("park"));
    expect(await a.channel.export("park")).not.toEqual(await a.channel.export("relay"));
  });

  test("with one code needs no words; with two codes fails at the responder", async () => {
    const [a, b] = pair([CODE, CODE]);
    await play(a, b);
    expect([a.established, b.established, a.words, b.words]).toEqual([true, true, [], []]);
    const [c, d] = pair([CODE, parseCode("7-harbor-velour")]);
    expect(await codeOfPromise(play(c, d))).toBe("confirmation_failed");
    expect([c.established, d.established, c.awaitingConfirmation, d.failed]).toEqual([false, false, true, true]);
  });

  test("a flipped bit anywhere in any message fails, and never gives words", async () => {
    for (let type = 1; type <= 5; type++) {
      for (const where of [0, 7, 24, 60, 300, 700, -1]) {
        const [a, b] = pair();
        const code = await codeOfPromise(
          play(a, b, (message) => {
            if (message[0] !== type) return message;
            const changed = message.slice();
            const at = where < 0 ? message.length - 1 : where % message.length;
            changed[at] = (changed[at] ?? 0) ^ 1;
            return changed;
          }),
        );
        expect(code, `M${type} at ${where}`).not.toBe("ok");
        expect(type < 5 ? a.established || b.established : a.established).toBe(false);
      }
    }
  });
});

test("a channel replayed, out of order or turned round ends", async () => {
  const [a, b] = pair();
  await play(a, b);
  const [first, second] = [await a.channel.seal({ type: "ping", n: 1 }), await a.channel.seal({ type: "ping", n: 2 })];
  await b.channel.open(first);
  expect(await codeOfPromise(b.channel.open(first))).toBe("out_of_order");
  expect(await codeOfPromise(b.channel.open(second))).toBe("out_of_order");
  expect(await codeOfPromise(a.channel.open(first))).toBe("not_authentic");
});

test("a channel does not send what the other side would refuse", async () => {
  const [a, b] = pair();
  await play(a, b);
  expect(await codeOfPromise(a.channel.seal({ type: "cancel", id: null, code: "", message: null }))).toBe("malformed");
  expect(await codeOfPromise(a.channel.seal({ type: "cancel", id: null, code: "x", message: "m".repeat(201) }))).toBe("malformed");
  expect(await b.channel.open(await a.channel.seal({ type: "bye", code: null }))).toEqual({ type: "bye", code: null });
});

test("the wrong mode, our own values and another room are refused", async () => {
  const room = randomBytes(16);
  const [m1] = await Handshake.initiator(room, "words").start();
  expect(await codeOfPromise(Handshake.responder(room, "code", CODE).receive(m1!))).toBe("mode_mismatch");
  expect(await codeOfPromise(Handshake.responder(randomBytes(16), "words").receive(m1!))).toBe("malformed");
  const a = Handshake.initiator(room, "words");
  const b = Handshake.responder(room, "words");
  const [hello] = await a.start();
  const [answer] = await b.receive(hello!);
  const reflected = answer!.slice();
  reflected.set(hello!.subarray(30, 30 + 256), 5); // DH value of M1 where M2 has its own
  expect(await codeOfPromise(a.receive(reflected))).toBe("reflected");
  expect(await codeOfPromise(a.receive(answer!))).toBe("out_of_order");
});

test("a code belongs to code mode and a room has 16 bytes", () => {
  expect(codeOf(() => Handshake.initiator(randomBytes(16), "code"))).toBe("usage");
  expect(codeOf(() => Handshake.responder(randomBytes(16), "words", CODE))).toBe("usage");
  expect(codeOf(() => Handshake.initiator(randomBytes(15), "words"))).toBe("malformed");
  expect(codeOf(() => Handshake.initiator(randomBytes(16), "words").channel)).toBe("usage");
});
