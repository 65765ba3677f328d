/** The engine inside the worker: who is here, who asks whom, the one link, its code and its transfers. */
import { Meet } from "../client/meet.ts";
import { askServer, shareableBase } from "../client/server_info.ts";
import { invitationLink } from "../client/fragment.ts";
import { checkStrength, newCode, parseCode, randomBytes } from "../crypto_engine.ts";
import { PeersealError, ServerUnreachable, TimedOut, UsageError } from "../errors.ts";
import { fileSource, textSource, type Source } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import { Session, type SessionEvent } from "../protocol/session.ts";
import { openRelayReceive, openRelaySend } from "../transport/relay.ts";
import { base64urlEncode } from "../wire/encoding.ts";
import { ROOM_TOKEN_BYTES } from "../wire/limits.ts";
import type { ServerMessages } from "../wire/messages.ts";
import type { Commands, FromWorker, SaveInto } from "./bridge.ts";
import { Board } from "./board.ts";
import { Consents, type TypedCode } from "./consents.ts";
import { Courier, type Paths } from "./courier.ts";
import { Ledger } from "./ledger.ts";
import { Link } from "./link.ts";
import { problem } from "./problem.ts";
import type { CodeEnd, OutgoingItem, Person, Role } from "./state.ts";
import { theirProblem } from "./theirs.ts";
import { title } from "./titles.ts";

const GUEST = "Guest";
const TICK_MILLISECONDS = 1_000;
/** A line that is back sooner was hardly gone. */
const OFFLINE_MILLISECONDS = 1_500;
/** Joining takes at most this long, whatever the server does. */
const JOIN_MILLISECONDS = 10_000;
const LEAST_MILLISECONDS = 2_000;

type Actions = { readonly [Name in keyof Commands]: (...args: Commands[Name]) => Promise<void> | void };

export class Live implements Actions {
  private readonly board: Board;
  private readonly base: string;
  private readonly stores: StoreKind;
  private readonly post: (message: FromWorker) => void;
  private readonly meet: Meet;
  private readonly ledger: Ledger;
  private link: Link | null = null;
  private ending: Link | null = null;
  private courier: Courier | null = null;
  /** How we are here, to be here again after the line broke. */
  private presence: { readonly name: string; readonly role: Role; readonly listed: boolean } | null = null;
  private entering = false;
  private losing: ReturnType<typeof setTimeout> | null = null; // set while the line is down
  private hereOn: string | null = null; // the line we joined on
  private roomToken: string | null = null;
  private pendingCode: string | null = null;
  private readonly consents = new Consents();

  constructor(base: string, canPickFolder: boolean, stores: StoreKind, post: (message: FromWorker) => void) {
    this.base = base;
    this.stores = stores;
    this.post = post;
    this.ledger = new Ledger((soon) => {
      this.board.tell(soon);
    }, post);
    this.board = new Board(canPickFolder, stores, post, () => this.ledger.snapshots());
    this.meet = new Meet(base, {
      lineUp: () => void this.lineUp(),
      lineDown: this.lineDown.bind(this),
      on_presence: this.presenceChanged.bind(this),
      on_request: ({ request, from }) => {
        this.board.set({ requests: [...this.board.state.requests, { id: request, from }] });
      },
      on_request_ended: this.requestEnded.bind(this),
      on_room: this.roomMade.bind(this),
      on_signal: ({ room, body }) => {
        if (this.link?.room === room) this.link.receive(body);
      },
      on_room_closed: ({ room, code }) => {
        if (this.link?.room !== room) return;
        this.link.closedByServer();
        void this.linkGone(this.link, code);
      },
      on_notice: ({ room, code }) => {
        if (this.link?.room === room && code === "third_party") this.board.setLink({ thirdParty: true });
      },
      on_code_closed: ({ code }) => {
        if (code === "expired") this.codeOver("expired");
      },
    });
    setInterval(() => this.link?.tick(), TICK_MILLISECONDS);
    void this.askServer();
  }

  // --- being here ---

  async join(name: string, role: Role): Promise<void> {
    await this.enter(name, role, true);
    const code = this.pendingCode;
    this.pendingCode = null;
    if (code !== null && role === "receiver") await this.useCode(code, name);
  }

  async leave(): Promise<void> {
    await this.disconnect();
    this.dropCode();
    await this.beGone();
  }

  async makeRoom(): Promise<void> {
    if (this.roomToken === null) await this.enterRoom(base64urlEncode(randomBytes(ROOM_TOKEN_BYTES)));
  }

