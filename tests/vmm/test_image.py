# SPDX-License-Identifier: ISC
"""Broken images: each is refused by the check that is meant for it, and by nothing worse."""

import os
import random
import re
import struct

import pytest

from support.elf import PF_R, PF_W, PF_X, Elf

pytestmark = pytest.mark.vmm

HUGE = 2 ** 64 - 1
NOWHERE = 0x7fff00000000


def header(**fields):
    def change(elf):
        for name, value in fields.items():
            setattr(elf.header, name, value)
    return change


def segment(which, **fields):
    def change(elf):
        for name, value in fields.items():
            setattr(getattr(elf, which), name, value)
    return change


def note(**fields):
    return segment("note", **fields)


def case(name, /, **fields):
    def change(elf):
        for field, value in fields.items():
            setattr(elf.case(name), field, value(elf) if callable(value) else value)
    return change


def text(name, field, content):
    """Overwrite a string of a case, in place."""
    def change(elf):
        elf.write(getattr(elf.case(name), field), content)
    return change


def param(index, **fields):
    def change(elf):
        for field, value in fields.items():
            setattr(elf.params(elf.case("figures"))[index], field,
                    value(elf) if callable(value) else value)
    return change


def impl(**fields):
    """Change the first implementation, that of cpu_xcall."""
    def change(elf):
        for field, value in fields.items():
            setattr(elf.impls[0], field, value(elf) if callable(value) else value)
    return change


def inspect(record, /, **fields):
    """Change the first record of a kind in the inspection table, or the one of that index."""
    def change(elf):
        found = elf.inspect_of(record) if isinstance(record, str) else elf.inspect[record]
        for field, value in fields.items():
            setattr(found, field, value(elf) if callable(value) else value)
    return change


def second_note(elf):
    """Turn the build id into a second ABI note of the right size and name."""
    build_id = elf.note_segment.offset + 20 + 16  # header, name padded to 8, descriptor
    struct.pack_into("<III", elf.data, build_id, 5, 12, 1)
    elf.data[build_id + 12:build_id + 20] = b"xcvm\0\0\0\0"


def second_table(elf):
    elf.section(".rodata").name = elf.section("xcvm_cases").name


def no_load(elf):
    for load in elf.loads():
        load.type = 0


def overlap(elf):
    elf.constants.vaddr = elf.text.vaddr + elf.text.memsz - 16


def shared_page(elf):
    elf.constants.vaddr = (elf.text.vaddr + elf.text.memsz + 63) & ~63


def without_nul(elf):
    """A name at the very end of its segment's file data, without its NUL."""
    elf.case("figures").doc = elf.constants.vaddr + elf.constants.filesz - 1
    elf.write(elf.case("figures").doc, b"x")


def long_text(elf):
    """More than XCVM_STRING_MAX bytes without a NUL (the liar's endless string)."""
    at = elf.data.index(b"A" * 2000)
    elf.case("figures").doc = elf.constants.vaddr + at - elf.constants.offset


def in_bss(elf):
    return elf.variables.vaddr + elf.variables.filesz


