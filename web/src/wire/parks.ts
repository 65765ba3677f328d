/** Parks, what waits on the server for a receiver who left, as they stand in JSON (docs/api.md §6). Twin of wire/parks.py. */
import { TIME } from "./accounts.ts";
import type { Bytes } from "./encoding.ts";
import * as f from "./fields.ts";
import * as limits from "./limits.ts";
import type { Range, SealedSizes } from "./stored.ts";

export type ParkState = "arriving" | "complete";

/** What a server's `info` says of its parks: hours a complete one lives, sealed bytes one network may have. */
export interface Parking {
  readonly hours: number;
  readonly bytes: number;
}

/** Somebody who may read a park: their id, and H of the token they will show (protocol.md §17). */
export interface NewReader {
  readonly reader: string;
  readonly token: Bytes;
}

/**
 * A new park. Sizes are of the whole streams, exact unless `open`; `upload` is H of its own token.
 * `manifestFrom` and `contentFrom`: the first chunks that will come.
 */
export interface NewPark extends SealedSizes {
  readonly park: string;
  readonly recordSize: number;
  readonly open: boolean;
  readonly manifestFrom: number;
  readonly contentFrom: number;
  readonly upload: Bytes;
  readonly readers: readonly NewReader[];
}

/** The proof that a park, or a place among its readers, is one's own (32 B). */
export interface ParkToken {
  readonly token: Bytes;
}

/** One reader more; `token` is the sender's. */
export interface AddReader {
  readonly token: Bytes;
  readonly reader: NewReader;
}

/** What one reader shall get as closing, sealed for them; `token` is the sender's. */
export interface ParkClosing {
  readonly token: Bytes;
  readonly reader: string;
  readonly closing: Bytes;
}

/** New sizes of an open park, or its exact ones at the end; `token` is the sender's. */
export interface ParkSizes extends SealedSizes {
  readonly token: Bytes;
}

/** Whether a reader has said that it holds everything. */
export interface ReaderState {
  readonly reader: string;
  readonly done: boolean;
}

/**
 * A park as its sender sees it: which chunks are there, who has all of it. It is gone at `expires` (ms).
 * While it arrives, every chunk moves `expires` on.
 */
export interface Park extends SealedSizes {
  readonly state: ParkState;
  readonly expires: number;
  readonly manifest: readonly Range[];
  readonly content: readonly Range[];
  readonly readers: readonly ReaderState[];
}

/** A park as one of its readers sees it; `closing` is theirs, null until the sender has stored it. */
export interface Parked extends SealedSizes {
  readonly state: ParkState;
  readonly expires: number;
  readonly recordSize: number;
  readonly open: boolean;
  readonly manifestFrom: number;
  readonly contentFrom: number;
  readonly closing: Bytes | null;
}

const STATE = f.oneOf("arriving", "complete");
const HASH = f.octets(32);
const TOKEN = f.octets(limits.PARK_TOKEN_BYTES);
const CLOSING = f.octets(limits.PARK_CLOSING_BYTES);
const RECORD_SIZE = f.integer(limits.RECORD_SIZE_MIN, limits.RECORD_SIZE_MAX);
const SEALED_BYTES = f.integer(limits.RECORD_OVERHEAD);
const SIZES = { manifestBytes: SEALED_BYTES, contentBytes: SEALED_BYTES };
const CHUNK = f.integer(0);
const READER = f.record<NewReader>({ reader: f.ID, token: HASH });
const RANGES = f.array(f.record<Range>({ first: f.integer(0), last: f.integer(0) }));

export const PARKING = f.record<Parking>({ hours: f.integer(1), bytes: f.integer(0) });
export const NEW_PARK = f.record<NewPark>({
  park: f.ID, recordSize: RECORD_SIZE, ...SIZES, open: f.BOOLEAN, manifestFrom: CHUNK, contentFrom: CHUNK,
  upload: HASH, readers: f.array(READER, limits.PARK_READERS_MAX),
});
export const PARK_TOKEN = f.record<ParkToken>({ token: TOKEN });
export const ADD_READER = f.record<AddReader>({ token: TOKEN, reader: READER });
export const PARK_CLOSING = f.record<ParkClosing>({ token: TOKEN, reader: f.ID, closing: CLOSING });
export const PARK_SIZES = f.record<ParkSizes>({ token: TOKEN, ...SIZES });
export const PARK = f.record<Park>({
  state: STATE, expires: TIME, ...SIZES, manifest: RANGES, content: RANGES,
  readers: f.array(f.record<ReaderState>({ reader: f.ID, done: f.BOOLEAN })),
});
export const PARKED = f.record<Parked>({
  state: STATE, expires: TIME, recordSize: RECORD_SIZE, ...SIZES, open: f.BOOLEAN, manifestFrom: CHUNK, contentFrom: CHUNK,
  closing: f.nullable(CLOSING),
});
