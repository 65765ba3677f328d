/** One sample snapshot for each state the page can be in, to look at and to test; nothing here is shipped. */
import type { CodeState, EngineState, Link, Person, Role, Transfer } from "../../src/transfer/state.ts";
import { account, accountSamples, contacts } from "./account_samples.ts";
import { fateSamples } from "./fate_samples.ts";

const hex = (seed: number): string =>
  Array.from({ length: 16 }, (_, at) => (((seed + 1) * 2654435761 + at * 40503) >>> (at % 11)) & 255)
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

export function person(name: string, seed: number, role: Role = "receiver", account: string | null = null): Person {
  const id = hex(seed);
  return { id, tag: id.slice(0, 4), name, role, account };
}

const alice = person("Alice", 1, "sender");
const bob = person("Bob", 2);
const words = ["harbor", "velvet", "tiger", "moon"] as const;

const link: Link = { phase: "connected", peer: bob, mode: "words", words, check: "unchecked", thirdParty: false, contact: null, closed: null };
const verified: Link = { ...link, check: "verified" };

const nobody: EngineState = {
  surroundings: {
    secureContext: true, crypto: "webcrypto", save: "opfs", canPickFolder: true, saveLimit: null,
    shareable: "http://192.168.1.24:5000/", version: "0.1.0",
  },
  registration: null,
  account: null,
  signingIn: false,
  contacts: [],
  keyRequests: [],
  files: null,
  opened: null,
  connection: "online",
  me: null,
  listed: false,
  lobby: { kind: "network", reason: null },
  roomLink: null,
  peers: [],
  asking: null,
  requests: [],
  link: null,
  code: null,
  transfers: [],
  interrupted: [],
  route: "auto",
  notice: null,
};
const hereOnly = { ...nobody.surroundings, shareable: null };
const slip: CodeState = { code: "7-harbor-velvet", link: "http://192.168.1.24:5000/#code=7-harbor-velvet", phase: "showing", ended: null, receivers: 1, used: 0 };
const joined: EngineState = { ...nobody, me: alice, listed: true };
const asBob: EngineState = { ...nobody, me: bob, listed: true };

const photo: Transfer = {
  id: "t1", direction: "send", peer: bob, verified: true, phase: "moving", title: "photo.jpg", fileCount: 1,
  files: [{ path: "photo.jpg", size: 24_100_000, kind: "file", done: 9_640_000 }],
  total: 24_100_000, done: 9_640_000, rate: 11_400_000, eta: 1.3, path: "relay", seconds: null,
  resumedFrom: null, expires: null, receivers: null, text: null, problem: null,
};
const holiday: Transfer = {
  ...photo, id: "t2", title: "Holiday (300 files)", fileCount: 300, phase: "done", total: 812_000_000, done: 812_000_000,
  rate: 0, eta: null, seconds: 9.4,
  files: Array.from({ length: 300 }, (_, at) => ({
    path: `Holiday/IMG_${String(2000 + at)}.jpg`, size: 2_700_000, kind: "file" as const, done: 2_700_000,
  })),
};
const done: Transfer = { ...photo, phase: "done", done: 24_100_000, rate: 0, eta: null, seconds: 0.8 };
const offered: Transfer = {
  ...photo, direction: "receive", peer: alice, verified: false, phase: "asked", title: "3 files", fileCount: 3, done: 0,
  rate: 0, eta: null, path: null, total: 31_240_000,
  files: [
    { path: "photo.jpg", size: 24_100_000, kind: "file", done: 0 },
    { path: "Letters/2024/an answer.pdf", size: 7_100_000, kind: "file", done: 0 },
    { path: "notes.txt", size: 40_000, kind: "file", done: 0 },
  ],
};
const withdrawn: Transfer = {
  ...offered, id: "t6", phase: "cancelled",
  problem: { code: "cancelled", message: "Alice withdrew it.", hint: "", retryable: false },
};
const huge: Transfer = {
  ...offered, id: "t7", title: "Backup (7 files)", fileCount: 7, total: 6_400_000_000,
  files: Array.from({ length: 7 }, (_, at) => ({ path: `Backup/part-${String(at + 1)}.bin`, size: 914_285_714, kind: "file" as const, done: 0 })),
  problem: { code: "no_space", message: "There is not enough room here for this.", hint: "A private window has little: use an ordinary one, choose where to save, or make room and ask for it again.", retryable: true },
};
const message: Transfer = {
  ...done, id: "t3", direction: "receive", title: "A message", text: "The key is under the blue pot.\nCome before six.",
  files: [{ path: "", size: 47, kind: "text", done: 47 }], total: 47, done: 47, seconds: 0.1,
};
const failed: Transfer = {
  ...photo, id: "t4", phase: "failed", title: "talk.mp4", done: 62_000_000, total: 100_000_000, rate: 0, eta: null,
  problem: { code: "vanished", message: "The connection broke at 62 %.", hint: "Nothing is lost. Send it again when Bob is back.", retryable: true },
};
const declined: Transfer = { ...photo, id: "t5", phase: "declined", title: "contract.pdf", done: 0, rate: 0, eta: null, path: null };

