/** What the page shows: one immutable snapshot, made by the engine, drawn by ui/. No logic here. */

export type Role = "sender" | "receiver";

export interface Person {
  readonly id: string;
  readonly tag: string; // "1a2b", tells two of one name apart
  readonly name: string;
  readonly role: Role;
}

export interface Problem {
  readonly code: string; // stable, see errors.ts
  readonly message: string; // for people: what happened
  readonly hint: string; // for people: what to do next, may be ""
  readonly retryable: boolean;
}

export type LobbyKind = "network" | "room" | "everyone" | "none";

/** What this browser offers here. `crypto: "javascript"` means an insecure page: show the banner. */
export interface Surroundings {
  readonly secureContext: boolean;
  readonly crypto: "webcrypto" | "javascript";
  readonly save: "opfs" | "service-worker" | "memory";
  readonly canPickFolder: boolean;
  readonly saveLimit: number | null; // bytes; null: no limit of ours
  readonly shareable: string | null; // where other devices can open this page; null: only this computer reaches the server
  readonly version: string;
}

export interface ConnectRequest {
  readonly id: string;
  readonly from: Person;
}

export type LinkPhase = "meeting" | "handshake" | "connected" | "closed";

export interface Link {
  readonly phase: LinkPhase;
  readonly peer: Person;
  readonly mode: "words" | "code";
  readonly words: readonly [string, string, string, string] | null; // words mode, after both confirmations
  readonly check: "unchecked" | "verified" | "differ"; // this side's person only
  readonly thirdParty: boolean; // the server says somebody else knocked
  readonly closed: Problem | null;
}

export type CodePhase = "showing" | "meeting" | "used" | "closed";

/** Why a shown code is good no more without having been used: a failed guess, the line to the server, its time. */
export type CodeEnd = "wrong_code" | "lost" | "expired";

export interface CodeState {
  readonly code: string; // "7-harbor-velvet"
  readonly link: string; // the address with #code=
  readonly phase: CodePhase;
  readonly ended: CodeEnd | null; // in phase "closed"
}

export interface FileRow {
  readonly path: string;
  readonly size: number | null; // null: not known yet
  readonly kind: "file" | "directory" | "text";
  readonly done: number; // bytes
}

export type TransferPhase =
  | "queued" // ours, behind another or waiting for the words check
  | "asking" // offered, the other has not answered
  | "asked" // theirs: waiting for our Accept or Decline
  | "moving"
  | "saving" // all bytes are here and verified; handing them to the browser's download
  | "done"
  | "declined"
  | "cancelled"
  | "failed";

export interface Transfer {
  readonly id: string;
  readonly direction: "send" | "receive";
  readonly peer: Person;
  readonly verified: boolean;
  readonly phase: TransferPhase;
  readonly title: string; // "photo.jpg", "Holiday (300 files)", "Holiday and 2 more", "A message"
  readonly fileCount: number;
  readonly files: readonly FileRow[]; // may be only the preview before acceptance
  readonly total: number | null; // bytes
  readonly done: number;
  readonly rate: number; // bytes per second, smoothed
  readonly eta: number | null; // seconds
  readonly path: "direct" | "relay" | "store" | null;
  readonly seconds: number | null; // how long it took, when done
  readonly text: string | null; // a received or sent message
  readonly problem: Problem | null;
}

export interface EngineState {
  readonly surroundings: Surroundings;
  readonly connection: "offline" | "connecting" | "online";
  readonly me: Person | null; // null: not joined
  readonly listed: boolean; // others can see this person; who only uses a code is here unlisted
  readonly lobby: { readonly kind: LobbyKind; readonly reason: string | null };
  readonly roomLink: string | null; // the link others can use to join this room
  readonly peers: readonly Person[];
  readonly asking: { readonly request: string; readonly peer: Person } | null; // our own Connect, not answered yet
  readonly requests: readonly ConnectRequest[]; // theirs, waiting for Accept or Decline
  readonly link: Link | null;
  readonly code: CodeState | null;
  readonly transfers: readonly Transfer[]; // newest last
  readonly notice: Problem | null; // last thing that went wrong and belongs to no transfer ("Bob said no.")
}

export interface Engine {
  /** Svelte store contract: calls back at once and after each change (at most ~10 Hz for progress). */
  subscribe(run: (state: EngineState) => void): () => void;
  join(name: string, role: Role): Promise<void>;
  leave(): Promise<void>;
  /** Make (or leave, with null) a room others can join by link; the link appears in `roomLink`. */
  makeRoom(): Promise<void>;
  connect(peer: string): Promise<void>;
  cancelConnect(): Promise<void>;
  answerRequest(request: string, accept: boolean): Promise<void>;
  /** Sender: make a code; it appears in `code`. `name` is used by somebody who has not joined, as in `useCode`. */
  showCode(words?: number, name?: string | null): Promise<void>;
  withdrawCode(): Promise<void>;
  /** Receiver: use a code somebody told us. */
  useCode(code: string, name?: string | null): Promise<void>;
  wordsMatch(): void;
  wordsDiffer(): void;
  disconnect(): Promise<void>;
  /** Files keep the relative paths given. Queued behind others; held until the words are checked (or `sendUnchecked`). */
  send(items: readonly OutgoingItem[]): string;
  sendText(text: string): string;
  /** Accept or decline an offer. `into` only from a click: a directory or file handle of the File System Access API. */
  answerOffer(transfer: string, accept: boolean, into?: FileSystemDirectoryHandle | FileSystemFileHandle): void;
  cancel(transfer: string): void;
  dismiss(transfer: string): void;
  dismissNotice(): void;
}

export interface OutgoingItem {
  readonly path: string; // "Holiday/a.jpg"
  readonly file: File | null; // null: an empty directory
}
