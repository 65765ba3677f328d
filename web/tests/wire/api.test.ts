/** The table of endpoints says the same in both languages, and its shapes are strict. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ENDPOINTS, type EndpointName } from "../../src/wire/api.ts";
import * as accounts from "../../src/wire/accounts.ts";
import { base64urlEncode } from "../../src/wire/encoding.ts";
import * as f from "../../src/wire/fields.ts";
import * as parks from "../../src/wire/parks.ts";
import * as stored from "../../src/wire/stored.ts";
import type { JsonObject, JsonValue } from "../../src/wire/strict_json.ts";
import { codeOf } from "../support/codes.ts";

const names = Object.keys(ENDPOINTS) as EndpointName[];

test("every endpoint of Python's table is here, with the same method, path, status and condition", () => {
  const source = readFileSync(fileURLToPath(new URL("../../../src/peerseal/wire/api.py", import.meta.url)), "utf8");
  const theirs = source.split("ENDPOINTS").at(-1)?.match(/Endpoint\(/g)?.length;
  const whole = source.slice(source.indexOf("ENDPOINTS"));
  const found = [...whole.matchAll(/"(\w+)": Endpoint\(\s*"(\w+)",\s*"([^"]+)",\s*"(\w+)",\s*(\S+),\s*(\S+),\s*(\d+)([\s\S]*?)(?=\n {4}"|\n\})/g)];
  expect(found).toHaveLength(theirs ?? 0);
  expect(found.map(([, name]) => name).sort()).toEqual([...names].sort());
  for (const [, name, method, path, access, takes, gives, status, rest] of found) {
    const own = ENDPOINTS[name as EndpointName];
    const ours = [own.method, own.path, own.access, own.takes === null, own.gives === null, own.status, own.ifMatch];
    expect(ours, name).toEqual([method, path, access, takes === "None", gives === "None", Number(status), rest?.includes("if_match=True")]);
    expect(own.query.length > 0, name).toBe(rest?.includes("query="));
  }
});

const bytes = (length: number): string => base64urlEncode(new Uint8Array(length).fill(7));
const ID = "0123456789abcdef".repeat(2);
const WRAP = bytes(1181);
const VERSION: JsonObject = {
  upload: ID, version: 1, state: "arriving", opening: bytes(400), closing: null, card: bytes(284), record_size: 524_288,
  manifest_bytes: 100, content_bytes: 28, kept: true, created: 5, committed: null, wrap: WRAP,
};
const FILE: JsonObject = {
  id: ID, owner: "ada", mine: true, access: bytes(120), current: null, arriving: VERSION, recipients: ["bert"],
  links: [{ id: ID, secret: bytes(92), password: false, expires: null, downloads: 3, used: 0, created: 9 }], expires: 7, created: 1,
};
const PASSWORD: JsonObject = { auth: bytes(32), salt: bytes(16), memory: 65_536, passes: 3, lanes: 1, vault: bytes(93) };
const SAMPLES = [
  ["register", accounts.REGISTER, { name: "ada", bundle: bytes(1520), password: PASSWORD, invite: null }],
  ["challenge", accounts.CHALLENGE, { server: bytes(16), challenge: bytes(32), expires: 1 }],
  ["sessions", accounts.SESSIONS, { sessions: [{ id: ID, label: "x", kind: "token", created: 1, last_used: 2, current: true }] }],
  ["exchange", accounts.EXCHANGE, { id: ID, peer: "bert", direction: "out", state: "pending", bundle: null, created: 1, answered: null }],
  ["file", stored.FILE, FILE],
  ["upload", stored.UPLOAD, { file: ID, version: 1, state: "committed", manifest_bytes: 28, content_bytes: 28, manifest: [{ first: 0, last: 3 }], content: [] }],
  ["new link", stored.NEW_LINK, {
    link: ID, token_hash: bytes(32), secret: bytes(92), password: true, wraps: [{ upload: ID, wrap: bytes(60) }], access: bytes(9), expires: null, downloads: null,
  }],
  ["news", stored.NEWS, { at: 0, changed: ["files"] }],
  ["parking", parks.PARKING, { hours: 72, bytes: 17_179_869_184 }],
  ["new park", parks.NEW_PARK, {
    park: ID, record_size: 524_288, manifest_bytes: 100, content_bytes: 28, open: true, manifest_from: 0, content_from: 7,
    upload: bytes(32), readers: [{ reader: ID, token: bytes(32) }],
  }],
  ["add reader", parks.ADD_READER, { token: bytes(32), reader: { reader: ID, token: bytes(32) } }],
  ["park closing", parks.PARK_CLOSING, { token: bytes(32), reader: ID, closing: bytes(124) }],
  ["park sizes", parks.PARK_SIZES, { token: bytes(32), manifest_bytes: 100, content_bytes: 28 }],
  ["park", parks.PARK, {
    state: "arriving", expires: 9, manifest_bytes: 100, content_bytes: 28, manifest: [{ first: 0, last: 0 }], content: [],
    readers: [{ reader: ID, done: false }],
  }],
  ["parked", parks.PARKED, {
    state: "complete", expires: 9, record_size: 64, manifest_bytes: 100, content_bytes: 28, open: false, manifest_from: 0,
    content_from: 7, closing: null,
  }],
] as unknown as readonly (readonly [string, f.Field<unknown>, JsonObject])[];

test.each(SAMPLES)("%s is read and written back", (_, field, sample) => {
  expect(field.write(field.read(sample))).toEqual(sample);
});

test.each(SAMPLES)("%s with any field missing, unknown or of another type is malformed", (_, field, sample) => {
  for (const key of Object.keys(sample)) {
    const { [key]: _gone, ...rest } = sample;
    expect(codeOf(() => field.read(rest)), `without ${key}`).toBe("malformed");
    for (const wrong of [{}, [[]], "", -1, 0.5] as JsonValue[]) {
      expect(codeOf(() => field.read({ ...sample, [key]: wrong })), `${key}: ${JSON.stringify(wrong)}`).toBe("malformed");
    }
  }
  expect(codeOf(() => field.read({ ...sample, more: null }))).toBe("malformed");
});

test("whatever comes, a shape gives what it says or refuses it as malformed", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const [, field] of SAMPLES) expect(codeOf(() => field.read(value as JsonValue))).toBe("malformed");
    }),
  );
});

test("what a server says of a password is read before it is judged", () => {
  const said = { server: bytes(16), salt: bytes(16), memory: 8, passes: 0, lanes: 99 };
  expect(accounts.PASSWORD_PARAMETERS.read(said)).toMatchObject({ memory: 8, passes: 0, lanes: 99 });
});
