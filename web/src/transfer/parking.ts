/** A transfer of ours goes on over the server's disk (protocol.md §17): what the receiver lacks is parked, then this page may go. */
import { SenderPark, readerOf, type ParkPlan } from "../client/parks.ts";
import { Leaves, rootOfLeaves, streamRecordSize, type ParkClosing, type ParkSecret } from "../crypto_engine.ts";
import { NotFound, PeersealError, ServerUnreachable, TimedOut } from "../errors.ts";
import type { Source } from "../files/source.ts";
import { ManifestWriter } from "../protocol/manifest.ts";
import { ParkingEnd } from "../transport/park_up.ts";
import { ChunkStore } from "../transport/store.ts";
import { Tickets } from "../transport/tickets.ts";
import { StreamLayout } from "../wire/chunks.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { manifestRecordSize, RECORD_SIZE, RECORDS_PER_CHUNK } from "../wire/limits.ts";
import type { Park } from "../wire/parks.ts";
import type { SealedSizes } from "../wire/stored.ts";
import { LeafList } from "./chunks.ts";
import type { From } from "./carrying.ts";
import { FrameWriter, one, type Sealing } from "./records.ts";

/** Who hears of it. */
export interface ParkingEars {
  /** The server is asked for this park: whatever becomes of the answer, it may be there. */
  asked?: (park: SenderPark) => void;
  /** The server is told that everything is there: from now on the park is gone once all have it. */
  told?: () => void;
  /** It is taken back. */
  ends?: () => void;
  /** So many bytes of content need not be sent any more. */
  at(bytes: number): void;
  /** A record is about to leave, with its mark in front. */
  sealed: ConstructorParameters<typeof FrameWriter>[2];
}

/** What stands on the server when everything is there. */
export interface ParkedWhole {
  readonly park: SenderPark;
  readonly expires: number | null; // ms since 1970
  readonly closing: ParkClosing | null; // of several receivers
  /** Every receiver has everything already, so nothing of it stands there any more. */
  readonly taken: boolean;
}

/**
 * Parks everything from the chunks on that hold the receivers' first missing records. `shared`: several receivers, each
 * of whom gets a closing. Raises `parking_closed`, `quota`, `interrupted`; a park that is not complete is ended.
 */
export async function parkRest(
  base: string, sealing: Sealing, source: Source, held: From, readers: readonly ParkSecret[], shared: boolean, ears: ParkingEars, signal: AbortSignal,
  made: (park: SenderPark) => Promise<void> | void = () => undefined,
): Promise<ParkedWhole> {
  const list = new ManifestWriter(false, RECORD_SIZE).entries(source.entries);
  const plan = planOf(list.length, source.bytes, shared ? { manifest: 0, content: 0, bytes: 0 } : held);
  const park = SenderPark.fresh(base);
  ears.asked?.(park);
  const ticket = await park.make(plan, await Promise.all(readers.map(readerOf)), signal);
  try {
    await made(park);
    const tickets = new Tickets(() => park.ticket(), ticket);
    const store = new ChunkStore(base, tickets, { signal });
    let bytes = plan.contentFrom * RECORDS_PER_CHUNK * RECORD_SIZE;
    const end = new ParkingEnd(store, RECORD_SIZE, plan.manifestFrom, plan.contentFrom, (records) => {
      bytes = Math.min(source.bytes, bytes + records * RECORD_SIZE);
      ears.at(bytes);
    });
    const leaves = shared ? await leavesOf(sealing) : null;
    await write(end, sealing, source, list, plan, held, ears, leaves);
    const sizes = { manifestBytes: plan.manifestBytes, contentBytes: plan.contentBytes };
    let closing: ParkClosing | null = null;
    if (leaves !== null) {
      closing = {
        manifestHash: await rootOfLeaves(leaves.manifest.list.joined()), root: await rootOfLeaves(leaves.content.list.joined()),
        manifestRecords: leaves.manifest.list.count, contentRecords: leaves.content.list.count,
      };
      for (const reader of readers) await park.closing(hexEncode(reader.reader), await reader.sealClosing(closing));
    }
    ears.told?.();
    const whole = await commit(park, sizes, signal);
    return { park, expires: whole?.expires ?? null, closing, taken: whole === null || whole.readers.every(({ done }) => done) };
  } catch (error) {
    ears.ends?.();
    await park.end().catch(() => undefined);
    throw error;
  }
}

/** Says that everything is there, and asks again what a lost answer leaves open. Null: every receiver has taken it meanwhile. */
async function commit(park: SenderPark, sizes: SealedSizes, signal: AbortSignal): Promise<Park | null> {
  let unanswered = false; // the server may know it since then
  for (let tries = 0; ; tries++) {
    try {
      return await park.commit(sizes);
    } catch (error) {
      if (unanswered && error instanceof NotFound) return null; // what is whole is gone once all have it
      if (signal.aborted || tries === 5 || !(error instanceof PeersealError && error.retryable)) throw error;
      unanswered ||= error instanceof ServerUnreachable || error instanceof TimedOut;
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (tries + 1)));
    }
  }
}

function planOf(list: number, bytes: number, held: From): ParkPlan {
  const manifest = StreamLayout.of(manifestRecordSize(RECORD_SIZE), list);
  const content = StreamLayout.of(RECORD_SIZE, bytes);
  // The last chunk comes in any case: a park of nothing would be none.
  const from = (records: number, { chunks }: StreamLayout): number => Math.min(Math.floor(records / RECORDS_PER_CHUNK), chunks - 1);
  return {
    recordSize: RECORD_SIZE, manifestBytes: manifest.sealed, contentBytes: content.sealed,
    manifestFrom: from(held.manifest, manifest), contentFrom: from(held.content, content),
  };
}

interface Leafing {
  readonly list: LeafList;
  readonly leaves: Leaves;
}
type BothLeaves = Readonly<Record<"manifest" | "content", Leafing>>;

async function leavesOf({ key, id, version }: Sealing): Promise<BothLeaves> {
  const [manifest, content] = await Promise.all([Leaves.create(key, "manifest", id, version), Leaves.create(key, "content", id, version)]);
  return { manifest: { list: new LeafList(), leaves: manifest }, content: { list: new LeafList(), leaves: content } };
}

async function write(
  end: ParkingEnd, sealing: Sealing, source: Source, list: Bytes, plan: ParkPlan, held: From, ears: ParkingEars, leaves: BothLeaves | null,
): Promise<void> {
  const writer = new FrameWriter(end, sealing, ears.sealed, leaves === null ? null : async (stream, plaintext) => {
    const { list: all, leaves: of } = leaves[stream];
    all.add(await of.leaf(plaintext));
  });
  const never = (): boolean => false;
  const size = streamRecordSize("manifest", RECORD_SIZE);
  const [manifest, content] = [plan.manifestFrom * RECORDS_PER_CHUNK, plan.contentFrom * RECORDS_PER_CHUNK];
  await writer.write({ stream: "manifest", total: list.length, recordSize: size, first: manifest, pieces: one(list.subarray(manifest * size)), window: null, markFrom: held.manifest }, never);
  await writer.write({ stream: "content", total: source.bytes, recordSize: RECORD_SIZE, first: content, pieces: source.content(content * RECORD_SIZE), window: null, markFrom: held.content }, never);
  await end.finish();
}

