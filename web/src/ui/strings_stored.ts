/** The words about files left on the server, and about the page of a link. Part of `say`, see strings.ts. */
import type { StoredFile, StoredLink } from "../transfer/state.ts";
import type { Reason } from "../wire/reports.ts";
import { files, size } from "./format.ts";
import { ago, within } from "./times.ts";
import { visible } from "./visible.ts";

const times = (count: number): string => (count === 1 ? "once" : `${count.toLocaleString("en")} times`);

/** Who is on a file's list: an account name, or keys that are in the book no more, which came as "(5e2457e1…)". */
export function reader(name: string): string {
  return /^\([0-9a-f]{8}…\)$/u.test(name) ? `somebody’s earlier keys ${name}` : visible(name);
}

/** "bob", "bob and carol", "bob, carol and 3 more". */
export function together(names: readonly string[], most = 3): string {
  const shown = names.map(reader);
  if (shown.length <= 1) return shown[0] ?? "";
  if (shown.length > most) return `${shown.slice(0, most - 1).join(", ")} and ${String(shown.length - most + 1)} more`;
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1) ?? ""}`;
}

export const storedWords = {
  region: "My files",
  lead: "Sealed on this device, kept on the server, opened only by the people you name.",
  empty: "Nothing lies here yet. Leave a file for a contact, or for yourself on another device.",
  loading: "Looking for your files…",
  refresh: "Look again",
  used: (bytes: number, quota: number): string => `${size(bytes)} of ${size(quota)}`,
  full: "Your space here is nearly used up. Delete something, or ask whoever runs this server for more.",
  find: "Find a file",
  none: (query: string): string => `No file matches “${visible(query)}”.`,
  more: (count: number): string => `Show ${count.toLocaleString("en")} more`,
  filters: { label: "Show", all: "All", mine: "Left by me", theirs: "Left for me" },

  form: "Leave files on the server",
  add: "Add files",
  addFolder: "Add a folder",
  drop: "or drop them on this part of the page.",
  dropNow: "Let go: they will be left here, once you press Upload.",
  note: "Message to leave",
  notePlaceholder: "or write a message",
  forWhom: "For whom",
  onlyMe: "Only for me",
  forMe: "Nobody else can open it.",
  forThem: (names: readonly string[]): string => `${together(names)} and you can open it.`,
  noContacts: "Add a contact below to leave something for somebody else.",
  notVerified: (names: readonly string[]): string =>
    `${together(names)} ${names.length === 1 ? "is" : "are"} pinned, not verified: compare the safety number if it matters who reads this.`,
  blocked: (name: string): string => `${visible(name)}: keys changed`,
  expiry: "Keep it",
  expiries: { never: "until I delete it", day: "for a day", week: "for a week", month: "for 30 days", present: (left: string): string => `as now (${left} left)` },
  upload: "Upload",
  ready: (count: number, bytes: number): string => (count === 0 ? "nothing but folders" : `${files(count)}, ${size(bytes)}`),

  from: (owner: string): string => `from ${visible(owner)}`,
  to: (one: StoredFile): string => (one.recipients.length === 0 ? "for you alone" : `for ${together(one.recipients)}`),
  linked: (links: readonly StoredLink[]): string => (links.length === 1 ? "1 link" : `${String(links.length)} links`),
  size: (one: StoredFile): string =>
    one.bytes === null ? "" : one.files > 1 ? `${files(one.files)}, ${size(one.bytes)}` : size(one.bytes),
  changed: (one: StoredFile, now: number): string => ago(one.changed, now),
  version: (version: number): string => `version ${String(version)}`,
  expires: (moment: number, now: number): string => (moment <= now ? "expired" : `${within(moment, now)} left`),
  arriving: (percent: number | null): string => (percent === null ? "arriving" : `arriving ${String(percent)} %`),
  interrupted: "Interrupted. Choose the file again, or delete it.",
  interruptedNext: "The next version was interrupted. Choose the file again, or delete the upload.",
  abandon: "Delete upload",
  abandonTitle: (title: string): string => `Delete the interrupted upload of ${visible(title)}?`,
  abandonMeans: "If another device is still uploading it, that ends too. The versions that are complete stay.",
  untitled: "A file that cannot be opened",
  cannot: "Nothing of it was opened.",
  messageTitle: "A message",

  open: "Read",
  download: "Download",
  update: "Update",
  share: "Share",
  history: "History",
  keep: "Expiry",
  remove: "Delete",
  leaveIt: "Remove",

  updateTitle: (title: string): string => `A new version of ${visible(title)}`,
  updateWhy: "Everybody who can open it gets the new version. The old one stays in History.",

  shareTitle: (title: string): string => `Who can open ${visible(title)}`,
  people: "People",
  onlyYou: "Only you.",
  shareWith: "Share with",
  revoke: "Revoke",
  revokeTitle: (name: string): string => `Take it back from ${reader(name)}?`,
  revokeMeans: (name: string): string =>
    `${reader(name)} will not find it here any more. What ${reader(name)} has downloaded already cannot be taken back.`,
  everybody: "All your contacts can open it already.",
  links: "Links",
  linksWhy: "Whoever has the link can open it, without an account.",
  newLink: "Make a link",
  linkExpiry: "Link works",
  linkExpiries: { never: "until I revoke it", day: "for a day", week: "for a week", month: "for 30 days" },
  linkDownloads: "Downloads",
  linkDownloadsAny: "as often as wanted",
  linkDownloadsOf: (count: number): string => times(count),
  linkPassword: "Link password, if you want one",
  linkPasswordHint: "Tell it to them another way than the link. It is part of the key.",
  linkCount: (one: StoredLink): string =>
    one.downloads === null ? `downloaded ${times(one.used)}` : `${String(one.used)} of ${String(one.downloads)} downloads used, ${String(Math.max(0, one.downloads - one.used))} left`,
  linkUnused: (one: StoredLink): string => (one.downloads === null ? "not downloaded yet" : `not used yet, ${times(one.downloads)} possible`),
  linkExpires: (one: StoredLink, now: number): string => (one.expires === null ? "no end date" : storedWords.expires(one.expires, now)),
  linkHasPassword: "with a password",
  linkLabel: "Link to the file",
  linkQr: "QR code of the link",
  linkShow: "Show the link",
  linkRevoke: "Revoke this link",
  linkRevokeTitle: "Revoke this link?",
  linkRevokeMeans: "It stops working for everybody who has it. What was downloaded already cannot be taken back.",

  historyTitle: (title: string): string => `Versions of ${visible(title)}`,
  historyWhy: "The newest ten are kept. Restoring makes an old one the newest; nothing is lost by it.",
  historyLoading: "Looking for the versions…",
  historyNow: "current",
  historyGone: "no longer kept",
  historyClosed: "from before it was shared with you",
  restore: "Restore",

  keepTitle: (title: string): string => `How long ${visible(title)} is kept`,
  keepWhy: "After that it is deleted for everybody, links included.",
  keepSet: "Set",

  leaveItTitle: "Remove it from your list?",
  leaveItMeans: (owner: string): string => `You can no longer open it here. It stays with ${visible(owner)}, who can share it with you again.`,

  removeTitle: (title: string): string => `Delete ${visible(title)}?`,
  removeMeans: (one: StoredFile): string =>
    one.recipients.length + one.links.length === 0
      ? "All its versions are deleted. Nobody can bring them back."
      : `It is deleted for everybody: ${[
          ...(one.recipients.length > 0 ? [`${together(one.recipients)} will not find it any more`] : []),
          ...(one.links.length > 0 ? ["its links stop working"] : []),
        ].join(", and ")}. Nobody can bring it back.`,
} as const;

export const linkPageWords = {
  lead: "Somebody left something for you",
  from: (owner: string): string => `${visible(owner)} left something for you`,
  proof: (owner: string): string =>
    `It is signed with the keys the link names. That they belong to ${visible(owner)} is what this server says; the link itself came to you from the one who made it.`,
  closedText: "It is sealed. The key is in the link you opened and was never sent to this server.",
  open: "Look inside",
  passwordText: "It needs a password as well. The one who sent you the link knows it.",
  password: "Password of the link",
  opening: "Opening…",
  download: "Download",
  save: "Choose where to save",
  expires: (moment: number, now: number): string => (moment <= now ? "This link has expired." : `The link works for ${within(moment, now)} more.`),
  left: (count: number): string =>
    count === 0 ? "It was downloaded as often as it may be." : count === 1 ? "It can be downloaded once more." : `It can be downloaded ${times(count)} more.`,
  counts: "Only a complete download counts.",
  read: "Read the message",
  moving: "On its way to this device. Every piece is checked before it is kept.",
  done: (title: string): string => `${visible(title)} is on this device.`,
  doneMore: "Every piece was checked against its seal.",
  gone: "There is nothing here any more",
  goneWhy: "The link has expired, was used up or taken back, or part of it is missing. Ask the one who sent it for a new one.",
  home: "Hand something over yourself",
  report: "Report this file",
  reportLead: "Whoever runs this server hears of it. They see the link and what you write, and cannot look inside the file.",
  reportReason: "Why",
  reportReasons: {
    malware: "It harms devices", deception: "It pretends to be something else", illegal: "It is against the law", private: "It shows private things of somebody",
    other: "Something else",
  } satisfies Record<Reason, string>,
  reportText: "What should they know?",
  reportTextHint: "Your name is not asked. Write no passwords.",
  reportSend: "Report",
  reportSent: "Thank you. Whoever runs this server will look at it.",
} as const;
