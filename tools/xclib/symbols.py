# SPDX-License-Identifier: ISC
"""The functions in an ELF64 image."""

import struct
from pathlib import Path

from .errors import XcError

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
SHDR = struct.Struct("<IIQQQQIIQQ")
SYM = struct.Struct("<IBBHQQ")
SHT_SYMTAB, STT_FUNC = 2, 2


class SymbolError(XcError):
    """No symbols can be had; the text says why."""


def functions(path):
    """{name: whether it begins with a push}, sorted by name."""
    data = Path(path).read_bytes()
    try:
        header = EHDR.unpack_from(data, 0)
        if header[0][:6] != b"\x7fELF\x02\x01":
            raise SymbolError(f"{path}: not a little-endian ELF64 file")
        sections = [SHDR.unpack_from(data, header[6] + i * header[11]) for i in range(header[12])]
        found = {}
        for section in sections:
            if section[1] != SHT_SYMTAB:
                continue
            strings = sections[section[6]][4]
            for at in range(section[4], section[4] + section[5], SYM.size):
                name, info, _, index, value, _ = SYM.unpack_from(data, at)
                if info & 0xf == STT_FUNC and 0 < index < len(sections):
                    start, code = strings + name, sections[index]
                    opcode = data[code[4] + value - code[3]]
                    found[data[start:data.index(0, start)].decode("ascii")] = (
                        opcode & 0xf8 == 0x50)
    except (struct.error, IndexError, ValueError) as error:
        raise SymbolError(f"{path}: its symbol table cannot be read: {error}") from None
    return dict(sorted(found.items()))
