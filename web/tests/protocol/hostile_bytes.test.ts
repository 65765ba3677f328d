/** Every decoder, fed with anything: a typed error or a result, never another exception, never a hang. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCode, randomBytes } from "../../src/crypto_engine.ts";
import { Channel } from "../../src/protocol/channel.ts";
import { Handshake } from "../../src/protocol/handshake.ts";
import { ManifestReader } from "../../src/protocol/manifest.ts";
import { readPath } from "../../src/protocol/paths.ts";
import { Session } from "../../src/protocol/session.ts";
import { base64urlDecode, utf8, type Bytes } from "../../src/wire/encoding.ts";
import { FrameReader, readFrameHeader } from "../../src/wire/frames.ts";
import { parseObject } from "../../src/wire/strict_json.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";

const bytes: fc.Arbitrary<Bytes> = fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array));
const RUNS = { numRuns: 500 };

const decoders: Readonly<Record<string, (input: Bytes) => unknown>> = {
  "frame headers": (input) => readFrameHeader(input.subarray(0, 16)),
  "frame readers": (input) => new FrameReader(64).accept(input.subarray(0, 16)),
  paths: (input) => readPath(input),
  "strict JSON": (input) => parseObject(input),
  "codes": (input) => parseCode(String.fromCharCode(...input)),
  base64url: (input) => base64urlDecode(String.fromCharCode(...input)),
  "manifests": (input) => new ManifestReader(4096).feed(0, input, true),
  "manifests behind a true head": (input) => {
    const head = Uint8Array.of(...utf8("PSM1"), 1, 0, 0, 0, 0, 0, 0, 0, 1);
    const whole = new Uint8Array(head.length + input.length);
    whole.set(head);
    whole.set(input, head.length);
    new ManifestReader(4096).feed(0, whole, true);
  },
};

test.each(Object.entries(decoders))("%s", (_, decode) => {
  fc.assert(fc.property(bytes, (input) => void codeOf(() => decode(input))), RUNS);
});

test("handshakes and channels refuse it all", async () => {
  const room = randomBytes(16);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 20 }), bytes, async (type, rest) => {
      const input = Uint8Array.of(type, ...rest);
      const responder = Handshake.responder(room, "words");
      expect(await codeOfPromise(responder.receive(input))).not.toBe("ok");
      expect(await codeOfPromise(responder.receive(input))).toBe("out_of_order");
      const channel = await Channel.withKeys("initiator", new Uint8Array(32), new Uint8Array(32));
      expect(await codeOfPromise(channel.open(input))).not.toBe("ok");
    }),
    RUNS,
  );
});

test("a session tells it as one failure and is over", async () => {
  await fc.assert(
    fc.asyncProperty(bytes, async (input) => {
      const session = new Session(Handshake.responder(randomBytes(16), "words"));
      await session.start(0);
      expect(await session.receive(input, 0)).toMatchObject([{ event: "failed" }]);
      expect(await session.receive(input, 0)).toEqual([]);
      expect([session.over, session.outbox()]).toEqual([true, []]);
    }),
    { numRuns: 100 },
  );
});
