/** Being here: the line to the server, joining and leaving, who else is in the lobby, and where others can open this page. */
import { invitationLink } from "../client/fragment.ts";
import type { Meet } from "../client/meet.ts";
import { askServer, shareableBase } from "../client/server_info.ts";
import { randomBytes } from "../crypto_engine.ts";
import { PeersealError, ServerUnreachable, TimedOut } from "../errors.ts";
import { base64urlEncode } from "../wire/encoding.ts";
import { ROOM_TOKEN_BYTES } from "../wire/limits.ts";
import type { ClientMessages, Replies, ServerMessages } from "../wire/messages.ts";
import type { Board } from "./board.ts";
import type { Consents } from "./consents.ts";
import type { Person, Role } from "./state.ts";

const TICK_MILLISECONDS = 1_000;
/** A line that is back sooner was hardly gone. */
const OFFLINE_MILLISECONDS = 1_500;
/** Joining takes at most this long, whatever the server does. */
const JOIN_MILLISECONDS = 10_000;
const LEAST_MILLISECONDS = 2_000;

/** Who this side is with: nobody joins from within a room, and nobody in one is gone. */
export interface Company {
  readonly linked: boolean;
  /** Waiting for somebody to come back: here for nobody else meanwhile. */
  readonly comingBack: boolean;
  disconnect(): Promise<void>;
}

export class Here {
  private readonly base: string;
  private readonly meet: Meet;
  private readonly board: Board;
  private readonly consents: Consents;
  private readonly company: () => Company;
  /** How we are here, to be here again after the line broke. */
  private presence: { readonly name: string; readonly role: Role; readonly listed: boolean } | null = null;
  private entering = false;
  private turn: Promise<unknown> = Promise.resolve(); // comings and goings are said one after the other
  private losing: ReturnType<typeof setTimeout> | null = null; // set while the line is down
  private hereOn: string | null = null; // the line we joined on
  private roomToken: string | null = null;
  private lineStale = false; // it was opened with a session that is over

  constructor(base: string, meet: Meet, board: Board, consents: Consents, company: () => Company) {
    this.base = base;
    this.meet = meet;
    this.board = board;
    this.consents = consents;
    this.company = company;
  }

  // --- coming and going ---

  async enter(name: string, role: Role, listed: boolean): Promise<void> {
    const company = this.company();
    if (company.linked) await company.disconnect();
    this.presence = { name, role, listed };
    await this.join(name, role, listed);
  }

  /** Joins on the present line, opening it if need be. */
  private async join(name: string, role: Role, listed: boolean, again = false): Promise<void> {
    this.entering = true; // the line may come up meanwhile and must not join twice
    const end = performance.now() + JOIN_MILLISECONDS;
    const left = (): number => Math.max(LEAST_MILLISECONDS, end - performance.now());
    try {
      await this.meet.open();
      const joined = await this.inTurn(async () => {
        if (this.hereOn === this.meet.line) {
          if (again) return null; // somebody was quicker
          await this.meet.call("leave", {}, left());
        }
        this.hereOn = null;
        return this.sayJoin({ role, name, room: this.roomToken, listed }, left);
      });
      if (joined === null) return;
      const { you, lobby, peers } = joined;
      this.board.set({ me: you, listed, lobby, peers: without(peers, you), connection: "online", requests: [], notice: null });
    } catch (error) {
      // A server that cannot be reached is asked again when the line is up; one that refuses or says nothing is not.
      if (error instanceof ServerUnreachable) setTimeout(() => void this.lineUp(), TICK_MILLISECONDS);
      else {
        this.presence = null;
        this.board.set({ me: null, listed: false });
        if (error instanceof TimedOut) this.meet.hangUp(); // an answer that comes later means nothing any more
      }
      throw error;
    } finally {
      this.entering = false;
    }
  }

