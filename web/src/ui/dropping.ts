/** Files dropped or pasted anywhere on the page, as an attachment for one element. */
import type { Attachment } from "svelte/attachments";
import type { OutgoingItem } from "../transfer/state.ts";
import { fromTransfer } from "./picking.ts";

interface Catcher {
  wanted(): boolean;
  over(hovering: boolean): void;
  caught(items: readonly OutgoingItem[]): void;
  text(text: string): void;
  unreadable(): void;
}

export function catchFiles(catcher: Catcher): Attachment {
  return () => {
    const listening = new AbortController();
    const options = { signal: listening.signal };
    const take = (transfer: DataTransfer): void => {
      fromTransfer(transfer).then(
        (items) => {
          if (items.length > 0) catcher.caught(items);
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
        event.dataTransfer.dropEffect = catcher.wanted() ? "copy" : "none";
        catcher.over(catcher.wanted());
      },
      options,
    );
    addEventListener(
      "dragleave",
      (event) => {
        if (event.relatedTarget === null) catcher.over(false);
      },
      options,
    );
    addEventListener(
      "drop",
      (event) => {
        catcher.over(false);
        if (event.dataTransfer?.types.includes("Files") !== true) return;
        event.preventDefault();
        if (catcher.wanted()) take(event.dataTransfer);
      },
      options,
    );
    addEventListener(
      "paste",
      (event) => {
        if (!catcher.wanted() || event.clipboardData === null) return;
        if (event.clipboardData.files.length > 0) {
          event.preventDefault();
          take(event.clipboardData);
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
