/** What the page and its worker say to each other: commands one way, snapshots and finished files the other. */
import type { EngineState, FileRow, OutgoingItem, Role, Transfer } from "./state.ts";

/** A transfer as the worker tells it: its file rows travel once, apart, because there may be very many. */
export type TransferSnapshot = Omit<Transfer, "files">;

/** Everything of `EngineState`, with transfers that carry no file rows. */
export type Snapshot = Omit<EngineState, "transfers"> & { readonly transfers: readonly TransferSnapshot[] };

/** The commands of the page, by name, with their arguments. */
export interface Commands {
  readonly join: [name: string, role: Role];
  readonly leave: [];
  readonly makeRoom: [];
  readonly enterRoom: [token: string];
  readonly rememberCode: [code: string];
  readonly connect: [peer: string];
  readonly cancelConnect: [];
  readonly answerRequest: [request: string, accept: boolean];
  readonly showCode: [words: number, name: string | null];
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
}

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
  | { readonly type: "settled"; readonly call: number }
  /** A complete, verified file for the browser's download. */
  | { readonly type: "save"; readonly name: string; readonly blob: Blob };
