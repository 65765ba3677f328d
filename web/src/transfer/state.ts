/** What the page shows: one immutable snapshot, made by the engine, drawn by ui/. No logic here. */

export type Role = "sender" | "receiver";

export interface Person {
  readonly id: string;
  readonly tag: string; // "1a2b", tells two of one name apart
  readonly name: string;
  readonly role: Role;
  readonly account: string | null; // the account the server says they are signed in to; null: a guest
}

/** What this person's contact book says of somebody: keys seen in an exchange, or compared by the person. */
export type Trust = "pinned" | "verified";

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
  readonly contact: { readonly name: string; readonly trust: Trust } | null; // the peer proved to be this contact; verified needs no words
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
  readonly receivers: number; // how many may use it, normally 1
  readonly used: number; // how many have
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
  | "reconnecting" // the other side or the server is out of reach; goes on by itself when it is back
  | "parking" // ours: the other side left; the rest goes to the server
  | "parked" // ours: everything they miss lies on the server, this page may be closed; see `expires`
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
  readonly resumedFrom: number | null; // bytes that were there already when it went on, null: from the start
  readonly expires: number | null; // ms; in phase "parked": how long the server keeps it
  readonly receivers: { readonly done: number; readonly of: number } | null; // ours to several: how many hold all of it
  readonly text: string | null; // a received or sent message
  readonly problem: Problem | null;
}

/** A transfer that an earlier visit (or this one) left unfinished and that can go on. */
export interface Interrupted {
  readonly id: string;
  readonly kind: "send" | "receive" | "upload" | "download";
  readonly title: string;
  readonly peer: string; // name; "" if nobody in particular
  readonly done: number; // bytes
  readonly total: number | null;
  readonly needsFiles: boolean; // ours: the person has to choose the same files again
  readonly since: number; // ms, when it began
}

/** Which way live records may take; the person's choice, remembered by this browser. */
export type Route = "auto" | "direct" | "relay";

/** The signed-in account, as this page knows it. */
export interface Account {
  readonly name: string;
  readonly fingerprint: string; // hex, for the mark; "" without keys
  readonly keys: "here" | "missing"; // missing: no vault, this browser needs the 24 words
  readonly vault: boolean; // the server keeps the keys, wrapped by the password
  readonly used: number; // bytes
  readonly quota: number;
  readonly wordsShown: boolean; // the 24 words were shown once on this device
}

export interface Contact {
  readonly name: string;
  readonly trust: Trust;
  readonly changed: boolean; // the server now shows other keys for this name: nothing is sealed for them
  readonly fingerprint: string; // hex, for the mark
  readonly safetyNumber: string; // 60 digits
  readonly offered: { readonly fingerprint: string; readonly safetyNumber: string } | null; // the other keys, if changed
  readonly online: boolean; // listed among the peers right now
  readonly since: number; // ms
}

export interface KeyRequest {
  readonly id: string;
  readonly peer: string; // account name
  readonly direction: "in" | "out";
  readonly state: "pending" | "accepted" | "declined";
  readonly created: number; // ms
  readonly safetyNumber: string | null; // ours and waiting: 60 digits the peer may be asked to compare; null: their keys are not known
}

export interface StoredVersion {
  readonly version: number;
  readonly title: string;
  readonly bytes: number | null;
  readonly files: number;
  readonly committed: number | null; // ms
  readonly kept: boolean; // can still be downloaded and restored
  readonly readable: boolean; // this person has its key
  readonly problem: Problem | null; // the heads do not hold
}

export interface StoredLink {
  readonly id: string;
  readonly address: string; // the whole link, secret included
  readonly password: boolean;
  readonly expires: number | null; // ms
  readonly downloads: number | null;
  readonly used: number;
}

/** A stored file as this person may trust it. */
export interface StoredFile {
  readonly id: string;
  readonly mine: boolean;
  readonly owner: string; // account name
  readonly ownerTrust: Trust | "unknown"; // "unknown" is never openable
  readonly title: string; // "" if it cannot be opened
  readonly files: number;
  readonly bytes: number | null;
  readonly text: boolean;
  readonly version: number; // 0: nothing committed yet
  readonly changed: number; // ms of the last commit
  readonly arriving: boolean; // an upload (first or next version) is under way
  readonly recipients: readonly string[]; // only mine
  readonly links: readonly StoredLink[]; // only mine
  readonly expires: number | null; // ms
  readonly history: readonly StoredVersion[] | null; // null until asked for (`loadHistory`)
  readonly transfer: string | null; // id of the upload or download in `transfers` that is about this file
  readonly problem: Problem | null; // swapped, rolled back, injected, rewritten: says which; nothing of it is opened
}

/** A link page (`/s/…`): somebody without an account opens what was left for them. */
export interface OpenedLink {
  readonly phase: "closed" | "password" | "opening" | "ready" | "moving" | "done" | "gone";
  readonly owner: string; // as the server says
  readonly ownerFingerprint: string; // hex, checked against the link
  readonly title: string;
  readonly files: readonly FileRow[]; // at most 50
  readonly fileCount: number;
  readonly bytes: number | null;
  readonly text: boolean;
  readonly expires: number | null;
  readonly left: number | null; // downloads left
  readonly transfer: string | null;
  readonly problem: Problem | null;
}

export interface EngineState {
  readonly surroundings: Surroundings;
  readonly registration: "open" | "invite" | "closed" | null; // null: not known yet
  readonly account: Account | null; // null: nobody is signed in (or not known yet, see `signingIn`)
  readonly signingIn: boolean; // true while the page finds out, or works on a password
  readonly contacts: readonly Contact[];
  readonly keyRequests: readonly KeyRequest[];
  readonly files: readonly StoredFile[] | null; // null: not loaded yet
  readonly opened: OpenedLink | null; // only on a link page
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
  readonly interrupted: readonly Interrupted[]; // newest first
  readonly route: Route;
  readonly notice: Problem | null; // last thing that went wrong and belongs to no transfer ("Bob said no.")
}

/** What the page gives to be sent or stored. */
export interface OutgoingItem {
  readonly path: string; // "Holiday/a.jpg"
  readonly file: File | null; // null: an empty directory
}
