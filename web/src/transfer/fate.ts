/** How one transfer ended: as its line shows it, and as the other side is told. */
import { Interrupted, PeersealError } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { Line } from "./ledger.ts";
import type { LinkPassage } from "./link_passage.ts";
import { problemOf } from "./problem.ts";
import { StoppedByPeer, theirProblem } from "./theirs.ts";

/** Codes of a cancel that only say that it broke: what their path did is no decision of theirs, so it can be gone on with. */
const BROKEN = new Set(["stream_cut", "interrupted", "not_found"]);

/** What a code of this side means to the other one: what a page without https cannot keep is want of room there. */
const MEANS: Readonly<Record<string, string>> = { too_large_here: "no_space", vanished: "stream_cut" };

/** The code of what was raised, "failed" if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof PeersealError ? error.code : "failed";
}

/** Why a transfer of ours stops that the peer ended with this code. */
export function stoppedBy(code: string): PeersealError {
  return BROKEN.has(code) ? new Interrupted("", { code, retryable: true }) : new StoppedByPeer("", { code });
}

/** Shows on the line what ended it. */
export function show(line: Line, error: unknown): void {
  const code = codeOf(error);
  const { peer, direction } = line.snapshot;
  const said = error instanceof StoppedByPeer ? theirProblem(code, peer, direction) : null;
  if (code === "declined") line.ended("declined", said);
  else if (code === "cancelled") line.ended("cancelled", said);
  else line.ended("failed", said ?? problemOf(error));
}

/** Tells the peer that a transfer is over here; nothing is said about one that is over for both. */
export async function tell(passage: LinkPassage, id: Bytes, code: string): Promise<void> {
  await passage
    .step(async (session) => {
      if (code === "declined") await session.answer(id, false, code).catch(() => undefined);
      await session.cancel(id, MEANS[code] ?? code);
    })
    .catch(() => undefined);
}
