/** Every word on the page, in one place: plain, short, specific, and ready to be translated. */
import type { CodeEnd, Problem, Role, Transfer } from "../transfer/state.ts";
import { isShelved, wentOnFrom } from "./fates.ts";
import { duration, percent, rate, size, timeLeft } from "./format.ts";
import { accountWords, contactWords } from "./strings_account.ts";
import { fateWords, interruptedWords, severalWords, wayWords } from "./strings_fates.ts";
import { linkPageWords, storedWords } from "./strings_stored.ts";
import { short, visible } from "./visible.ts";

const files = (count: number): string => (count === 1 ? "1 file" : `${count.toLocaleString("en")} files`);
const people = (count: number): string => (count === 1 ? "1 person" : `${count.toLocaleString("en")} people`);

const PATHS: Record<"direct" | "relay" | "store", string> = { direct: "direct", relay: "relay", store: "stored" };
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

  line: {
    asking: (name: string): string => `Asking ${name}…`,
    meeting: (name: string): string => `Meeting ${name}…`,
    handshake: (name: string): string => `Agreeing on keys with ${name}…`,
    unchecked: (name: string): string => `Connected to ${name}. The words are not compared yet.`,
    verified: (name: string): string => `Connected to ${name}. The words match: nobody is between you.`,
    contact: (name: string): string => `Connected to ${name}, whose keys you verified: nobody is between you.`,
    pinned: (name: string): string => `Connected to ${name}, whose keys you know. Compare the words once, and they are verified.`,
    code: (name: string): string => `Connected to ${name}. The code matched: nobody is between you.`,
    offered: (title: string, name: string): string => `${short(title)} is offered to ${name}. Waiting for an answer…`,
    declined: (title: string, name: string): string => `${name} said no to ${short(title)}. It stays with you.`,
    saving: "all here, saving…",
    subject: (title: string): string => short(title),
    differ: "The words differ. The connection has been ended.",
    closed: "The connection has ended.",
    thirdParty: "Somebody else tried to enter this room and was turned away.",
    disconnect: "Disconnect",
    back: { words: "Meet somebody else", code: "Start again" } satisfies Record<"words" | "code", string>,
    hasLeft: (name: string): string => `${name} has left.`,
    waitingForCode: "Waiting for the other person…",
  },
  path: (path: "direct" | "relay" | "store"): string => PATHS[path],
  pathMeaning: {
    direct: "Straight from device to device, usually the fastest: the server carries nothing of it, and the other side sees your network address.",
    relay: "Through the memory of this server, sealed: it cannot read it, keeps nothing, and is as fast as its connection.",
    store: "On the disk of this server, sealed: it cannot read it, and keeps it until it is fetched or its time is over.",
  },

  words: {
    group: "Check words",
    title: "Check the words",
    question: (name: string): string => `Do both screens show these four words? Ask ${name}. If yes, nobody is between you.`,
    again: (name: string): string => `Read them to ${name} by voice, or look at both screens. The order counts.`,
    held: "What you send waits until you have answered.",
    match: "They match",
    differ: "They differ",
    open: "Check the words",
    ended: "You are not talking to each other alone",
    endedWhy: (name: string): string =>
      `Different words mean that somebody may stand between you and ${name}, or that you two are not connected to each other. ` +
      "The connection is ended. Nothing was sent after this, and nothing was opened.",
    endedNext: "Try again from another network, or meet with a code told by voice.",
    understood: "Close",
  },

  peers: {
    region: "Available peers",
    connect: "Connect",
    find: "Find by name",
    count: (count: number): string => `${people(count)} here`,
    trying: "Trying again…",
    none: (query: string): string => `Nobody here is called “${query}”.`,
    empty: "Nobody else is here yet. Open this address on the other device.",
    alone: "Nobody else is here yet.",
    emptyRoom: "Nobody else is here yet. Give the other person this link.",
    orCode: { sender: "or send a code instead", receiver: "or enter a code instead" } satisfies Record<Role, string>,
    others: (count: number): string =>
      count === 0 ? "Nobody else is here." : `${people(count)} here. You can connect again after this.`,
  },
  lobby: {
    room: "You are in a room made by link. Only people with the link are here.",
    everyone: "Everybody who opens this server is shown here.",
    none: {
      proxied: "You came through a proxy, so this server cannot tell who is near you and shows you to nobody.",
      other: "You are not on this server's own network, so it shows you to nobody, and nobody to you.",
    },
    noneNext: "Meet by link or by code instead.",
  },

  room: {
    invite: "Invite by link",
    hint: "Whoever has this link meets you here, and only they.",
    qr: "QR code of the invitation link",
    link: "Invitation link",
  },
  hereOnly: {
    what: "Only this computer can reach this server, so no other device can open this page.",
    how: "To change that, start it again with",
    command: "peerseal serve --host 0.0.0.0",
  },
  address: { label: "Address of this page", qr: "QR code of this address" },

  code: {
    send: "Send with a code",
    enter: "Enter a code",
    field: "Code",
    placeholder: "7-harbor-velvet",
    use: "Use this code",
    fieldHint: "The sender reads it to you. You can use it once.",
    malformed: "A code looks like 7-harbor-velvet: a number, then words.",
    fromLink: "You were given a code.",
    slip: "Tell them this code",
    hint: "They open this page, choose “Enter a code” and type it. It works once, for one person.",
    link: "Link with the code",
    qr: "QR code of the link with the code",
    withdraw: "Withdraw the code",
    meeting: "Somebody entered the code…",
    ended: {
      wrong_code: "Somebody entered a wrong code, so this one is closed for both of you. Nothing was sent.",
      lost: "The connection to the server was lost, and the code with it. Nothing was sent.",
      expired: "Nobody used the code for an hour, so it has expired. Nothing was sent.",
    } satisfies Record<CodeEnd, string>,
    again: "Make a new code",
  },

  request: {
    title: "Connection request",
    wants: "wants to connect to you.",
    hint: "Accept only if you expect them. Nothing is sent by accepting.",
    accept: "Accept",
    decline: "Decline",
    more: (count: number): string => `${count} more waiting`,
  },

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
    notYet: { words: "Press Send once you are connected.", code: "They are sent as soon as the code is used." },
    folderOf: (count: number, bytes: number): string => (count === 0 ? "empty folder" : `${files(count)}, ${size(bytes)}`),
    unreadable: "This could not be read. Choose it with the button instead.",
  },

  offer: {
    title: "Incoming files",
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

  delivered: {
    theirs: "With them now",
    yours: "Here now",
    more: (count: number): string => `and ${count.toLocaleString("en")} more, listed below`,
  },

  transfers: {
    region: "Transfers",
    none: "Nothing has crossed yet.",
    progress: (title: string): string => `Progress of ${short(title)}`,
    fileProgress: (path: string): string => `Progress of ${short(path)}`,
    details: (count: number): string => `Show ${files(count)}`,
    text: "Show the message",
    textAway: "Hide the message",
    more: (count: number): string => `${files(count)} more, not listed`,
    cancel: "Cancel",
    dismiss: "Dismiss",
    earlier: (count: number): string => `Show ${count.toLocaleString("en")} earlier`,
    clear: "Clear finished",
    left: (seconds: number): string => `${timeLeft(seconds)} left`,
    rate: (speed: number): string => rate(speed),
    quarter: (title: string, part: number): string => `${title}: ${part} percent`,
    state: (one: Transfer, name: string): string => transferState(one, name),
  },

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

function transferState(one: Transfer, name: string): string {
  const sending = one.direction === "send";
  if (isShelved(one) && (one.phase === "moving" || one.phase === "done")) return storedState(one);
  switch (one.phase) {
    case "queued":
      return "waiting";
    case "asking":
      return `asking ${name}…`;
    case "asked":
      return "waiting for your answer";
    case "moving":
      return [sending ? toWhom(one, name) : `from ${name}`, ...wentOn(one)].join(", ");
    case "reconnecting":
      return fateWords.lost;
    case "parking":
      return one.receivers === null ? fateWords.parking(name, true) : fateWords.parkingShared;
    case "parked":
      return one.receivers === null ? fateWords.parked(name) : fateWords.receivers(one.receivers.done, one.receivers.of);
    case "saving":
      return "all here, saving…";
    case "done":
      return doneState(one, name);
    case "declined":
      return sending ? `${name} said no` : "you said no";
    case "cancelled":
      return one.problem === null ? "cancelled" : problem(one.problem);
    case "failed":
      return failedState(one, name);
  }
}

/** What lies on the server is with nobody yet. */
function storedState(one: Transfer): string {
  if (one.phase === "moving") return one.direction === "send" ? "sealing and storing…" : "fetching and opening…";
  const how = one.seconds === null ? "" : ` in ${duration(one.seconds)}`;
  return `${one.direction === "send" ? "left on the server" : "here"}. ${size(one.done)}${how}`;
}

function doneState(one: Transfer, name: string): string {
  const { receivers } = one;
  const all = receivers === null || receivers.done === receivers.of;
  const where = one.direction === "receive" ? `from ${name}` : receivers === null ? `with ${name}` : all ? fateWords.withAll(receivers.of) : fateWords.receivers(receivers.done, receivers.of);
  const how = one.seconds === null ? "" : ` in ${duration(one.seconds)}`;
  return [`${where}. ${size(one.done)}${how}`, ...wentOn(one)].join(", ");
}

function failedState(one: Transfer, name: string): string {
  if (one.problem === null) return "stopped";
  return (isShelved(one) ? null : fateWords.problem(one, name)) ?? problem(one.problem);
}

function toWhom({ receivers }: Transfer, name: string): string {
  return receivers === null ? `to ${name}` : fateWords.receivers(receivers.done, receivers.of);
}

function wentOn(one: Transfer): readonly string[] {
  const share = wentOnFrom(one);
  return share === null ? [] : [fateWords.wentOn(share)];
}

/** How far it is, where a break leaves it. */
export function shareOf(one: Transfer): number {
  return percent(one.done, one.total, one.phase === "done" || one.phase === "saving" || one.phase === "parked");
}

/** What happened and what to do, in one breath; a name in it is only text. */
export function problem(what: Problem): string {
  return visible(what.hint === "" ? what.message : `${what.message} ${what.hint}`);
}

/** "photo.jpg is with Bob. 24.1 MB in 0.8 s, direct." */
export function delivered(one: Transfer, name: string): string {
  const be = / and \d+ more$/.test(one.title) ? "are" : "is";
  const { receivers } = one;
  const all = receivers === null ? `with ${name}` : receivers.done === receivers.of ? `with all ${String(receivers.of)} people` : `with ${String(receivers.done)} of ${String(receivers.of)} people`;
  const subject = one.direction === "send" ? `${short(one.title)} ${be} ${all}.` : `${short(one.title)} ${be} here.`;
  const how = one.seconds === null ? "" : ` in ${duration(one.seconds)}`;
  return `${subject} ${size(one.done)}${how}${one.path === null ? "" : `, ${PATHS[one.path]}`}.`;
}

/** A name nobody had to think of. `draw` gives numbers in [0, 1). */
export function firstName(draw: () => number): string {
  const [adjectives, nouns] = FIRST_NAMES;
  const pick = (list: readonly string[]): string => list[Math.floor(draw() * list.length)] ?? "";
  return `${pick(adjectives)} ${pick(nouns)}`;
}
