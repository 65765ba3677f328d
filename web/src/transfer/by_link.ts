/** A stored file by its link, without an account: everything that may be trusted stands behind the `#` (protocol.md §14). */
import { Api } from "../client/api.ts";
import type { Paying } from "../client/challenge.ts";
import { Bundle, checkLinkOwner, linkKeys, unwrapForLink, type LinkKeys, type LinkParts } from "../crypto_engine.ts";
import { IntegrityFailed, NotFound, UsageError } from "../errors.ts";
import { readClosing } from "../protocol/heads.ts";
import { Tickets } from "../transport/tickets.ts";
import { hexDecode, hexEncode } from "../wire/encoding.ts";
import type { Reason } from "../wire/reports.ts";
import type { LinkFile } from "../wire/stored.ts";
import { accusing } from "./accusing.ts";
import type { Origin } from "./download.ts";
import { checkVersion, type Owner, type Sealed } from "./trust.ts";

/** What a link opens. */
export interface OpenedFile {
  readonly sealed: Sealed;
  readonly expires: number | null;
  readonly left: number | null;
}

/** One visit of a link: ask for its password if it has one, `open`, download from `origin`, `confirm`. */
export class LinkVisit {
  readonly #base: string;
  readonly #link: string;
  readonly #parts: Omit<LinkParts, "address">;
  readonly #api: Api;
  #keys: LinkKeys | null = null;
  readonly #tickets: Tickets;

  /** `base` is the page's address, ending in "/". Asks nothing yet. */
  constructor(base: string, parts: Omit<LinkParts, "address">, api = anonymous(base)) {
    this.#base = base;
    this.#link = hexEncode(parts.link);
    this.#parts = parts;
    this.#api = api;
    const ask = async () => this.#api.call("link_ticket", { link: this.#link, body: { token: this.#opened().token } });
    this.#tickets = new Tickets(ask, null, true);
  }

  /** Whether a password belongs to it. Raises NotFound for a link that leads nowhere. */
  async hasPassword(): Promise<boolean> {
    return (await this.#api.call("link", { link: this.#link })).password;
  }

  /** What the link opens, checked against its fragment. Raises NotFound, also for a wrong password. */
  async open(password: string): Promise<OpenedFile> {
    this.#keys = await linkKeys(this.#parts.secret, password, this.#parts.link);
    const given = await this.#ask().catch((error: unknown) => {
      throw error instanceof NotFound && password !== "" ? wrongOrGone() : error;
    });
    const owner = await this.#owner(given);
    const { version, expires, left } = given;
    const id = hexDecode(given.file);
    const { wrap } = version;
    if (wrap === null) throw new IntegrityFailed("a link without its key", { code: "malformed" });
    const keys = this.#keys;
    const unwrapped = () => accusing(owner.name, () => unwrapForLink(wrap, keys, id, version.version, owner.bundle.fingerprint), {
      not_authentic: "The key behind this link opens something else: it was swapped.",
    });
    return { sealed: await checkVersion(owner, id, version, unwrapped), expires, left };
  }

  /** Where the opened version comes from. The first content chunk counts as a download under way. */
  origin(sealed: Sealed): Origin {
    return {
      base: this.#base,
      tickets: this.#tickets,
      again: async () => {
        const { version } = await this.#ask();
        const { closing } = version;
        if (version.upload !== sealed.upload || closing === null) return null;
        return accusing(sealed.owner.name, () => readClosing(closing, sealed.owner.bundle, sealed.opening));
      },
    };
  }

  /** Tells whoever runs the server that what lies here should not. The link's key stays here. */
  async report(reason: Reason, text: string): Promise<void> {
    await this.#api.call("report", { body: { link: this.#link, reason, text } });
  }

  /** Everything verified: the download counts. */
  async confirm(): Promise<void> {
    await this.#api.call("confirm_link", { link: this.#link, body: { ticket: await this.#tickets.current() } });
  }

  #ask(): Promise<LinkFile> {
    return this.#api.call("open_link", { link: this.#link, body: { token: this.#opened().token } });
  }

  #opened(): LinkKeys {
    if (this.#keys === null) throw new UsageError("The link was not opened.");
    return this.#keys;
  }

  async #owner(given: LinkFile): Promise<Owner> {
    const bundle = await accusing(given.owner, async () => {
      const served = await Bundle.parse(given.bundle);
      checkLinkOwner(this.#parts, served.fingerprint);
      return served;
    });
    return { name: given.owner, bundle, mine: false, trust: "pinned" };
  }
}

/** Whoever is signed in in this browser visits a link as anybody does. */
export function anonymous(base: string, paying?: Paying): Api {
  return new Api(base, (address, request) => fetch(address, { ...request, credentials: "omit" }), paying);
}

function wrongOrGone(): NotFound {
  return new NotFound("The password is wrong, or the link is used up, expired or was taken back.", {
    code: "wrong_password", hint: "Try again, or ask its sender.",
  });
}
