/** What this page writes down for a later visit, sealed by a key that the browser keeps and never gives out. */
import { IntegrityFailed } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { Drawer } from "./drawer.ts";

const NAME = "notes key";
const IV_BYTES = 12;

/** Who controls this browser can still read it; a dump of its storage shows nothing. Only where the page has `crypto.subtle`. */
export class PageSeal {
  private readonly key: CryptoKey;

  private constructor(key: CryptoKey) {
    this.key = key;
  }

  static async of(drawer: Drawer): Promise<PageSeal> {
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    let key = fresh;
    await drawer.change(NAME, (before) => {
      if (before !== undefined) key = before as CryptoKey;
      return key;
    });
    return new PageSeal(key);
  }

  async seal(plaintext: Bytes): Promise<Bytes> {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, plaintext));
    const whole = new Uint8Array(IV_BYTES + sealed.length);
    whole.set(iv);
    whole.set(sealed, IV_BYTES);
    return whole;
  }

  /** Raises `not_authentic`. */
  async open(whole: Bytes): Promise<Bytes> {
    try {
      const parts = { name: "AES-GCM", iv: whole.subarray(0, IV_BYTES) };
      return new Uint8Array(await crypto.subtle.decrypt(parts, this.key, whole.subarray(IV_BYTES)));
    } catch {
      throw new IntegrityFailed("a note of another browser", { code: "not_authentic" });
    }
  }
}