# what: (check number, change, words of the message)
BROKEN = {
    "class": (3, header(**{"class": 1}), "64-bit"),
    "byte_order": (4, header(data=2), "little-endian"),
    "machine": (5, header(machine=183), "183"),
    "type_shared": (6, header(type=3), "ET_EXEC"),
    "type_object": (6, header(type=1), "ET_EXEC"),
    "no_program_headers": (7, header(phnum=0), "program headers"),
    "program_headers_outside": (7, header(phoff=HUGE), "program headers"),
    "program_headers_many": (8, header(phnum=0xfff0), "no ABI note"),  # libelf clips the number
    "program_header_size": (7, header(phentsize=32), "program headers"),
    "no_section_headers": (7, header(shoff=0, shnum=0), "section headers"),
    "section_headers_outside": (7, header(shoff=HUGE - 63), "section headers"),
    "section_names_outside": (20, header(shstrndx=0xff00), "xcvm_cases"),
    "no_note": (8, segment("note_segment", type=0), "no ABI note"),
    "note_outside": (8, segment("note_segment", offset=HUGE - 8), "outside the file"),
    "note_name": (8, note(name=b"xcvn\0\0\0\0"), "no ABI note"),
    "note_type": (8, note(type=2), "no ABI note"),
    "note_twice": (8, second_note, "more than one"),
    "note_size": (9, note(descsz=12), "12"),
    "version_older": (10, note(version=0), "version 0"),
    "version_newer": (10, note(version=999), "version 999"),
    "note_flags": (11, note(flags=0x8001), "0x8001"),
    "note_reserved": (11, note(reserved=7), "0x7"),
    "note_no_vcpus": (11, note(max_vcpus=0), "max_vcpus"),
    "note_up_with_many": (11, note(flags=0), "max_vcpus"),
    "nothing_to_load": (12, no_load, "nothing to load"),
    "file_range_outside": (13, segment("text", offset=2 ** 20), "file range"),
    "file_range_overflow": (13, segment("text", offset=HUGE - 4096), "file range"),
    "file_size_overflow": (13, segment("text", filesz=HUGE), "file range"),
    "file_larger_than_memory": (14, segment("text", memsz=16), "do not fit"),
    "below_1_mib": (15, segment("text", vaddr=0x1000), "0x1000"),
    "above_3_gib": (15, segment("text", vaddr=0xd0000000), "0xd0000000"),
    "memory_overflow": (15, segment("variables", memsz=HUGE), "guest memory"),
    "address_overflow": (15, segment("text", vaddr=HUGE - 4095), "guest memory"),
    "writable_code": (16, segment("text", flags=PF_R | PF_W | PF_X), "writable and executable"),
    "overlap": (17, overlap, "overlap"),
    "page_shared": (18, shared_page, "share a page"),
    "entry_null": (19, header(entry=0), "entry 0x0"),
    "entry_in_data": (19, lambda elf: setattr(elf.header, "entry", elf.variables.vaddr), "entry"),
    "entry_past_code": (19, lambda elf: setattr(elf.header, "entry", elf.text.vaddr
                                                + elf.text.memsz), "entry"),
    "no_table": (20, lambda elf: setattr(elf.section("xcvm_cases"), "name", 0), "xcvm_cases"),
    "two_tables": (20, second_table, "more than one"),
    "table_outside": (20, lambda elf: setattr(elf.section("xcvm_cases"), "addr", NOWHERE),
                      "loaded"),
    "table_too_long": (20, lambda elf: setattr(elf.section("xcvm_cases"), "size", HUGE), "loaded"),
    "table_cut": (21, lambda elf: setattr(elf.section("xcvm_cases"), "size", 95), "95"),
    "table_empty": (21, lambda elf: setattr(elf.section("xcvm_cases"), "size", 0), "0 bytes"),
    "name_null": (22, case("figures", name=0), "name"),
    "name_outside": (22, case("figures", name=NOWHERE), "name"),
    "doc_outside": (22, case("figures", doc=HUGE), "doc"),
    "doc_in_bss": (22, case("figures", doc=in_bss), "doc"),
    "doc_without_nul": (22, without_nul, "doc"),
    "doc_too_long": (22, long_text, "longer than 1024"),
    "contract_null": (22, case("figures", contract=0), "contract"),
    "panic_outside": (22, case("misuse_right", panic=NOWHERE), "panic"),
    "name_with_blank": (23, text("figures", "name", b"fig res"), "fig res"),
    "name_in_capitals": (23, text("figures", "name", b"FIGURES"), "FIGURES"),
    "name_empty": (23, text("figures", "name", b"\0"), "name"),
    "name_too_long": (23, case("figures", name=lambda elf: elf.case("figures").doc), "name"),
    "name_twice": (23, case("figures", name=lambda elf: elf.case("skip").name), "skip"),
    "api": (24, case("figures", api=5), "api 5"),
    "kind": (24, case("figures", kind=HUGE & 0xffffffff), "kind 4294967295"),
    "fault_outside": (22, case("figures", fault=NOWHERE), "fault"),
    "fault_kind": (31, text("plan_any", "fault", b"kind=los"), "case plan_any: its fault"),
    "fault_not_a_plan": (31, text("plan_any", "fault", b"kind,"), "KEY=VALUE"),
    "fault_second": (31, text("plan_user", "fault", b"kind=lost kind=nmi,x=1\0"), "x: no such key"),
    "diagnosis_outside": (22, case("figures", diagnosis=NOWHERE), "diagnosis"),
    "vcpu_limits": (25, case("figures", min_vcpus=5), "min_vcpus 5"),
    "misuse_without_panic": (26, case("misuse_right", panic=0), "panic text"),
    "misuse_on_no_cpu": (26, case("misuse_right", panic_cpu=1), "panic_cpu 1"),
    "params_many": (27, case("figures", nparams=33), "33"),
    "params_overflow": (27, case("figures", params=HUGE - 8), "parameter"),
    "params_null": (27, case("figures", params=0), "parameter"),
    "param_name_null": (22, param(0, name=0), "parameter"),
    "param_twice": (27, param(1, name=lambda elf: elf.params(elf.case("figures"))[0].name),
                    "count"),
    "param_name_bad": (27, param(1, name=lambda elf: elf.case("figures").doc), "parameter"),
    "run_null": (28, case("figures", run=0), "function"),
    "run_in_data": (28, case("figures", run=lambda elf: elf.variables.vaddr), "function"),
    "impl_table_outside": (20, lambda elf: setattr(elf.section("xcvm_impls"), "addr", NOWHERE),
                           "xcvm_impls"),
    "impl_table_cut": (29, lambda elf: setattr(elf.section("xcvm_impls"), "size", 47), "47"),
    "impl_api": (29, impl(api=5), "api 5"),
    "impl_flags": (29, impl(flags=6), "0x6"),
    "impl_twice": (29, impl(api=4), "two implementations of ipi"),
    "impl_path_outside": (22, impl(path=NOWHERE), "path"),
    "impl_hash_null": (22, impl(sha256=0), "sha256"),
    "impl_hash_short": (29, impl(sha256=lambda elf: elf.impls[0].sha256 + 1), "64 digits"),
    "impl_hash_no_hex": (29, impl(sha256=lambda elf: elf.impls[0].path), "64 digits"),
    "inspect_table_outside": (20, lambda elf: setattr(elf.section("xcvm_inspect"), "addr", NOWHERE),
                              "xcvm_inspect"),
    "inspect_table_cut": (30, lambda elf: setattr(elf.section("xcvm_inspect"), "size", 79), "79"),
    "inspect_kind_none": (30, inspect(0, kind=0), "unknown kind 0"),
    "inspect_kind_new": (30, inspect(0, kind=10), "unknown kind 10"),
    "inspect_reserved": (30, inspect(0, reserved=8), "vector record"),
    "inspect_goes_on": (30, inspect("wrapper", last=1), "wrapper record"),
    "vector_name_outside": (22, inspect("vector", name=NOWHERE), "vector's name"),
    "vector_name_bad": (30, inspect("vector", name=lambda elf: elf.case("flood").doc),
                        "Print 2000 lines."),
    "vector_name_twice": (30, inspect(1, name=lambda elf: elf.inspect[0].name), "called timer"),
    "vector_of_an_exception": (30, inspect("vector", number=15), "15 is not in the range"),
    "vector_too_high": (30, inspect("vector", number=256), "256 is not in the range"),
    "vector_twice": (30, inspect(1, number=48), "48 has two names"),
    "vector_source": (30, inspect("vector", source=32), "32 is not in the range"),
    "source_name": (30, inspect("source", name=lambda elf: elf.case("smoke").contract),
                    "a source's name: ''"),
    "source_name_long": (30, inspect("source", name=lambda elf: elf.impls[0].sha256),
                         "1 to 31 characters"),
    "source_bit": (30, inspect("source", bit=32), "a source's bit: 32"),
    "source_level": (30, inspect("source", level=256), "a source's level: 256"),
    "name_what": (30, inspect("name", what=5), "what a name is for: 5"),
    "name_outside_too": (22, inspect("name", name=NOWHERE), "a name"),
    "field_number": (30, inspect("field", field=0), "a field's number: 0"),
    "field_number_new": (30, inspect("field", field=28), "a field's number: 28"),
    "field_twice": (30, inspect("field", field=2), "2 is described twice"),
    "field_count": (30, inspect("field", count=0), "a field's count: 0"),
    "field_size": (30, inspect("field", size=3), "3 bytes are no number"),
    "field_stride": (30, inspect("field", stride=0), "has no stride"),
    "field_stride_huge": (30, inspect("field", stride=2 ** 20 + 1), "place's stride"),
    "field_offset": (30, inspect("field", offset=HUGE & 0xffffffff), "place's offset"),
    "field_pointer": (30, inspect("field", pointer=2), "place's pointer"),
    "field_no_base": (30, inspect("field", base=0), "has no base"),
    "field_needs_base": (30, inspect("field", base=0, pointer=0, stride=0), "needs a base"),
    "member_with_base": (30, inspect(-1, base=NOWHERE), "yet has a base"),
    "way_vector": (30, inspect("way", vector=lambda elf: elf.inspect_of("name").name),
                   "'shut', which has no record"),
    "way_primitive": (30, inspect("way", primitive=5), "a way's primitive: 5"),
    "way_source": (30, inspect("way", source=32), "a way's source: 32"),
    "way_thread": (30, inspect("way", thread_size=9), "9 bytes"),
    "way_handler": (30, inspect("way", handler=lambda elf: elf.variables.vaddr), "function"),
    "way_service": (30, inspect("way", service=NOWHERE), "function"),
    "way_mark": (30, inspect("way", size=16), "16 bytes"),
    "slots_name": (22, inspect("slots", name=0), "the slots' name"),
    "slots_place": (30, inspect("slots", size=0), "0 bytes"),
    "slots_count": (30, inspect("slots", count=257), "the slots' count: 257"),
    "slots_function": (30, inspect("slots", function=2 ** 21), "the slots' function"),
    "slots_argument": (30, inspect("slots", argument=2 ** 21), "the slots' argument"),
    "slots_primitive": (30, inspect("slots", primitive=9), "the slots' primitive: 9"),
    "slots_running": (30, inspect("slots", running=2), "the slots' running: 2"),
    "bits_name": (22, inspect("bits", name=0), "the bits' name"),
    "bits_place": (30, inspect("bits", size=5), "5 bytes"),
    "bits_count": (30, inspect("bits", count=33), "the bits' count: 33"),
    "bits_stride": (30, inspect("bits", stride=2 ** 21), "the bits' stride"),
    "bits_function": (30, inspect("bits", function=2 ** 21), "the bits' function"),
    "bits_source": (30, inspect("bits", source=32), "the bits' source: 32"),
    "bits_running": (30, inspect("bits", running=2 ** 21), "the bits' running"),
    "box_primitive": (30, inspect("box", primitive=5), "a box's primitive: 5"),
    "box_left": (30, inspect("box", left=2 ** 21), "a box's offset"),
    "wrapper_function": (30, inspect("wrapper", function=0), "a wrapper's function: 0x0"),
    "wrapper_inner": (30, inspect("wrapper", inner=2 ** 21), "a wrapper's inner"),
    "wrapper_waiting": (30, inspect("wrapper", waiting=2 ** 21), "a wrapper's waiting"),
    "wrapper_size": (30, inspect("wrapper", waiting_size=7), "7 bytes"),
}


