/** What the page and its worker say to each other: commands one way, snapshots and finished files the other. */
import type { LinkAddress } from "../client/fragment.ts";
import type { DirectCall } from "../transport/direct_messages.ts";
import type { Reason } from "../wire/reports.ts";
import type { Engine } from "./commands.ts";
import type { EngineState, FileRow, OutgoingItem, Problem, Role, Route, Transfer } from "./state.ts";

/** A transfer as the worker tells it: its file rows travel once, apart, because there may be very many. */
export type TransferSnapshot = Omit<Transfer, "files">;

/** Everything of `EngineState`, with transfers that carry no file rows. */
export type Snapshot = Omit<EngineState, "transfers"> & { readonly transfers: readonly TransferSnapshot[] };

/** The commands for being here and handing over live, by name, with their arguments. */
export interface LiveCommands {
  readonly join: [name: string, role: Role];
  readonly leave: [];
  readonly makeRoom: [];
  readonly enterRoom: [token: string];
  readonly rememberCode: [code: string];
  readonly connect: [peer: string];
  readonly cancelConnect: [];
  readonly answerRequest: [request: string, accept: boolean];
  readonly showCode: [words: number, name: string | null, receivers: number];
  readonly withdrawCode: [];
  readonly useCode: [code: string, name: string | null];
  readonly wordsMatch: [];
  readonly wordsDiffer: [];
  readonly disconnect: [];
  readonly send: [transfer: string, items: readonly OutgoingItem[]];
  readonly sendText: [transfer: string, text: string];
  readonly answerOffer: [transfer: string, accept: boolean, into: SaveInto | null];
  readonly cancel: [transfer: string];
  readonly dismiss: [transfer: string];
  readonly dismissNotice: [];
  readonly leaveOnServer: [transfer: string];
  readonly setRoute: [route: Route];
  readonly resume: [transfer: string, interrupted: string, items: readonly OutgoingItem[], into: SaveInto | null, name: string | null];
  readonly discard: [interrupted: string];
}

/** The commands about the account. */
export interface AccountCommandArgs {
  readonly createAccount: [name: string, password: string, vault: boolean, invite: string | null];
  readonly signIn: [name: string, password: string];
  readonly signOut: [];
  readonly recoveryWords: [];
  readonly restoreKeys: [words: string];
  readonly recover: [name: string, words: string, password: string];
  readonly changePassword: [old: string, password: string];
  readonly setVault: [password: string, vault: boolean];
  readonly newKeys: [password: string];
  readonly deleteAccount: [password: string];
  readonly sessions: [];
  readonly endSession: [id: string];
}

/** The commands about contacts. */
export interface ContactCommandArgs {
  readonly requestKeys: [name: string];
  readonly answerKeys: [request: string, accept: boolean];
  readonly withdrawKeys: [request: string];
  readonly verifyContact: [name: string];
  readonly removeContact: [name: string];
}

/** The commands about files kept on the server. `transfer` names what comes of them. */
export interface ShelfCommandArgs {
  readonly upload: [transfer: string, items: readonly OutgoingItem[], to: readonly string[], expires: number | null];
  readonly uploadText: [transfer: string, text: string, to: readonly string[], expires: number | null];
  readonly update: [transfer: string, file: string, items: readonly OutgoingItem[]];
  readonly restore: [transfer: string, file: string, version: number];
  readonly download: [transfer: string, file: string, version: number | null, into: SaveInto | null];
  readonly loadHistory: [file: string];
  readonly share: [file: string, name: string];
  readonly unshare: [file: string, name: string];
  readonly makeLink: [file: string, wish: Parameters<Engine["makeLink"]>[1]];
  readonly revokeLink: [file: string, link: string];
  readonly setExpiry: [file: string, expires: number | null];
  readonly deleteFile: [file: string];
  readonly abandonUpload: [file: string];
  readonly refreshFiles: [];
}

/** The commands about a link's page. */
export interface LinkCommandArgs {
  readonly visitLink: [address: LinkAddress];
  readonly openLink: [password: string];
  readonly reportLink: [reason: Reason, text: string];
  readonly downloadLink: [transfer: string, into: SaveInto | null];
}

/** Those of them that say what went wrong. */
type StoredTold =
  | Exclude<keyof ShelfCommandArgs, "upload" | "uploadText" | "update" | "restore" | "download">
  | "openLink"
  | "reportLink";

export interface Commands extends LiveCommands, AccountCommandArgs, ContactCommandArgs, ShelfCommandArgs, LinkCommandArgs {}

/** What a command gives: most of those about an account what went wrong, null if nothing did; live ones nothing. */
export interface Answers extends Record<Exclude<keyof AccountCommandArgs, "recoveryWords" | "sessions"> | keyof ContactCommandArgs | StoredTold | "discard", Problem | null> {
  readonly recoveryWords: readonly string[];
  readonly sessions: Awaited<ReturnType<Engine["sessions"]>>;
}

export type AnswerOf<Name extends CommandName> = Name extends keyof Answers ? Answers[Name] : void;

/** The commands that say what went wrong, or null. */
export type ToldCommand = { [Name in keyof Answers]: Answers[Name] extends Problem | null ? Name : never }[keyof Answers];

/** Who carries commands out, in the worker. */
export type Actions<Args extends Partial<Commands>> = {
  readonly [Name in keyof Args & CommandName]: (...args: Commands[Name]) => Promise<AnswerOf<Name>> | AnswerOf<Name>;
};

/** A place the person picked: only a click may open the picker, so the page brings the handle. */
export type SaveInto = FileSystemDirectoryHandle | FileSystemFileHandle;

export type CommandName = keyof Commands;

/** One command; `call` is echoed in `settled`. */
export type Command = {
  [Name in CommandName]: { readonly type: "command"; readonly call: number; readonly name: Name; readonly args: Commands[Name] };
}[CommandName];

export interface Start {
  readonly type: "start";
  /** Where the page lives, without a fragment, ending in "/": every address of the server is below it. */
  readonly base: string;
  readonly canPickFolder: boolean;
}

export type ToWorker = Start | Command;

export type FromWorker =
  | { readonly type: "state"; readonly state: Snapshot }
  /** The file rows of one transfer, whole; their `done` is derived from the transfer's. */
  | { readonly type: "files"; readonly transfer: string; readonly files: readonly FileRow[] }
  | { readonly type: "settled"; readonly call: number; readonly answer: unknown }
  /** A complete, verified file for the browser's download. */
  | { readonly type: "save"; readonly name: string; readonly blob: Blob }
  /** A transfer would go straight to the peer: the window makes its connection and speaks of it over the port, which is handed over. */
  | DirectCall;
