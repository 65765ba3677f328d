/** What lets transfers go: a code that matched, compared words or a contact's keys, and that the peer is who was meant. */
import type { Board } from "./board.ts";
import type { Current } from "./current.ts";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";

export class Clearance {
  private readonly board: Board;
  private readonly isCurrent: (link: Link) => boolean;
  private readonly cleared: (current: Current) => void;

  /** `cleared`: somebody may be sent something now. */
  constructor(board: Board, isCurrent: (link: Link) => boolean, cleared: (current: Current) => void) {
    this.board = board;
    this.isCurrent = isCurrent;
    this.cleared = cleared;
  }

  /** This side's person compared the words. */
  wordsMatch(current: Current): void {
    current.link.wordsMatch();
    this.board.setLink({ check: "verified" });
    this.clear(current);
    void this.verifyContact(current);
  }

  /** The channel stands: the words are shown, and this side says who it is. True if both had the same code, which is enough. */
  async established(current: Current, words: readonly string[], keys: Keys | null): Promise<boolean> {
    const { link } = current;
    const [one, two, three, four] = words;
    const checked = one !== undefined && two !== undefined && three !== undefined && four !== undefined;
    this.board.setLink({ phase: "connected", words: checked ? [one, two, three, four] : null });
    if (keys !== null) await link.step((session) => session.identity(keys.identity)).catch(() => undefined); // an end says so itself
    if (link.mode !== "code" || !this.isCurrent(link)) return false;
    this.board.setLink({ check: "verified" });
    this.clear(current);
    return true;
  }

  /** The peer has shown keys that may be of who was meant; the contact book says whose they are. */
  async introduced(current: Current): Promise<void> {
    const { link, peer } = current;
    const contact = await peer.contact();
    if (!this.isCurrent(link) || link.over) return;
    if (contact === null) return this.clear(current);
    this.board.setLink({ contact: { name: contact.name, trust: contact.state } });
    if (contact.state === "verified") {
      link.trust();
      this.board.setLink({ check: "verified" });
    } else if (link.mode === "words" && link.verified) void this.verifyContact(current); // the words were compared before
    this.clear(current);
  }

  /** Lets transfers go, once the peer is who was meant and this person is sure of them. */
  private clear(current: Current): void {
    const { link, courier, peer } = current;
    if (peer.waiting || !(link.verified || link.mode === "code")) return;
    courier.clear();
    this.cleared(current);
  }

  /** The person compared the words with a pinned contact, who is verified from now on. */
  private async verifyContact({ link, peer }: Current): Promise<void> {
    try {
      const contact = await peer.verify();
      if (contact !== null && this.isCurrent(link)) this.board.setLink({ contact: { name: contact.name, trust: contact.state } });
    } catch (error) {
      this.board.failed(error);
    }
  }
}
