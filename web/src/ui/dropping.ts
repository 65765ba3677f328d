/** Files dropped or pasted anywhere on the page, as an attachment for one element. */
import type { Attachment } from "svelte/attachments";
import type { OutgoingItem } from "../transfer/state.ts";
import { fromTransfer } from "./picking.ts";

interface Catcher {
  /** `at` is what the pointer or the focus is on. */
  wanted(at: EventTarget | null): boolean;
  over(hovering: boolean, at: EventTarget | null): void;
  caught(items: readonly OutgoingItem[], at: EventTarget | null): void;
  text(text: string): void;
  unreadable(): void;
}

export function catchFiles(catcher: Catcher): Attachment {
  return () => {
    const listening = new AbortController();
    const options = { signal: listening.signal };
    const take = (transfer: DataTransfer, at: EventTarget | null): void => {
      fromTransfer(transfer).then(
        (items) => {
          if (items.length > 0) catcher.caught(items, at);
        },
        () => {
          catcher.unreadable();
        },
      );
    };

    addEventListener(
      "dragover",
      (event) => {
        if (event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault(); // also where nothing is wanted: a dropped file must not replace this page
        event.dataTransfer.dropEffect = catcher.wanted(event.target) ? "copy" : "none";
        catcher.over(catcher.wanted(event.target), event.target);
      },
      options,
    );
    addEventListener(
      "dragleave",
      (event) => {
        if (event.relatedTarget === null) catcher.over(false, null);
      },
      options,
    );
    addEventListener(
      "drop",
      (event) => {
        catcher.over(false, null);
        if (event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        if (catcher.wanted(event.target)) take(event.dataTransfer, event.target);
      },
      options,
    );
    addEventListener(
      "paste",
      (event) => {
        if (!catcher.wanted(event.target) || event.clipboardData === null) return;
        if (event.clipboardData.files.length > 0) {
          event.preventDefault();
          take(event.clipboardData, event.target);
        } else if (!(event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement)) {
          const text = event.clipboardData.getData("text/plain");
          if (text !== "") catcher.text(text);
        }
      },
      options,
    );
    return () => {
      listening.abort();
    };
  };
}
