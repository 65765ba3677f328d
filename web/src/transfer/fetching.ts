/** Fetching stored files for who is signed in: each download an errand, from the shelf to this machine. */
import type { StoreKind } from "../files/stores.ts";
import { NotFound } from "../errors.ts";
import { readClosing } from "../protocol/heads.ts";
import { Tickets } from "../transport/tickets.ts";
import { accusing } from "./accusing.ts";
import type { FromWorker, SaveInto } from "./bridge.ts";
import { download, type Origin } from "./download.ts";
import { DownloadNotes } from "./download_notes.ts";
import type { Errands } from "./errands.ts";
import type { Journals } from "./journals.ts";
import type { Keys } from "./keys.ts";
import type { Line } from "./ledger.ts";
import type { Stay } from "./stay.ts";
import type { Owner, Sealed } from "./trust.ts";
import { fetchFile, newest, numbered, seenOf } from "./versions.ts";

/** Good for the chunks of one upload. */
export function downloadTickets({ api }: Keys, { upload }: Sealed): Tickets {
  return new Tickets(() => api.call("store_ticket", { upload, body: { purpose: "download" } }));
}

export class Fetching {
  private readonly base: string;
  private readonly stores: StoreKind;
  private readonly errands: Errands;
  private readonly journals: Journals | null;
  private readonly post: (message: FromWorker) => void;

  /** `journals`: where downloads are written down; null where nothing outlasts a visit. */
  constructor(base: string, stores: StoreKind, errands: Errands, journals: Journals | null, post: (message: FromWorker) => void) {
    this.base = base;
    this.stores = stores;
    this.errands = errands;
    this.journals = journals;
    this.post = post;
  }

  /** Brings a version here, null for the newest; `into`: the place the person picked, else the browser's downloads. */
  async fetch(stay: Stay, transfer: string, file: string, version: number | null, into: SaveInto | null): Promise<void> {
    const item = stay.item(file);
    const what = { id: transfer, direction: "receive", title: item?.title ?? "", fileCount: item?.files ?? 0, total: item?.bytes ?? null, text: null } as const;
    await this.errands.run({ ...what, who: item?.owner ?? "", verified: item?.ownerTrust === "verified" }, stay.keys.signal, async (line, signal) => {
      stay.about(file, transfer);
      try {
        return await this.bring(stay, file, version, into, line, signal);
      } finally {
        stay.about(file, null);
      }
    });
  }

  private async bring(stay: Stay, file: string, version: number | null, into: SaveInto | null, line: Line, signal: AbortSignal): Promise<string | null> {
    const { reader, keys } = stay;
    const { wire, owner, book, access } = await stay.open(file);
    const sealed = version === null ? await newest(reader, wire, owner, book) : await numbered(reader, wire, owner, book, version);
    line.set({ title: sealed.card.title === "" && sealed.card.text ? "A message" : sealed.card.title, fileCount: sealed.card.files, total: sealed.card.bytes });
    const ears = {
      listed: line.files.bind(line),
      at: line.at.bind(line),
      saving: () => { line.set({ phase: "saving" }); },
    };
    const wanted = { account: keys.name, file, version };
    const notes = this.journals === null || into !== null ? null : await DownloadNotes.find(this.journals, line, wanted, sealed);
    const target = { into, stores: this.stores, notes };
    const { delivery, closing } = await download(sealed, this.origin(stay, file, sealed, owner), target, ears, signal).catch(async (error: unknown) => {
      await notes?.ended(error);
      throw error;
    });
    for (const { name, blob } of delivery.downloads) this.post({ type: "save", name, blob });
    await notes?.ended(null, true);
    // An older version was judged by the newest one; what the book does not learn now it learns with the next look.
    if (version === null) await keys.contacts.remember(seenOf(sealed, closing, access)).catch(() => undefined);
    return delivery.text;
  }

  private origin(stay: Stay, file: string, sealed: Sealed, owner: Owner): Origin {
    return {
      base: this.base,
      tickets: downloadTickets(stay.keys, sealed),
      again: async () => {
        const { current } = await fetchFile(stay.reader, file);
        if (current === null) return null;
        if (current.upload !== sealed.upload) throw givenUpMeanwhile();
        if (current.closing === null) return null;
        const signed = current.closing;
        return accusing(owner.name, () => readClosing(signed, owner.bundle, sealed.opening));
      },
    };
  }
}

function givenUpMeanwhile(): NotFound {
  return new NotFound("The upload of this was given up, and another one is there instead.", { hint: "Download it again." });
}
