/** What the stage shows for a state: who stands there, how the line looks, and the one sentence under it. Pure. */
import type { EngineState, Link, Person, Transfer } from "../transfer/state.ts";
import { isResting, isShelved, stillComing, wentOnFrom } from "./fates.ts";
import { percent } from "./format.ts";
import { called } from "./names.ts";
import { problem } from "./problem.ts";
import { say } from "./strings.ts";
import { delivered } from "./strings_transfers.ts";

export interface StageView {
  readonly them: Person | null;
  readonly look: "idle" | "looking" | "drawn" | "lost" | "leaving" | "left" | "broken";
  readonly sealed: boolean; // nobody is between: words compared, or code matched
  readonly flow: "out" | "in" | null;
  readonly part: number; // 0 … 1
  readonly label: string; // direct, relay, stored or ""
  readonly message: string; // for the eye, may change ten times a second
  readonly announcement: string; // for the ear, in steps of 25 %
  readonly tone: "quiet" | "good" | "bad";
}

/** Whether this link is open: the other person can be sent something. */
export function isOpen(link: Link | null): link is Link {
  return link?.phase === "connected";
}

/** Whether this person is at the stage already: joined, with somebody, or with a code on the table. */
export function isPresent({ me, link, code }: EngineState): boolean {
  return me !== null || link !== null || code !== null;
}

/** Whether nobody can be between the two. */
export function isSealed(link: Link | null): boolean {
  return isOpen(link) && (link.mode === "code" || link.check === "verified" || isVerifiedContact(link));
}

/** Whether the peer proved to be somebody whose keys this person has compared: nothing is left to compare. */
export function isVerifiedContact(link: Link | null): boolean {
  return link?.contact?.trust === "verified";
}

/** The fingerprints of those on the stage who are an account: oneself, and a contact who proved to be one; "" without. */
export function figures({ account, contacts, link }: EngineState): { readonly you: string; readonly them: string } {
  const proven = link?.contact?.name;
  return { you: account?.fingerprint ?? "", them: contacts.find(({ name }) => name === proven)?.fingerprint ?? "" };
}

/** Whether this person still has to compare the words. */
export function needsWords(link: Link | null): boolean {
  return isOpen(link) && link.mode === "words" && link.check === "unchecked" && link.words !== null && !isVerifiedContact(link);
}

export function stageView(state: EngineState): StageView {
  const { link, asking, code } = state;
  const idle: StageView = {
    them: null, look: "idle", sealed: false, flow: null, part: 0, label: "", message: "", announcement: "", tone: "quiet",
  };
  if (link === null) {
    if (asking !== null) return said({ ...idle, them: asking.peer, look: "looking" }, say.line.asking(called(asking.peer)));
    if (code?.phase === "meeting") return said({ ...idle, look: "looking" }, say.code.meeting);
    if (code?.phase === "showing") return { ...idle, look: "looking" };
    const resting = state.transfers.findLast((one) => isResting(one) && !isShelved(one));
    return resting === undefined ? idle : { ...idle, announcement: atRest(state, idle, resting, called(resting.peer)).announcement };
  }
  const base: StageView = { ...idle, them: link.peer };
  const name = called(link.peer);
  switch (link.phase) {
    case "meeting":
      return meeting(state, link, base, name);
    case "handshake":
      return said({ ...base, look: "looking" }, say.line.handshake(name));
    case "closed": {
      const last = state.transfers.findLast((one) => one.peer.id === link.peer.id);
      if (last !== undefined && isResting(last) && link.check !== "differ") return atRest(state, { ...base, look: "broken" }, last, name);
      if (last?.phase === "done" && link.check !== "differ") return said({ ...base, tone: "good" }, `${delivered(last, name)} ${parting(link, name)}`);
      if (last?.problem != null && NO_WAY.has(last.problem.code) && link.check !== "differ") {
        return said({ ...base, look: "broken", tone: "bad" }, say.fate.problem(last, name) ?? problem(last.problem));
      }
      return said({ ...base, look: "broken", tone: link.check === "differ" ? "bad" : "quiet" }, closing(link));
    }
    case "connected":
      return connected(state, link, base, name);
  }
}

/** Going on with something of before: it may come from the server while the other one is still away. */
function meeting(state: EngineState, link: Link, base: StageView, name: string): StageView {
  const ours = state.transfers.filter((one) => one.peer.id === link.peer.id);
  const moving = ours.findLast((one) => one.phase === "moving" || one.phase === "saving");
  if (moving !== undefined) {
    const view = inMotion({ ...base, look: "leaving", label: pathLabel(moving) }, moving);
    return { ...view, part: (1 + view.part) / 2 }; // the server lies between the two
  }
  const last = ours.at(-1);
  if (last?.phase === "done") return said({ ...base, tone: "good" }, delivered(last, name));
  if (last !== undefined && isResting(last)) return said({ ...base, look: "lost" }, sentence(say.fate.waits(name)));
  return said({ ...base, look: "looking" }, say.line.meeting(name));
}

