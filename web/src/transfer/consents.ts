/** What this side's person agreed to: the only reasons to enter a room, and what decides this side's part in it.
 *
 * The server is believed in neither: a room nobody here asked for is closed again (protocol.md §5).
 */
import type { Code } from "../crypto_engine.ts";
import { Handshake } from "../protocol/handshake.ts";
import { hexDecode } from "../wire/encoding.ts";
import type { RoomMode } from "../wire/messages.ts";
import type { Meant } from "./acquaintance.ts";

export interface TypedCode {
  readonly code: Code;
  request: string | null; // null until the server has named it
}

export class Consents {
  /** The code this person shows, while it is good. */
  shown: Code | null = null;
  /** The code this person typed, until something came of it. */
  typed: TypedCode | null = null;
  private readonly accepted = new Set<string>();
  private meaning: { readonly request: string; readonly meant: Meant | null } | null = null;

  accept(request: string): void {
    this.accepted.add(request);
  }

  withdraw(request: string): void {
    this.accepted.delete(request);
  }

  /** This person asked for somebody: a contact of theirs, or null for anybody who is there. */
  mean(request: string, meant: Meant | null): void {
    this.meaning = { request, meant };
  }

  /** The contact whom this person meant with their request. */
  meantBy(request: string | null): Meant | null {
    return this.meaning !== null && this.meaning.request === request ? this.meaning.meant : null;
  }

  /** The handshake for a room the server made, or null if nobody here agreed to it. `asked`: our own open request. */
  handshakeFor(room: string, request: string | null, mode: RoomMode, asked: string | null): Handshake | null {
    const id = hexDecode(room);
    if (mode === "code") {
      if (request === null) return this.shown === null ? null : Handshake.initiator(id, "code", this.shown);
      return this.typed?.request === request ? Handshake.responder(id, "code", this.typed.code) : null;
    }
    if (request === null) return null;
    if (asked === request) return Handshake.initiator(id, "words");
    return this.accepted.delete(request) ? Handshake.responder(id, "words") : null;
  }
}
