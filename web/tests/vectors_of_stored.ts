/** How the vectors about stored files are run: wrapped keys, leaves, cards, heads, access lists and links. */
import {
  Leaves,
  checkLinkOwner,
  join,
  linkKeys,
  linkText,
  openCard,
  openLinkSecret,
  readLink,
  rootOfLeaves,
  sealCard,
  sealLinkSecret,
  tokenHash,
  unwrap,
  unwrapForLink,
  unwrapOwn,
  wrap,
  wrapForLink,
  wrapOwn,
  type LinkParts,
} from "../src/crypto_engine.ts";
import { readAccess } from "../src/protocol/access.ts";
import { checkCard, decodeCard, encodeCard, type Card } from "../src/protocol/card.ts";
import { readClosing, readOpening, type ClosingHead, type OpeningHead } from "../src/protocol/heads.ts";
import { judge, type Heads } from "../src/protocol/rollback.ts";
import { hexDecode, hexEncode, type Bytes } from "../src/wire/encoding.ts";
import type { StreamName } from "../src/wire/frames.ts";
import { parseObject, stringify, type JsonObject } from "../src/wire/strict_json.ts";
import { type Fields, type Input, type Json, type Run, type VectorFile } from "./vector_case.ts";
import { bundleOf, identityOf, mustGive } from "./vectors_of_people.ts";

async function unwrapFromSender(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const own = await identityOf(file, i.text("recipient"));
  const sender = await identityOf(file, i.text("sender"));
  const [pairwise, id, version] = [await own.pairwise(sender.bundle), i.bytes("id"), i.number("version")];
  const key = await unwrap(i.bytes("wrap"), own, pairwise, sender.bundle, id, version);
  out["key"] = hexEncode(key.reveal());
  // And the other way: what this side wraps, the other opens.
  await mustGive(key.reveal(), async () => {
    const again = await wrap(key, own, pairwise, sender.bundle, id, version);
    return (await unwrap(again, sender, pairwise, own.bundle, id, version)).reveal();
  });
}

async function unwrapFromOneself(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const own = await identityOf(file, i.text("person"));
  const [id, version] = [i.bytes("id"), i.number("version")];
  const key = await unwrapOwn(i.bytes("wrap"), own, id, version);
  out["key"] = hexEncode(key.reveal());
  await mustGive(key.reveal(), async () => {
    return (await unwrapOwn(await wrapOwn(key, own, id, version), own, id, version)).reveal();
  });
}

async function makeLeaves(i: Input, out: Fields): Promise<void> {
  const [key, id, version] = i.fileKey();
  const leaves = await Leaves.create(key, i.text("stream") as StreamName, id, version);
  const made: Bytes[] = [];
  for (const record of i.list<string>("records")) made.push(await leaves.leaf(hexDecode(record)));
  out["leaves"] = made.map(hexEncode);
  out["root"] = hexEncode(await rootOfLeaves(join(...made)));
}

async function openOneCard(i: Input, out: Fields): Promise<void> {
  const plaintext = encodeCard(decodeCard(await openCard(...i.fileKey(), i.bytes("card"))));
  out["value"] = parseObject(plaintext) as Json;
  await mustGive(plaintext, async () => {
    return encodeCard(decodeCard(await openCard(...i.fileKey(), await sealCard(...i.fileKey(), plaintext))));
  });
}

async function openHead(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const head = await readOpening(i.bytes("signed"), await bundleOf(file, i.text("owner")));
  const { version, recordSize, previous, owner, id, commitment, card, headPart, hash } = head;
  const hashes = { owner, id, commitment, card, head_part: headPart, hash };
  for (const [name, bytes] of Object.entries(hashes)) out[name] = hexEncode(bytes);
  Object.assign(out, { version, record_size: recordSize, previous: previous === null ? "" : hexEncode(previous) });
  await mustGive(i.bytes("signed"), async () => head.sign(await identityOf(file, i.text("owner"))));
}

async function closeHead(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const owner = await bundleOf(file, i.text("owner"));
  const opening = await readOpening(i.bytes("opening"), owner);
  const head = await readClosing(i.bytes("signed"), owner, opening);
  const hashes = { opening: head.opening, manifest: head.manifest, root: head.root, hash: head.hash };
  for (const [name, bytes] of Object.entries(hashes)) out[name] = hexEncode(bytes);
  Object.assign(out, { manifest_records: head.manifestRecords, content_records: head.contentRecords });
  await mustGive(i.bytes("signed"), async () => head.sign(await identityOf(file, i.text("owner"))));
}

type Said = { readonly opening: OpeningHead; readonly closing: ClosingHead | null };

