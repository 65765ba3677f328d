"""The one door to the cryptography: everything above imports this, never `crypto` itself."""

from peerseal.crypto.code import Code, check_strength, code_generator, new_code, parse_code
from peerseal.crypto.dh14 import DH_BYTES
from peerseal.crypto.file_key import (
    COMMITMENT_BYTES,
    FILE_ID_BYTES,
    FILE_KEY_BYTES,
    FileKey,
    Stream,
    check_commitment,
    commitment,
    new_file_id,
    new_file_key,
)
from peerseal.crypto.primitives import ReadableBuffer, random_bytes
from peerseal.crypto.record import SPARE_BYTES, RecordOpener, RecordSealer, stream_record_size
from peerseal.wire.limits import RECORD_OVERHEAD

__all__ = [
    "COMMITMENT_BYTES",
    "DH_BYTES",
    "FILE_ID_BYTES",
    "FILE_KEY_BYTES",
    "RECORD_OVERHEAD",
    "SPARE_BYTES",
    "Code",
    "FileKey",
    "ReadableBuffer",
    "RecordOpener",
    "RecordSealer",
    "Stream",
    "check_commitment",
    "check_strength",
    "code_generator",
    "commitment",
    "new_code",
    "new_file_id",
    "new_file_key",
    "parse_code",
    "random_bytes",
    "stream_record_size",
]
