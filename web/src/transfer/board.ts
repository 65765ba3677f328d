/** What the page shows besides its transfers: one state, changed in pieces, told to the page when it changed. */
import { cryptography } from "../crypto_engine.ts";
import type { StoreKind } from "../files/stores.ts";
import type { FromWorker, Snapshot, TransferSnapshot } from "./bridge.ts";
import { withOnline } from "./faces.ts";
import { NO_ACCOUNT } from "./nobody.ts";
import { problem, problemOf } from "./problem.ts";
import { theirProblem } from "./theirs.ts";
import type { CodeEnd, Link, Person } from "./state.ts";

export type BoardState = Omit<Snapshot, "transfers">;

/** Progress is told at most this often; everything else at once. */
const SOON_MILLISECONDS = 100;
const PAYING_MILLISECONDS = 1_000;

export class Board {
  state: BoardState;
  private readonly post: (message: FromWorker) => void;
  private readonly transfers: () => readonly TransferSnapshot[];
  private telling: ReturnType<typeof setTimeout> | null = null;
  private tellingSoon = false;
  private toll: ReturnType<typeof setTimeout> | null = null;

  constructor(
    canPickFolder: boolean,
    stores: StoreKind,
    post: (message: FromWorker) => void,
    transfers: () => readonly TransferSnapshot[],
  ) {
    this.state = firstState(canPickFolder, stores);
    this.post = post;
    this.transfers = transfers;
  }

  /** What went wrong and belongs to no transfer. */
  notice(code: string, who?: Person): void {
    this.set({ notice: who !== undefined && code === "declined" ? theirProblem(code, who, "send") : problem(code) });
  }

  setCode(phase: "showing" | "meeting" | "used"): void {
    if (this.state.code !== null) this.set({ code: { ...this.state.code, phase } });
  }

  /** The shown code is good no more. */
  closeCode(ended: CodeEnd): void {
    if (this.state.code !== null) this.set({ code: { ...this.state.code, phase: "closed", ended } });
  }

  setLink(change: Partial<NonNullable<BoardState["link"]>>): void {
    if (this.state.link !== null) this.set({ link: { ...this.state.link, ...change } });
  }

  /** The server's challenge is being solved: said once that takes more than a moment, until it is over. */
  readonly paying = (under: boolean): void => {
    if (this.toll !== null) clearTimeout(this.toll);
    this.toll = under ? setTimeout(() => { this.notice("no_robot"); }, PAYING_MILLISECONDS) : null;
    if (!under && this.state.notice?.code === "no_robot") this.set({ notice: null });
  };

  set(change: Partial<BoardState>): void {
    this.state = { ...this.state, ...change };
    this.tell(false);
  }

  /** Tells the page: at once, or `soon` for what may change a thousand times a second. */
  tell(soon: boolean): void {
    if (this.telling !== null) {
      if (soon || !this.tellingSoon) return;
      clearTimeout(this.telling);
    }
    this.tellingSoon = soon;
    this.telling = setTimeout(
      () => {
        this.telling = null;
        const contacts = withOnline(this.state.contacts, this.state.peers);
        this.post({ type: "state", state: { ...this.state, contacts, transfers: this.transfers() } });
      },
      soon ? SOON_MILLISECONDS : 0,
    );
  }

  /** As `notice`, of an error. */
  failed(error: unknown): void {
    this.set({ notice: problemOf(error) });
  }
}

function firstState(canPickFolder: boolean, stores: StoreKind): BoardState {
  return {
    surroundings: {
      secureContext: isSecureContext,
      crypto: cryptography(),
      save: stores.kind,
      canPickFolder,
      saveLimit: stores.limit,
      shareable: null,
      version: "",
    },
    ...NO_ACCOUNT,
    connection: "connecting",
    me: null,
    listed: false,
    lobby: { kind: "none", reason: null },
    roomLink: null,
    peers: [],
    asking: null,
    requests: [],
    link: null,
    code: null,
    interrupted: [],
    route: "auto",
    notice: null,
  };
}

/** How a link with somebody begins. */
export function newLink(phase: "meeting" | "handshake", peer: Person, mode: Link["mode"], verified = false): Link {
  return { phase, peer, mode, words: null, check: verified ? "verified" : "unchecked", thirdParty: false, contact: null, closed: null };
}
