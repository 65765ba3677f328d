/** The engine inside the worker: wires being here, requests, codes, the one room and its transfers. */
import { Api } from "../client/api.ts";
import { wantsPass } from "../client/challenge.ts";
import type { Drawer } from "../client/drawer.ts";
import { Meet } from "../client/meet.ts";
import { fileSource, textSource } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import { DirectPaths } from "../transport/direct.ts";
import { openRelayReceive, openRelaySend } from "../transport/relay.ts";
import { AccountDesk } from "./account_desk.ts";
import { Board } from "./board.ts";
import type { Actions, AnswerOf, CommandName, Commands, FromWorker, LiveCommands, SaveInto } from "./bridge.ts";
import { Circle } from "./circle.ts";
import { Codes } from "./codes.ts";
import { Consents } from "./consents.ts";
import { Courier } from "./courier.ts";
import { Errands } from "./errands.ts";
import { Giving } from "./giving.ts";
import { Here } from "./here.ts";
import type { Follower } from "./keys.ts";
import type { Journals } from "./journals.ts";
import { Ledger } from "./ledger.ts";
import { LinkPage } from "./link_page.ts";
import type { Paths } from "./link_passage.ts";
import { People } from "./people.ts";
import { Requests } from "./requests.ts";
import { Resuming } from "./resuming.ts";
import { Rooms } from "./rooms.ts";
import type { OutgoingItem, Problem, Role, Route } from "./state.ts";
import { Stored } from "./stored.ts";

const TICK_MILLISECONDS = 1_000;
/** In the drawer: the way this person chose for live records. */
const ROUTE = "route";

export class Live implements Actions<LiveCommands> {
  private readonly drawer: Drawer;
  private readonly board: Board;
  private readonly ledger: Ledger;
  private readonly here: Here;
  private readonly requests: Requests;
  private readonly codes: Codes;
  private readonly rooms: Rooms;
  private readonly people: People;
  private readonly desk: AccountDesk;
  private readonly circle: Circle;
  /** Parts that live by the account, see keys.ts: the shelf of stored files stands here. */
  private readonly followers: readonly Follower[];
  private readonly errands: Errands;
  private readonly stored: Stored;
  private readonly linkPage: LinkPage;
  private readonly resuming: Resuming | null;
  private readonly giving: Giving;

  constructor(base: string, canPickFolder: boolean, stores: StoreKind, drawer: Drawer, journals: Journals | null, post: (message: FromWorker) => void) {
    this.drawer = drawer;
    this.ledger = new Ledger((soon) => {
      this.board.tell(soon);
    }, post);
    this.board = new Board(canPickFolder, stores, post, () => this.ledger.snapshots());
    this.giving = new Giving(base, this.board, this.ledger, () => this.rooms);
    this.errands = new Errands(this.ledger);
    this.stored = new Stored(base, this.board, stores, this.errands, journals, post);
    this.linkPage = new LinkPage(base, this.board, stores, this.errands, post);
    this.circle = new Circle(this.board, () => void this.people.lookAgain());
    this.followers = [this.circle, this.stored];
    const meet = this.meeting(base);
    const consents = new Consents();
    this.requests = new Requests(meet, this.board, consents, () => this.people.keys);
    this.here = new Here(base, meet, this.board, consents, () => this.rooms);
    this.codes = new Codes(meet, this.board, consents, this.here);
    this.rooms = new Rooms(meet, this.board, consents, {
      here: this.here,
      codes: this.codes,
      keys: () => this.people.keys,
      cleared: (current) => void this.giving.share(current),
      courierFor: (link) => new Courier(link, this.ledger, stores, this.paths(base, post), {
        journals,
        bond: () => this.rooms.bond,
        interrupted: (line, source) => { this.resuming?.left(line, source); },
      }, post),
    });
    this.resuming = journals === null ? null : new Resuming(this.board, this.ledger, journals, stores, (bond, as, begin, name) => this.rooms.together(bond, as, begin, name), {
      account: () => this.people.keys?.name ?? null,
      download: (transfer, file, version, into) => this.stored.download(transfer, file, version, into),
      upload: (transfer, journal, about, source) => this.stored.resumeUpload(transfer, journal, about, source),
      abandon: (upload) => this.stored.abandon(upload),
    });
    this.stored.onInterrupted = (journal, source) => { this.resuming?.reads(journal, source); };
    this.resuming?.start();
    this.people = new People(base, drawer, this.board, this.followers, () => {
      this.here.sessionChanged();
    });
    this.desk = new AccountDesk(this.people, async () => {
      await Promise.all([this.errands.stopPersonal(), this.rooms.linked ? this.rooms.disconnect() : null]);
    });
    setInterval(() => {
      this.rooms.tick();
      this.here.tick();
    }, TICK_MILLISECONDS);
    void this.here.askServer();
    void this.people.start();
    void this.recallRoute();
  }

  /** Carries out one command of the page, by whichever part has it. Raises what went wrong with a live one. */
  async perform<Name extends CommandName>(name: Name, args: Commands[Name]): Promise<AnswerOf<Name>> {
    const parts = [this, this.desk, this.circle, this.stored, this.linkPage] as unknown as readonly Partial<Actions<Commands>>[];
    const part = parts.find((one) => name in one);
    if (part === undefined) throw new Error(`nobody here knows the command ${name}`);
    const command = part[name] as (...given: readonly unknown[]) => Promise<AnswerOf<Name>> | AnswerOf<Name>;
    return command.apply(part, [...args]);
  }

