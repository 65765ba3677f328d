/** What this person has laid out, to send or to leave on the server: chosen, typed, dropped or pasted. */
import type { Attachment } from "svelte/attachments";
import type { Engine } from "../transfer/commands.ts";
import type { OutgoingItem } from "../transfer/state.ts";
import { catchFiles } from "./dropping.ts";
import { merged } from "./picking.ts";

/** On one's side of the stage, or among what is left on the server. */
type Place = "live" | "leave";

export class LaidOut {
  items = $state.raw<readonly OutgoingItem[]>([]);
  text = $state("");
  /** The receiver wants to send something too. */
  back = $state(false);
  /** To be left on the server. */
  leaving = $state.raw<readonly OutgoingItem[]>([]);
  /** Something dropped could not be read. */
  unreadable = $state(false);
  /** Where what hovers over the page would lie. */
  hovering = $state<Place | null>(null);

  add(more: readonly OutgoingItem[]): void {
    this.items = merged(this.items, more);
    this.back = true;
    this.unreadable = false;
  }

  leave(more: readonly OutgoingItem[]): void {
    this.leaving = merged(this.leaving, more);
    this.unreadable = false;
  }

  send(engine: Engine): void {
    if (this.items.length > 0) engine.send(this.items);
    if (this.text.trim() !== "") engine.sendText(this.text);
    this.items = [];
    this.text = "";
  }

  /** Catches what is dropped or pasted. `placeOf`: where it would lie, let go there; `writing`: a text may be pasted. */
  catching(placeOf: (at: EventTarget | null) => Place | null, writing: () => boolean): Attachment {
    return catchFiles({
      wanted: (at) => placeOf(at) !== null,
      over: (over, at) => (this.hovering = over ? placeOf(at) : null),
      caught: (more, at) => {
        if (placeOf(at) === "leave") this.leave(more);
        else this.add(more);
      },
      text: (pasted) => {
        if (!writing()) return;
        this.text += pasted;
        this.back = true;
      },
      unreadable: () => (this.unreadable = true),
    });
  }
}
