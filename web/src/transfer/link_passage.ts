/** The passage of two who may lose each other: through the link they have now, until another comes in its place. */
import { parkSecret, type ParkSecret } from "../crypto_engine.ts";
import type { Session } from "../protocol/session.ts";
import type { DirectPaths, DirectRole, DirectVoice } from "../transport/direct.ts";
import type { ReceiveEnd, SendEnd } from "../transport/transport.ts";
import type { Bytes } from "../wire/encoding.ts";
import { Away } from "./breaks.ts";
import type { Link } from "./link.ts";
import type { Passage } from "./passage.ts";
import type { Person, Route } from "./state.ts";
import { Awaited } from "./waiting.ts";

/** Opens the ends of a link's streams. */
export interface Paths {
  send(link: Link, stream: Bytes, signal: AbortSignal): Promise<SendEnd>;
  receive(link: Link, stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd>;
  /** A connection past the server; null where there can be none. */
  direct(link: Link, role: DirectRole, voice: DirectVoice): Promise<DirectPaths | null>;
  /** The person's choice. */
  readonly route: Route;
  /** The page's address, for what the server parks; null where it does not. */
  readonly base: string | null;
}

export class LinkPassage implements Passage {
  private link: Link;
  private readonly paths: Paths;
  private broken = false; // the link is gone, and another may come in its place
  private standing = new Awaited<void>(); // a link stands

  constructor(link: Link, paths: Paths) {
    this.link = link;
    this.paths = paths;
    this.standing.resolve();
  }

  get away(): boolean {
    return this.broken;
  }

  get resumed(): boolean {
    return this.link.resumed;
  }

  /** Who is at the other end. */
  get peer(): Person {
    return this.link.peer;
  }

  /** This person is sure of them. */
  get verified(): boolean {
    return this.link.verified || this.link.mode === "code";
  }

  here(): Promise<void> {
    return this.standing.promise;
  }

  async step(step: (session: Session) => Promise<void>): Promise<void> {
    const { link } = this;
    if (this.broken) throw new Away();
    try {
      await link.step(step);
    } catch (error) {
      if (this.broken || link !== this.link || link.over) throw new Away();
      throw error;
    }
  }

  async parkSecret(id: Bytes, version: number): Promise<ParkSecret> {
    return parkSecret(await this.link.export("park"), id, version);
  }

  heard(): void {
    this.link.heard();
  }

  openSend(stream: Bytes, signal: AbortSignal): Promise<SendEnd> {
    return this.broken ? Promise.reject(new Away()) : this.paths.send(this.link, stream, signal);
  }

  openReceive(stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd> {
    return this.broken ? Promise.reject(new Away()) : this.paths.receive(this.link, stream, signal);
  }

  /** A connection past the server; null if there is none, or nobody to talk about it. */
  openDirect(role: DirectRole, voice: DirectVoice): Promise<DirectPaths | null> {
    return this.broken ? Promise.resolve(null) : this.paths.direct(this.link, role, voice).catch(() => null);
  }

  /** The link is gone, and another may come in its place. */
  leave(): void {
    this.broken = true;
    this.standing = new Awaited();
  }

  /** Both met again. */
  back(link: Link): void {
    this.link = link;
    this.broken = false;
    this.standing.resolve();
  }

  /** No other link will come. */
  end(why: Error): void {
    this.standing.reject(why);
  }
}
