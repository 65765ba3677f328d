/** Parks on the server (docs/api.md §6), for the sender who makes one and for a reader: no account is asked. */
import { randomBytes, sha256, type ParkSecret } from "../crypto_engine.ts";
import { ID_BYTES } from "../wire/limits.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { NewReader, Park, Parked } from "../wire/parks.ts";
import type { SealedSizes, StoreTicket } from "../wire/stored.ts";
import { Api } from "./api.ts";

const TOKEN_BYTES = 32;

/** What a new park will hold: sizes of the whole sealed streams, and the first chunks that come. */
export interface ParkPlan extends SealedSizes {
  readonly recordSize: number;
  readonly manifestFrom: number;
  readonly contentFrom: number;
}

/** How the server knows a reader. */
export async function readerOf(secret: ParkSecret): Promise<NewReader> {
  return { reader: hexEncode(secret.reader), token: await sha256(secret.token) };
}

/** The sender's side of one park. */
export class SenderPark {
  readonly park: string;
  readonly token: Bytes;
  private readonly api: Api;

  private constructor(api: Api, park: string, token: Bytes) {
    this.api = api;
    this.park = park;
    this.token = token;
  }

  /** One that nobody was asked for yet. */
  static fresh(base: string): SenderPark {
    return new SenderPark(new Api(base), hexEncode(randomBytes(ID_BYTES)), randomBytes(TOKEN_BYTES));
  }

  /** One made earlier. */
  static known(base: string, park: string, token: Bytes): SenderPark {
    return new SenderPark(new Api(base), park, token);
  }

  /**
   * Asks the server for it, and gives a ticket for what comes into it. Raises `parking_closed`, `quota`, and what a server
   * that cannot be reached raises: it may be there then all the same.
   */
  async make(plan: ParkPlan, readers: readonly NewReader[], signal: AbortSignal): Promise<StoreTicket> {
    const body = { park: this.park, ...plan, open: false, upload: await sha256(this.token), readers };
    return this.api.call("new_park", { body, signal });
  }

  ticket(): Promise<StoreTicket> {
    return this.api.call("park_ticket", { park: this.park, body: { token: this.token } });
  }

  async addReader(reader: NewReader): Promise<void> {
    await this.api.call("add_reader", { park: this.park, body: { token: this.token, reader } });
  }

  async closing(reader: string, closing: Bytes): Promise<void> {
    await this.api.call("park_closing", { park: this.park, body: { token: this.token, reader, closing } });
  }

  commit(sizes: SealedSizes): Promise<Park> {
    return this.api.call("commit_park", { park: this.park, body: { token: this.token, ...sizes } });
  }

  look(): Promise<Park> {
    return this.api.call("park", { park: this.park, body: { token: this.token } });
  }

  async end(): Promise<void> {
    await this.api.call("end_park", { park: this.park, body: { token: this.token } });
  }
}

/** The park as one of its readers sees it. */
export class ReaderPark {
  private readonly api: Api;
  private readonly reader: string;
  private readonly token: Bytes;

  constructor(base: string, secret: ParkSecret) {
    this.api = new Api(base);
    this.reader = hexEncode(secret.reader);
    this.token = secret.token;
  }

  /** Raises `not_found` while there is none. */
  look(): Promise<Parked> {
    return this.api.call("parked", { reader: this.reader, body: { token: this.token } });
  }

  ticket(): Promise<StoreTicket> {
    return this.api.call("parked_ticket", { reader: this.reader, body: { token: this.token } });
  }

  async done(): Promise<void> {
    await this.api.call("parked_done", { reader: this.reader, body: { token: this.token } });
  }
}
