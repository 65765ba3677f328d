/** Leaving files on the server for who is signed in: each upload an errand, from what was chosen to the shelf. */
import type { Source } from "../files/source.ts";
import { PeersealError, failure } from "../errors.ts";
import { ChunkStore } from "../transport/store.ts";
import { hexEncode } from "../wire/encoding.ts";
import type { About } from "./about.ts";
import { nextVersionOf, type Destination } from "./destination.ts";
import type { Errands } from "./errands.ts";
import { downloadTickets } from "./fetching.ts";
import type { Journals } from "./journals.ts";
import type { Line } from "./ledger.ts";
import { storedSource } from "./reseal.ts";
import type { Stay } from "./stay.ts";
import { title } from "./titles.ts";
import { upload } from "./upload.ts";
import { UploadNotes } from "./upload_notes.ts";
import { numbered } from "./versions.ts";

/** What is carried up. `title`: for its card. */
interface Load {
  readonly source: Source;
  readonly title: string;
}

export class Leaving {
  private readonly base: string;
  private readonly errands: Errands;
  private readonly journals: Journals | null;
  private readonly interrupted: (journal: string, source: Source) => void;

  /** `interrupted` hears of an upload that can be gone on with, and what it reads from. */
  constructor(base: string, errands: Errands, journals: Journals | null, interrupted: (journal: string, source: Source) => void) {
    this.base = base;
    this.errands = errands;
    this.journals = journals;
    this.interrupted = interrupted;
  }

  /** Uploads what the person chose. A text is shown by its line, and called `name` in lists. */
  async leave(stay: Stay, transfer: string, source: Source, text: { readonly name: string; readonly text: string } | null, to: () => Promise<Destination>): Promise<void> {
    const { entries, bytes } = source;
    const files = entries.filter(({ kind }) => kind !== "directory").length;
    const what = { id: transfer, direction: "send", title: title(entries, files), fileCount: files, total: bytes, text: text?.text ?? null } as const;
    await this.errands.run({ ...what, who: stay.keys.name }, stay.keys.signal, async (line, signal) => {
      line.files(entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
      const notes = this.journals === null ? null : UploadNotes.fresh(this.journals, line, stay.keys.name);
      await this.carry(stay, line, { source, title: text?.name ?? what.title }, await to(), signal, notes);
      return null;
    });
    await stay.look();
  }

  /** Makes an older version the newest again, under a fresh key. */
  async restore(stay: Stay, transfer: string, file: string, version: number): Promise<void> {
    const shown = stay.version(file, version);
    const what = { id: transfer, direction: "send", title: shown?.title ?? "", fileCount: shown?.files ?? 0, total: shown?.bytes ?? null, text: null } as const;
    await this.errands.run({ ...what, who: stay.keys.name }, stay.keys.signal, async (line, signal) => {
      const { wire, owner, book } = await stay.open(file);
      const sealed = await numbered(stay.reader, wire, owner, book, version);
      const source = await storedSource(sealed, new ChunkStore(this.base, downloadTickets(stay.keys, sealed), { signal }));
      line.set({ title: sealed.card.title, total: source.bytes });
      await this.carry(stay, line, { source, title: sealed.card.title }, await nextVersionOf(stay.reader, file), signal);
      return null;
    });
    await stay.look();
  }

  /** Goes on with the upload of this journal; gives what went wrong. */
  async goOn(stay: Stay, transfer: string, journal: string, about: About, source: Source): Promise<unknown> {
    const what = { id: transfer, direction: "send", title: about.title, fileCount: about.files, total: about.total, text: null } as const;
    const error = await this.errands.run({ ...what, who: about.peer.name }, stay.keys.signal, async (line, signal) => {
      line.files(source.entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
      const { journals } = this;
      const notes = journals === null ? null : await UploadNotes.take(journals, line, stay.keys.name, journal);
      if (notes === null) throw failure("busy");
      try {
        const { upload: name } = about.stored!;
        if ((await stay.keys.api.call("upload", { upload: name })).state === "committed") {
          await notes.ended(); // its last visit did not hear so
          return null;
        }
        const destination = await nextVersionOf(stay.reader, about.stored!.file);
        if (destination.version !== about.stored!.version) throw await destination.conflict();
        await this.carry(stay, line, { source, title: about.title }, destination, signal, notes);
      } catch (error) {
        await notes.ended(error);
        throw error;
      }
      return null;
    });
    await stay.look();
    return error;
  }

  private async carry(stay: Stay, line: Line, load: Load, destination: Destination, signal: AbortSignal, notes: UploadNotes | null = null): Promise<void> {
    const file = hexEncode(destination.id);
    const to = destination.recipients.length === 0 ? stay.keys.name : destination.recipients.join(", ");
    line.set({ peer: { ...line.snapshot.peer, name: to, account: to } });
    stay.about(file, line.id);
    try {
      let went = false;
      const ears = {
        begun: () => { this.journals?.onFreed(); void stay.look(); },
        at: (stored: number) => {
          if (!went && notes?.goesOn === true) line.wentOn(stored);
          went = true;
          line.at(stored);
          notes?.at(stored);
        },
      };
      await upload(stay.keys, this.base, { ...load, destination }, ears, signal, notes);
      await notes?.ended();
    } catch (error) {
      const wrong = error instanceof PeersealError && error.code === "other_files";
      if (notes?.stays(error) === true && !wrong) this.interrupted(notes.name, load.source);
      await notes?.ended(error);
      throw error;
    } finally {
      stay.uploadOver(file);
    }
  }
}
