/** The engine the page talks to: passes commands to the worker, keeps the latest state, starts downloads.
 *
 * Everything that takes time (sealing, opening, sockets, disk, timers) happens in one dedicated worker, so the page
 * stays quick and a tab in the background keeps its heartbeat. Commands never reject: what goes wrong is in `notice`
 * or in the transfer's `problem`.
 */
import { readFragment } from "../client/fragment.ts";
import { forgetCode, keepCode, keptCode } from "../client/kept_code.ts";
import { isLinkPage, takeLink } from "../client/kept_link.ts";
import { connectDirect } from "../transport/peer_connection.ts";
import { AccountCommands } from "./account_commands.ts";
import type { AnswerOf, Command, CommandName, Commands, FromWorker, Snapshot, ToWorker } from "./bridge.ts";
import { CLOSED_LINK, NO_ACCOUNT } from "./nobody.ts";
import { problem } from "./problem.ts";
import { Rows } from "./rows.ts";
import { startDownload } from "./save.ts";
import { scriptAddress } from "./script_address.ts";
import type { Engine } from "./commands.ts";
import type { EngineState, OutgoingItem, Problem, Route, Transfer } from "./state.ts";
import { newTransferName } from "./transfer_name.ts";
import { Vigil } from "./vigil.ts";
import workerAddress from "./engine.worker.ts?worker&url";

/** Makes the page's one engine and its worker. */
export function createEngine(): Engine {
  return new WorkerEngine();
}

class WorkerEngine extends AccountCommands implements Engine {
  private readonly worker: Worker;
  private readonly listeners = new Set<(state: EngineState) => void>();
  private readonly waiting = new Map<number, (answer: unknown) => void>();
  private readonly rows = new Map<string, Rows>();
  private readonly vigil = new Vigil();
  private readonly base = baseOfPage();
  private calls = 0;
  private state = firstState();

  constructor() {
    super();
    this.worker = new Worker(scriptAddress(new URL(workerAddress, import.meta.url)), { type: "module", name: "peerseal" });
    this.worker.addEventListener("message", (event: MessageEvent<FromWorker>) => {
      this.hear(event.data);
    });
    this.worker.addEventListener("error", () => {
      this.fail();
    });
    this.post({ type: "start", base: this.base, canPickFolder: this.state.surroundings.canPickFolder });
    this.followAddress();
    addEventListener("hashchange", this.followAddress);
  }

  subscribe(run: (state: EngineState) => void): () => void {
    this.listeners.add(run);
    run(this.state);
    return () => {
      this.listeners.delete(run);
    };
  }

  join(name: string, role: Commands["join"][1]): Promise<void> {
    return this.command("join", [name, role]);
  }

  leave(): Promise<void> {
    return this.command("leave", []);
  }

  makeRoom(): Promise<void> {
    return this.command("makeRoom", []);
  }

  connect(peer: string): Promise<void> {
    return this.command("connect", [peer]);
  }

  cancelConnect(): Promise<void> {
    return this.command("cancelConnect", []);
  }

  answerRequest(request: string, accept: boolean): Promise<void> {
    return this.command("answerRequest", [request, accept]);
  }

  showCode(words = 2, name: string | null = null, receivers = 1): Promise<void> {
    return this.command("showCode", [words, name, receivers]);
  }

  withdrawCode(): Promise<void> {
    return this.command("withdrawCode", []);
  }

  useCode(code: string, name: string | null = null): Promise<void> {
    return this.command("useCode", [code, name]);
  }

  wordsMatch(): void {
    void this.command("wordsMatch", []);
  }

  wordsDiffer(): void {
    void this.command("wordsDiffer", []);
  }

  disconnect(): Promise<void> {
    return this.command("disconnect", []);
  }

  send(items: Commands["send"][1]): string {
    const transfer = newTransferName();
    void this.command("send", [transfer, items.map(({ path, file }) => ({ path, file }))]);
    return transfer;
  }

  sendText(text: string): string {
    const transfer = newTransferName();
    void this.command("sendText", [transfer, text]);
    return transfer;
  }

  answerOffer(transfer: string, accept: boolean, into?: FileSystemDirectoryHandle | FileSystemFileHandle): void {
    void this.command("answerOffer", [transfer, accept, into ?? null]);
  }

  cancel(transfer: string): void {
    void this.command("cancel", [transfer]);
  }

  dismiss(transfer: string): void {
    void this.command("dismiss", [transfer]);
  }

  dismissNotice(): void {
    void this.command("dismissNotice", []);
  }

  resume(
    interrupted: string,
    items: readonly OutgoingItem[] = [],
    into?: FileSystemDirectoryHandle | FileSystemFileHandle,
    name: string | null = null,
  ): string {
    const transfer = newTransferName();
    void this.command("resume", [transfer, interrupted, items.map(({ path, file }) => ({ path, file })), into ?? null, name]);
    return transfer;
  }

