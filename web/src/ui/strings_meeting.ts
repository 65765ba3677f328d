/** The words about meeting: who is here, links, codes and requests, the line between two and the words they compare. Part of `say`, see strings.ts. */
import type { CodeEnd, Role } from "../transfer/state.ts";
import { people } from "./format.ts";
import { short } from "./visible.ts";

export const lineWords = {
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
} as const;

export const checkWords = {
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
} as const;

export const peerWords = {
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
} as const;

export const lobbyWords = {
  room: "You are in a room made by link. Only people with the link are here.",
  everyone: "Everybody who opens this server is shown here.",
  none: {
    proxied: "You came through a proxy, so this server cannot tell who is near you and shows you to nobody.",
    other: "You are not on this server's own network, so it shows you to nobody, and nobody to you.",
  },
  noneNext: "Meet by link or by code instead.",
} as const;

export const roomWords = {
  invite: "Invite by link",
  hint: "Whoever has this link meets you here, and only they.",
  qr: "QR code of the invitation link",
  link: "Invitation link",
} as const;

export const hereOnlyWords = {
  what: "Only this computer can reach this server, so no other device can open this page.",
  how: "To change that, start it again with",
  command: "peerseal serve --host 0.0.0.0",
} as const;

export const codeWords = {
  send: "Send with a code",
  enter: "Enter a code",
  field: "Code",
  placeholder: "7-harbor-velvet",
  use: "Use this code",
  fieldHint: "The sender reads it to you. You can use it once.",
  using: "Looking for who showed this code…",
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
} as const;

export const requestWords = {
  title: "Connection request",
  wants: "wants to connect to you.",
  hint: "Accept only if you expect them. Nothing is sent by accepting.",
  accept: "Accept",
  decline: "Decline",
  more: (count: number): string => `${count} more waiting`,
} as const;