  /** One coming or going after the other, or the server would be told of a second before the first is over. */
  private inTurn<Value>(step: () => Promise<Value>): Promise<Value> {
    const mine = this.turn.then(step);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  /** Joins on the present line. If the server knows this side already, from something whose answer was lost: anew. */
  private async sayJoin(fields: ClientMessages["join"], left?: () => number): Promise<Replies["join"]> {
    const { meet } = this;
    const say = (): Promise<Replies["join"]> => meet.call("join", fields, left?.());
    const joined = await say().catch(async (error: unknown) => {
      if (!(error instanceof PeersealError) || error.code !== "already_joined") throw error;
      await meet.call("leave", {}, left?.()).catch(() => undefined);
      return say();
    });
    this.hereOn = meet.line;
    return joined;
  }

  /** Who is here already stays as they are; anybody else comes unlisted, for a code only. */
  async enterForCode(name: string, role: Role): Promise<void> {
    if (this.presence === null) await this.enter(name, role, false);
  }

  /** After a room a page joins again, to be listed again. */
  async back(): Promise<void> {
    const { presence, meet } = this;
    if (presence === null || !meet.up) return;
    try {
      const { you, lobby, peers } = await this.inTurn(async () => {
        await meet.call("leave", {}).catch(() => undefined); // from where it waited for the other one, if it did
        return this.sayJoin({ ...presence, room: this.roomToken });
      });
      this.board.set({ me: you, listed: presence.listed, lobby, peers: without(peers, you), requests: [] });
    } catch (error) {
      this.board.failed(error);
    }
  }

  /** Here on the present line for who comes back, and for nobody else. */
  async unlisted(name: string, role: Role): Promise<void> {
    const { meet } = this;
    this.presence ??= { name, role, listed: false };
    await meet.open();
    const { presence } = this;
    const joined = await this.inTurn(async () => {
      if (!this.company().comingBack) return null; // given up meanwhile
      await meet.call("leave", {}).catch(() => undefined); // from the lobby, or from a room that is gone
      return this.sayJoin({ name: presence.name, role: presence.role, room: this.roomToken, listed: false });
    });
    // Who is listed is of use: somebody who is free for others does not wait.
    if (joined !== null) this.board.set({ me: joined.you, peers: without(joined.peers, joined.you) });
  }

  async leave(): Promise<void> {
    this.presence = null;
    this.hereOn = null;
    this.consents.typed = null;
    this.board.set({ me: null, listed: false, peers: [], requests: [], asking: null, lobby: { kind: "none", reason: null } });
    await this.inTurn(async () => {
      if (this.meet.up && this.presence === null) await this.meet.call("leave", {}).catch(() => undefined);
    });
    if (this.presence === null) this.meet.hangUp(); // the server would cut a line nobody joins on
  }

  /** Who came for a code only is not here once it is over; who joined stays. */
  async leaveUnlessListed(): Promise<void> {
    if (this.presence?.listed === false && !this.company().linked) await this.leave();
  }

  /** Others of the lobby came or went. */
  presenceChanged({ joined, left }: ServerMessages["presence"]): void {
    const gone = new Set([...left, ...joined.map(({ id }) => id)]);
    const peers = [...this.board.state.peers.filter(({ id }) => !gone.has(id)), ...joined];
    this.board.set({ peers: without(peers, this.board.state.me) });
  }

  // --- the lobby others join by link ---

  async makeRoom(): Promise<void> {
    if (this.roomToken === null) await this.enterRoom(base64urlEncode(randomBytes(ROOM_TOKEN_BYTES)));
  }

  async enterRoom(token: string): Promise<void> {
    if (token === this.roomToken) return;
    this.roomToken = token;
    this.board.set({ roomLink: this.shareable("room", token) });
    if (this.presence !== null) await this.enter(this.presence.name, this.presence.role, this.presence.listed);
  }

  /** An address that brings others to a room or a code of this side. */
  shareable(kind: "room" | "code", value: string): string {
    return invitationLink(this.board.state.surroundings.shareable ?? this.base, kind, value);
  }

  // --- the line to the server ---

  async lineUp(): Promise<void> {
    const { presence } = this;
    if (!this.meet.up) return;
    this.lineIs("online");
    if (presence === null || this.entering || this.hereOn === this.meet.line) return;
    if (this.company().comingBack) return; // joins by itself, unlisted
    await this.join(presence.name, presence.role, presence.listed, true).catch((error: unknown) => {
      this.board.failed(error);
    });
  }

  lineDown(): void {
    this.board.set({ peers: [], requests: [], asking: null });
    this.lineIs("connecting");
  }

  /** Somebody signed in or out: the server knows a line by the session it was opened with. */
  sessionChanged(): void {
    this.lineStale = true;
    this.tick();
  }

  /** About once a second: a stale line is opened anew as soon as nothing hangs on it. */
  tick(): void {
    const { asking, code } = this.board.state;
    if (!this.lineStale || this.entering || this.company().linked || asking !== null || (code !== null && code.phase !== "closed")) return;
    this.lineStale = false;
    if (this.meet.up) this.meet.hangUp();
    this.hereOn = null;
    this.board.set({ requests: [] });
    if (this.presence !== null) void this.meet.open().catch(() => undefined); // it goes on trying by itself
  }

  /** Asks what the server says about itself, until it answers. */
  async askServer(): Promise<void> {
    const info = await askServer(this.base);
    if (info === null) {
      if (this.board.state.connection !== "online") this.board.set({ connection: "offline" });
      setTimeout(() => void this.askServer(), 3 * TICK_MILLISECONDS);
      return;
    }
    const shareable = shareableBase(this.base, info.addresses);
    const surroundings = { ...this.board.state.surroundings, version: info.version, shareable };
    this.board.set({ surroundings, registration: info.server === null ? null : info.registration });
    if (this.losing === null) this.board.set({ connection: "online" });
    if (this.roomToken !== null) this.board.set({ roomLink: this.shareable("room", this.roomToken) });
  }

  /** The line's state as people see it: lost is said when it stays lost for a moment. */
  private lineIs(connection: "connecting" | "online"): void {
    if (connection === "online") {
      if (this.losing !== null) clearTimeout(this.losing);
      this.losing = null;
      this.board.set({ connection });
      return;
    }
    if (this.losing !== null) return; // a further try failed
    this.board.set({ connection });
    this.losing = setTimeout(() => {
      this.board.set({ connection: "offline" });
    }, OFFLINE_MILLISECONDS);
  }
}

function without(people: readonly Person[], me: Person | null): readonly Person[] {
  return people.filter(({ id }) => id !== me?.id);
}
