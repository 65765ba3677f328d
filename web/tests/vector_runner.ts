/**
 * Runs the cases of vectors/*.json against this implementation; vectors/README.md gives their shapes.
 *
 * Knows nothing of Node or of a page, so that the same cases pass in both.
 */
import {
  Code,
  DH_BYTES,
  Prk,
  RecordOpener,
  ResumeSecret,
  SPARE_BYTES,
  EMPTY,
  checkCommitment,
  checkStrength,
  checkWords,
  codeGenerator,
  commitment,
  dhPublic,
  dhShared,
  join,
  kdf,
  kemDecapsulate,
  kemEncapsulate,
  kemKeys,
  lp,
  newExponent,
  parseCode,
  recordKey,
  sha256,
  wordList,
  x25519Public,
  x25519Shared,
  type Label,
  type Randomness,
} from "../src/crypto_engine.ts";
import { PeersealError } from "../src/errors.ts";
import { Channel, type Exporter, type HandshakeRole } from "../src/protocol/channel.ts";
import { decodeControl, encodeControl, type ControlMessage, type Offer } from "../src/protocol/control.ts";
import { Handshake } from "../src/protocol/handshake.ts";
import { ManifestReader } from "../src/protocol/manifest.ts";
import { readPath } from "../src/protocol/paths.ts";
import { base64urlDecode, base64urlEncode, hexDecode, hexEncode, isId, malformed, utf8, type Bytes } from "../src/wire/encoding.ts";
import { FrameReader, readFrameHeader, type StreamName } from "../src/wire/frames.ts";
import { FRAME_HEADER_BYTES } from "../src/wire/limits.ts";
import { parseObject } from "../src/wire/strict_json.ts";
import { OF_BREAKS } from "./vectors_of_breaks.ts";
import { OF_GUARD } from "./vectors_of_guard.ts";
import { Input, canonical, type Fields, type Json, type Run, type VectorCase, type VectorFile } from "./vector_case.ts";
import { OF_PEOPLE } from "./vectors_of_people.ts";
import { OF_STORED } from "./vectors_of_stored.ts";

export type { VectorCase, VectorFile } from "./vector_case.ts";

/** What is wrong with this implementation in one case; null if nothing is. */
export async function runCase(file: VectorFile, one: VectorCase): Promise<string | null> {
  const run = OPERATIONS[`${file.file}/${one.op}`];
  if (run === undefined) return `unknown operation ${file.file}/${one.op}`;
  const got: Fields = {};
  let code = "ok";
  try {
    await run(new Input(one.in), got, file);
  } catch (error) {
    if (!(error instanceof PeersealError)) throw error;
    code = error.code;
  }
  if (code !== one.expect) return `gave ${code}, not ${one.expect}`;
  for (const [name, value] of Object.entries(one.out ?? {})) {
    const [have, want] = [canonical(got[name] ?? null), canonical(value)];
    if (have !== want) return `${name} is ${have.slice(0, 200)}, not ${want.slice(0, 200)}`;
  }
  return null;
}

/** Every case of a file that fails, as "id: what". */
export async function runFile(file: VectorFile): Promise<string[]> {
  const failures: string[] = [];
  if (NOT_FOR_PAGES.has(file.file)) return failures;
  for (const one of file.cases) {
    const failure = await runCase(file, one);
    if (failure !== null) failures.push(`${one.id}: ${failure}`);
  }
  return failures;
}

