# SPDX-License-Identifier: ISC
"""Read just enough of an ELF64 image to break one field of it on purpose."""

import struct

# name: (offset in the record, struct format)
EHDR = {"class": (4, "B"), "data": (5, "B"), "type": (16, "<H"), "machine": (18, "<H"),
        "entry": (24, "<Q"), "phoff": (32, "<Q"), "shoff": (40, "<Q"), "phentsize": (54, "<H"),
        "phnum": (56, "<H"), "shentsize": (58, "<H"), "shnum": (60, "<H"), "shstrndx": (62, "<H")}
PHDR = {"type": (0, "<I"), "flags": (4, "<I"), "offset": (8, "<Q"), "vaddr": (16, "<Q"),
        "paddr": (24, "<Q"), "filesz": (32, "<Q"), "memsz": (40, "<Q"), "align": (48, "<Q")}
SHDR = {"name": (0, "<I"), "type": (4, "<I"), "flags": (8, "<Q"), "addr": (16, "<Q"),
        "offset": (24, "<Q"), "size": (32, "<Q"), "link": (40, "<I"), "info": (44, "<I"),
        "align": (48, "<Q"), "entsize": (56, "<Q")}
# struct xcvm_case, xcvm_param and xcvm_impl of abi_image.h
CASE = {"name": (0, "<Q"), "doc": (8, "<Q"), "contract": (16, "<Q"), "panic": (24, "<Q"),
        "fault": (32, "<Q"), "diagnosis": (40, "<Q"), "params": (48, "<Q"), "run": (56, "<Q"),
        "nparams": (64, "<I"), "api": (68, "<I"), "kind": (72, "<I"), "min_vcpus": (76, "<I"),
        "max_vcpus": (80, "<I"), "panic_cpu": (84, "<I"), "decision": (88, "<I"),
        "limit_ms": (92, "<I")}
CASE_SIZE = 104
PARAM = {"name": (0, "<Q"), "doc": (8, "<Q"), "value": (16, "<Q")}
PARAM_SIZE = 24
IMPL = {"path": (0, "<Q"), "sha256": (8, "<Q"), "api": (16, "<I"), "flags": (20, "<I")}
IMPL_SIZE = 24
# struct xcvm_inspect: the envelope, and the member of each kind
INSPECT = {"kind": (0, "<I"), "reserved": (4, "<I"), "last": (100, "<I")}
PLACE = {"base": (8, "<Q"), "pointer": (16, "<I"), "offset": (20, "<I"), "stride": (24, "<I"),
         "size": (28, "<I")}
NAMED_PLACE = {name: (at + 8, form) for name, (at, form) in PLACE.items()}
INSPECT_KINDS = {
    "vector": {"name": (8, "<Q"), "number": (16, "<I"), "source": (20, "<I")},
    "source": {"name": (8, "<Q"), "bit": (16, "<I"), "level": (20, "<I")},
    "name": {"name": (8, "<Q"), "what": (16, "<I"), "number": (20, "<I")},
    "field": PLACE | {"field": (32, "<I"), "count": (36, "<I")},
    "way": PLACE | {"thread_size": (52, "<I"), "handler": (56, "<Q"), "service": (64, "<Q"),
                    "vector": (72, "<Q"), "primitive": (80, "<I"), "source": (84, "<I")},
    "slots": NAMED_PLACE | {"name": (8, "<Q"), "count": (40, "<I"), "function": (44, "<I"),
                            "argument": (48, "<I"), "primitive": (52, "<I"),
                            "running": (56, "<I")},
    "bits": NAMED_PLACE | {"name": (8, "<Q"), "table": (40, "<Q"), "stride": (48, "<I"),
                           "function": (52, "<I"), "count": (56, "<I"), "source": (60, "<I"),
                           "running": (64, "<I")},
    "box": {"base": (8, "<Q"), "primitive": (16, "<I"), "function": (20, "<I"),
            "asked": (24, "<I"), "returned": (28, "<I"), "left": (32, "<I")},
    "wrapper": {"function": (8, "<Q"), "inner": (16, "<I"), "waiting": (20, "<I"),
                "waiting_size": (24, "<I")}}
