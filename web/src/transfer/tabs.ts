/** The tabs of one browser share cookie and keys: who signs in or out in one does so in all. */

/** "leaving": a session is about to end, hold still; "changed": look again who is here. */
type Word = "leaving" | "changed";

export class Tabs {
  private readonly channel: BroadcastChannel;

  constructor(base: string, hear: { readonly leaving: () => void; readonly changed: () => void }) {
    this.channel = new BroadcastChannel(`peerseal account ${base}`);
    this.channel.onmessage = (event: MessageEvent<Word>) => {
      if (event.data === "leaving") hear.leaving();
      else hear.changed();
    };
  }

  say(word: Word): void {
    this.channel.postMessage(word);
  }
}
