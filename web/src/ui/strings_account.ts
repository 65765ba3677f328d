/** The words about accounts, keys and contacts. Part of `say`, see strings.ts. */
import type { Trust } from "../transfer/state.ts";
import type { Strength } from "./account/strength.ts";
import { size } from "./format.ts";
import { ago } from "./times.ts";
import { visible } from "./visible.ts";

export const accountWords = {
  create: "Create account",
  signIn: "Sign in",
  signOut: "Sign out",
  corner: "Account",
  menu: (name: string): string => `Account of ${visible(name)}`,
  working: "One moment: your password is being made hard to guess…",
  moment: "One moment…",
  back: "Back",

  name: "Account name",
  nameHint: "Others use it to leave you files. Letters, digits, and . _ - ' or single spaces.",
  password: "Password",
  newPassword: "New password",
  show: "Show",
  showPassword: "Show the password",
  strength: {
    empty: "At least 8 characters. Four or more random words are easy to keep and hard to guess.",
    short: "Too short: at least 8 characters.",
    common: "Guessed at once: built around a word everybody tries, or your name.",
    weak: "Weak: a determined guesser gets there. More words help most.",
    fair: "Fair: enough against most guessers, if you use it nowhere else.",
    strong: "Hard to guess, if you made it up by chance and use it nowhere else.",
  } satisfies Record<Strength, string>,
  outerSpace: "It begins or ends with a space. The space is part of the password.",

  createLead: "With an account, people can leave files for you while you are away, and you for them.",
  createWhat: "Your keys are made on this device. The server gets the public half and a proof of your password, never the password.",
  vault: "Keep my keys on this server, locked with my password",
  vaultOn: "Signing in is then enough on any device. Whoever runs the server could try to guess the password, so make it a good one.",
  vaultOff: "Then only this browser has your keys. Every other device will ask for your 24 words.",
  insecure: "This page is plain http: whoever listens on this network can learn enough to sign in as you. They still cannot read your files without the password itself.",
  lossTitle: "What cannot be undone",
  loss: "Nobody can reset this for you, not even the people who run the server. Without the password and without the 24 words you get next, whatever is sealed for you stays closed for good.",
  haveOne: "You have an account?",
  haveNone: "No account yet?",
  lossAgain: "Nobody can reset this for you, not even the people who run the server. Keep the 24 words: they stay the only way back when this password is forgotten too.",
  closed: "New accounts are closed on this server. Ask whoever runs it.",

  signInLead: "Signing in opens your keys on this device. The password itself never leaves it.",
  forgotten: "Forgot the password?",
  recoverTitle: "A new password",
  recoverLead: "With your 24 words you can choose a new password. All other devices will be signed out.",
  recover: "Set the new password",

  wordsTitle: "Your 24 words",
  wordsLead: "Write these down on paper, in this order. They are your keys in words: with them you get back in without the password, and so does anybody else who finds them.",
  wordsLoss: "This server does not have them. If you lose both the words and the password, everything sealed for you is lost.",
  wordsGroup: "24 words",
  wordsNone: "There are no keys in this browser to show.",
  written: "I have written them down",
  later: "Later",
  unwritten: "You have not written down your 24 words yet. Without them, a forgotten password means everything is lost.",
  showWords: "Show the words",
  wordsField: "Your 24 words",
  wordsFieldHint: "In their order, with spaces between.",
  wordsCount: (count: number): string => (count === 24 ? "24 words. The last one checks the others." : `${String(count)} of 24 words`),

  missing: "Your keys are not in this browser, so your files stay closed.",
  missingGo: "Type the 24 words",
  missingTitle: "Your keys are not in this browser",
  missingWhy: "You are signed in, but this server keeps no copy of your keys. Type your 24 words once, and this browser can open what is sealed for you.",
  missingUse: "Use these words",
  missingLost: "The words are lost?",

  stopTitle: "Sign out in the middle of an upload?",
  stopMeans: "What is being uploaded now is given up: nothing of it stays on the server.",
  partTitle: "Sign out and forget your keys here?",
  partMeans: (written: boolean): string =>
    `This server keeps no copy of your keys, and signing out takes them from this browser. To open your files here again you need your 24 words beside your password${
      written ? "." : ", and you have not written them down yet: do that first."
    }`,

  page: "Your account",
  used: (bytes: number, quota: number): string => `${size(bytes)} of ${size(quota)} used`,
  usedLabel: "Space used",
  mark: "This figure is made from your keys. It changes only when they do.",
  change: "Change password",
  changeRow: "Changing it signs your other devices out.",
  changeWhy: "Your other devices will be signed out.",
  old: "Present password",
  wordsRow: "24 words",
  wordsWhy: "The way back in when the password is forgotten.",
  vaultRow: "Keys on the server",
  vaultIs: { on: "Kept on the server, locked with your password.", off: "Not kept on the server. Each new device needs your 24 words." },
  vaultTurnOff: "Take them off the server",
  vaultTurnOn: "Keep them on the server",
  vaultOffMeans: "The locked copy of your keys is deleted from this server. Devices you use now keep working; a new one will need your 24 words. Have them at hand before you do this.",
  vaultOnMeans: "A copy of your keys, locked with your password, is kept on this server. Signing in is then enough on any device.",
  sessions: "Signed-in devices",
  sessionsFailed: "No list of your devices came back. Open this page again in a moment.",
  here: "this one",
  kinds: { cookie: "browser", token: "program" },
  lastUsed: (moment: number, now: number): string => `used ${ago(moment, now)}`,
  end: "End",
  endWhy: "End signs a device out. If it is not in your hands any more, its browser may still hold your keys: then make new keys too.",
  danger: "Starting over",
  newKeys: "Make new keys",
  newKeysWhy: "Only if your keys are lost or somebody else has them.",
  newKeysMeans: [
    "Everything sealed for your present keys is gone: your files here, and what others left for you.",
    "Your contacts are gone too. Each of theirs will see that your keys changed and has to compare a new safety number with you.",
    "You get 24 new words. The old ones are worth nothing then.",
  ],
  remove: "Delete account",
  removeWhy: "The account, its files and its links.",
  removed: "Your account is deleted.",
  removeMeans: [
    "Your files and links are deleted for everybody, also for those you shared them with.",
    "What others left for you is gone from your reach.",
    "Nobody can bring any of it back.",
  ],
  confirmPassword: "Your password, to confirm",
  saved: "Done.",
} as const;

