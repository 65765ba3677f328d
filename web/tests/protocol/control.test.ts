import fc from "fast-check";
import { expect, test } from "vitest";
import { FileKey, randomBytes } from "../../src/crypto_engine.ts";
import { decodeControl, encodeControl, knownCode, previewOf, type ControlMessage, type Offer, type Preview } from "../../src/protocol/control.ts";
import { utf8 } from "../../src/wire/encoding.ts";
import { stringify } from "../../src/wire/strict_json.ts";
import { codeOf } from "../support/codes.ts";

const id = randomBytes(16);
const offer: Offer = {
  type: "offer", id, version: 1, recordSize: 64, commitment: randomBytes(32), files: 1, bytes: 3, open: false, text: false, shared: false,
  preview: [{ path: "a/é", size: 3, kind: "file" }],
};
const MESSAGES: readonly ControlMessage[] = [
  offer,
  { ...offer, bytes: null, open: true, preview: [{ path: "a", size: null, kind: "file" }] },
  { type: "answer", id, accept: false, code: "declined", message: "🙂".repeat(200) },
  { type: "answer", id, accept: true, code: null, message: null },
  { type: "ack", id, manifest: 1, content: 2 ** 40, bytes: Number.MAX_SAFE_INTEGER },
  { type: "cancel", id: null, code: "cancelled", message: null },
  { type: "path", id, kind: "relay", stream: randomBytes(8), manifest: 0, content: 0 },
  { type: "path", id, kind: "store", stream: new Uint8Array(8), manifest: 1, content: 2 ** 40 },
  { type: "candidates", id, port: 1024, addresses: ["192.0.2.1", "2001:db8::1"], here: randomBytes(16) },
  { type: "where", id },
  { type: "have", id, manifest: 1, content: 7, bytes: 448, marks: randomBytes(32) },
  { type: "description", id, role: "answer", ufrag: "a+/9", pwd: "p".repeat(22), fingerprint: randomBytes(32), setup: "active" },
  { type: "ice", id, candidates: [{ host: "192.0.2.1", port: 65_535, kind: "srflx", priority: 2 ** 32 - 1 }] },
  { type: "ping", n: 0 },
  { type: "pong", n: 7 },
  { type: "done", id },
  { type: "bye", code: null },
];

test.each(MESSAGES)("$type is read as it was written", (message) => {
  const { type, body } = encodeControl(message);
  expect(decodeControl(type, body)).toEqual(message);
});

test("a file key is carried, and shown nowhere else", () => {
  const key = new FileKey(randomBytes(32));
  const message = { type: "file_key", id, key } as const;
  const { type, body } = encodeControl(message);
  const back = decodeControl(type, body);
  expect(back.type === "file_key" && back.key.reveal()).toEqual(key.reveal());
  expect(JSON.stringify(message)).toContain("FileKey(…)");
});

test.each<[string, Partial<Offer>]>([
  ["a sum beside open", { open: true }],
  ["no sum beside closed", { bytes: null }],
  ["a size to come beside closed", { preview: [{ path: "a", size: null, kind: "file" }] }],
  ["a text with a path", { preview: [{ path: "a", size: 1, kind: "text" }] }],
  ["a folder with a size", { preview: [{ path: "a", size: 1, kind: "directory" }] }],
  ["a record size of 63", { recordSize: 63 }],
  ["version 0", { version: 0 }],
  ["half a file", { files: 0.5 }],
  ["a short id", { id: randomBytes(15) }],
  ["51 entries shown", { preview: Array<Preview>(51).fill({ path: "a", size: 1, kind: "file" }) }],
])("an offer with %s is malformed", (_, change) => {
  expect(codeOf(() => encodeControl({ ...offer, ...change }))).toBe("malformed");
});

test("an unsafe name in a preview is refused before anybody sees it", () => {
  expect(codeOf(() => encodeControl({ ...offer, preview: [{ path: "../x", size: 1, kind: "file" }] }))).toBe("unsafe_name");
});

test("a message of 201 characters is malformed, 200 of any kind are not", () => {
  const cancel = (message: string): ControlMessage => ({ type: "cancel", id: null, code: "cancelled", message });
  expect(codeOf(() => encodeControl(cancel("x".repeat(201))))).toBe("malformed");
  expect(codeOf(() => encodeControl(cancel("🙂".repeat(200))))).toBe("ok");
});

test("fields that are missing, unknown or of another type are malformed, as are reserved types", () => {
  for (const [type, json] of [[8, "{}"], [8, '{"n":1,"m":2}'], [8, '{"n":"1"}'], [8, '{"n":null}'], [8, '{"n":-1}'], [8, "[]"], [7, "{}"], [12, "{}"], [0, "{}"], [255, "{}"]] as const) {
    expect(codeOf(() => decodeControl(type, utf8(json)))).toBe("malformed");
  }
});

test("a preview holds as much as fits into 50 entries and 16 KiB", () => {
  const entry = (length: number): Preview => ({ path: "a".repeat(length), size: 1, kind: "file" });
  expect(previewOf(Array<Preview>(60).fill(entry(1)))).toHaveLength(50);
  const long = previewOf(Array<Preview>(50).fill(entry(1000)));
  expect(long.length).toBeGreaterThan(10);
  expect(stringify(long.map((one) => ({ ...one }))).length).toBeLessThanOrEqual(16 * 1024);
});

test("only known codes are shown", () => {
  expect(knownCode("declined")).toBe("declined");
  expect(knownCode("no_direct_path")).toBe("no_direct_path");
  for (const code of ["<b>", "constructor", "Declined", ""]) expect(knownCode(code)).toBe("cancelled");
});

test("whatever comes, reading gives a message that can be written, or a typed error", () => {
  const json = fc.oneof(
    fc.json(),
    fc.record({ id: fc.base64String(), accept: fc.anything(), code: fc.anything(), n: fc.anything() }, { requiredKeys: [] }).map((value) => JSON.stringify(value) ?? ""),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 255 }), json, (type, text) => {
      let message: ControlMessage;
      try {
        message = decodeControl(type % 17, utf8(text));
      } catch (error) {
        expect(codeOf(() => { throw error; })).toBe("malformed");
        return;
      }
      expect(encodeControl(message).type).toBe(type % 17);
    }),
    { numRuns: 1000 },
  );
});