def refused(done, check=None):
    """The message of a refusal: exit code 2, one line, nothing on standard output."""
    assert done.status == 2, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    found = re.search(r": image check (\d+): ", done.stderr)
    assert found, done.stderr
    if check is not None:
        assert int(found.group(1)) == check, done.stderr
    return done.stderr


def test_liar_is_good(xcvm, liar_image):
    done = xcvm.run("--list", liar_image)
    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.count("\n") == len(Elf(liar_image.read_bytes()).cases)


@pytest.mark.parametrize("what", BROKEN)
def test_refused_by_its_check(xcvm, elf, tmp_path, what):
    check, change, words = BROKEN[what]
    change(elf)
    path = tmp_path / f"{what}.elf"
    path.write_bytes(elf.data)
    message = refused(xcvm.run("--list", path), check)
    assert words in message and f"{what}.elf" in message


def test_refused_before_anything_runs(xcvm, elf, tmp_path):
    elf.text.flags |= PF_W
    path = tmp_path / "image.elf"
    path.write_bytes(elf.data)
    events = tmp_path / "events"
    refused(xcvm.run("--events", events, path), 16)
    refused(xcvm.run("--each", path), 16)
    assert not events.exists() or events.read_bytes() == b""


def test_every_check_is_provoked():
    assert {check for check, _, _ in BROKEN.values()} == set(range(3, 32))  # 1 and 2 are below