INSPECT_SIZE = 104
NOTE = {"namesz": (0, "<I"), "descsz": (4, "<I"), "type": (8, "<I"), "name": (12, "8s"),
        "version": (20, "<I"), "flags": (24, "<I"), "max_vcpus": (28, "<I"), "reserved": (32, "<I")}
PT_LOAD, PT_NOTE = 1, 4
PF_X, PF_W, PF_R = 1, 2, 4


class Record:
    """A record in the file whose fields read and write as attributes."""

    def __init__(self, data, offset, layout):
        self.__dict__.update(_data=data, _offset=offset, _layout=layout)

    def __getattr__(self, name):
        try:
            offset, form = self._layout[name]
        except KeyError:
            raise AttributeError(name) from None
        return struct.unpack_from(form, self._data, self._offset + offset)[0]

    def __setattr__(self, name, value):
        offset, form = self._layout[name]
        struct.pack_into(form, self._data, self._offset + offset, value)


class Elf:
    """A good image, to be changed in place; `data` is what a test writes to a file."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.header = Record(self.data, 0, EHDR)
        self.segments = [Record(self.data, self.header.phoff + 56 * i, PHDR)
                         for i in range(self.header.phnum)]
        self.sections = [Record(self.data, self.header.shoff + 64 * i, SHDR)
                         for i in range(self.header.shnum)]

    def loads(self, flags=None):
        return [s for s in self.segments
                if s.type == PT_LOAD and (flags is None or s.flags == flags)]

    @property
    def text(self):
        return self.loads(PF_R | PF_X)[0]

    @property
    def constants(self):
        return self.loads(PF_R)[0]

    @property
    def variables(self):
        return self.loads(PF_R | PF_W)[0]

    @property
    def note_segment(self):
        return next(s for s in self.segments if s.type == PT_NOTE)

    @property
    def note(self):
        return Record(self.data, self.note_segment.offset, NOTE)

    def section(self, name):
        names = self.sections[self.header.shstrndx].offset
        for section in self.sections:
            start = names + section.name
            if self.data[start:self.data.index(0, start)] == name.encode():
                return section
        raise KeyError(name)

    def offset(self, address):
        """Where in the file the byte at a guest address lies."""
        for s in self.loads():
            if s.vaddr <= address < s.vaddr + s.filesz:
                return s.offset + address - s.vaddr
        raise ValueError(f"{address:#x} is not in the file")

    def string(self, address):
        start = self.offset(address)
        return bytes(self.data[start:self.data.index(0, start)]).decode()

    def write(self, address, content):
        start = self.offset(address)
        self.data[start:start + len(content)] = content

    @property
    def cases(self):
        table = self.section("xcvm_cases")
        return [Record(self.data, table.offset + at, CASE)
                for at in range(0, table.size, CASE_SIZE)]

    def case(self, name):
        return next(case for case in self.cases if self.string(case.name) == name)

    @property
    def impls(self):
        table = self.section("xcvm_impls")
        return [Record(self.data, table.offset + at, IMPL)
                for at in range(0, table.size, IMPL_SIZE)]

    @property
    def inspect(self):
        table = self.section("xcvm_inspect")
        kinds = list(INSPECT_KINDS.values())
        records = [Record(self.data, table.offset + at, INSPECT)
                   for at in range(0, table.size, INSPECT_SIZE)]
        return [Record(self.data, record._offset, INSPECT | kinds[record.kind - 1])
                for record in records]

    def inspect_of(self, kind):
        """The first record of that kind, by name."""
        number = list(INSPECT_KINDS).index(kind) + 1
        return next(record for record in self.inspect if record.kind == number)

    def params(self, case):
        start = self.offset(case.params)
        return [Record(self.data, start + PARAM_SIZE * i, PARAM) for i in range(case.nparams)]
