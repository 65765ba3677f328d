/** Stored files, their versions, uploads, recipients and links as they stand in JSON (docs/api.md). */
import { BUNDLE, NAME, TIME } from "./accounts.ts";
import type { Bytes } from "./encoding.ts";
import * as f from "./fields.ts";
import * as limits from "./limits.ts";

export type VersionState = "arriving" | "committed";
export type Purpose = "upload" | "download";
export type NewsTopic = "exchanges" | "files" | "contacts" | "account";

/** A file key wrapped for one account (protocol.md §12.2). */
export interface RecipientWrap {
  readonly name: string;
  readonly wrap: Bytes;
}

/** A file key wrapped for one link (§14). */
export interface LinkWrap {
  readonly link: string;
  readonly wrap: Bytes;
}

/** The file key of one version, named by its upload, wrapped for whoever the request is about. */
export interface UploadWrap {
  readonly upload: string;
  readonly wrap: Bytes;
}

/** Sealed bytes of both streams, records with their overhead. */
export interface SealedSizes {
  readonly manifestBytes: number;
  readonly contentBytes: number;
}

/** The start of an upload: heads and sizes, exact unless `open`, then what is reserved so far. `wrap`: the owner's own. */
export interface NewVersion extends SealedSizes {
  readonly upload: string;
  readonly version: number;
  readonly opening: Bytes;
  readonly card: Bytes;
  readonly recordSize: number;
  readonly open: boolean;
  readonly wrap: Bytes;
}

/** A new stored file: its first version, for whom, until when (ms, null: as long as the server keeps files). */
export interface NewFile {
  readonly id: string;
  readonly access: Bytes;
  readonly recipients: readonly RecipientWrap[];
  readonly version: NewVersion;
  readonly expires: number | null;
}

/** A new version of a file, wrapped for everybody on the access list. */
export interface NewFileVersion {
  readonly version: NewVersion;
  readonly access: Bytes;
  readonly recipients: readonly RecipientWrap[];
  readonly links: readonly LinkWrap[];
}

/** Opens the chunks of one upload, in one direction, until `expires` (ms); ask again for more. */
export interface StoreTicket {
  readonly ticket: string;
  readonly expires: number;
}

/** What the ticket is for. */
export interface AskStoreTicket {
  readonly purpose: Purpose;
}

/** Chunks from `first` to `last`, both included. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

/** How far an upload is: which chunks the server holds. */
export interface Upload extends SealedSizes {
  readonly file: string;
  readonly version: number;
  readonly state: VersionState;
  readonly manifest: readonly Range[];
  readonly content: readonly Range[];
}

/** The end of an upload: the closing head and the exact sizes. */
export interface Commit extends SealedSizes {
  readonly closing: Bytes;
}

/**
 * One version as its reader sees it. `wrap` is the reader's own, null if this version was never theirs.
 * `kept`: the records are still there; the heads are kept as long as the file is.
 */
export interface Version extends SealedSizes {
  readonly upload: string;
  readonly version: number;
  readonly state: VersionState;
  readonly opening: Bytes;
  readonly closing: Bytes | null;
  readonly card: Bytes;
  readonly recordSize: number;
  readonly kept: boolean;
  readonly created: number;
  readonly committed: number | null;
  readonly wrap: Bytes | null;
}

/** A link as its owner sees it. `secret` is sealed for the owner (92 B). */
export interface LinkRow {
  readonly id: string;
  readonly secret: Bytes;
  readonly password: boolean;
  readonly expires: number | null;
  readonly downloads: number | null;
  readonly used: number;
  readonly created: number;
}

/** A stored file. `recipients` and `links` only for its owner; `current` null until the first commit. */
export interface StoredFile {
  readonly id: string;
  readonly owner: string;
  readonly mine: boolean;
  readonly access: Bytes;
  readonly current: Version | null;
  readonly arriving: Version | null;
  readonly recipients: readonly string[] | null;
  readonly links: readonly LinkRow[] | null;
  readonly expires: number | null;
  readonly created: number;
}

/** A page of them, newest change first; `next` continues. */
export interface StoredFiles {
  readonly files: readonly StoredFile[];
  readonly next: string | null;
}

/** All versions of a file, oldest first; `next` continues. */
export interface Versions {
  readonly versions: readonly Version[];
  readonly next: string | null;
}

/** What of a file may change without a new version. */
export interface ChangeFile {
  readonly expires: number | null;
}

/** Give a recipient these versions; `access` is the new signed list. */
export interface Share {
  readonly access: Bytes;
  readonly wraps: readonly UploadWrap[];
}

/** The new signed access list; null if a recipient leaves a file themselves. */
export interface Revoke {
  readonly access: Bytes | null;
}

/** Whether one takes the files of the account `name`: any of them, or none. */
export interface SetSender {
  readonly name: string;
  readonly wanted: boolean;
}

/** A link: `tokenHash` (32 B) for the server, `secret` sealed for the owner, until when, how many downloads. */
export interface NewLink {
  readonly link: string;
  readonly tokenHash: Bytes;
  readonly secret: Bytes;
  readonly password: boolean;
  readonly wraps: readonly UploadWrap[];
  readonly access: Bytes;
  readonly expires: number | null;
  readonly downloads: number | null;
}

/** What a link's page may know before the token: whether a password belongs to it. */
export interface LinkAsk {
  readonly password: boolean;
}

/** The proof of having the whole link (and its password). */
export interface LinkToken {
  readonly token: Bytes;
}

/** What a link opens: the file's current version and its owner. `version.wrap` is the link's. */
export interface LinkFile {
  readonly file: string;
  readonly owner: string;
  readonly bundle: Bytes;
  readonly version: Version;
  readonly expires: number | null;
  readonly left: number | null;
}