const OPERATIONS: Readonly<Record<string, Run>> = {
  "encoding/base64url_encode": (i, out) => {
    out["text"] = base64urlEncode(i.bytes("bytes"));
  },
  "encoding/base64url_decode": (i, out) => {
    out["bytes"] = hexEncode(base64urlDecode(i.text("text"), i.get("length") === null ? undefined : i.number("length")));
  },
  "encoding/id": (i) => {
    if (!isId(i.text("text"))) throw malformed("not an id");
  },
  "strict_json/decode": (i, out) => {
    const spaces = new Uint8Array(i.number("append_spaces")).fill(0x20);
    out["value"] = parseObject(join(i.bytes("bytes"), spaces), i.number("limit")) as Json;
  },
  "kdf/lp": (i, out) => {
    out["bytes"] = hexEncode(lp(...i.list<string>("parts").map(hexDecode)));
  },
  "kdf/kdf": async (i, out) => {
    const label = i.text("label") as Label; // whatever a vector calls it
    out["bytes"] = hexEncode(await kdf(i.bytes("ikm"), i.bytes("salt"), label, i.bytes("context"), i.number("length")));
  },
  "dh14/exponent": (i, out) => {
    out["exponent"] = hexEncode(newExponent(() => i.bytes("random")));
  },
  "dh14/public": (i, out) => {
    out["public"] = hexEncode(dhPublic(i.bytes("exponent"), BigInt(`0x${i.text("generator")}`)));
  },
  "dh14/shared": (i, out) => {
    out["secret"] = hexEncode(dhShared(i.bytes("exponent"), i.bytes("public")));
  },
  "x25519/public": async (i, out) => {
    out["public"] = hexEncode(await x25519Public(i.bytes("private")));
  },
  "x25519/shared": async (i, out) => {
    out["secret"] = hexEncode(await x25519Shared(i.bytes("private"), i.bytes("public")));
  },
  "mlkem/public": async (i, out) => {
    out["public"] = hexEncode((await kemKeys(i.bytes("seed"))).publicKey);
  },
  "mlkem/check": async (i) => {
    await kemEncapsulate(i.bytes("public"), new Uint8Array(32));
  },
  "mlkem/encapsulate": async (i, out) => {
    const { ciphertext, secret } = await kemEncapsulate(i.bytes("public"), i.bytes("message"));
    out["ciphertext"] = hexEncode(ciphertext);
    out["secret"] = hexEncode(secret);
  },
  "mlkem/decapsulate": async (i, out) => {
    out["secret"] = hexEncode(await kemDecapsulate(await kemKeys(i.bytes("seed")), i.bytes("ciphertext")));
  },
  "file_key/commitment": async (i, out) => {
    out["commitment"] = hexEncode(await commitment(...i.fileKey()));
  },
  "file_key/record_key": async (i, out) => {
    const [key, id, version] = i.fileKey();
    out["bytes"] = hexEncode(await recordKey(key, i.text("stream") as StreamName, id, version));
  },
  "file_key/check": (i) => checkCommitment(...i.fileKey(), i.bytes("commitment")),
  "record/open": openRecords,
  "words/list": async (_, out) => {
    const list = await wordList();
    out["count"] = list.length;
    out["sha256"] = hexEncode(await sha256(utf8(list.map((word) => `${word}\n`).join(""))));
    out["first"] = list[0] ?? null;
    out["last"] = list.at(-1) ?? null;
  },
  "words/from_bytes": async (i, out) => {
    out["words"] = [...(await checkWords(i.bytes("bytes")))];
  },
  "words/derive": async (i, out) => {
    out["words"] = [...(await checkWords(await kdf(i.bytes("ikm"), i.bytes("transcript"), "words", EMPTY, 8)))];
  },
  "code/parse": (i, out) => {
    const code = parseCode(i.text("text"));
    out["nameplate"] = code.nameplate;
    out["words"] = code.words;
  },
  "code/strength": (i) => checkStrength(parseCode(i.text("text"))),
  "code/generator": async (i, out) => {
    const generator = await codeGenerator(new Code(i.text("nameplate"), i.text("words")), i.bytes("room"));
    out["generator"] = generator.toString(16).padStart(2 * DH_BYTES, "0");
  },
  "handshake/transcript": playTranscript,
  "handshake/initiator": (i, out, file) => playOne("initiator", i, out, file),
  "handshake/responder": (i, out, file) => playOne("responder", i, out, file),
  "handshake/dead": playDead,
  "control/read": (i, out) => {
    const { type, body } = encodeControl(decodeControl(i.number("type"), i.bytes("plaintext")));
    if (type !== i.number("type")) throw new Error("another type came back");
    out["value"] = parseObject(body) as Json;
  },
  "channel/open": async (i, out, file) => {
    await openMessages(await channelOf(i, file), i, out);
  },
  "channel/dead": async (i, out, file) => {
    const channel = await channelOf(i, file);
    await mustFail(() => openMessages(channel, i, out));
    await channel.open(i.bytes("then"));
  },
  "paths/check": (i, out) => {
    out["components"] = readPath(i.bytes("path")).split("/");
  },
  "manifest/read": readManifest,
  "manifest/offer": readManifest,
  "frames/header": (i, out) => {
    const bytes = i.bytes("header");
    const { length, stream, final, index } = readFrameHeader(bytes);
    // Which lengths are allowed is the frame reader's to say; one case is one header, whatever its index.
    const frames = new FrameReader(i.number("record_size"));
    frames.allowContent();
    frames.accept(join(bytes.subarray(0, 8), new Uint8Array(8)));
    Object.assign(out, { length, stream, final, index });
  },
  "frames/path": readPathFrames,
  "stream/receive": receiveStream,
  ...OF_PEOPLE,
  ...OF_STORED,
  ...OF_BREAKS,
  ...OF_GUARD,
};

