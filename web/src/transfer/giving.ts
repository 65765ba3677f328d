/** What this side's person hands over: a line for each, given to the one who is here, or to several one after the other. */
import { Declined } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { Board } from "./board.ts";
import type { Current } from "./current.ts";
import { FanOut } from "./fan_out.ts";
import type { Ledger, Line } from "./ledger.ts";
import type { Link } from "./link.ts";
import type { Rooms } from "./rooms.ts";
import { title } from "./titles.ts";

export class Giving {
  private readonly base: string;
  private readonly board: Board;
  private readonly ledger: Ledger;
  private readonly rooms: () => Pick<Rooms, "current" | "next">;
  private fan: FanOut | null = null;
  private readonly given = new WeakSet<Link>(); // who has it, or said no

  constructor(base: string, board: Board, ledger: Ledger, rooms: () => Pick<Rooms, "current" | "next">) {
    this.base = base;
    this.board = board;
    this.ledger = ledger;
    this.rooms = rooms;
  }

  /** Hands it to whoever is here; `text`: what the line shows, if it is a message. */
  give(transfer: string, source: Source, text: string | null): void {
    const { current } = this.rooms();
    if (current === null) return this.board.notice("not_connected");
    const receivers = this.board.state.code?.receivers ?? 1;
    const line = this.open(transfer, source, text, current.link);
    if (receivers === 1) return current.courier.send(line, source);
    this.fan = new FanOut(line, source, this.base, receivers);
    void this.share(current);
  }

  /** What goes to several: one receiver after the other gets its key, each in a room of their own. */
  async share(current: Current): Promise<void> {
    const { fan } = this;
    const several = (this.board.state.code?.receivers ?? 1) > 1 && current.link.mode === "code";
    if (fan === null || fan.over || !several || this.given.has(current.link)) return;
    this.given.add(current.link);
    try {
      await current.courier.give(fan);
      await this.rooms().next(current);
    } catch (error) {
      this.board.failed(error);
    }
  }

  /** Cancels what goes to several; false if this transfer does not. */
  cancel(transfer: string): boolean {
    if (this.fan?.line.id !== transfer) return false;
    this.fan.stop(new Declined("", { code: "cancelled" }));
    return true;
  }

  private open(transfer: string, { entries, bytes }: Source, text: string | null, link: Link): Line {
    const files = entries.filter(({ kind }) => kind !== "directory").length;
    const line = this.ledger.open({
      id: transfer,
      direction: "send",
      peer: link.peer,
      verified: link.verified || link.mode === "code",
      phase: "queued",
      title: title(entries, files),
      fileCount: files,
      total: bytes,
      text,
    });
    line.files(entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
    return line;
  }
}