async function readHeads(i: Input, file: VectorFile, signed: Fields): Promise<Said> {
  const owner = await bundleOf(file, i.text("owner"));
  const opening = await readOpening(hexDecode(signed["opening"] as string), owner);
  if (signed["closing"] === null) return { opening, closing: null };
  return { opening, closing: await readClosing(hexDecode(signed["closing"] as string), owner, opening) };
}

async function judgeHeads(i: Input, _: Fields, file: VectorFile): Promise<void> {
  const { opening, closing } = await readHeads(i, file, i.fields);
  const between: Heads[] = [];
  for (const one of i.list<Fields>("between")) {
    const earlier = await readHeads(i, file, one);
    if (earlier.closing !== null) between.push({ opening: earlier.opening, closing: earlier.closing });
  }
  const known = i.get("remembered") as { readonly owner: string; readonly version: number; readonly closing: string } | null;
  if (known === null) return judge(undefined, opening, closing, between);
  const { version } = known;
  const seen = { id: opening.id, owner: hexDecode(known.owner), version, closing: hexDecode(known.closing), access: 0 };
  judge(seen, opening, closing, between);
}

async function pairHeads(i: Input, _: Fields, file: VectorFile): Promise<void> {
  const { opening } = await readHeads(i, file, i.fields);
  opening.checkAsked(i.bytes("id"), i.number("version"));
}

/** A link whose fragment is the case's; the rest is right. */
function linkOf(i: Input): LinkParts {
  return readLink(`https://peerseal.example/s/${"0".repeat(32)}#${i.text("text")}`);
}

async function unwrapLink(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const keys = await linkKeys(i.bytes("secret"), null, i.bytes("link"));
  const owner = (await bundleOf(file, i.text("owner"))).fingerprint;
  const [id, version] = [i.bytes("id"), i.number("version")];
  const key = await unwrapForLink(i.bytes("wrap"), keys, id, version, owner);
  out["key"] = hexEncode(key.reveal());
  await mustGive(key.reveal(), async () => {
    return (await unwrapForLink(await wrapForLink(key, keys, id, version, owner), keys, id, version, owner)).reveal();
  });
}

async function openKept(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const own = await identityOf(file, i.text("person"));
  const [link, id] = [i.bytes("link"), i.bytes("id")];
  const { secret, m } = await openLinkSecret(own, link, id, i.bytes("sealed"));
  Object.assign(out, { secret: hexEncode(secret), m: hexEncode(m) });
  await mustGive(join(secret, m), async () => {
    const again = await openLinkSecret(own, link, id, await sealLinkSecret(own, link, id, { secret, m }));
    return join(again.secret, again.m);
  });
}

export const OF_STORED: Readonly<Record<string, Run>> = {
  "wrap/unwrap": unwrapFromSender,
  "wrap/unwrap_own": unwrapFromOneself,
  "leaves/leaves": makeLeaves,
  "card/open": openOneCard,
  "card/check": (i) => {
    checkCard(decodeCard(stringify(i.get("value") as JsonObject)), i.get("manifest") as unknown as Omit<Card, "title">);
  },
  "heads/opening": openHead,
  "heads/closing": closeHead,
  "heads/pair": pairHeads,
  "heads/judge": judgeHeads,
  "access/read": async (i, out, file) => {
    const signed = i.bytes("signed");
    const list = await readAccess(signed, await bundleOf(file, i.text("owner")));
    Object.assign(out, { id: hexEncode(list.id), counter: list.counter });
    out["fingerprints"] = list.recipients.map(hexEncode);
    out["links"] = list.links.map(hexEncode);
    await mustGive(signed, async () => list.sign(await identityOf(file, i.text("owner"))));
  },
  "access/check": async (i, _, file) => {
    const list = await readAccess(i.bytes("signed"), await bundleOf(file, i.text("owner")));
    list.check(i.bytes("id"), i.number("remembered"));
    list.checkListed((await bundleOf(file, i.text("person"))).fingerprint);
  },
  "link/fragment": (i, out) => {
    const { address, link, secret, owner } = linkOf(i);
    Object.assign(out, { secret: hexEncode(secret), owner: hexEncode(owner) });
    const whole = linkText(address, link, secret, join(owner, new Uint8Array(16)));
    if (!whole.endsWith(`#${i.text("text")}`)) throw new Error("another fragment came back");
  },
  "link/owner": async (i, _, file) => {
    checkLinkOwner(linkOf(i), (await bundleOf(file, i.text("person"))).fingerprint);
  },
  "link/keys": async (i, out) => {
    const password = i.get("password") === null ? null : i.text("password");
    const { m, token, wrapKey } = await linkKeys(i.bytes("secret"), password, i.bytes("link"));
    Object.assign(out, { m: hexEncode(m), token: hexEncode(token), wrap_key: hexEncode(wrapKey), token_hash: hexEncode(await tokenHash(token)) });
  },
  "link/unwrap": unwrapLink,
  "link/kept": openKept,
};