/** Files about what a page does not do. */
export const NOT_FOR_PAGES: ReadonlySet<string> = new Set(["direct"]); // TCP

async function openRecords(i: Input, out: Fields): Promise<void> {
  const [key, id, version] = i.fileKey();
  const opener = await RecordOpener.create(key, i.text("stream") as StreamName, id, version, i.number("record_size"));
  let released = "";
  out["plaintext"] = released;
  for (const { index, final, record } of i.list<{ index: number; final: boolean; record: string }>("records")) {
    const bytes = hexDecode(record);
    const plaintext = await opener.open(index, final, join(bytes, new Uint8Array(SPARE_BYTES)), bytes.length);
    out["plaintext"] = released += hexEncode(plaintext);
  }
}

// --- handshakes ---

interface SessionOfVector {
  readonly room: string;
  readonly code: string | null;
  readonly resume: string | null;
  readonly initiator: { readonly dh14: string; readonly x25519: string; readonly kem_seed: string; readonly nonce: string };
  readonly responder: { readonly dh14: string; readonly x25519: string; readonly kem_message: string; readonly nonce: string; readonly kem_secret: string };
}

function sessionOf(i: Input, file: VectorFile): SessionOfVector {
  const found = (file["sessions"] as Record<string, SessionOfVector>)[i.text("session")];
  if (found === undefined) throw new Error("no such session");
  return found;
}

/** One side, with its private values drawn in the order the handshake draws them. */
function sideOf(role: HandshakeRole, session: SessionOfVector): Handshake {
  const own = session[role];
  const draws = [own.dh14, own.x25519, "kem_seed" in own ? own.kem_seed : own.kem_message, own.nonce].map(hexDecode);
  const random: Randomness = (length) => {
    const next = draws.shift();
    if (next?.length !== length) throw new Error("the handshake draws otherwise than the vectors");
    return next;
  };
  const room = hexDecode(session.room);
  if (session.resume !== null) return Handshake[role](room, "resume", new ResumeSecret(hexDecode(session.resume)), random);
  if (session.code !== null) return Handshake[role](room, "code", parseCode(session.code), random);
  return Handshake[role](room, "words", null, random);
}

function messageOf(file: VectorFile, name: string): Bytes {
  return hexDecode(name.includes(".") ? ((file["messages"] as Record<string, string>)[name] ?? "?") : name);
}

/** The name of a message that has one, for comparing. */
function nameOf(file: VectorFile, message: Bytes): string {
  const hex = hexEncode(message);
  const names = Object.entries(file["messages"] as Record<string, string>);
  return names.find(([, known]) => known === hex)?.[0] ?? hex;
}

async function feed(side: Handshake, i: Input, out: Fields, file: VectorFile): Promise<void> {
  const sent: string[] = [];
  out["sent"] = sent;
  out["established"] = false;
  sent.push(...(await side.start()).map((message) => nameOf(file, message)));
  try {
    for (const name of i.list<string>("receive")) {
      sent.push(...(await side.receive(messageOf(file, name))).map((message) => nameOf(file, message)));
    }
  } finally {
    out["established"] = side.established;
  }
}

async function playOne(role: HandshakeRole, i: Input, out: Fields, file: VectorFile): Promise<void> {
  await feed(sideOf(role, sessionOf(i, file)), i, out, file);
}

async function playDead(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const side = sideOf(i.text("role") as HandshakeRole, sessionOf(i, file));
  await mustFail(() => feed(side, i, out, file));
  await side.receive(messageOf(file, i.text("then")));
}

async function playTranscript(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const session = sessionOf(i, file);
  const [a, b] = [sideOf("initiator", session), sideOf("responder", session)];
  const said = await a.start();
  for (let at = 0; at < said.length && at < 5; at++) {
    const [message] = said.slice(at);
    if (message !== undefined) said.push(...(await (message[0] === 2 || message[0] === 5 ? a : b).receive(message)));
  }
  out["messages"] = said.map((message) => nameOf(file, message));
  const transcript = a.transcript;
  const [, m2] = said;
  if (transcript === undefined || m2 === undefined || !a.established || !b.established) throw new Error("not established");
  out["transcript"] = hexEncode(transcript);
  out["words"] = a.words.length === 0 ? null : [...a.words];
  if (canonical([...b.words]) !== canonical([...a.words])) throw new Error("the two sides show other words");
  const secrets = [
    dhShared(hexDecode(session.initiator.dh14), m2.slice(5, 5 + DH_BYTES)),
    await x25519Shared(hexDecode(session.initiator.x25519), m2.slice(9 + DH_BYTES, 41 + DH_BYTES)),
    hexDecode(session.responder.kem_secret),
  ];
  if (session.resume !== null) secrets.push(hexDecode(session.resume));
  const ikm = lp(...secrets);
  out["ikm"] = hexEncode(ikm);
  const prk = await Prk.extract(ikm, transcript);
  for (const label of ["confirm-initiator", "confirm-responder", "key-initiator", "key-responder"] as const) {
    out[label.replace("-", "_")] = hexEncode(await prk.expand(label, EMPTY, 32));
  }
  for (const use of ["resume", "direct", "relay", "park"] satisfies Exporter[]) {
    const [one, other] = [await a.channel.export(use), await b.channel.export(use)];
    if (hexEncode(one) !== hexEncode(other)) throw new Error("the two sides export other secrets");
    out[`export_${use}`] = hexEncode(one);
  }
  await crossOver(a.channel, b.channel);
}

