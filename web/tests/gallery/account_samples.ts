/** Sample accounts, contacts, stored files and link pages; nothing here is shipped. */
import type {
  Account, Contact, EngineState, KeyRequest, OpenedLink, Problem, StoredFile, StoredLink, StoredVersion, Transfer,
} from "../../src/transfer/state.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.now();
const print = (seed: number): string => (((seed + 7) * 2654435761) >>> 0).toString(16).padStart(8, "0").repeat(8);
const digits = (seed: number): string =>
  Array.from({ length: 60 }, (_, at) => String((seed * 31 + at * 7 + ((at * at) % 13)) % 10)).join("");

export const recoveryWords =
  "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title".split(" ");

export const account: Account = {
  name: "alice", fingerprint: print(1), keys: "here", vault: true, used: 3_120_000_000, quota: 10_000_000_000, wordsShown: true,
};

const contact = (name: string, seed: number, rest: Partial<Contact> = {}): Contact => ({
  name, trust: "pinned", changed: false, fingerprint: print(seed), safetyNumber: digits(seed), offered: null, online: false,
  since: NOW - seed * DAY, ...rest,
});
const bob = contact("bob", 2, { trust: "verified", online: true });
const carol = contact("carol", 3);
const dora = contact("dora", 4, { trust: "verified", changed: true, offered: { fingerprint: print(44), safetyNumber: digits(44) } });
const evil = "<img src=x onerror=alert(1)>\u202egnp.exe";
export const contacts: readonly Contact[] = [bob, carol];

const request = (peer: string, direction: "in" | "out", seed: number, state: KeyRequest["state"] = "pending"): KeyRequest => ({
  id: `k${String(seed)}`, peer, direction, state, created: NOW - seed * HOUR, safetyNumber: direction === "out" && state === "pending" ? digits(seed) : null,
});

const file = (title: string, seed: number, rest: Partial<StoredFile> = {}): StoredFile => ({
  id: `f${String(seed)}`, mine: true, owner: "alice", ownerTrust: "verified", title, files: 1, bytes: 24_100_000, text: false, version: 1,
  changed: NOW - seed * HOUR, arriving: false, recipients: [], links: [], expires: null, history: null, transfer: null, problem: null, ...rest,
});
const theirs = (title: string, seed: number, rest: Partial<StoredFile> = {}): StoredFile =>
  file(title, seed, { mine: false, owner: "bob", ...rest });

const link = (id: string, rest: Partial<StoredLink> = {}): StoredLink => ({
  id, address: `https://files.example.org/s/${id}#c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0`, password: false, expires: NOW + 6 * DAY, downloads: 3, used: 1, ...rest,
});
const version = (number: number, rest: Partial<StoredVersion> = {}): StoredVersion => ({
  version: number, title: "contract.pdf", bytes: 1_200_000 + number * 8_000, files: 1, committed: NOW - (9 - number) * DAY, kept: number > 1,
  readable: true, problem: null, ...rest,
});
const problem = (code: string, message: string, hint = ""): Problem => ({ code, message, hint, retryable: false });

const uploading: Transfer = {
  id: "u1", direction: "send", peer: { id: "store-1", tag: "0000", name: "bob", role: "receiver", account: "bob" }, verified: true, phase: "moving",
  title: "talk.mp4", fileCount: 1, files: [], total: 480_000_000, done: 192_000_000, rate: 38_000_000, eta: 8, path: "store", seconds: null,
  resumedFrom: null, expires: null, receivers: null, text: null, problem: null,
};

const contract = file("contract.pdf", 30, {
  version: 3, recipients: ["bob", "carol"], links: [link("1f0c"), link("2a9b", { password: true, downloads: null, expires: null, used: 12 })],
  history: [version(3), version(2), version(1), version(4, { kept: true, problem: problem("rolled_back", "The server showed this version after a newer one.") })].slice(0, 3),
});
const shelf: readonly StoredFile[] = [
  file("talk.mp4", 0, { version: 0, arriving: true, bytes: 480_000_000, recipients: ["bob"], transfer: "u1", expires: NOW + 7 * DAY }),
  theirs("Holiday (300 files)", 1, { files: 300, bytes: 812_000_000, arriving: true, version: 0 }),
  theirs("plans for the garden.pdf", 5, { owner: "carol", ownerTrust: "pinned", bytes: 2_400_000, expires: NOW + 3 * HOUR }),
  contract,
  theirs("A message", 50, { text: true, bytes: 312 }),
  file("keys to the shed.txt", 400, { bytes: 840 }),
];
const broken: readonly StoredFile[] = [
  theirs("", 2, { problem: problem("content_differs", "The server handed out another file in the place of this one.", "Ask bob to leave it again, and tell whoever runs this server."), bytes: null }),
  theirs("", 3, { problem: problem("rolled_back", "The server showed an older version than the one you already had."), bytes: null }),
  theirs("", 4, { owner: "mallory", ownerTrust: "unknown", problem: problem("unknown_owner", "It is said to come from mallory, who is not among your contacts."), bytes: null }),
  theirs("", 6, { owner: "dora", ownerTrust: "verified", problem: problem("key_changed", "It was signed with other keys than dora's."), bytes: null }),
  theirs("notes.txt", 9, { owner: "carol", ownerTrust: "pinned", bytes: 40_000 }),
];
const many: readonly StoredFile[] = Array.from({ length: 300 }, (_, at) => (at % 3 === 0 ? theirs : file)(`scan-${String(at + 1)}.pdf`, at + 1, { bytes: 240_000 + at * 997 }));