  async enterRoom(token: string): Promise<void> {
    if (token === this.roomToken) return;
    this.roomToken = token;
    this.board.set({ roomLink: this.shareable("room", token) });
    if (this.presence !== null) await this.enter(this.presence.name, this.presence.role, this.presence.listed);
  }

  rememberCode(code: string): void {
    this.pendingCode = code;
  }

  // --- asking and answering ---

  async connect(id: string): Promise<void> {
    const peer = this.board.state.peers.find((person) => person.id === id);
    if (peer === undefined) return this.board.notice("not_found");
    if (this.board.state.asking !== null) await this.cancelConnect();
    const { request } = await this.meet.call("connect", { to: id });
    this.board.set({ asking: { request, peer }, notice: null });
  }

  async cancelConnect(): Promise<void> {
    const { asking } = this.board.state;
    if (asking === null) return;
    this.board.set({ asking: null });
    await this.meet.call("cancel", { request: asking.request });
  }

  async answerRequest(request: string, accept: boolean): Promise<void> {
    if (accept) this.consents.accept(request);
    this.board.set({ requests: this.board.state.requests.filter(({ id }) => id !== request) });
    try {
      await this.meet.call("answer", { request, accept });
    } catch (error) {
      this.consents.withdraw(request);
      throw error;
    }
  }

  // --- codes ---

  async showCode(words: number, name: string | null): Promise<void> {
    if (this.presence === null) await this.enter(name ?? GUEST, "sender", false);
    const { nameplate } = await this.meet.call("allocate", { nameplate: null });
    const code = await newCode(nameplate, words);
    await checkStrength(code);
    this.consents.shown = code;
    const link = this.shareable("code", code.text());
    this.board.set({ code: { code: code.text(), link, phase: "showing", ended: null }, notice: null });
  }

  async withdrawCode(): Promise<void> {
    const shown = this.consents.shown !== null;
    this.dropCode();
    if (shown) await this.release();
    await this.goUnlessListed();
  }

  async useCode(text: string, name: string | null): Promise<void> {
    const code = parseCode(text);
    if (this.consents.typed?.code.text() === code.text()) return;
    if (this.presence === null) await this.enter(name ?? GUEST, "receiver", false);
    const typed: TypedCode = { code, request: null };
    this.consents.typed = typed;
    try {
      const { request } = await this.meet.call("claim", { nameplate: code.nameplate });
      typed.request = request;
    } catch (error) {
      this.consents.typed = null;
      throw error instanceof PeersealError && error.code === "not_found" ? new UsageError("", { code: "code_closed" }) : error;
    }
  }

  // --- the link ---

  wordsMatch(): void {
    if (this.link === null || this.board.state.link?.phase !== "connected") return;
    this.link.wordsMatch();
    this.board.setLink({ check: "verified" });
    this.courier?.clear();
  }

  async wordsDiffer(): Promise<void> {
    const { link } = this;
    if (link === null) return;
    this.board.setLink({ check: "differ" });
    this.linkOver(link, "words_differ");
    await link.leave("words_differ");
    await this.beBack();
  }

  async disconnect(): Promise<void> {
    const { link } = this;
    if (this.board.state.code?.phase === "used") this.board.set({ code: null });
    if (link === null) {
      this.board.set({ link: null });
      return this.goUnlessListed();
    }
    this.courier?.stop("cancelled");
    this.link = this.courier = null;
    this.board.set({ link: null });
    // A guess may be out: whoever ends it, the code is spent with it.
    if (link.mode === "code") await this.withdrawCode();
    await link.leave();
    await this.beBack();
    await this.goUnlessListed();
  }

  // --- transfers ---

  send(transfer: string, items: readonly OutgoingItem[]): void {
    this.queue(transfer, fileSource(items), null);
  }

  sendText(transfer: string, text: string): void {
    this.queue(transfer, textSource(text), text);
  }

  async answerOffer(transfer: string, accept: boolean, into: SaveInto | null): Promise<void> {
    await this.courier?.answer(transfer, accept, into);
  }

  async cancel(transfer: string): Promise<void> {
    await this.courier?.cancel(transfer);
  }

  dismiss(transfer: string): void {
    this.ledger.dismiss(transfer);
  }

  dismissNotice(): void {
    this.board.set({ notice: null });
  }

  /** What went wrong and belongs to no transfer. */
  failed(error: unknown): void {
    this.board.failed(error);
  }