  discard(interrupted: string): Promise<Problem | null> {
    return this.told("discard", [interrupted]);
  }

  leaveOnServer(transfer: string): void {
    void this.command("leaveOnServer", [transfer]);
  }

  setRoute(route: Route): void {
    void this.command("setRoute", [route]);
  }

  protected ask<Name extends CommandName>(name: Name, args: Commands[Name]): Promise<AnswerOf<Name> | undefined> {
    const call = ++this.calls;
    return new Promise((resolve) => {
      this.waiting.set(call, resolve as (answer: unknown) => void);
      this.post({ type: "command", call, name, args } as Command);
    });
  }

  private async command<Name extends CommandName>(name: Name, args: Commands[Name]): Promise<void> {
    await this.ask(name, args);
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private hear(message: FromWorker): void {
    switch (message.type) {
      case "state":
        this.show(message.state);
        break;
      case "files":
        this.rows.set(message.transfer, new Rows(message.files));
        break;
      case "settled":
        this.waiting.get(message.call)?.(message.answer);
        this.waiting.delete(message.call);
        break;
      case "save":
        startDownload(message.name, message.blob);
        break;
      case "direct":
        connectDirect(message);
        break;
    }
  }

  private show(snapshot: Snapshot): void {
    const transfers = snapshot.transfers.map((transfer): Transfer => {
      const rows = this.rows.get(transfer.id);
      return { ...transfer, files: rows?.at(transfer.done) ?? [] };
    });
    const present = new Set(transfers.map((transfer) => transfer.id));
    for (const id of this.rows.keys()) if (!present.has(id)) this.rows.delete(id);
    this.stayInRoom(snapshot.roomLink);
    if (snapshot.link?.mode === "code" || USED_UP.has(snapshot.notice?.code ?? "")) forgetCode();
    this.vigil.set(transfers.some(({ phase }) => phase === "moving" || phase === "parking"));
    this.set({ ...snapshot, transfers });
  }

  /** A room made here stands in the address bar as if it had been opened by its link: a reload comes back to it. */
  private stayInRoom(link: string | null): void {
    if (link === null) return;
    const { hash } = new URL(link);
    if (location.hash !== hash) history.replaceState(history.state, "", hash);
  }

  private set(state: EngineState): void {
    this.state = state;
    for (const run of this.listeners) run(state);
  }

  /** A worker that cannot start (an old browser, a blocked script) must not look like a quiet lobby. */
  private fail(): void {
    this.set({
      ...this.state,
      connection: "offline",
      signingIn: false,
      notice: problem("page_failed"),
    });
    for (const resolve of this.waiting.values()) resolve(undefined);
    this.waiting.clear();
  }

  /** A room stays in the address bar, so that a reload comes back to it; a code or a link's key is removed, and kept for this tab. */
  private readonly followAddress = (): void => {
    const link = takeLink();
    if (link !== null) {
      void this.command("visitLink", [link]);
      return;
    }
    const invitation = readFragment(location.hash);
    if (invitation?.kind !== "code" && keptCode() !== "") void this.command("rememberCode", [keptCode()]);
    if (invitation === null) return;
    if (invitation.kind === "room") {
      void this.command("enterRoom", [invitation.token]);
      return;
    }
    history.replaceState(history.state, "", location.pathname + location.search);
    keepCode(invitation.code);
    void this.command("rememberCode", [invitation.code]);
  };
}

/** After these a code that came by link is worth nothing. */
const USED_UP = new Set(["code_closed", "code_malformed"]);

/** Where the server's addresses begin, ending in "/". The page of a link lies deeper, and says so. */
function baseOfPage(): string {
  const said = document.querySelector<HTMLMetaElement>('meta[name="peerseal-base"]')?.content ?? "";
  return new URL(said === "" ? "." : said, document.baseURI).href;
}

/** What is true before the worker has said anything. */
function firstState(): EngineState {
  const subtle = (crypto as { readonly subtle?: SubtleCrypto }).subtle;
  return {
    surroundings: {
      secureContext: isSecureContext,
      crypto: subtle === undefined ? "javascript" : "webcrypto",
      save: isSecureContext ? "opfs" : "memory",
      canPickFolder: "showDirectoryPicker" in globalThis,
      saveLimit: null,
      shareable: null,
      version: "",
    },
    ...NO_ACCOUNT,
    opened: isLinkPage() ? CLOSED_LINK : null,
    connection: "connecting",
    me: null,
    listed: false,
    lobby: { kind: "none", reason: null },
    roomLink: null,
    peers: [],
    asking: null,
    requests: [],
    link: null,
    code: null,
    transfers: [],
    interrupted: [],
    route: "auto",
    notice: null,
  };
}
