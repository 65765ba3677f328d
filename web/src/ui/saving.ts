/** Asks the person where to save. Browsers open a picker only from a click, so this runs in the Accept click. */
import type { Transfer } from "../transfer/state.ts";

interface Pickers {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker?(options: { mode: "readwrite" }): Promise<FileSystemDirectoryHandle>;
}

/** A file for one file, a folder for more; null when the person closed the picker or the browser has none. */
export async function pickPlace(transfer: Pick<Transfer, "fileCount" | "files">): Promise<FileSystemDirectoryHandle | FileSystemFileHandle | null> {
  const pickers = window as unknown as Pickers;
  const only = transfer.fileCount === 1 ? transfer.files[0] : undefined;
  try {
    if (only?.kind === "file" && !only.path.includes("/") && pickers.showSaveFilePicker !== undefined) {
      return await pickers.showSaveFilePicker({ suggestedName: only.path });
    }
    return (await pickers.showDirectoryPicker?.({ mode: "readwrite" })) ?? null;
  } catch {
    return null;
  }
}
