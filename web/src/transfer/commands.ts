/** What the page can have the engine do: the contract of engine.ts, as seen from ui/. */
import type { Reason } from "../wire/reports.ts";
import type { EngineState, OutgoingItem, Problem, Role, Route } from "./state.ts";

export interface Engine {
  /** Svelte store contract: calls back at once and after each change (at most ~10 Hz for progress). */
  subscribe(run: (state: EngineState) => void): () => void;
  join(name: string, role: Role): Promise<void>;
  leave(): Promise<void>;
  /** Makes a room others can join by link; the link appears in `roomLink`. */
  makeRoom(): Promise<void>;
  connect(peer: string): Promise<void>;
  cancelConnect(): Promise<void>;
  answerRequest(request: string, accept: boolean): Promise<void>;
  /** Sender: make a code; it appears in `code`. `name` is used by somebody who has not joined, as in `useCode`. */
  showCode(words?: number, name?: string | null, receivers?: number): Promise<void>;
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
  /** Goes on with an interrupted transfer; it moves to `transfers`. `items`: the same files again, if it needs them. */
  resume(interrupted: string, items?: readonly OutgoingItem[], into?: FileSystemDirectoryHandle | FileSystemFileHandle, name?: string | null): string;
  /** Forgets an interrupted transfer, and what had arrived of it. */
  discard(interrupted: string): Promise<Problem | null>;
  /** Puts what an ongoing transfer of ours still lacks on the server now, so that this page may be closed. */
  leaveOnServer(transfer: string): void;
  setRoute(route: Route): void;

  // --- accounts: what goes wrong comes back, null means done ---
  /** `invite`: the code of an invitation, where the server wants one. */
  createAccount(name: string, password: string, vault: boolean, invite: string | null): Promise<Problem | null>;
  signIn(name: string, password: string): Promise<Problem | null>;
  signOut(): Promise<Problem | null>;
  /** The 24 words of this identity; [] without keys. */
  recoveryWords(): Promise<readonly string[]>;
  /** Signed in, but the keys are not here: bring them with the 24 words. */
  restoreKeys(words: string): Promise<Problem | null>;
  /** Nobody signed in: name, the 24 words and a new password. */
  recover(name: string, words: string, password: string): Promise<Problem | null>;
  changePassword(old: string, password: string): Promise<Problem | null>;
  setVault(password: string, vault: boolean): Promise<Problem | null>;
  /** Start over with new keys: everything sealed for the old ones is gone. */
  newKeys(password: string): Promise<Problem | null>;
  deleteAccount(password: string): Promise<Problem | null>;
  sessions(): Promise<readonly { id: string; label: string; kind: "cookie" | "token"; lastUsed: number; current: boolean }[]>;
  endSession(id: string): Promise<Problem | null>;

  // --- contacts ---
  requestKeys(name: string): Promise<Problem | null>;
  answerKeys(request: string, accept: boolean): Promise<Problem | null>;
  withdrawKeys(request: string): Promise<Problem | null>;
  /** The person compared the safety number (of the offered keys, if they changed, which accepts those). */
  verifyContact(name: string): Promise<Problem | null>;
  removeContact(name: string): Promise<Problem | null>;

  // --- stored files; uploads and downloads appear in `transfers` with path "store" ---
  upload(items: readonly OutgoingItem[], to: readonly string[], expires: number | null): string;
  uploadText(text: string, to: readonly string[], expires: number | null): string;
  update(file: string, items: readonly OutgoingItem[]): string;
  /** `version` null: the current one. `into` only from a click. */
  download(file: string, version: number | null, into?: FileSystemDirectoryHandle | FileSystemFileHandle): string;
  loadHistory(file: string): Promise<Problem | null>;
  restore(file: string, version: number): string;
  share(file: string, name: string): Promise<Problem | null>;
  unshare(file: string, name: string): Promise<Problem | null>;
  makeLink(file: string, wish: { expires: number | null; downloads: number | null; password: string }): Promise<Problem | null>;
  revokeLink(file: string, link: string): Promise<Problem | null>;
  setExpiry(file: string, expires: number | null): Promise<Problem | null>;
  deleteFile(file: string): Promise<Problem | null>;
  /** Gives up what is arriving of one's own file and nobody here uploads; completed versions stay. */
  abandonUpload(file: string): Promise<Problem | null>;
  refreshFiles(): Promise<Problem | null>;

  // --- a link page ---
  openLink(password: string): Promise<Problem | null>;
  /** Tells whoever runs the server that what this link leads to should not be there. */
  reportLink(reason: Reason, text: string): Promise<Problem | null>;
  downloadLink(into?: FileSystemDirectoryHandle | FileSystemFileHandle): string;
}
