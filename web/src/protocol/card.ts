/** The card (protocol.md §13.2): what a list of files shows without opening a manifest. */
import { IntegrityFailed } from "../errors.ts";
import { type Bytes } from "../wire/encoding.ts";
import { BOOLEAN, integer, nullable, record, text } from "../wire/fields.ts";
import { CARD_MAX_BYTES } from "../wire/limits.ts";
import { parseObject, stringify } from "../wire/strict_json.ts";

export const TITLE_MAX_CHARACTERS = 255;

export interface Card {
  readonly title: string; // shown only
  readonly files: number; // files and texts
  readonly bytes: number | null; // null: not known at the start
  readonly text: boolean; // it is one text
}

const CARD = record<Card>({
  title: text(0, TITLE_MAX_CHARACTERS),
  files: integer(0),
  bytes: nullable(integer(0)),
  text: BOOLEAN,
});

/** The JSON of a card; sealing pads it. `malformed` for what a reader would refuse. */
export function encodeCard(card: Card): Bytes {
  const written = CARD.write(card);
  CARD.read(written);
  return stringify(written);
}

/** The card of its padded JSON; `malformed` otherwise. */
export function decodeCard(plaintext: Bytes): Card {
  return CARD.read(parseObject(plaintext, CARD_MAX_BYTES));
}

/** A title cut to what a card may hold. */
export function cardTitle(title: string): string {
  return Array.from(title).slice(0, TITLE_MAX_CHARACTERS).join("");
}

/** Raises `manifest_invalid` unless the card tells what the manifest does. */
export function checkCard(card: Card, manifest: Omit<Card, "title">): void {
  const same = card.files === manifest.files && card.text === manifest.text && (card.bytes === null || card.bytes === manifest.bytes);
  if (!same) throw new IntegrityFailed("the card is not that of these files", { code: "manifest_invalid" });
}
