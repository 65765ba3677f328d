/** Every word of the operator's page, in one place: plain, short, specific. */
import type { Fault } from "../wire/damage.ts";
import type { AllowedKind, EventAction, EventKind, Mode, StandingAction, SubjectKind } from "../wire/guard.ts";
import { PAGE_MAX_ITEMS } from "../wire/limits.ts";
import type { Reason, ReportState } from "../wire/reports.ts";
import type { Registration, View } from "./state.ts";

const several = (count: number, one: string, many: string): string => (count === 1 ? one : `${count.toLocaleString("en")} ${many}`);
const KINDS: Readonly<Record<SubjectKind, string>> = {
  ip: "Address", net: "Network", account: "Account", session: "Session", client: "Program", device: "Device", room: "Room", site: "Everybody", link: "Link", park: "Left for a receiver",
};
const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export const words = {
  title: "Operator",
  back: "Start page",
  leave: "Close this page",
  asking: "Asking the server…",
  headline: {
    quiet: "All quiet.",
    damaged: (count: number): string => `${upper(several(count, "one stored file is", "stored files are"))} damaged.`,
    off: "The defence is switched off.",
    /** What stands, the gravest first; `watched`: it would. */
    stands: (blocked: number, waiting: number, challenged: number, watched: boolean): string => {
      const parts = [];
      if (blocked > 0) parts.push(watched ? `${several(blocked, "one address", "addresses")} would be stopped` : `${several(blocked, "one address is", "addresses are")} stopped`);
      if (waiting > 0) parts.push(`guessers ${watched ? "would wait" : "wait"} at ${several(waiting, "one account or address", "accounts or addresses")}`);
      if (challenged > 0) parts.push(watched ? `${several(challenged, "one visitor", "visitors")} would have to compute first` : `${several(challenged, "one visitor has", "visitors have")} to compute first`);
      return `${upper(new Intl.ListFormat("en-GB").format(parts))}.`;
    },
  },
  ailments: {
    disk: ["The disk is full.", "Nobody can sign in and nothing new is stored until there is room. What is stored can be read, and what people hand over live goes on."],
    database: ["The database takes nothing.", "Its disk or folder may be read-only or away."],
    storage: ["The folder of stored files takes nothing.", "Its disk may be read-only or away."],
    migrations: ["Another version has changed the database.", "Start that version of the server."],
    accepting: ["This server is ending.", "It takes nothing new."],
    answer: ["The disk does not answer.", "Database or stored files take too long."],
  } as Readonly<Record<string, readonly [what: string, means: string]>>,
  ailing: "This server cannot do all its work.",
  itSaid: (state: string): string => `It said: ${state}.`,
  watched: (subjects: number): string =>
    subjects === 0 ? "Nothing suspicious was seen of late." : `${several(subjects, "One address, account or session", "addresses, accounts and sessions")} seen of late.`,
  whole: (time: string): string => `Stored files were all whole at ${time}.`,
  told: (time: string): string => `As\u00a0of\u00a0${time}.`,
  stale: (time: string): string => `What you see is from ${time}; this page keeps asking.`,
  breaker: "So many addresses were blocked within an hour that it may be a mistake. For an hour, or until you say so, addresses people may be at are not blocked: they have to compute instead. Everything else goes on.",
  enforceAgain: "Block again",
  site: (until: string): string => `Many names fail to sign in at once: until ${until} every unknown device has to compute before it signs in.`,
  lost: (count: number): string => `${several(count, "One event", "events")} could not be written to guard.ndjson. Look at the disk of the server.`,

  mode: {
    legend: "What the defence does",
    names: { off: "Off", observe: "Observe", enforce: "Enforce" } satisfies Record<Mode, string>,
    means: {
      off: "Judges nobody.",
      observe: "Decides and notes, and stops nobody.",
      enforce: "Slows or stops who attacks, for a while.",
    } satisfies Record<Mode, string>,
    configured: (mode: Mode): string => `Until the next start of the server; its settings say ${words.mode.names[mode].toLowerCase()}.`,
  },

  views: { now: "Now", accounts: "Accounts", invites: "Invitations", reports: "Reports", allowed: "Exceptions" } satisfies Record<View, string>,

  standing: {
    title: "Stopped or challenged",
    none: "Nobody is stopped, and nobody has to compute.",
    lead: "Undo ends it, and its score starts from 0. Allow also makes it an exception: it is never judged again.",
    kinds: KINDS,
    actions: { block: "blocked", challenge: "challenged", wait: "strangers wait" } satisfies Record<StandingAction, string>,
    watched: { block: "would be blocked", challenge: "would be challenged", wait: "strangers would wait" } satisfies Record<StandingAction, string>,
    braked: "has to wait", // an address, say, that guessed too often: in every mode
    score: (score: string, most: string): string => `score ${score} of ${most}`,
    scoreLabel: "Score against the threshold",
    since: (time: string): string => `since ${time}`,
    undo: "Undo",
    allow: "Allow",
    undoWhat: (label: string): string => `Undo ${label}`,
    allowWhat: (label: string): string => `Allow ${label}`,
    details: "Details",
    detailsOf: (label: string): string => `Details of ${label}`,
    undone: (label: string): string => `${label} starts from 0.`,
    allowed: (label: string): string => `${label} is never judged from now on.`,
    factor: (threshold: string, factor: string): string => `The threshold is ${threshold}, times ${factor} for the people who sign in from there.`,
    sightings: "What was seen last",
    noSightings: "What was seen is forgotten already.",
    columns: { time: "Time", point: "What", weight: "Points", status: "Answer", address: "From", route: "Where" },
  },
  untilUndone: "until it is undone",
  left: (time: string): string => `${time} left`,

  plot: {
    title: "What was seen",
    range: "Time",
    ranges: { minutes: "Last hour", hours: "Last day" },
    nothing: "Nothing suspicious was seen in this time.",
    summary: (total: number, kinds: string): string => `${several(total, "One suspicious sighting", "suspicious sightings")}: ${kinds}.`,
    kind: (label: string, count: number): string => `${label} ${count.toLocaleString("en")}`,
    table: "As a table",
    when: "Time",
    total: "All",
  },
  others: "others",
  points: {
    login_failed: "wrong passwords",
    code_wrong: "wrong codes",
    not_found_object: "ids that do not exist",
    unknown_route: "unknown addresses",
    honeypot: "traps",
    bad_name: "forbidden names",
    csrf: "foreign pages",
    malformed: "malformed requests",
    bad_public_key: "bad public keys",
    not_accepted: "not accepted peers",
    spoofed_forward: "forged proxies",
    slow_client: "slow clients",
    credential_wrong: "wrong session secrets",
  } as Readonly<Record<string, string>>,

  events: {
    title: "What happened last",
    none: "Nothing has happened yet. What the defence notes or does is listed here, newest first.",
    most: PAGE_MAX_ITEMS,
    after: "Older ones are in guard.ndjson, in the data folder of the server.",
    kinds: { ...KINDS, site: "This server", file: "Stored file" } satisfies Record<EventKind, string>,
    actions: {
      allow: "let through", log: "noted", challenge: "challenged", wait: "strangers wait", block: "blocked", undo: "undone", mode: "changed",
    } satisfies Record<EventAction, string>,
    stored: { damaged: "found damaged", whole: "whole again" },
    until: (name: string, time: string): string => `${name} until ${time}`,
    forgotten: (key: string): string => `no longer known (${key.slice(0, 6)})`,
    nowhere: "an address that does not exist",
    answered: (status: number): string => `answered ${status}`,
    times: (count: number, distinct: number, within: string | null): string =>
      `${count.toLocaleString("en")} times${within === null ? "" : ` within ${within}`}${distinct > 1 ? `, ${distinct.toLocaleString("en")} different` : ""}`,
  },
  damage: {
    title: "Damaged on this server",
    lead: "Nobody is given wrong bytes: readers refuse it, and everything else goes on. Put the pieces back from a backup while the server is stopped (the log names them, docs/operations.md says how), or ask the owner to delete it and store it again.",
    file: (owner: string | null, version: number): string => `${owner === null ? "A file whose owner is gone" : `A file of ${owner}`}, version ${version}`,
    park: "Left for a receiver",
    since: (time: string): string => `found ${time}`,
    faults: {
      missing: (count) => (count === 1 ? "One piece of it is missing." : `Pieces of it are missing: ${count.toLocaleString("en")} are damaged.`),
      length: (count) => (count === 1 ? "One piece of it has another length than was written." : `Pieces of it have another length than was written: ${count.toLocaleString("en")} are damaged.`),
      content: (count) => (count === 1 ? "One piece of it is not as it was written." : `${count.toLocaleString("en")} pieces of it are not as they were written.`),
      unreadable: (count) => (count === 1 ? "The disk does not give one piece of it." : `The disk does not give pieces of it: ${count.toLocaleString("en")} are damaged.`),
    } satisfies Record<Fault, (count: number) => string>,
    more: "More is damaged than is listed here.",
  },
  accounts: {
    none: "Nobody has an account yet.",
    since: (day: string): string => `since ${day}`,
    used: (used: string, allowed: string): string => `${used} of ${allowed}`,
    usedLabel: (name: string): string => `Space of ${name}`,
    own: "its own limit",
    suspended: "suspended",
    operator: "operator",
    suspend: "Suspend",
    lift: "Let in again",
    suspendWhat: (name: string): string => `Suspend ${name}`,
    liftWhat: (name: string): string => `Let in again: ${name}`,
    suspendTitle: (name: string): string => `Suspend ${name}?`,
    suspendMeans: "They are signed out everywhere, and their files and links are gone for everybody. Nothing is deleted: letting them in again brings all back.",
    quota: "Limit",
    quotaWhat: (name: string): string => `Limit of ${name}`,
    quotaTitle: (name: string): string => `How much may ${name} store?`,
    quotaField: "Limit",
    quotaHint: "A size such as 50 GB; a number alone is GB. Empty: what everybody may.",
    quotaWrong: "This is no size. Write it like 50 GB.",
    quotaWill: (limit: string): string => `Their limit will be ${limit}.`,
    quotaUsual: "Their limit will be what everybody may.",
    quotaFull: (used: string): string => `They use ${used} already: nothing is deleted, and they can store nothing new until they are below it.`,
    quotaSmall: (limit: string): string => `${limit} is less than 1 MB: hardly anything fits. Is that what you mean?`,
    quotaAllTheSame: (limit: string): string => `Yes, ${limit}`,
    save: "Save",
  },
  invites: {
    lead: {
      invite: "Who wants an account here needs the code of an invitation. Each makes one.",
      open: "Anybody may make an account here, so nobody needs a code now. Codes count once PEERSEAL_REGISTRATION is invite.",
      closed: "Nobody may make an account here, not even with a code. Codes count once PEERSEAL_REGISTRATION is invite.",
    } satisfies Record<Registration, string>,
    none: "There are no invitations.",
    make: "Make an invitation",
    note: "For whom",
    noteHint: "Only operators see this.",
    hours: "Good for",
    spans: [[24, "a day"], [168, "a week"], [720, "30 days"]] as readonly (readonly [hours: number, label: string])[],
    made: "Give this code to one person. It is shown this once.",
    code: "Invitation code",
    copy: "Copy",
    copied: "Copied",
    done: "Done",
    used: (name: string): string => `used by ${name}`,
    open: (left: string): string => `open, ${left}`,
    expired: "expired",
    end: "Take back",
    endWhat: (note: string): string => `Take back the invitation ${note}`,
    noNote: "without a note",
  },
  reports: {
    lead: "The server cannot look into a file, so go by what people say, and whose it is.",
    none: "Nobody has reported anything. Whoever opens a link can, on its page.",
    reasons: {
      malware: "Malware", deception: "Deception", illegal: "Illegal", private: "Private things of somebody", other: "Something else",
    } satisfies Record<Reason, string>,
    states: { open: "open", closed: "closed", revoked: "link ended" } satisfies Record<ReportState, string>,
    link: "Link",
    owner: (name: string | null): string => (name === null ? "the file is gone" : `a file of ${name}`),
    times: (count: number): string => (count === 1 ? "reported once" : `reported ${count.toLocaleString("en")} times`),
    noText: "Without further words.",
    revoke: "End the link",
    close: "Close the report",
    revokeTitle: "End this link?",
    revokeMeans: "Whoever has it finds nothing any more. The file stays with its owner, who may make another link.",
  },
  allowed: {
    lead: "Networks and accounts that are never judged.",
    none: "No exceptions: everybody is judged.",
    field: "Network or account",
    hint: "An address, a network such as 192.0.2.0/24, or @name.",
    add: "Allow",
    kinds: { network: "Network", account: "Account" } satisfies Record<AllowedKind, string>,
    setting: "by PEERSEAL_GUARD_ALLOW",
    nobody: "nobody has this account",
    since: (time: string): string => `since ${time}`,
    remove: "Judge again",
    removeWhat: (what: string): string => `Judge again: ${what}`,
  },
  more: "Show more",
  cancel: "Cancel",
  ended: {
    title: "You are signed out here",
    text: "That happened in another tab or on another device, or the time of the link that opened this page is over.",
    signIn: "Sign in, in another tab",
    hint: "Once you are back, this page goes on by itself. Without an account, run “peerseal guard page” on the server for a new link.",
  },
  stranger: {
    title: "There is nothing here",
    text: "The address may be mistyped, or what was here is gone.",
    hint: "Do you run this server? Sign in on the page with an operator's account, or run “peerseal guard page” on the server for a link.",
  },
};