@pytest.mark.parametrize("make, words", [
    pytest.param(lambda path: None, "cannot be opened", id="missing"),
    pytest.param(lambda path: path.mkdir(), "regular file", id="folder"),
    pytest.param(os.mkfifo, "regular file", id="fifo"),
    pytest.param(lambda path: path.symlink_to("/dev/zero"), "regular file", id="device"),
    pytest.param(lambda path: path.symlink_to(path), "cannot be opened", id="loop"),
    pytest.param(lambda path: path.touch(), "0 bytes", id="empty"),
    pytest.param(lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 2 ** 40),
                 "bytes", id="huge"),
])
def test_no_such_file(xcvm, tmp_path, make, words):
    path = tmp_path / "image.elf"
    make(path)
    assert words in refused(xcvm.run("--list", path), 1)


@pytest.mark.parametrize("content", [b"x", b"\x7fELF", b"\x7fELF\x02\x01\x01", b"MZ" * 500,
                                     b"#!/bin/sh\nexit 0\n", b"\0" * 4096, b"!<arch>\n" * 64])
def test_no_elf(xcvm, tmp_path, content):
    path = tmp_path / "image.elf"
    path.write_bytes(content)
    refused(xcvm.run("--list", path), 2)


def test_cut_off_anywhere(xcvm, liar_image, tmp_path):
    """The section headers come last, so whatever is missing makes the image a bad one."""
    data = liar_image.read_bytes()
    elf = Elf(data)
    assert elf.header.shoff + 64 * elf.header.shnum == len(data)
    edges = {1, 4, 16, 52, 63, 64, 65, 120, len(data) - 1, len(data) - 64, elf.header.shoff}
    for part in elf.segments + elf.sections:
        edges |= {part.offset, part.offset + 1}
    draw = random.Random(1)
    edges |= {draw.randrange(1, len(data)) for _ in range(40)}
    path = tmp_path / "image.elf"
    for size in sorted(edge for edge in edges if 0 < edge < len(data)):
        path.write_bytes(data[:size])
        refused(xcvm.run("--list", path))


def test_garbage_never_crashes(xcvm, liar_image, tmp_path):
    """Random bytes in the headers, the note, the table: accepted or refused, never a signal."""
    good = liar_image.read_bytes()
    elf = Elf(good)
    table, impls = elf.section("xcvm_cases"), elf.section("xcvm_impls")
    records = elf.section("xcvm_inspect")
    areas = [(0, 64 + 56 * elf.header.phnum), (elf.header.shoff, 64 * elf.header.shnum),
             (elf.note_segment.offset, elf.note_segment.filesz), (table.offset, table.size),
             (impls.offset, impls.size), (records.offset, records.size)]
    path = tmp_path / "image.elf"
    for seed in range(120):
        draw = random.Random(seed)
        data = bytearray(good)
        start, length = draw.choice(areas)
        for _ in range(draw.randint(1, 8)):
            data[start + draw.randrange(length)] = draw.choice((0, 1, 0x7f, 0x80, 0xff,
                                                                draw.randrange(256)))
        path.write_bytes(data)
        done = xcvm.run("--list", path)
        assert done.status in (0, 2), f"seed {seed}: {done}"
        if done.status == 2:
            refused(done)
