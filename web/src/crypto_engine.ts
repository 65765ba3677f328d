/** The one door to the cryptography: everything above imports from here and from nowhere below. */
export { RECORD_OVERHEAD } from "./wire/limits.ts";
export { Code, checkStrength, codeGenerator, newCode, parseCode } from "./crypto/code.ts";
export { DH_BYTES, DH_EXPONENT_BYTES, DH_GENERATOR, dhPublic, dhShared, newExponent } from "./crypto/dh14.ts";
export {
  FILE_KEY_BYTES,
  FileKey,
  checkCommitment,
  commitment,
  newFileId,
  newFileKey,
  recordKey,
} from "./crypto/file_key.ts";
export { EMPTY, Prk, join, kdf, lp, u32, u64, u8, writeU64, type Label } from "./crypto/kdf.ts";
export {
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_BYTES,
  KEM_SEED_BYTES,
  TAG_BYTES,
  X25519_BYTES,
  aesGcm,
  cryptography,
  equalInConstantTime,
  hmacSha256,
  kemDecapsulate,
  kemEncapsulate,
  kemKeys,
  randomBytes,
  sha256,
  x25519Public,
  x25519Shared,
  type Aead,
  type KemKeys,
  type Randomness,
} from "./crypto/primitives.ts";
export { RecordOpener, RecordSealer, SPARE_BYTES, streamRecordSize } from "./crypto/record.ts";
export { CHECK_WORD_BYTES, checkWordIndices, checkWords } from "./crypto/words.ts";
export { wordList } from "./crypto/word_list.ts";
