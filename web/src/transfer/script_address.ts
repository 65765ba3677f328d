/** Addresses of the page's own scripts, as a browser that enforces Trusted Types takes them.
 *
 * The policy of the page (`docs/operations.md`) lets only two makers of such values be: Svelte's, for its templates, and
 * this one, which knows a single kind of address: a file of the page itself.
 */

interface Maker {
  createScriptURL(address: string): unknown;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { readonly createScriptURL: (address: string) => string }): Maker;
}

const types = (globalThis as { readonly trustedTypes?: TrustedTypes }).trustedTypes;
const maker = types?.createPolicy("peerseal-scripts", { createScriptURL: ownScript });

/** `address` of a script of this page, for `new Worker` and the like. Throws a `TypeError` for any other. */
export function scriptAddress(address: URL): URL {
  if (maker === undefined) return new URL(ownScript(address.href));
  return maker.createScriptURL(address.href) as URL; // what constructors of workers take in its place
}

/** `address` as it is, if it is a file beside this one: same origin, same folder or below. */
export function ownScript(address: string, here: string = import.meta.url): string {
  const wanted = new URL(address, here);
  if (!wanted.href.startsWith(new URL("./", here).href)) throw new TypeError("not a script of this page");
  return wanted.href;
}