function connected(state: EngineState, link: Link, base: StageView, name: string): StageView {
  const ours = state.transfers.filter((one) => one.peer.id === link.peer.id);
  const moving = ours.findLast((one) => one.phase === "moving" || one.phase === "saving");
  const last = ours.at(-1);
  const drawn: StageView = {
    ...base,
    look: "drawn",
    sealed: isSealed(link),
    label: pathLabel(moving ?? last),
  };
  if (moving !== undefined) return inMotion(drawn, moving);
  const resting = restingWith(state, link);
  if (resting !== undefined) return atRest(state, drawn, resting, name);
  if (last?.phase === "done") return said({ ...drawn, tone: "good" }, delivered(last, name));
  if (last?.phase === "asking") return said(drawn, say.line.offered(last.title, name));
  if (last?.phase === "declined" && last.direction === "send") return said(drawn, say.line.declined(last.title, name));
  if (last?.phase === "failed" && last.problem !== null) return said({ ...drawn, tone: "bad" }, say.fate.problem(last, name) ?? problem(last.problem));
  if (link.mode === "code") return said(drawn, say.line.code(name));
  if (isVerifiedContact(link)) return said(drawn, say.line.contact(name));
  if (link.check === "verified") return said(drawn, say.line.verified(name));
  return said(drawn, link.contact === null ? say.line.unchecked(name) : say.line.pinned(name));
}

function inMotion(drawn: StageView, one: Transfer): StageView {
  const share = percent(one.done, one.total, one.phase === "saving");
  const rest = one.eta === null ? "" : `, ${say.transfers.left(one.eta)}`;
  const speed = one.rate > 0 ? `, ${say.transfers.rate(one.rate)}` : "";
  const how = one.phase === "saving" ? say.line.saving : `${share} %${speed}${rest}`;
  return {
    ...drawn,
    flow: one.direction === "send" ? "out" : "in",
    part: share / 100,
    message: `${say.line.subject(one.title)}: ${how}`,
    announcement: heard(one, share),
  };
}

/** In quarters; after a break first that it goes on, until the next quarter is full. */
function heard(one: Transfer, share: number): string {
  const quarter = (part: number): number => Math.floor(part / 25) * 25;
  const from = wentOnFrom(one);
  if (from !== null && quarter(share) === quarter(from)) return say.fate.wentOnTold(one.title, from);
  return say.transfers.quarter(say.line.subject(one.title), quarter(share));
}

/** The newest that waits for this person, or goes to the server or lies there for them. */
function restingWith(state: EngineState, link: Link): Transfer | undefined {
  return state.transfers.findLast((one) => one.peer.id === link.peer.id && isResting(one));
}

/** Nothing moves between the two. Said once: nothing in it counts. */
function atRest(state: EngineState, view: StageView, one: Transfer, name: string): StageView {
  const part = percent(one.done, one.total) / 100;
  const bare: StageView = { ...view, sealed: false, tone: "quiet", label: "", flow: one.direction === "send" ? "out" : "in" };
  switch (one.phase) {
    case "reconnecting":
      return said({ ...bare, look: "lost", part }, `${say.fate.lost} ${say.fate.lostKept}`);
    case "parking": // half way: the server lies between the two
      return said(
        { ...bare, look: "leaving", part: part / 2, label: say.path("store") },
        `${one.receivers === null ? sentence(say.fate.parking(name, view.look === "broken")) : say.fate.parkingShared} ${say.fate.parkingMeans}`,
      );
    default:
      return said({ ...bare, look: "left", part: 0.5, label: say.path("store") }, parked(one, name, stillComing(state)));
  }
}

/** Until when it lies there, and whether the page may be closed. */
export function parked({ receivers, expires }: Transfer, name: string, coming: boolean): string {
  return receivers === null ? say.fate.parkedMeans(name, expires, Date.now()) : say.fate.parkedShared(expires, Date.now(), coming);
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function closing(link: Link): string {
  if (link.check === "differ") return say.line.differ;
  return link.closed === null ? say.line.closed : problem(link.closed);
}

/** After everything arrived, going is no failure. */
function parting(link: Link, name: string): string {
  const code = link.closed?.code ?? "";
  return LEFT.has(code) ? say.line.hasLeft(name) : closing(link);
}

/** Whoever leaves after these left because of them. */
const NO_WAY: ReadonlySet<string> = new Set(["no_direct_path", "their_way"]);
const LEFT = new Set(["left", "closed", "vanished"]);

function pathLabel(one: Transfer | undefined): string {
  return one?.path == null ? "" : say.path(one.path);
}

function said(view: StageView, message: string): StageView {
  return { ...view, message, announcement: message };
}
