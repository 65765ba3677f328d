/** Every word on the page, in one place: plain, short, specific, and ready to be translated. */
import type { Role, Transfer } from "../transfer/state.ts";
import { files, people, size } from "./format.ts";
import { accountWords, contactWords } from "./strings_account.ts";
import { fateWords, interruptedWords, severalWords, wayWords } from "./strings_fates.ts";
import { checkWords, codeWords, hereOnlyWords, lineWords, lobbyWords, peerWords, requestWords, roomWords } from "./strings_meeting.ts";
import { linkPageWords, storedWords } from "./strings_stored.ts";
import { PATHS, deliveredWords, pathMeanings, transferWords } from "./strings_transfers.ts";
import { short } from "./visible.ts";

const ROLES: Record<Role, string> = { sender: "Sender", receiver: "Receiver" };

/** Names to start with, so that nobody has to invent one. */
export const FIRST_NAMES: readonly [readonly string[], readonly string[]] = [
  ["Quiet", "Amber", "Northern", "Little", "Patient", "Silver", "Early", "Gentle", "Bright", "Wandering", "Mossy", "Distant"],
  ["Heron", "Linden", "Lantern", "Otter", "Harbor", "Sparrow", "Birch", "Marten", "Meadow", "Wren", "Juniper", "Finch"],
];

export const say = {
  app: "Peerseal",
  stage: "You and them",
  trust: "Sealed on this device, opened on theirs. This server carries it and cannot read it.",
  how: "How this works",
  close: "Close",
  cancel: "Cancel",
  dismiss: "Dismiss",
  copy: "Copy",
  copied: "Copied",
  selected: "Selected. Copy it with your keyboard or a long press.",
  role: (role: Role): string => ROLES[role],

  join: {
    role: "Role",
    hints: { sender: "I have files to hand over", receiver: "Somebody has files for me" } satisfies Record<Role, string>,
    name: "Your name",
    nameHint: "Shown to the people here. Any name will do.",
    join: "Join",
    elsewhere: "The other person is somewhere else?",
    you: "Not here yet",
    them: "Nobody yet",
  },

  you: "you",
  them: "them",
  leave: "Leave",

  line: lineWords,
  path: (path: keyof typeof PATHS): string => PATHS[path],
  pathMeaning: pathMeanings,
  words: checkWords,
  peers: peerWords,
  lobby: lobbyWords,
  room: roomWords,
  hereOnly: hereOnlyWords,
  address: { label: "Address of this page", qr: "QR code of this address" },
  code: codeWords,
  request: requestWords,

  compose: {
    label: "What to send",
    back: "Send something back",
    waiting: (name: string): string => `Waiting for ${name} to send something. You will be asked first.`,
    alone: "Trying to reach the server again. You will be back here by yourself.",
    idle: "You can be seen by name now. Whoever wants to send you something asks first.",
    files: "Choose files",
    folder: "Choose a folder",
    drop: "Drop files anywhere here, or paste them.",
    dropNow: "Let go: they will lie on your side.",
    text: "Send text",
    textPlaceholder: "or write a message",
    send: "Send",
    ready: (count: number, bytes: number): string => (count === 0 ? "nothing but folders" : `${files(count)}, ${size(bytes)}`),
    remove: (name: string): string => `Remove ${short(name)}`,
    more: (count: number): string => `and ${count.toLocaleString("en")} more`,
    notYet: { words: "Press Send once you are connected.", code: "Sent as soon as the code is used." },
    folderOf: (count: number, bytes: number): string => (count === 0 ? "empty folder" : `${files(count)}, ${size(bytes)}`),
    unreadable: "This could not be read. Choose it with the button instead.",
  },

  offer: {
    title: (text: boolean): string => (text ? "Incoming message" : "Incoming files"),
    wants: (one: Transfer): string =>
      one.text !== null || one.files.some((file) => file.kind === "text")
        ? "wants to send you a message."
        : one.fileCount === 0
          ? `wants to send you ${one.files.length > 1 ? "empty folders" : "an empty folder"}.`
          : `wants to send you ${files(one.fileCount)}${one.total === null ? "" : `, ${size(one.total)}`}.`,
    verified: "Words compared",
    code: "The code matched",
    unverified: "Not compared",
    compare: "To be sure who this is, compare these words first:",
    hidden: "Has a hidden name. Such files can change how programs behave.",
    tooBig: (limit: number): string =>
      `This page can hold ${size(limit)} at most. Open it over https, or receive with the command line.`,
    accept: "Accept",
    decline: "Decline",
    pick: "Choose where to save",
    list: "Files",
    more: (count: number): string => `and ${count.toLocaleString("en")} more`,
    unknownSize: "size not known yet",
    folder: "folder",
  },

  delivered: deliveredWords,
  transfers: transferWords,

  banner: {
    insecure: "This address is plain http: files stay sealed, but whoever controls this network could change this page on its way to you.",
    insecureMore: (limit: number | null): string =>
      "The browser keeps its own cryptography and its disk from such pages, so files are sealed by slower code" +
      (limit === null ? ". " : ` and may have ${size(limit)} at most. `) +
      "That holds against people who listen, not against people who change what the network carries. " +
      "At home that is often fine. Otherwise open it over https, or use the command line.",
    insecureShow: "What that means",
    offline: "The server cannot be reached. Trying again…",
  },

  shortcuts: {
    label: "On this page",
    files: "To your files",
    people: "To your people",
    fresh: (count: number): string => `${files(count)} left for you`,
    waiting: (count: number): string => `${people(count)} asking for your keys`,
  },
  account: accountWords,
  contacts: contactWords,
  stored: storedWords,
  opened: linkPageWords,
  fate: fateWords,
  unfinished: interruptedWords,
  way: wayWords,
  several: severalWords,

  howTitle: "How this works",
  howLines: [
    "Each transfer gets a key of its own, made on the sender's device; every piece of the file is sealed with it (AES-256-GCM) before it leaves, and nothing is opened on the other side before its seal is checked.",
    "The key is handed over through three key agreements at once (a 2048-bit Diffie-Hellman group, X25519 and ML-KEM-768), so it stays hidden as long as one of the three holds.",
    "The server introduces you and carries the sealed pieces: it sees the names you typed, network addresses, how much and when, but no file, no file name and no key.",
    "Only you two can rule out somebody in between: the four words come from your key agreement, and if both screens show the same ones, nobody is there; a code told by voice does the same.",
    "This page itself comes from the server, so you trust whoever runs it, and on plain http also the network, to hand you the honest page; the command line, installed once, needs less trust.",
  ],
  version: (version: string): string => `Peerseal ${version}, protocol peerseal/1. It is free software.`,
} as const;

/** A name nobody had to think of. `draw` gives numbers in [0, 1). */
export function firstName(draw: () => number): string {
  const [adjectives, nouns] = FIRST_NAMES;
  const pick = (list: readonly string[]): string => list[Math.floor(draw() * list.length)] ?? "";
  return `${pick(adjectives)} ${pick(nouns)}`;
}
