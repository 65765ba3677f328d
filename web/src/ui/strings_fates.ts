/** The words about breaks, about what waits on the server, about unfinished transfers and ways. Part of `say`, see strings.ts. */
import type { CodeEnd, CodeState, Interrupted, Problem, Route, Transfer } from "../transfer/state.ts";
import { people, percent, size } from "./format.ts";
import { ago, clock } from "./times.ts";
import { short } from "./visible.ts";

/** Who something is with, in running text; somebody without a name is still somebody. */
const them = (name: string): string => (name === "" ? "the other side" : name);

const until = (expires: number | null, now: number): string => (expires === null ? "" : `, until ${clock(expires, now)}`);

export const fateWords = {
  lost: "Connection lost. Trying again…",
  lostKept: "Nothing is lost.",
  lostMeans: (share: number): string =>
    share > 0 ? `Nothing is lost: it goes on from ${String(share)} % by itself.` : "Nothing is lost: it goes on by itself.",
  waits: (name: string): string => `waiting for ${them(name)}…`,
  waitsMeans: (name: string, sending: boolean): string =>
    sending ? `It goes on by itself as soon as ${them(name)} is back.` : `It goes on by itself, from ${them(name)} or from what ${them(name)} left on the server.`,
  wentOn: (share: number): string => `went on from ${String(share)} %`,
  wentOnTold: (title: string, share: number): string => `Connected again. ${short(title)} went on from ${String(share)} percent.`,
  parking: (name: string, away: boolean): string =>
    away ? `${them(name)} left. Putting the rest on the server, sealed…` : "Putting the rest on the server, sealed…",
  parkingMeans: "Keep this page open until it is all there.",
  parked: (name: string): string => `on the server for ${them(name)}`,
  parkedMeans: (name: string, expires: number | null, now: number): string =>
    `Everything ${them(name)} still misses is on the server, sealed${until(expires, now)}. You may close this page.`,
  dismissMeans: "Only this line goes: it stays on the server.",
  withdrawMeans: "Takes it back from the server.",
  /** For several, who share one sealed copy. `coming`: not everybody has used the code. */
  parkingShared: "Putting it on the server once, sealed, for all of them…",
  parkedShared: (expires: number | null, now: number, coming: boolean): string =>
    `All of it is on the server, sealed${until(expires, now)}. ${coming ? "Keep this page open until everybody has used the code." : "You may close this page."}`,
  leave: "Leave the rest on the server",
  leaveMeans: "Then you may close this page before the other side has everything.",
  receivers: (done: number, of: number): string => `${String(done)} of ${String(of)} have it`,
  withAll: (of: number): string => `with all ${String(of)}`,

  /** What failed, in words that say what it means here; null: as the engine says it. */
  problem: ({ problem, direction }: Transfer, name: string): string | null => {
    const other = them(name);
    const sending = direction === "send";
    switch (problem?.code) {
      case "no_direct_path":
        return sending
          ? `There is no direct path to ${other}, and nothing went another way. Choose “Fastest” under Way and send it again.`
          : `There is no direct path to ${other}, and nothing came another way. Choose “Fastest” under Way and ask for it again.`;
      case "not_fetched":
        return `${other} did not fetch it in time, so the server does not have it any more. Send it again.`;
      case "parking_closed":
        return `This server keeps nothing for people who left. Send it again when ${other} is back.`;
      case "content_differs":
        return `What ${other} has and what lies here are not parts of the same thing, so nothing was joined. ${sending ? "Send it again." : "Ask for it again."}`;
      case "source_changed":
        return sending
          ? "The file changed since it was begun, so the two halves would not fit. Send it again."
          : `The file changed on ${other}’s side. Ask for it again.`;
      case "not_found":
        return `${other} came back but has forgotten this one. ${sending ? "Send it again." : "Ask for it again."}`;
      default:
        return null;
    }
  },
} as const;