const opened: OpenedLink = {
  phase: "ready", owner: "alice", ownerFingerprint: print(1), title: "Holiday (3 files)", fileCount: 3, bytes: 31_240_000, text: false,
  files: [
    { path: "Holiday/photo.jpg", size: 24_100_000, kind: "file", done: 0 },
    { path: "Holiday/Letters/an answer.pdf", size: 7_100_000, kind: "file", done: 0 },
    { path: "Holiday/notes.txt", size: 40_000, kind: "file", done: 0 },
  ],
  expires: NOW + 2 * DAY, left: 2, transfer: null, problem: null,
};
const fetching: Transfer = {
  ...uploading, id: "d1", direction: "receive", peer: { id: "store-2", tag: "0000", name: "alice", role: "sender", account: "alice" },
  title: "Holiday (3 files)", fileCount: 3, total: 31_240_000, done: 12_500_000, rate: 11_000_000, eta: 2,
};
const note: Transfer = { ...fetching, phase: "done", title: "A message", total: 47, done: 47, fileCount: 1, seconds: 0.2, rate: 0, eta: null, text: "The key is under the blue pot.\nCome before six." };

/** The account states, over the state of somebody who has just opened the page. */
export function accountSamples(nobody: EngineState): Record<string, EngineState> {
  const guest: EngineState = { ...nobody, registration: "open" };
  const signedIn: EngineState = { ...guest, account, contacts, files: [] };
  const landing: EngineState = { ...guest, opened };
  return {
    "guest": guest,
    "guest-closed": { ...guest, registration: "closed" },
    "signing-in": { ...guest, signingIn: true },
    "account-new": { ...signedIn, contacts: [], account: { ...account, wordsShown: false, used: 0 } },
    "no-vault": { ...signedIn, contacts: [], account: { ...account, vault: false } },
    "keys-missing": { ...signedIn, account: { ...account, keys: "missing", vault: false, fingerprint: "" }, contacts: [], files: null },
    "files-loading": { ...signedIn, files: null },
    "files": { ...signedIn, files: shelf, transfers: [uploading] },
    "files-broken": { ...signedIn, files: broken, contacts: [...contacts, dora] },
    "files-full": { ...signedIn, files: shelf.slice(2), account: { ...account, used: 9_990_000_000 } },
    "files-many": { ...signedIn, files: many },
    "files-hostile": {
      ...signedIn, account: { ...account, name: "ا".repeat(64) },
      contacts: [contact(evil, 5), contact("w".repeat(64), 6, { trust: "verified" }), contact("مرحبا بالعالم ".repeat(4).trim(), 7)],
      files: [file(evil, 1, { recipients: ["w".repeat(64), evil] }), theirs("W".repeat(255), 2, { owner: evil }), theirs("مرحبا بالعالم ".repeat(14), 3, { owner: "w".repeat(64) })],
    },
    "contacts": {
      ...signedIn, contacts: [...contacts, dora, contact("zoë", 9)],
      keyRequests: [request("erik", "in", 1), request("fatima", "in", 30), request("greta", "out", 5), request("hugo", "out", 80, "declined")],
    },
    "contacts-many": { ...signedIn, contacts: Array.from({ length: 120 }, (_, at) => contact(`person ${String(at + 1)}`, at + 1, at % 4 === 0 ? { trust: "verified" } : {})) },
    "link-closed": { ...landing, opened: { ...opened, phase: "closed", title: "", files: [], fileCount: 0, bytes: null, owner: "", ownerFingerprint: "", left: null, expires: null } },
    "link-password": { ...landing, opened: { ...opened, phase: "password", title: "", files: [], fileCount: 0, bytes: null, owner: "", ownerFingerprint: "", left: null, expires: null } },
    "link-opening": { ...landing, opened: { ...opened, phase: "opening", title: "", files: [], fileCount: 0, bytes: null } },
    "link-ready": landing,
    "link-moving": { ...landing, opened: { ...opened, phase: "moving", transfer: "d1" }, transfers: [fetching] },
    "link-done": { ...landing, opened: { ...opened, phase: "done", transfer: "d1", left: 1 }, transfers: [{ ...fetching, phase: "done", done: 31_240_000, seconds: 2.6, rate: 0, eta: null }] },
    "link-message": { ...landing, opened: { ...opened, phase: "done", title: "A message", text: true, files: [], fileCount: 1, bytes: 47, transfer: "d1" }, transfers: [note] },
    "link-gone": { ...landing, opened: { ...opened, phase: "gone", title: "", files: [], fileCount: 0, bytes: null, owner: "" } },
    "link-problem": { ...landing, opened: { ...opened, phase: "ready", problem: problem("not_authentic", "What arrived does not match its seal.", "Nothing of it was kept. Try again.") } },
  };
}