const many = ["Bob", "Bob", "陳美玲", "ليلى", "Zoë", "Henrik from the third floor", "O'Neil", "Ada"].map((name, at) =>
  person(name, at + 10, at % 4 === 3 ? "sender" : "receiver"),
);
const evil = "<img src=x onerror=alert(1)>\u202egnp.exe {{7*7}}";

export const samples: Record<string, EngineState> = {
  "first": nobody,
  "offline": { ...joined, connection: "offline" },
  "empty": joined,
  "here-only": { ...joined, surroundings: hereOnly },
  "connecting": { ...joined, connection: "connecting" },
  "empty-receiver": asBob,
  "none": { ...joined, lobby: { kind: "none", reason: "proxied" } },
  "room": { ...joined, lobby: { kind: "room", reason: null }, roomLink: "http://192.168.1.24:5000/#room=q83vEjRWeJCrze8SNFZ4kA" },
  "peers": { ...joined, peers: many },
  "thousand": { ...joined, peers: Array.from({ length: 1000 }, (_, at) => person(`Guest ${String(at + 1)}`, at + 100)) },
  "asking": { ...joined, peers: many, asking: { request: "r", peer: many[4] ?? bob } },
  "request": { ...asBob, peers: [alice], requests: [{ id: "r1", from: { ...alice, account: "alice" } }, { id: "r2", from: person("Carol", 9) }] },
  "handshake": { ...joined, peers: [bob], link: { ...link, phase: "handshake", words: null } },
  "unchecked": { ...joined, peers: [bob], link },
  "unchecked-receiver": { ...asBob, peers: [alice], link: { ...link, peer: alice } },
  "verified": { ...joined, peers: [bob], link: verified },
  "held": { ...joined, peers: [bob], link, transfers: [{ ...photo, phase: "queued", verified: false, done: 0, path: null, rate: 0, eta: null }] },
  "sending": { ...joined, peers: [bob], link: verified, transfers: [holiday, photo] },
  "receiving": { ...asBob, peers: [alice], link: { ...verified, peer: alice }, transfers: [{ ...photo, direction: "receive", peer: alice }] },
  "done": { ...joined, peers: [bob], link: verified, transfers: [holiday, message, done] },
  "offer": { ...asBob, peers: [alice], link: { ...link, peer: alice }, transfers: [offered] },
  "offer-no-room": { ...asBob, peers: [alice], link: { ...link, peer: alice }, transfers: [huge] },
  "withdrawn": { ...asBob, peers: [alice], link: { ...verified, peer: alice }, transfers: [withdrawn] },
  "offer-verified": { ...asBob, peers: [alice], link: { ...verified, peer: alice }, transfers: [{ ...offered, verified: true }] },
  "offer-full": {
    ...asBob, peers: [alice], link: { ...link, peer: alice }, transfers: [offered],
    surroundings: { ...nobody.surroundings, secureContext: false, crypto: "javascript", save: "memory", canPickFolder: false, saveLimit: 20_000_000 },
  },
  "code": { ...joined, listed: false, lobby: { kind: "none", reason: null }, code: slip },
  "code-here-only": { ...joined, listed: false, surroundings: hereOnly, code: slip },
  "code-guessed": { ...joined, listed: false, code: { ...slip, phase: "closed", ended: "wrong_code" } },
  "code-lost": { ...joined, listed: false, connection: "offline", code: { ...slip, phase: "closed", ended: "lost" } },
  "code-expired": { ...joined, listed: false, code: { ...slip, phase: "closed", ended: "expired" } },
  "code-connected": { ...joined, link: { ...link, mode: "code", words: null }, code: { ...slip, phase: "used" } },
  "code-done": {
    ...joined, listed: false, code: { ...slip, phase: "used" }, transfers: [done],
    link: { ...link, mode: "code", words: null, phase: "closed", closed: { code: "disconnected", message: "Bob disconnected.", hint: "", retryable: true } },
  },
  "code-wrong": {
    ...asBob, listed: false,
    link: { ...link, peer: alice, mode: "code", words: null, phase: "closed", closed: { code: "wrong_code", message: "The code was not right. It is used up now.", hint: "Ask for a new one.", retryable: true } },
  },
  "insecure": {
    ...joined, peers: [bob],
    surroundings: { ...nobody.surroundings, secureContext: false, crypto: "javascript", save: "memory", canPickFolder: false, saveLimit: 500_000_000 },
  },
  "declined": { ...joined, peers: [bob], link: verified, transfers: [declined] },
  "failed": { ...joined, peers: [bob], link: { ...verified, phase: "closed", closed: { code: "vanished", message: "Bob left.", hint: "Your file is safe here.", retryable: true } }, transfers: [failed] },
  "refused": { ...joined, peers: [bob], notice: { code: "declined", message: "Bob said no.", hint: "", retryable: true } },
  "differ": { ...joined, peers: [bob], link: { ...link, phase: "closed", check: "differ", words: null, closed: { code: "confirmation_failed", message: "The words differ.", hint: "", retryable: false } } },
  "hostile": {
    ...joined, me: person("ا".repeat(200), 77, "sender"),
    peers: [person(evil, 3), person("a".repeat(200), 4), person("مرحبا بالعالم ".repeat(14), 5)],
    link: { ...verified, peer: person(evil, 3), thirdParty: true },
    transfers: [
      { ...photo, peer: person(evil, 3), title: evil, files: [{ path: evil, size: 1, kind: "file", done: 0 }] },
      { ...holiday, peer: person(evil, 3), id: "t9", title: "W".repeat(255) },
    ],
  },
  "hostile-peers": {
    ...joined, me: person("ا".repeat(200), 77, "sender"),
    peers: [person(evil, 3), person("a".repeat(200), 4), person("مرحبا بالعالم ".repeat(14), 5)],
  },
  "three-hundred": {
    ...joined, peers: [bob], link: verified,
    transfers: Array.from({ length: 300 }, (_, at) => ({ ...done, id: `n${String(at)}`, title: `scan-${String(at + 1)}.pdf` })),
  },
  "peers-signed-in": {
    ...joined, registration: "open", account, contacts, files: [],
    peers: [person("Bob", 2, "receiver", "bob"), person("Bob", 31), person("Carol", 9, "receiver", "mallory"), person("Ada", 33)],
  },
  "contact-verified": { ...joined, registration: "open", account, contacts, files: [], peers: [bob], link: { ...link, peer: { ...bob, account: "bob" }, contact: { name: "bob", trust: "verified" } } },
  "contact-pinned": { ...joined, registration: "open", account, contacts, files: [], peers: [bob], link: { ...link, peer: { ...bob, account: "carol", name: "Carol" }, contact: { name: "carol", trust: "pinned" } } },
  "offer-contact": { ...asBob, registration: "open", account, contacts, files: [], peers: [alice], link: { ...link, peer: alice, contact: { name: "bob", trust: "verified" } }, transfers: [offered] },
  ...fateSamples({
    sender: { ...joined, peers: [bob], link: verified }, receiver: { ...asBob, peers: [alice], link: { ...verified, peer: alice } },
    nobody, link: verified, photo, slip,
  }),
  ...accountSamples(nobody),
};