  // --- inside ---

  private queue(transfer: string, source: Source, text: string | null): void {
    const { link, courier } = this;
    if (link === null || courier === null) return this.board.notice("not_connected");
    const files = source.entries.filter(({ kind }) => kind !== "directory").length;
    const line = this.ledger.open({
      id: transfer,
      direction: "send",
      peer: link.peer,
      verified: link.verified || link.mode === "code",
      phase: "queued",
      title: title(source.entries, files),
      fileCount: files,
      total: source.bytes,
      text,
    });
    line.files(source.entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
    courier.send(line, source);
  }

  private async enter(name: string, role: Role, listed: boolean): Promise<void> {
    if (this.link !== null) await this.disconnect();
    this.presence = { name, role, listed };
    this.entering = true; // the line may come up meanwhile and must not join twice
    const end = performance.now() + JOIN_MILLISECONDS;
    const left = (): number => Math.max(LEAST_MILLISECONDS, end - performance.now());
    try {
      await this.meet.open();
      if (this.hereOn === this.meet.line) await this.meet.call("leave", {}, left());
      this.hereOn = null;
      const { you, lobby, peers } = await this.meet.call("join", { role, name, room: this.roomToken, listed }, left());
      this.hereOn = this.meet.line;
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

  private async lineUp(): Promise<void> {
    const { presence } = this;
    if (!this.meet.up) return;
    this.lineIs("online");
    if (presence === null || this.entering || this.hereOn === this.meet.line) return;
    await this.enter(presence.name, presence.role, presence.listed).catch(this.failed.bind(this));
  }

  private lineDown(): void {
    if (this.link !== null) void this.linkGone(this.link, "interrupted");
    if (this.consents.shown !== null) this.codeOver("lost");
    this.consents.typed = null;
    this.board.set({ peers: [], requests: [], asking: null });
    this.lineIs("connecting");
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

  private presenceChanged({ joined, left }: ServerMessages["presence"]): void {
    const gone = new Set([...left, ...joined.map(({ id }) => id)]);
    const peers = [...this.board.state.peers.filter(({ id }) => !gone.has(id)), ...joined];
    this.board.set({ peers: without(peers, this.board.state.me) });
  }

  private requestEnded({ request, code }: ServerMessages["request_ended"]): void {
    this.consents.withdraw(request);
    const { asking, requests } = this.board.state;
    this.board.set({ requests: requests.filter(({ id }) => id !== request) });
    if (asking?.request === request) {
      this.board.set({ asking: null });
      if (code !== "cancelled") this.board.notice(code, asking.peer);
    }
    if (this.consents.typed?.request === request) {
      this.consents.typed = null;
      if (code !== "cancelled") this.board.notice("code_closed");
    }
  }

  /** A room is ours only if this side's person asked for it; who asked is the initiator. */
  private roomMade({ room, peer, request, mode }: ServerMessages["room"]): void {
    const asked = this.board.state.asking?.request ?? null;
    const handshake = this.link === null ? this.consents.handshakeFor(room, request, mode, asked) : null;
    if (handshake === null) {
      void this.meet.call("close", { room }).catch(() => undefined);
      return;
    }
    const link = new Link({ room, peer, mode }, new Session(handshake), this.meet, (from, event) => void this.hear(from, event));
    this.link = link;
    this.courier = new Courier(link, this.ledger, this.stores, relayPaths(link, this.base), this.post);
    this.consents.typed = null;
    this.board.set({
      asking: null,
      requests: [],
      notice: null,
      link: { phase: "handshake", peer, mode, words: null, check: "unchecked", thirdParty: false, closed: null },
    });
    if (this.consents.shown !== null && mode === "code") this.board.setCode("meeting");
    link.start();
  }

  private async hear(link: Link, event: SessionEvent): Promise<void> {
    if (link !== this.link) return;
    switch (event.event) {
      case "established":
        await this.established(link, event.words);
        break;
      case "peer_left":
        await this.linkGone(link, event.code ?? "disconnected");
        break;
      case "peer_vanished":
        await this.linkGone(link, "vanished");
        break;
      case "failed":
        await this.linkGone(link, event.error.code);
        break;
      default:
        await this.courier?.hear(event);
    }
  }

  private async established(link: Link, words: readonly string[]): Promise<void> {
    const [one, two, three, four] = words;
    const checked = one !== undefined && two !== undefined && three !== undefined && four !== undefined;
    this.board.setLink({ phase: "connected", words: checked ? [one, two, three, four] : null });
    if (link.mode !== "code") return;
    this.board.setLink({ check: "verified" });
    this.courier?.clear();
    if (this.consents.shown === null) return;
    this.consents.shown = null;
    this.board.setCode("used");
    await this.release();
  }

  /** The link ended, from wherever that came. Says so once, and is here again for others. */
  private async linkGone(link: Link, code: string): Promise<void> {
    if (link !== this.link || this.ending === link) return;
    this.ending = link;
    const end = (await link.disconnected()) ?? code;
    if (link !== this.link) return;
    const guessed = end === "wrong_code";
    if (guessed && this.consents.shown !== null) this.codeOver(code === "interrupted" ? "lost" : "wrong_code");
    this.linkOver(link, guessed && code === "interrupted" ? code : end);
    if (this.board.state.code?.phase === "closed") this.board.set({ link: null }); // the slip says it all
    if (guessed) await this.release();
    await link.close();
    if (this.consents.shown === null) await this.beBack();
    else this.board.setCode("showing"); // nobody guessed: the code still holds, and the server brings the next who claims it
  }

  private linkOver(link: Link, code: string): void {
    if (link !== this.link) return;
    this.courier?.stop(code);
    this.link = this.courier = null;
    const closed = THEIR_ENDS.has(code) ? theirProblem(code, link.peer, "send") : problem(code, "cancelled");
    // A code is good for one meeting: there is nobody to connect to again.
    this.board.setLink({ phase: "closed", closed: link.mode === "code" && THEIR_ENDS.has(code) ? { ...closed, hint: "" } : closed });
  }

  /** After a room a page joins again, to be listed again. */
  private async beBack(): Promise<void> {
    const { presence, meet } = this;
    if (presence === null || !meet.up) return;
    try {
      const { you, lobby, peers } = await meet.call("join", { ...presence, room: this.roomToken });
      this.board.set({ me: you, listed: presence.listed, lobby, peers: without(peers, you), requests: [] });
    } catch (error) {
      this.failed(error);
    }
  }

  /** Who came for a code only is not here once it is over; who joined stays. */
  private async goUnlessListed(): Promise<void> {
    if (this.presence?.listed === false && this.link === null) await this.beGone();
  }

  private async beGone(): Promise<void> {
    this.presence = null;
    this.hereOn = null;
    this.consents.typed = null;
    this.board.set({ me: null, listed: false, peers: [], requests: [], asking: null, lobby: { kind: "none", reason: null } });
    if (this.meet.up) await this.meet.call("leave", {}).catch(() => undefined);
    if (this.presence === null) this.meet.hangUp(); // the server would cut a line nobody joins on
  }

  private codeOver(ended: CodeEnd): void {
    this.consents.shown = null;
    this.board.closeCode(ended);
  }

  private dropCode(): void {
    this.consents.shown = null;
    this.board.set({ code: null });
  }

  private async release(): Promise<void> {
    if (this.meet.up) await this.meet.call("release", {}).catch(() => undefined);
  }

  private shareable(kind: "room" | "code", value: string): string {
    return invitationLink(this.board.state.surroundings.shareable ?? this.base, kind, value);
  }

  private async askServer(): Promise<void> {
    const info = await askServer(this.base);
    if (info === null) {
      if (this.board.state.connection !== "online") this.board.set({ connection: "offline" });
      setTimeout(() => void this.askServer(), 3 * TICK_MILLISECONDS);
      return;
    }
    const shareable = shareableBase(this.base, info.addresses);
    const surroundings = { ...this.board.state.surroundings, version: info.version, shareable };
    this.board.set({ surroundings });
    if (this.losing === null) this.board.set({ connection: "online" });
    if (this.roomToken !== null) this.board.set({ roomLink: this.shareable("room", this.roomToken) });
  }
}

/** How a link ends by the other side's doing. */
const THEIR_ENDS = new Set(["left", "closed", "disconnected", "vanished"]);

function relayPaths(link: Link, base: string): Paths {
  return {
    send: (stream, signal) => openRelaySend({ base, ticket: () => link.ticket(stream, "send"), signal }),
    receive: (stream, signal) => openRelayReceive({ base, ticket: () => link.ticket(stream, "receive"), signal }),
  };
}

function without(people: readonly Person[], me: Person | null): readonly Person[] {
  return people.filter(({ id }) => id !== me?.id);
}
