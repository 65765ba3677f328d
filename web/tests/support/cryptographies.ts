/** Runs the same tests twice: with WebCrypto, and as on an insecure page, where only `getRandomValues` exists. */
import { afterAll, beforeAll, describe, vi } from "vitest";

export function describeBoth(name: string, body: () => void): void {
  describe(`${name}, with WebCrypto`, body);
  describe(`${name}, on an insecure page`, () => {
    beforeAll(() => {
      const real = globalThis.crypto;
      vi.stubGlobal("crypto", { getRandomValues: real.getRandomValues.bind(real) });
    });
    afterAll(() => vi.unstubAllGlobals());
    body();
  });
}
