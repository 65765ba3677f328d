/** The stored-files commands of the page, as they are asked of the worker. */
import type { Reason } from "../wire/reports.ts";
import { Asking } from "./asking.ts";
import type { SaveInto } from "./bridge.ts";
import type { Engine } from "./commands.ts";
import type { OutgoingItem, Problem } from "./state.ts";
import { newTransferName } from "./transfer_name.ts";

export abstract class StoredCommands extends Asking {
  upload(items: readonly OutgoingItem[], to: readonly string[], expires: number | null): string {
    return this.named((transfer) => this.ask("upload", [transfer, plain(items), [...to], expires]));
  }

  uploadText(text: string, to: readonly string[], expires: number | null): string {
    return this.named((transfer) => this.ask("uploadText", [transfer, text, [...to], expires]));
  }

  update(file: string, items: readonly OutgoingItem[]): string {
    return this.named((transfer) => this.ask("update", [transfer, file, plain(items)]));
  }

  download(file: string, version: number | null, into?: SaveInto): string {
    return this.named((transfer) => this.ask("download", [transfer, file, version, into ?? null]));
  }

  loadHistory(file: string): Promise<Problem | null> {
    return this.told("loadHistory", [file]);
  }

  restore(file: string, version: number): string {
    return this.named((transfer) => this.ask("restore", [transfer, file, version]));
  }

  share(file: string, name: string): Promise<Problem | null> {
    return this.told("share", [file, name]);
  }

  unshare(file: string, name: string): Promise<Problem | null> {
    return this.told("unshare", [file, name]);
  }

  makeLink(file: string, { expires, downloads, password }: Parameters<Engine["makeLink"]>[1]): Promise<Problem | null> {
    return this.told("makeLink", [file, { expires, downloads, password }]);
  }

  revokeLink(file: string, link: string): Promise<Problem | null> {
    return this.told("revokeLink", [file, link]);
  }

  setExpiry(file: string, expires: number | null): Promise<Problem | null> {
    return this.told("setExpiry", [file, expires]);
  }

  abandonUpload(file: string): Promise<Problem | null> {
    return this.told("abandonUpload", [file]);
  }

  deleteFile(file: string): Promise<Problem | null> {
    return this.told("deleteFile", [file]);
  }

  refreshFiles(): Promise<Problem | null> {
    return this.told("refreshFiles", []);
  }

  openLink(password: string): Promise<Problem | null> {
    return this.told("openLink", [password]);
  }

  reportLink(reason: Reason, text: string): Promise<Problem | null> {
    return this.told("reportLink", [reason, text]);
  }

  downloadLink(into?: SaveInto): string {
    return this.named((transfer) => this.ask("downloadLink", [transfer, into ?? null]));
  }

  private named(step: (transfer: string) => Promise<unknown>): string {
    const transfer = newTransferName();
    void step(transfer);
    return transfer;
  }
}

/** What the page's own state objects become before they travel to the worker. */
function plain(items: readonly OutgoingItem[]): readonly OutgoingItem[] {
  return items.map(({ path, file }) => ({ path, file }));
}
