/** The page of a link: somebody without an account opens what was left for them. Nothing is asked before a click. */
import type { LinkAddress } from "../client/fragment.ts";
import { parseFragment } from "../crypto_engine.ts";
import type { StoreKind } from "../files/stores.ts";
import { NotFound, PeersealError, failure } from "../errors.ts";
import { ChunkStore } from "../transport/store.ts";
import { hexDecode, hexEncode } from "../wire/encoding.ts";
import type { Reason } from "../wire/reports.ts";
import { PREVIEW_MAX_ENTRIES } from "../wire/limits.ts";
import { storedProblem } from "./accusing.ts";
import type { Board } from "./board.ts";
import type { Actions, FromWorker, LinkCommandArgs, SaveInto } from "./bridge.ts";
import { LinkVisit, anonymous, type OpenedFile } from "./by_link.ts";
import { ManifestDown } from "./chunks_down.ts";
import { download } from "./download.ts";
import type { Errands } from "./errands.ts";
import { CLOSED_LINK } from "./nobody.ts";
import type { FileRow, OpenedLink, Problem } from "./state.ts";

/** A manifest of more chunks is not fetched only to be shown. */
const LISTED_CHUNKS = 1;
const CONFIRM_PAUSES = [1_000, 3_000, 10_000];

export class LinkPage implements Actions<LinkCommandArgs> {
  private readonly base: string;
  private readonly board: Board;
  private readonly stores: StoreKind;
  private readonly errands: Errands;
  private readonly post: (message: FromWorker) => void;
  private visit: LinkVisit | null = null;
  private opened: OpenedFile | null = null;

  constructor(base: string, board: Board, stores: StoreKind, errands: Errands, post: (message: FromWorker) => void) {
    this.base = base;
    this.board = board;
    this.stores = stores;
    this.errands = errands;
    this.post = post;
  }

  /** This page is a link's. */
  visitLink({ link, fragment }: LinkAddress): void {
    try {
      this.visit = new LinkVisit(this.base, { link: hexDecode(link), ...parseFragment(fragment) }, anonymous(this.base, this.board.paying));
      this.board.set({ opened: CLOSED_LINK });
    } catch {
      this.board.set({ opened: { ...CLOSED_LINK, phase: "gone" } });
    }
  }

  /** Looks inside; a link with a password says so first. */
  async openLink(password: string): Promise<Problem | null> {
    const { visit } = this;
    const before = this.board.state.opened;
    if (visit === null || before === null) return storedProblem(failure("not_found"));
    try {
      if (before.phase === "closed") {
        if (await visit.hasPassword()) {
          this.show({ phase: "password" });
          return null;
        }
      }
      this.opened = await visit.open(before.phase === "password" ? password : "");
      const files = await this.listed(visit, this.opened);
      this.show({ ...facts(this.opened), files, phase: "ready", problem: null });
      return null;
    } catch (error) {
      const problem = storedProblem(error);
      const gone = error instanceof NotFound && error.code !== "wrong_password";
      if (gone) this.show({ phase: "gone", problem: null });
      // What does not hold stays closed for good; what may pass, or was typed wrongly, can be tried again.
      else if (!problem.retryable && problem.code !== "wrong_password") this.show({ phase: "gone", problem });
      return gone ? null : problem;
    }
  }

  /** Whoever runs the server looks at what lies behind this link. */
  async reportLink(reason: Reason, text: string): Promise<Problem | null> {
    try {
      if (this.visit === null) throw failure("not_found");
      await this.visit.report(reason, text);
      return null;
    } catch (error) {
      return storedProblem(error);
    }
  }

  async downloadLink(transfer: string, into: SaveInto | null): Promise<void> {
    const { visit, opened } = this;
    if (visit === null || opened === null || this.board.state.opened?.phase === "moving") return;
    const { sealed } = opened;
    const { card, owner } = sealed;
    const name = this.board.state.opened?.title ?? "";
    const what = { id: transfer, direction: "receive", title: name, fileCount: card.files, total: card.bytes, text: null } as const;
    this.show({ phase: "moving", transfer, problem: null });
    const error = await this.errands.run({ ...what, who: owner.name, verified: false }, null, async (line, signal) => {
      const ears = { listed: line.files.bind(line), at: line.at.bind(line), saving: () => { line.set({ phase: "saving" }); } };
      const { delivery } = await download(sealed, visit.origin(sealed), { into, stores: this.stores }, ears, signal);
      for (const { name: file, blob } of delivery.downloads) this.post({ type: "save", name: file, blob });
      void confirmed(visit);
      return delivery.text;
    });
    const left = this.board.state.opened?.left ?? null;
    if (error === null) this.show({ phase: "done", left: left === null ? null : Math.max(0, left - 1) });
    else this.show({ phase: "ready", problem: stopped(error) ? null : storedProblem(error) });
  }

  /** What is in it, as far as that costs little. */
  private async listed(visit: LinkVisit, { sealed }: OpenedFile): Promise<readonly FileRow[]> {
    if (sealed.manifest.chunks > LISTED_CHUNKS) return [];
    const store = new ChunkStore(this.base, visit.origin(sealed).tickets, { signal: new AbortController().signal });
    const manifest = await ManifestDown.open(sealed, store);
    await manifest.head();
    return manifest.reader.entries.slice(0, PREVIEW_MAX_ENTRIES).map(({ path, size, kind }) => ({ path, size, kind, done: 0 }));
  }

  private show(change: Partial<OpenedLink>): void {
    const { opened } = this.board.state;
    if (opened !== null) this.board.set({ opened: { ...opened, ...change } });
  }
}

function facts({ sealed: { card, owner }, expires, left }: OpenedFile): Partial<OpenedLink> {
  return {
    owner: owner.name, ownerFingerprint: hexEncode(owner.bundle.fingerprint), title: card.title === "" && card.text ? "A message" : card.title,
    fileCount: card.files, bytes: card.bytes, text: card.text, expires, left,
  };
}

/** Tells the server that the download counts; if that cannot be said, the server counts by itself. */
async function confirmed(visit: LinkVisit): Promise<void> {
  for (const pause of [...CONFIRM_PAUSES, 0]) {
    try {
      await visit.confirm();
      return;
    } catch (error) {
      if (!(error instanceof PeersealError && error.retryable)) return;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function stopped(error: unknown): boolean {
  return error instanceof PeersealError && error.code === "cancelled";
}
