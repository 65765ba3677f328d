/** Sample breaks, parks, unfinished transfers, ways and codes for several people; nothing here is shipped. */
import type { CodeState, EngineState, Interrupted, Link, Transfer } from "../../src/transfer/state.ts";

const HOUR = 3_600_000;
const NOW = Date.now();
const NEXT_WEEK = new Date(NOW + 3 * 24 * HOUR).setHours(14, 0, 0, 0);

interface Cast {
  readonly sender: EngineState; // signed on, Bob there, words compared
  readonly receiver: EngineState; // Bob's page, Alice there
  readonly nobody: EngineState; // a page just opened
  readonly link: Link; // of the sender
  readonly photo: Transfer; // Alice sends it, it moves
  readonly slip: CodeState;
}

const unfinished = (title: string, seed: number, rest: Partial<Interrupted> = {}): Interrupted => ({
  id: `i${String(seed)}`, kind: "receive", title, peer: "Bob", done: 5_640_000_000, total: 6_000_000_000, needsFiles: false, since: NOW - seed * 5 * HOUR, ...rest,
});
const arriving = unfinished("photo.iso", 1);
const film = unfinished("film.mp4", 2, { kind: "send", done: 1_240_000_000, total: 2_000_000_000, needsFiles: true });
const folder = unfinished("Holiday (300 files)", 3, { kind: "send", done: 340_000_000, total: 812_000_000, needsFiles: true, peer: "Zoë" });
const mixed = unfinished("Holiday and 2 more", 4, { kind: "send", done: 90_000_000, total: 812_000_000, needsFiles: true });
const begun = unfinished("notes.txt", 5, { done: 0, total: null, peer: "" });
const rest: readonly Interrupted[] = [
  unfinished("talk.mp4", 9, { kind: "upload", peer: "" }), unfinished("contract.pdf", 12, { kind: "download", peer: "carol", done: 12_000 , total: 1_200_000 }),
];
const evil = "<img src=x onerror=alert(1)>\u202egnp.exe";

/** The states of breaks and what comes of them. */
export function fateSamples({ sender, receiver, nobody, link, photo, slip }: Cast): Record<string, EngineState> {
  const iso: Transfer = {
    ...photo, title: "photo.iso", files: [], total: 6_000_000_000, done: 5_640_000_000, rate: 41_000_000, eta: 9, path: "direct",
  };
  const still = { rate: 0, eta: null };
  const sends = (one: Partial<Transfer>, more: Partial<EngineState> = {}): EngineState => ({ ...sender, transfers: [{ ...iso, ...one }], ...more });
  const gets = (one: Partial<Transfer>): EngineState => ({
    ...receiver, transfers: [{ ...iso, direction: "receive", peer: receiver.link?.peer ?? iso.peer, ...one }],
  });
  const gone = { ...link, phase: "closed", closed: { code: "left", message: "Bob left.", hint: "", retryable: true } } as const;
  const three = { done: 2, of: 3 };
  const code: CodeState = { ...slip, receivers: 3, used: 2 };
  const ended = { code: "no_direct_path", message: "No direct path to the other side could be found.", hint: "", retryable: true };
  return {
    "long-send": sends({}),
    "direct-done": sends({ phase: "done", done: 6_000_000_000, ...still, seconds: 140 }),
    "reconnecting": sends({ phase: "reconnecting", ...still }),
    "reconnecting-receiver": gets({ phase: "reconnecting", ...still }),
    "went-on": sends({ resumedFrom: 5_640_000_000, done: 5_700_000_000, path: "relay" }),
    "went-on-done": sends({ phase: "done", resumedFrom: 5_640_000_000, done: 6_000_000_000, ...still, seconds: 9.4, path: "relay" }),
    "parking": sends({ phase: "parking", path: "store", rate: 22_000_000, eta: 12 }, { link: gone, peers: [] }),
    "parked": sends({ phase: "parked", path: "store", ...still, expires: NEXT_WEEK }, { link: gone, peers: [] }),
    "receivers": sends({ receivers: three, total: 24_100_000, done: 18_000_000, title: "photo.jpg" }, { link: { ...link, mode: "code", words: null }, code }),
    "receivers-parking": sends({ receivers: { done: 0, of: 3 }, phase: "parking", path: "store", rate: 22_000_000, eta: 12 }, { link: { ...link, mode: "code", words: null }, code }),
    "receivers-parked": sends({ receivers: three, phase: "parked", path: "store", ...still, expires: NEXT_WEEK }, { code: { ...code, phase: "used", used: 3 } }),
    "receivers-parked-early": sends({ receivers: { done: 0, of: 3 }, phase: "parked", path: "store", ...still, expires: NEXT_WEEK }, { code }),
    "receivers-done": sends({ receivers: { done: 3, of: 3 }, phase: "done", done: 6_000_000_000, ...still, seconds: 80, path: "relay" }),
    "receivers-one-failed": sends({
      receivers: three, phase: "done", done: 6_000_000_000, ...still, seconds: 80, path: "relay",
      problem: { code: "vanished", message: "Carol fell silent and has 40 % of it.", hint: "Send it to Carol again; the others have all of it.", retryable: true },
    }),
    "no-direct-path": sends({ phase: "failed", done: 0, ...still, path: null, problem: ended }, { route: "direct" }),
    "source-changed": sends({ phase: "failed", ...still, problem: { ...ended, code: "source_changed" } }),
    "parking-closed": sends({ phase: "failed", ...still, problem: { ...ended, code: "parking_closed" } }, { link: gone }),
    "forgotten": sends({ phase: "failed", ...still, problem: { ...ended, code: "not_found" } }),
    "interrupted": { ...nobody, interrupted: [arriving] },
    "interrupted-joined": { ...sender, link: null, interrupted: [film] },
    "interrupted-folder": { ...nobody, interrupted: [folder, mixed] },
    "interrupted-several": { ...nobody, interrupted: [arriving, film, folder, mixed, begun, ...rest] },
    "interrupted-other-files": {
      ...nobody, interrupted: [film], notice: { code: "other_files", message: "These are not the files of “film.mp4”.", hint: "Choose the same ones, unchanged.", retryable: true },
    },
    "interrupted-now": {
      ...sender, link: { ...gone, closed: { ...gone.closed, code: "vanished", message: "Bob fell silent." } }, interrupted: [{ ...film, id: "t1", needsFiles: false }],
      transfers: [{ ...iso, phase: "failed", ...still, problem: { code: "stream_cut", message: "The connection broke again and again.", hint: "Check the network, then go on with it.", retryable: true } }],
    },
    "interrupted-hostile": { ...nobody, interrupted: [unfinished(evil, 1, { peer: evil }), unfinished("W".repeat(255), 2, { kind: "send", needsFiles: true, peer: "ا".repeat(200) })] },
    "resumed-waiting": {
      ...nobody, link: { ...link, phase: "meeting" }, me: sender.me, transfers: [{ ...iso, direction: "receive", phase: "reconnecting", ...still, path: null }],
    },
    "resumed-stored": {
      ...nobody, link: { ...link, phase: "meeting" }, me: receiver.me,
      transfers: [{ ...iso, direction: "receive", path: "store", resumedFrom: 2_400_000_000, done: 3_000_000_000 }],
    },
    "direct-only": { ...sender, route: "direct" },
    "code-several": { ...sender, link: null, listed: false, code: { ...code, used: 0 } },
    "code-several-used": { ...sender, link: { ...link, mode: "code", words: null }, code: { ...code, used: 2 } },
    "code-several-guessed": { ...sender, link: null, listed: false, code: { ...code, phase: "closed", ended: "wrong_code", used: 1 } },
  };
}
