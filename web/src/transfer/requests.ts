/** Asking somebody of the lobby to connect, and answering who asks. */
import type { Meet } from "../client/meet.ts";
import type { ServerMessages } from "../wire/messages.ts";
import type { Board } from "./board.ts";
import type { Consents } from "./consents.ts";
import { meantBy } from "./acquaintance.ts";
import type { Keys } from "./keys.ts";

export class Requests {
  private readonly meet: Meet;
  private readonly board: Board;
  private readonly consents: Consents;
  private readonly keys: () => Keys | null;

  constructor(meet: Meet, board: Board, consents: Consents, keys: () => Keys | null) {
    this.meet = meet;
    this.board = board;
    this.consents = consents;
    this.keys = keys;
  }

  async connect(id: string): Promise<void> {
    const peer = this.board.state.peers.find((person) => person.id === id);
    if (peer === undefined) return this.board.notice("not_found");
    if (this.board.state.asking !== null) await this.cancel();
    const meant = meantBy(peer, this.keys());
    const { request } = await this.meet.call("connect", { to: id });
    this.consents.mean(request, meant);
    this.board.set({ asking: { request, peer }, notice: null });
  }

  /** Takes our own request back. */
  async cancel(): Promise<void> {
    const { asking } = this.board.state;
    if (asking === null) return;
    this.board.set({ asking: null });
    await this.meet.call("cancel", { request: asking.request });
  }

  async answer(request: string, accept: boolean): Promise<void> {
    if (accept) this.consents.accept(request);
    this.board.set({ requests: this.board.state.requests.filter(({ id }) => id !== request) });
    try {
      await this.meet.call("answer", { request, accept });
    } catch (error) {
      this.consents.withdraw(request);
      throw error;
    }
  }

  // --- what the server says ---

  arrived({ request, from }: ServerMessages["request"]): void {
    this.board.set({ requests: [...this.board.state.requests, { id: request, from }] });
  }

  ended({ request, code }: ServerMessages["request_ended"]): void {
    this.consents.withdraw(request);
    const { asking, requests } = this.board.state;
    this.board.set({ requests: requests.filter(({ id }) => id !== request) });
    if (asking?.request !== request) return;
    this.board.set({ asking: null });
    if (code !== "cancelled") this.board.notice(code, asking.peer);
  }
}