  // --- being here ---

  async join(name: string, role: Role): Promise<void> {
    await this.here.enter(name, role, true);
    const code = this.codes.takeRemembered();
    if (code !== null && role === "receiver") await this.codes.use(code, name);
  }

  async leave(): Promise<void> {
    await this.rooms.disconnect();
    this.codes.drop();
    await this.here.leave();
  }

  makeRoom(): Promise<void> {
    return this.here.makeRoom();
  }

  enterRoom(token: string): Promise<void> {
    return this.here.enterRoom(token);
  }

  // --- asking and answering ---

  connect(id: string): Promise<void> {
    return this.requests.connect(id);
  }

  cancelConnect(): Promise<void> {
    return this.requests.cancel();
  }

  answerRequest(request: string, accept: boolean): Promise<void> {
    return this.requests.answer(request, accept);
  }

  // --- codes ---

  showCode(words: number, name: string | null, receivers: number): Promise<void> {
    return this.codes.show(words, name, receivers);
  }

  withdrawCode(): Promise<void> {
    return this.codes.withdraw();
  }

  useCode(text: string, name: string | null): Promise<void> {
    return this.codes.use(text, name);
  }

  rememberCode(code: string): void {
    this.codes.remember(code);
  }

  // --- the room ---

  wordsMatch(): void {
    this.rooms.wordsMatch();
  }

  wordsDiffer(): Promise<void> {
    return this.rooms.wordsDiffer();
  }

  disconnect(): Promise<void> {
    return this.rooms.disconnect();
  }

  // --- transfers ---

  send(transfer: string, items: readonly OutgoingItem[]): void {
    this.giving.give(transfer, fileSource(items), null);
  }

  sendText(transfer: string, text: string): void {
    this.giving.give(transfer, textSource(text), text);
  }

  async answerOffer(transfer: string, accept: boolean, into: SaveInto | null): Promise<void> {
    await this.rooms.current?.courier.answer(transfer, accept, into);
  }

  async cancel(transfer: string): Promise<void> {
    if (!this.giving.cancel(transfer) && !this.errands.cancel(transfer) && !this.ledger.withdraw(transfer)) await this.rooms.current?.courier.cancel(transfer);
  }

  dismiss(transfer: string): void {
    this.ledger.dismiss(transfer);
  }

  async setRoute(route: Route): Promise<void> {
    this.board.set({ route });
    await this.drawer.change(ROUTE, () => route).catch(() => undefined); // not kept: chosen again at the next visit
  }

  async resume(transfer: string, interrupted: string, items: readonly OutgoingItem[], into: SaveInto | null, name: string | null): Promise<void> {
    if (this.resuming === null) return this.board.notice("not_found");
    await this.resuming.resume(transfer, interrupted, items, into, name ?? undefined);
  }

  async discard(interrupted: string): Promise<Problem | null> {
    return this.resuming?.discard(interrupted) ?? null;
  }

  leaveOnServer(transfer: string): void {
    this.rooms.current?.courier.leaveOnServer(transfer);
  }

  dismissNotice(): void {
    this.board.set({ notice: null });
  }

  /** What went wrong and belongs to no transfer. */
  failed(error: unknown): void {
    this.board.failed(error);
  }

  // --- inside ---

  private async recallRoute(): Promise<void> {
    const kept = await this.drawer.read(ROUTE).catch(() => undefined);
    if (kept === "direct" || kept === "relay") this.board.set({ route: kept });
  }

  /** The line to the server, and who hears what it says. */
  private meeting(base: string): Meet {
    return new Meet(base, {
      lineUp: () => {
        void this.here.lineUp();
        this.rooms.lineUp();
      },
      lineDown: () => {
        this.rooms.lineDown();
        this.codes.lineDown();
        this.here.lineDown();
      },
      lineRefused: async (why) => {
        if (wantsPass(why)) await new Api(base, undefined, this.board.paying).payIfNeeded();
        else if (why.code === "blocked") this.board.failed(why);
      },
      on_presence: (message) => {
        this.here.presenceChanged(message);
      },
      on_request: (message) => {
        this.requests.arrived(message);
      },
      on_request_ended: (message) => {
        this.requests.ended(message);
        this.codes.requestEnded(message);
      },
      on_room: (message) => {
        this.rooms.made(message);
      },
      on_signal: (message) => {
        this.rooms.signal(message);
      },
      on_room_closed: (message) => {
        this.rooms.closed(message);
      },
      on_notice: (message) => {
        this.rooms.notice(message);
      },
      on_code_closed: (message) => {
        this.codes.closed(message);
      },
    });
  }

  /** Ways to carry records: through the server, or past it. */
  private paths(base: string, post: (message: FromWorker) => void): Paths {
    const { board } = this;
    return {
      send: (link, stream, signal) => openRelaySend({ base, ticket: () => link.ticket(stream, "send"), signal }),
      receive: (link, stream, signal) => openRelayReceive({ base, ticket: () => link.ticket(stream, "receive"), signal }),
      direct: async (link, role, voice) => DirectPaths.begin(role, await link.iceServers(), voice, post),
      base,
      get route() {
        return board.state.route;
      },
    };
  }
}