/** The receiver holds and has verified everything: the download counts. */
export interface Confirm {
  readonly ticket: string;
}

/** What has changed since. Ask again from `at`. */
export interface News {
  readonly at: number;
  readonly changed: readonly NewsTopic[];
}

const VERSION_NUMBER = f.integer(1);
const RECORD_SIZE = f.integer(limits.RECORD_SIZE_MIN, limits.RECORD_SIZE_MAX);
const SEALED_BYTES = f.integer(limits.RECORD_OVERHEAD);
const OPENING = f.octets(1, limits.OPENING_MAX_BYTES);
const CLOSING = f.octets(1, limits.CLOSING_MAX_BYTES);
const CARD = f.octets(limits.RECORD_OVERHEAD, limits.CARD_MAX_BYTES);
const ACCESS = f.octets(1, limits.ACCESS_MAX_BYTES);
const WRAP = f.octets(limits.LINK_WRAP_BYTES, limits.WRAP_BYTES);
const STATE = f.oneOf("arriving", "committed");
const EXPIRES = f.nullable(TIME);
const DOWNLOADS = f.nullable(f.integer(1, 1_000_000));
const LINK_SECRET = f.octets(limits.LINK_SECRET_BYTES);
const RECIPIENTS = f.array(f.record<RecipientWrap>({ name: NAME, wrap: WRAP }), limits.RECIPIENTS_MAX);
const UPLOAD_WRAPS = f.array(f.record<UploadWrap>({ upload: f.ID, wrap: WRAP }), 64);
const SIZES = { manifestBytes: SEALED_BYTES, contentBytes: SEALED_BYTES };
const NEXT = f.nullable(f.text(1, 200));
const NEW_VERSION = f.record<NewVersion>({
  upload: f.ID,
  version: VERSION_NUMBER,
  opening: OPENING,
  card: CARD,
  recordSize: RECORD_SIZE,
  ...SIZES,
  open: f.BOOLEAN,
  wrap: WRAP,
});

export const NEW_FILE = f.record<NewFile>({
  id: f.ID, access: ACCESS, recipients: RECIPIENTS, version: NEW_VERSION, expires: EXPIRES,
});
export const NEW_FILE_VERSION = f.record<NewFileVersion>({
  version: NEW_VERSION,
  access: ACCESS,
  recipients: RECIPIENTS,
  links: f.array(f.record<LinkWrap>({ link: f.ID, wrap: WRAP }), limits.LINKS_MAX),
});
export const STORE_TICKET = f.record<StoreTicket>({ ticket: f.token(limits.TICKET_BYTES), expires: TIME });
export const ASK_STORE_TICKET = f.record<AskStoreTicket>({ purpose: f.oneOf("upload", "download") });
const RANGES = f.array(f.record<Range>({ first: f.integer(0), last: f.integer(0) }));
export const UPLOAD = f.record<Upload>({
  file: f.ID, version: VERSION_NUMBER, state: STATE, ...SIZES, manifest: RANGES, content: RANGES,
});
export const RESERVE = f.record<SealedSizes>(SIZES);
export const COMMIT = f.record<Commit>({ closing: CLOSING, ...SIZES });
export const VERSION = f.record<Version>({
  upload: f.ID,
  version: VERSION_NUMBER,
  state: STATE,
  opening: OPENING,
  closing: f.nullable(CLOSING),
  card: CARD,
  recordSize: RECORD_SIZE,
  ...SIZES,
  kept: f.BOOLEAN,
  created: TIME,
  committed: f.nullable(TIME),
  wrap: f.nullable(WRAP),
});
const LINK = f.record<LinkRow>({
  id: f.ID,
  secret: LINK_SECRET,
  password: f.BOOLEAN,
  expires: EXPIRES,
  downloads: DOWNLOADS,
  used: f.integer(0),
  created: TIME,
});
export const FILE = f.record<StoredFile>({
  id: f.ID,
  owner: NAME,
  mine: f.BOOLEAN,
  access: ACCESS,
  current: f.nullable(VERSION),
  arriving: f.nullable(VERSION),
  recipients: f.nullable(f.array(NAME)),
  links: f.nullable(f.array(LINK)),
  expires: EXPIRES,
  created: TIME,
});
export const FILES = f.record<StoredFiles>({ files: f.array(FILE), next: NEXT });
export const VERSIONS = f.record<Versions>({ versions: f.array(VERSION), next: NEXT });
export const CHANGE_FILE = f.record<ChangeFile>({ expires: EXPIRES });
export const SHARE = f.record<Share>({ access: ACCESS, wraps: UPLOAD_WRAPS });
export const REVOKE = f.record<Revoke>({ access: f.nullable(ACCESS) });
export const SET_SENDER = f.record<SetSender>({ name: NAME, wanted: f.BOOLEAN });
export const NEW_LINK = f.record<NewLink>({
  link: f.ID,
  tokenHash: f.octets(32),
  secret: LINK_SECRET,
  password: f.BOOLEAN,
  wraps: UPLOAD_WRAPS,
  access: ACCESS,
  expires: EXPIRES,
  downloads: DOWNLOADS,
});
export const LINK_ASK = f.record<LinkAsk>({ password: f.BOOLEAN });
export const LINK_TOKEN = f.record<LinkToken>({ token: f.octets(limits.LINK_TOKEN_BYTES) });
export const LINK_FILE = f.record<LinkFile>({
  file: f.ID, owner: NAME, bundle: BUNDLE, version: VERSION, expires: EXPIRES, left: f.nullable(f.integer(0)),
});
export const CONFIRM = f.record<Confirm>({ ticket: f.token(limits.TICKET_BYTES) });
export const NEWS = f.record<News>({
  at: f.integer(0), changed: f.array(f.oneOf("exchanges", "files", "contacts", "account"), 4),
});
