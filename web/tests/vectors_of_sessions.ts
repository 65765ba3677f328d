/** How the vectors about handshakes and the control channel are run. */
import { DH_BYTES, Prk, ResumeSecret, EMPTY, dhShared, lp, parseCode, x25519Shared, type Randomness } from "../src/crypto_engine.ts";
import { PeersealError } from "../src/errors.ts";
import { Channel, type Exporter, type HandshakeRole } from "../src/protocol/channel.ts";
import { decodeControl, encodeControl, type ControlMessage } from "../src/protocol/control.ts";
import { Handshake } from "../src/protocol/handshake.ts";
import { hexDecode, hexEncode, type Bytes } from "../src/wire/encoding.ts";
import { parseObject } from "../src/wire/strict_json.ts";
import { canonical, type Fields, type Input, type Json, type Run, type VectorFile } from "./vector_case.ts";

export const OF_SESSIONS: Readonly<Record<string, Run>> = {
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
};

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

async function mustFail(step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (error instanceof PeersealError) return;
    throw error;
  }
  throw new Error("this should have failed");
}