export const interruptedWords = {
  list: "Unfinished",
  title: (title: string, share: number): string => (share > 0 ? `Resume “${short(title)}” at ${String(share)}\u00a0%?` : `Resume “${short(title)}”?`),
  who: ({ kind, peer }: Interrupted): string => {
    if (kind === "upload") return peer === "" ? "to the server" : `to the server, for ${peer}`;
    if (kind === "download") return peer === "" ? "from the server" : `left by ${peer}`;
    return `${kind === "send" ? "to" : "from"} ${them(peer)}`;
  },
  amount: ({ kind, done, total }: Interrupted): string => {
    const where = kind === "send" ? "are there" : kind === "upload" ? "are on the server" : "are here";
    return total === null ? `${size(done)} ${where}` : `${size(done)} of ${size(total)} ${where}`;
  },
  since: (moment: number, now: number): string => `begun ${ago(moment, now)}`,
  needs: {
    files: "This page keeps no copy of what you send: choose the same file again, and only what is missing goes.",
    folder: "This page keeps no copy of what you send: choose the same folder again, and only what is missing goes.",
    several: "This page keeps no copy of what you send: choose the same files and folders again, and only what is missing goes.",
  },
  resume: "Resume",
  addFiles: "Choose files",
  addFolder: "Choose a folder",
  discard: "Discard",
  discardTitle: (title: string): string => `Discard “${short(title)}”?`,
  discardMeans: ({ kind, peer, done }: Interrupted): string => {
    if (kind === "receive" || kind === "download") {
      const lost = done > 0 ? `The ${size(done)} that arrived are deleted here. ` : "";
      return `${lost}${kind === "receive" ? `${them(peer)} would have to send it again from the start.` : "It would have to be downloaded again from the start."}`;
    }
    if (kind === "upload") return "What is on the server of it is given up. Your own files stay as they are.";
    return `It cannot go on after that: what ${them(peer)} has of it is of no use without the rest. Your own files stay as they are.`;
  },
  more: (count: number): string => `Show ${String(count)} more unfinished`,
  fewer: "Show fewer",
  refused: (problem: Problem): string => (problem.code === "other_files" ? "These are not the same files, or they have changed since. Choose exactly those you chose before." : `${problem.message} ${problem.hint}`),
  progress: (one: Interrupted): number => percent(one.done, one.total),
} as const;

export const wayWords = {
  label: "Way",
  now: { auto: "fastest", direct: "direct only", relay: "relay only" } satisfies Record<Route, string>,
  title: "Which way your files take",
  lead: "They are sealed on every way. The way decides who sees your network address, and how fast it is.",
  choice: "Way",
  choices: { auto: "Fastest", direct: "Direct only", relay: "Relay only" } satisfies Record<Route, string>,
  means: {
    auto: "Begins through this server at once and moves to a direct path when one is found and faster. Whoever you exchange files with can see your network address.",
    direct: "From device to device or not at all. Some networks allow no such path, and between this page and a command line there is none: then it stops and says so.",
    relay: "Always through this server, which cannot read it. Whoever you exchange files with does not see your network address.",
  } satisfies Record<Route, string>,
  rest: "Between this page and a command line files always take the relay. Your choice is remembered by this browser.",
} as const;

export const severalWords = {
  several: "For several people",
  count: "How many people?",
  fewer: "One person fewer",
  more: "One person more",
  send: (count: number): string => (count === 1 ? "Send with a code" : `Send with a code to ${people(count)}`),
  waiting: "Waiting for the others…",
  hint: (count: number): string =>
    `They open this page, choose “Enter a code” and type it. It works for ${people(count)}, once for each.`,
  used: ({ used, receivers }: CodeState): string => `${String(used)} of ${String(receivers)} have used it`,
  ended: (end: CodeEnd, { used, receivers }: CodeState): string => {
    const had = used === 0 ? "Nobody had used it, and nothing was sent." : `${String(used)} of ${String(receivers)} had used it: what they get goes on.`;
    if (end === "wrong_code") return `Somebody entered a wrong code, so this one is closed for everybody. ${had}`;
    if (end === "lost") return `The connection to the server was lost, and the code with it. ${had}`;
    return `The code was not used by everybody within an hour, so it has expired. ${had}`;
  },
} as const;