/** What one side seals, the other opens: so both really use these keys. */
async function crossOver(a: Channel, b: Channel): Promise<void> {
  const there = await b.open(await a.seal({ type: "ping", n: 1 }));
  const back = await a.open(await b.seal({ type: "pong", n: 1 }));
  if (there.type !== "ping" || back.type !== "pong") throw new Error("the channel changes messages");
}

// --- control channel ---

function channelOf(i: Input, file: VectorFile): Promise<Channel> {
  const keys = [file["key_initiator"], file["key_responder"]].map((key) => hexDecode(key as string));
  const [initiator = EMPTY, responder = EMPTY] = keys;
  return Channel.withKeys(i.text("role") as HandshakeRole, initiator, responder);
}

async function openMessages(channel: Channel, i: Input, out: Fields): Promise<void> {
  const opened: Json[] = [];
  out["opened"] = opened;
  for (const message of i.list<string>("messages")) opened.push(asWritten(await channel.open(hexDecode(message))));
}

function asWritten(message: ControlMessage): Json {
  const { type, body } = encodeControl(message);
  return { type, value: parseObject(body) as Json };
}

// --- manifest and stream ---

async function readManifest(i: Input, out: Fields): Promise<void> {
  const reader = new ManifestReader(i.number("record_size"));
  const records = i.list<string>("records").map(hexDecode);
  records.forEach((record, index) => reader.feed(index, record, index === records.length - 1));
  if ("offer" in i.fields) reader.checkOffer(i.get("offer") as unknown as Offer);
  if (i.get("content_length") !== null) reader.check(i.number("content_length"));
  out["open"] = reader.open;
  out["head_records"] = reader.headRecords;
  out["entries"] = reader.entries.map(({ mediaType, ...entry }) => ({ ...entry, media_type: mediaType }));
}

function readPathFrames(i: Input, out: Fields): void {
  const ended = i.list<StreamName>("ended");
  const frames = new FrameReader(i.number("record_size"), i.number("manifest"), i.number("content"), ended);
  if (i.get("head") === true) frames.allowContent();
  for (const header of i.list<string>("headers")) frames.accept(hexDecode(header));
  out["ended"] = frames.ended;
}

async function receiveStream(i: Input, out: Fields): Promise<void> {
  const [key, id, version] = i.fileKey();
  const recordSize = i.number("record_size");
  const openers: Record<StreamName, RecordOpener> = {
    manifest: await RecordOpener.create(key, "manifest", id, version, recordSize),
    content: await RecordOpener.create(key, "content", id, version, recordSize),
  };
  const frames = new FrameReader(recordSize);
  const manifest = new ManifestReader(recordSize);
  const released: Record<StreamName, string> = { manifest: "", content: "" };
  Object.assign(out, released);
  const bytes = i.bytes("bytes");
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.slice(at, at + FRAME_HEADER_BYTES);
    if (head.length < FRAME_HEADER_BYTES && !frames.ended) return frames.end();
    const { stream, final, index, length } = frames.accept(head);
    at += FRAME_HEADER_BYTES;
    if (at + length > bytes.length) return openers[stream].finish();
    const record = join(bytes.subarray(at, at + length), new Uint8Array(SPARE_BYTES));
    const plaintext = await openers[stream].open(index, final, record, length);
    released[stream] += hexEncode(plaintext);
    Object.assign(out, released);
    if (stream === "manifest") manifest.feed(index, plaintext, final);
    else manifest.place(plaintext.length);
    if (manifest.headComplete) frames.allowContent();
    at += length;
  }
  frames.end();
  manifest.check(released.content.length / 2);
}

async function mustFail(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (error instanceof PeersealError) return;
    throw error;
  }
  throw new Error("this should have failed");
}
