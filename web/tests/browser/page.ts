/** A page for tests: offers the vector runner to whoever drives the browser. */
import { cryptography } from "../../src/crypto_engine.ts";
import { runFile, type VectorFile } from "../vector_runner.ts";

declare global {
  interface Window {
    /** Failures of one file of vectors, and which cryptography ran. */
    runVectors?: (file: VectorFile) => Promise<{ readonly cryptography: string; readonly failures: readonly string[] }>;
  }
}

window.runVectors = async (file) => ({ cryptography: cryptography(), failures: await runFile(file) });
