/** How the vectors about identities, accounts, contact books and what two people share are run. */
import {
  Bundle,
  Identity,
  Root,
  Secret,
  canonicalName,
  identityOfAccount,
  lp,
  openBook,
  openVault,
  recoveryBody,
  rootOf,
  safetyNumber,
  sealBook,
  sealVault,
  stretch,
  u8,
  wordsOf,
  type SignatureKind,
} from "../src/crypto_engine.ts";
import { Book } from "../src/protocol/book.ts";
import { judgeBook } from "../src/protocol/rollback.ts";
import { base64urlDecode, hexDecode, hexEncode, type Bytes } from "../src/wire/encoding.ts";
import { parseObject, stringify, type JsonObject } from "../src/wire/strict_json.ts";
import { type Fields, type Input, type Json, type Run, type VectorFile } from "./vector_case.ts";

interface Person {
  readonly root: string;
  readonly bundle: string;
}

function person(file: VectorFile, name: string): Person {
  const found = (file["people"] as Record<string, Person>)[name];
  if (found === undefined) throw new Error(`nobody is called ${name}`);
  return found;
}

/** The identity of somebody the file names. */
export function identityOf(file: VectorFile, name: string): Promise<Identity> {
  return Identity.of(new Root(hexDecode(person(file, name).root)));
}

/** Their public keys. */
export function bundleOf(file: VectorFile, name: string): Promise<Bundle> {
  return Bundle.parse(hexDecode(person(file, name).bundle));
}

/** What this implementation makes itself must come back: a refusal of that must not pass for the one a case expects. */
export async function mustGive(expected: Bytes, make: () => Promise<Bytes>): Promise<void> {
  const got = await make().catch((error: unknown) => {
    throw new Error("this implementation refuses what it made itself", { cause: error });
  });
  if (hexEncode(got) !== hexEncode(expected)) throw new Error("what was made here comes back as something else");
}

function kindOf(i: Input): SignatureKind {
  return i.text("kind") as SignatureKind; // whatever a vector calls it
}

function recovery(i: Input): Promise<Bytes> {
  const cost = { memory: i.number("memory"), passes: i.number("passes"), lanes: i.number("lanes") };
  const vault = i.get("vault") === null ? null : i.bytes("vault");
  return recoveryBody(i.bytes("server"), i.text("user"), i.bytes("challenge"), { auth: i.bytes("auth"), salt: i.bytes("salt"), ...cost, vault });
}

function written(book: Book): Json {
  return parseObject(book.encode()) as Json;
}

function bookOf(i: Input): Promise<Book> {
  return Book.decode(stringify(i.get("value") as JsonObject));
}

async function openOneBook(i: Input, out: Fields, file: VectorFile): Promise<void> {
  const own = await identityOf(file, i.text("person"));
  const { counter, previous, plaintext } = await openBook(own, i.bytes("book"));
  const book = await Book.decode(plaintext);
  Object.assign(out, { counter, previous: hexEncode(previous), value: written(book) });
  await mustGive(book.encode(), async () => {
    const again = await openBook(own, await sealBook(own, counter, previous, book.encode()));
    return (await Book.decode(again.plaintext)).encode();
  });
}

async function openOneVault(i: Input, out: Fields): Promise<void> {
  const key = new Secret("VaultKey", i.bytes("vault_key"), 32);
  const [user, server] = [i.text("user"), i.bytes("server")];
  const root = await openVault(i.bytes("vault"), key, user, server);
  out["root"] = hexEncode(root.reveal());
  await mustGive(root.reveal(), async () => {
    return (await openVault(await sealVault(root, key, user, server), key, user, server)).reveal();
  });
}

export const OF_PEOPLE: Readonly<Record<string, Run>> = {
  "identity/keys": async (i, out) => {
    const own = await Identity.of(new Root(i.bytes("root")));
    out["bundle"] = hexEncode(own.bundle.encoded);
    out["fingerprint"] = hexEncode(own.fingerprint);
  },
  "identity/sign": async (i, out) => {
    const own = await Identity.of(new Root(i.bytes("root")));
    out["signature"] = hexEncode(await own.sign(kindOf(i), i.bytes("body")));
  },
  "identity/bundle": async (i, out) => {
    out["fingerprint"] = hexEncode((await Bundle.parse(i.bytes("bundle"))).fingerprint);
  },
  "identity/channel": async (i, _, file) => {
    const bundle = await bundleOf(file, i.text("person"));
    await bundle.verify("transcript", lp(i.bytes("transcript"), u8(i.number("role"))), i.bytes("signature"));
  },
  "ed25519/verify": async (i, _, file) => {
    const said = i.text("bundle");
    const signer = said in (file["people"] as object) ? await bundleOf(file, said) : await Bundle.parse(i.bytes("bundle"));
    await signer.verify(kindOf(i), i.bytes("body"), i.bytes("signature"));
  },
  "mnemonic/words": async (i, out) => {
    out["words"] = [...(await wordsOf(new Root(i.bytes("root"))))];
  },
  "mnemonic/root": async (i, out) => {
    out["root"] = hexEncode((await rootOf(i.text("text"))).reveal());
  },
  "safety_number/number": async (i, out) => {
    out["digits"] = await safetyNumber(i.bytes("a"), i.bytes("b"));
  },
  "account_name/canonical": (i, out) => {
    out["name"] = canonicalName(i.text("text"));
  },
  "password/stretch": async (i, out) => {
    const cost = { memory: i.number("memory"), passes: i.number("passes"), lanes: i.number("lanes") };
    const keys = await stretch(i.text("password"), i.text("user"), { server: i.bytes("server"), salt: i.bytes("salt"), ...cost });
    out["auth"] = hexEncode(keys.auth.reveal());
    out["vault_key"] = hexEncode(keys.vaultKey.reveal());
  },
  "vault/open": openOneVault,
  "vault/account": async (i) => {
    await identityOfAccount(new Root(i.bytes("root")), i.bytes("bundle"));
  },
  "recovery/sign": async (i, out, file) => {
    const body = await recovery(i);
    out["body"] = hexEncode(body);
    out["signature"] = hexEncode(await (await identityOf(file, i.text("person"))).sign("recover", body));
  },
  "recovery/verify": async (i, _, file) => {
    await (await bundleOf(file, i.text("person"))).verify("recover", await recovery(i), i.bytes("signature"));
  },
  "book/open": openOneBook,
  "book/follows": async (i, _, file) => {
    const remembered = i.get("remembered") as { readonly counter: number; readonly hash: string } | null;
    const seen = remembered === null ? null : { counter: remembered.counter, hash: hexDecode(remembered.hash) };
    judgeBook(seen, await openBook(await identityOf(file, "ada"), i.bytes("book")));
  },
  "book/pin": async (i, out, file) => {
    const book = await bookOf(i);
    out["value"] = written(book.pin(i.text("name"), await bundleOf(file, i.text("person")), i.number("now")));
  },
  "book/remember": async (i, out) => {
    const file = i.get("file") as Record<"id" | "owner" | "closing", string> & Record<"version" | "access", number>;
    const [id, owner, closing] = [base64urlDecode(file.id), base64urlDecode(file.owner), base64urlDecode(file.closing)];
    out["value"] = written((await bookOf(i)).remember({ ...file, id, owner, closing }));
  },
  "pairwise/secret": async (i, out, file) => {
    const own = await identityOf(file, i.text("person"));
    out["secret"] = hexEncode((await own.pairwise(await bundleOf(file, i.text("peer")))).reveal());
  },
};
