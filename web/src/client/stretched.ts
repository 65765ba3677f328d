/** A password stretched for one account: what proves it to the server, and what seals the vault. Holds secrets. */
import { ARGON2_COST, newSalt, openVault, sealVault, stretch, type PasswordKeys, type Root } from "../crypto_engine.ts";
import type { NewPassword, PasswordParameters } from "../wire/accounts.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { Api } from "./api.ts";
import type { Keyring } from "./keyring.ts";

export class Stretched {
  readonly #keys: PasswordKeys;
  readonly #user: string;
  readonly #said: PasswordParameters;

  private constructor(keys: PasswordKeys, user: string, said: PasswordParameters) {
    this.#keys = keys;
    this.#user = user;
    this.#said = said;
  }

  static async of(password: string, user: string, said: PasswordParameters): Promise<Stretched> {
    return new Stretched(await stretch(password, user, said), user, said);
  }

  /** A new password, with a salt of its own and the usual parameters. */
  static fresh(password: string, user: string, server: Bytes): Promise<Stretched> {
    return Stretched.of(password, user, { server, salt: newSalt(), ...ARGON2_COST });
  }

  /** What proves the password to the server. */
  get auth(): Bytes {
    return this.#keys.auth.reveal();
  }

  seal(root: Root): Promise<Bytes> {
    return sealVault(root, this.#keys.vaultKey, this.#user, this.#said.server);
  }

  open(vault: Bytes): Promise<Root> {
    return openVault(vault, this.#keys.vaultKey, this.#user, this.#said.server);
  }

  newPassword(vault: Bytes | null): NewPassword {
    const { salt, memory, passes, lanes } = this.#said;
    return { auth: this.auth, salt, memory, passes, lanes, vault };
  }
}

/** The password as the server's parameters for this account have it: `weak_parameters`, `key_changed`. */
export async function stretchedAt({ api, keyring }: { readonly api: Api; readonly keyring: Keyring }, user: string, password: string): Promise<Stretched> {
  const said = await api.call("login_params", { body: { name: user } });
  await keyring.checkServer(said.server);
  return Stretched.of(password, user, said);
}