const TRUST: Record<Trust | "unknown" | "changed", string> = {
  pinned: "Pinned",
  verified: "Verified",
  unknown: "Unknown keys",
  changed: "Keys changed",
};

export const contactWords = {
  region: "Contacts",
  trust: TRUST,
  trustMeaning: {
    pinned: "Their keys came through this server, and have stayed the same since. Nobody has compared them yet.",
    verified: "You compared the safety number with them: these keys are theirs.",
    unknown: "Not one of your contacts. Nothing of theirs is opened.",
    changed: "The server shows other keys for this name now. Nothing is sealed for them.",
  } satisfies Record<Trust | "unknown" | "changed", string>,
  guest: (name: string): string => `${name} (guest)`,
  signedInAs: (name: string): string => `signed in as ${visible(name)}`,
  claims: (name: string): string => `The server says: signed in as ${visible(name)}. Their keys are checked once you are connected.`,
  claim: "The server says so. The keys are checked when you connect.",
  empty: "Nobody yet. Ask somebody by their account name; once they accept, you can leave files for each other.",
  add: "Account name of a person",
  request: "Request keys",
  requested: (name: string): string => `${visible(name)} is asked. You will see the answer here.`,
  incoming: "Wants to exchange keys with you",
  incomingMore: "Accept, and you two can leave files for each other.",
  looksLike: (like: string): string =>
    `Look twice: this name has letters that only look like ${visible(like)}, who is among your contacts. It is another account.`,
  mixes: (scripts: readonly string[]): string =>
    `Look twice: this name mixes ${scripts.join(" and ")} letters. Some of them may only look like those of the name you expect.`,
  accept: "Accept",
  decline: "Decline",
  waiting: "asked, no answer yet",
  declined: "said no",
  withdraw: "Withdraw",
  clear: "Clear",
  online: "here now",
  verify: "Verify",
  again: "Safety number",
  remove: "Remove",
  removeLong: "Remove this contact",
  find: "Find a contact",
  more: (count: number): string => `Show ${String(count)} more`,
  none: (query: string): string => `No contact is called “${visible(query)}”.`,

  verifyTitle: (name: string): string => `Is this really ${visible(name)}?`,
  verifyHow: (name: string): string =>
    `Ask ${visible(name)} to open Contacts on their device and read their number to you, by phone or face to face, not through this server. A phone's camera reads the number from the code on the other screen too.`,
  verifyMeans: "The same number on both screens means: these keys are theirs, and nobody stands between you.",
  number: "Safety number",
  qr: "QR code of the safety number",
  match: "They match",
  differ: "They differ",
  isVerified: (name: string): string => `You have compared this with ${visible(name)}.`,
  differTitle: "Do not leave anything for this name",
  differWhy: (name: string): string =>
    `Different numbers mean that the keys shown here may not be ${visible(name)}'s, or that one of you looked at another contact. Somebody may have put their own keys in between.`,
  differNext: (name: string): string => `Check with ${visible(name)} that you both looked at the right contact. If the numbers still differ, remove this contact and tell whoever runs this server.`,

  changedTitle: (name: string): string => `The keys of ${visible(name)} have changed`,
  changedWhy: (name: string): string =>
    `The server now shows other keys for ${visible(name)} than the ones you know. Nothing is sealed for them, and nothing signed with them is opened.`,
  changedBoth: (name: string): string => `Either ${visible(name)} started over with new keys, or somebody is pretending to be ${visible(name)}. Only ${visible(name)} can tell you.`,
  changedGo: "Compare the new number",
  changedTitleCompare: (name: string): string => `New keys for ${visible(name)}?`,
  changedHow: (name: string): string =>
    `Call ${visible(name)} or meet, and ask: did you make new keys? Then compare this new number. If you press “They match”, the new keys take the place of the old ones.`,
  removeTitle: (name: string): string => `Remove ${visible(name)}?`,
  removeMeans: (name: string): string =>
    `You forget ${visible(name)}'s keys and that you compared them. What ${visible(name)} left for you can no longer be opened. To come back, you exchange keys again.`,
} as const;
