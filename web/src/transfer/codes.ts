/** Codes: showing one, typing one, and how each ends. */
import type { Meet } from "../client/meet.ts";
import { checkStrength, newCode, parseCode } from "../crypto_engine.ts";
import { PeersealError, UsageError } from "../errors.ts";
import type { ServerMessages } from "../wire/messages.ts";
import type { Board } from "./board.ts";
import type { Consents, TypedCode } from "./consents.ts";
import type { Here } from "./here.ts";
import type { CodeEnd } from "./state.ts";

/** Who gave no name. */
export const GUEST = "Guest";

export class Codes {
  private readonly meet: Meet;
  private readonly board: Board;
  private readonly consents: Consents;
  private readonly here: Pick<Here, "enterForCode" | "leaveUnlessListed" | "shareable">;
  private remembered: string | null = null;

  constructor(meet: Meet, board: Board, consents: Consents, here: Pick<Here, "enterForCode" | "leaveUnlessListed" | "shareable">) {
    this.meet = meet;
    this.board = board;
    this.consents = consents;
    this.here = here;
  }

  // --- showing one ---

  /** Whether a code of ours is still good. */
  get shown(): boolean {
    return this.consents.shown !== null;
  }

  async show(words: number, name: string | null, receivers: number): Promise<void> {
    await this.here.enterForCode(name ?? GUEST, "sender");
    const { nameplate } = await this.meet.call("allocate", { nameplate: null });
    const code = await newCode(nameplate, words);
    await checkStrength(code);
    this.consents.shown = code;
    const link = this.here.shareable("code", code.text());
    this.board.set({ code: { code: code.text(), link, phase: "showing", ended: null, receivers, used: 0 }, notice: null });
  }

  async withdraw(): Promise<void> {
    await this.spend();
    await this.here.leaveUnlessListed();
  }

  /** The shown code is good no more and nothing of it is left; this side stays here. */
  async spend(): Promise<void> {
    const { shown } = this;
    this.drop();
    if (shown) await this.release();
  }

  /** Somebody came by the shown code and knew it. */
  async used(): Promise<void> {
    const { code } = this.board.state;
    if (!this.shown || code === null) return;
    const used = code.used + 1;
    this.board.set({ code: { ...code, used } });
    if (used < code.receivers) return; // good for others yet
    this.consents.shown = null;
    this.board.setCode("used");
    await this.release();
  }

  /** The shown code is good no more, without having been used. */
  over(ended: CodeEnd): void {
    this.consents.shown = null;
    this.board.closeCode(ended);
  }

  /** Nothing of the shown code is left on the page. */
  drop(): void {
    this.consents.shown = null;
    this.board.set({ code: null });
  }

  /** Gives its number back. */
  async release(): Promise<void> {
    if (this.meet.up) await this.meet.call("release", {}).catch(() => undefined);
  }

  // --- typing one ---

  /** A code that came by link, for when its person has joined. */
  remember(code: string): void {
    this.remembered = code;
  }

  /** The remembered code, once. */
  takeRemembered(): string | null {
    const code = this.remembered;
    this.remembered = null;
    return code;
  }

  async use(text: string, name: string | null): Promise<void> {
    const code = parseCode(text);
    if (this.consents.typed?.code.text() === code.text()) return;
    await this.here.enterForCode(name ?? GUEST, "receiver");
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

  // --- what the server says ---

  requestEnded({ request, code }: ServerMessages["request_ended"]): void {
    if (this.consents.typed?.request !== request) return;
    this.consents.typed = null;
    if (code !== "cancelled") this.board.notice("code_closed");
  }

  closed({ code }: ServerMessages["code_closed"]): void {
    if (code === "expired") this.over("expired");
  }

  lineDown(): void {
    if (this.shown) this.over("lost");
    this.consents.typed = null;
  }
}
