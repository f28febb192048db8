# SPDX-License-Identifier: ISC
"""Fault plans on the command line and in files: what is refused, and with which words."""

import pytest

pytestmark = pytest.mark.vmm

LOST = b"kind=lost\n"

# A value of --fault, and words of the message.  The liar has two vCPUs, and the vectors timer
# and bell.
BAD = {
    "empty_item": ("kind=lost,", ["--fault kind=lost,", "KEY=VALUE"]),
    "no_kind": ("dst=1", ["--fault dst=1", "kind: is missing", "misroute"]),
    "kind": ("kind=los", ["kind 'los'", "did you mean lost?"]),
    "key": ("kind=lost,prob=3", ["prob: no such key", "did you mean probability?"]),
    "number": ("kind=lost,nth=many", ["nth 'many'", "not a number", "nth=1"]),
    "lost": ("kind=lost", ["kind lost", "KVM's own local APIC", "--apic user"]),
    "dup": ("kind=dup", ["kind dup", "--apic user"]),
    "delay": ("kind=delay,delay_us=1", ["kind delay", "--apic user"]),
    "reorder": ("kind=reorder", ["kind reorder", "--apic user"]),
    "misroute": ("kind=misroute", ["kind misroute", "--apic user"]),
    "nmi_of_a_vector": ("kind=nmi,vector=bell", ["kind nmi in place of", "--apic user"]),
    "nmi_of_a_sender": ("kind=nmi,src=0", ["kind nmi in place of", "--apic user"]),
    "to": ("kind=spurious,vector=bell,to=2", ["to 2", "2 vCPUs", "to=1", "--vcpus 3"]),
    "dst": ("kind=stall,stall_us=1,dst=9", ["dst 9", "2 vCPUs", "--vcpus 10"]),
    "vector": ("kind=spurious,vector=tiemr", ["vector tiemr", "vector=timer"]),
    "vector_far": ("kind=spurious,vector=qqqqqqqq", ["vector qqqqqqqq", "16 to 255"]),
    "function": ("kind=preempt,function=hang_cil,for_us=1",
                 ["function hang_cil", "no such function", "did you mean hang_cli?"]),
    "function_far": ("kind=preempt,function=zzzzzzzzzzzzzz,for_us=1", ["zzzzzzzzzzzzzz", "nm(1)"]),
    "offset": ("kind=preempt,function=hang_cli+0xfffff,for_us=1",
               ["function hang_cli", "ends before offset 0xfffff", "objdump -d"]),
    "no_file": ("@/nonexistent/plan", ["@/nonexistent/plan", "No such file", "an entry a line"]),
    "folder": ("@/", ["--fault @/", "Is a directory"]),
    "endless": ("@/dev/zero", ["@/dev/zero", "longer than a fault plan"]),
    "no_name": ("@", ["--fault @", "No such file"]),
    "toml": ("@plan.toml", ["not TOML any more", "an entry a line", "of another name"]),
}

# A plan file; where in it the message points, after the file's name; words of the message.
EXAMPLE = "kind=lost,vector=xcall,nth=3"
BAD_FILES = {
    "nothing": (b"", "", ["holds no fault", EXAMPLE]),
    "comments": (b"# none\n \t\r\n#", "", ["holds no fault"]),
    "no_entry": (LOST + b"lost\n", ":2:1", ["'lost'", "KEY=VALUE", "kind=lost"]),
    "toml_inside": (b"[[fault]]\nkind = 1\n", ":1:1", ["'[[fault]]'", "KEY=VALUE"]),
    "binary": (b"\xff\xfe\0", ":1:1", ["byte 0xff", EXAMPLE]),
    "byte_order_mark": (b"\xef\xbb\xbf" + LOST, ":1:1", ["byte 0xef", EXAMPLE]),
    "nul": (LOST + b"kind=lo\0st\n", ":2:8", ["byte 0x00", EXAMPLE]),
    "nul_first": (LOST + b"\0kind=lost\n", ":2:1", ["byte 0x00", EXAMPLE]),
    "carriage_return": (b"kind=lost\rkind=lost\n", ":1:10", ["byte 0x0d", EXAMPLE]),
    "tab": (b"kind=lost,\tdst=1", ":1:11", ["byte 0x09", EXAMPLE]),
    "empty_item": (b"kind=lost,,dst=1\n", ":1:11", ["KEY=VALUE"]),
    "kind": (b"kind=los\n", ":1:1", ["kind 'los'", "did you mean lost?"]),
    "no_kind": (LOST + b"\n\ndst=1\n", ":4:1", ["kind: is missing", "kind=lost"]),
    "key": (b"kind=lost,probabilty=3\n", ":1:11", ["probabilty", "probability?"]),
    "number": (b"kind=lost,nth=1.5\n", ":1:11", ["nth '1.5'", "not a number"]),
    "range": (LOST + b"\n  kind=lost,probability=101 # %\n", ":3:13",
              ["probability 101", "from 0 to 100"]),
    "negative": (b"kind=lost,dst=-1\n", ":1:11", ["dst '-1'", "not a number"]),
    "vector": (b"kind=lost,vector=a b\n", ":1:11", ["vector 'a b'", "vector=xcall"]),
    "twice": (b"kind=lost,dst=1,dst=1\n", ":1:17", ["dst: is given twice"]),
    "needs": (LOST + b"kind=delay\n", ":2:1", ["delay_us: is missing", "delay_us=500"]),
    "no_such_cpu": (b"kind=stall,stall_us=1,dst=7\n", ":1:1", ["dst 7", "2 vCPUs"]),
    "kernel": (LOST, ":1:1", ["kind lost", "--apic user"]),
    "long_line": (b"kind=lost,vector=" + b"x" * 1000 + b"\n", ":1:1", ["is too long"]),
    "long_comment": (b"# " + b"x" * 100000 + b"\nkind=los", ":2:1", ["kind 'los'"]),
    "key_of_many_parts": (b"kind=lost," + b"a." * 200000 + b"b=1\n", ":1:1", ["is too long"]),
    "a_million_empty_lines": (b"\n" * 1000000, "", ["holds no fault"]),
    "after_many_lines": (b"\n" * 1000000 + b"kind=los", ":1000001:1", ["kind 'los'"]),
    "entry_behind_a_carriage_return": (b"kind=lost # a\rkind=lost\n", ":1:14",
                                       ["byte 0x0d", "comment", "CR LF"]),
    "carriage_return_first": (LOST + b"\rkind=lost\r\n", ":2:1", ["byte 0x0d", EXAMPLE]),
    "two_carriage_returns": (b"kind=lost\r\r\n", ":1:10", ["byte 0x0d", EXAMPLE]),
    "nul_in_a_comment": (LOST + b"#\0\n", ":2:2", ["byte 0x00", "comment"]),
    "delete_in_a_comment": (b"#\t\x7f", ":1:3", ["byte 0x7f", "comment"]),
    "comment_of_no_utf8": ("# é".encode() + b"\xe9\n", ":1:5", ["byte 0xe9", "UTF-8"]),
    "comment_of_half_a_character": (b"#\xc3\r\n", ":1:2", ["byte 0xc3", "UTF-8"]),
    "comment_of_utf8": ("#\té€\r\nkind=los\r\n".encode(), ":2:1", ["kind 'los'"]),
    "entry_before_comment": (b"kind=lost\xff # \0", ":1:10", ["byte 0xff", EXAMPLE]),
    "too_many": (LOST * 1001, ":1001:1", ["is one fault too many", "at most 1000"]),
}


@pytest.mark.parametrize("what", BAD)
def test_refused(xcvm, liar_image, what):
    text, words = BAD[what]
    done = xcvm.run("--fault", text, liar_image)
    assert (done.status, done.stdout) == (2, ""), done
    assert done.stderr.startswith(f"xcvm: --fault {text}"), done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("what", BAD_FILES)
def test_refused_file(xcvm, liar_image, tmp_path, what):
    content, place, words = BAD_FILES[what]
    plan = tmp_path / "a.plan"
    plan.write_bytes(content)
    done = xcvm.run("--fault", f"@{plan}", liar_image)
    assert (done.status, done.stdout) == (2, ""), done
    assert done.stderr.startswith(f"xcvm: {plan}{place}: "), done.stderr
    for word in words:
        assert word in done.stderr


def test_the_longest_file(xcvm, liar_image, tmp_path):
    plan = tmp_path / "a.plan"
    content = b"kind=los\n".rjust(2 ** 20 - 1, b"\n")
    plan.write_bytes(content)
    done = xcvm.run("--fault", f"@{plan}", liar_image)
    assert done.stderr.startswith(f"xcvm: {plan}:{content.count(10)}:1: kind 'los': ")
    plan.write_bytes(b"\n" + content)
    done = xcvm.run("--fault", f"@{plan}", liar_image)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith(f"xcvm: --fault @{plan}: is longer than a fault plan can be: ")


def test_more_functions_than_breakpoints(xcvm, liar_image):
    functions = ["hang_cli", "hang_hlt", "hang_other", "hang_sti_hlt", "silent"]
    done = xcvm.run(*(word for name in functions
                      for word in ("--fault", f"kind=preempt,function={name},for_us=1")),
                    liar_image)
    assert done.status == 2, done
    assert "at most 4 places" in done.stderr


def test_more_places_than_breakpoints(xcvm, liar_image):
    done = xcvm.run(*(word for offset in (0, 1, 2, 1, 3, 4) for word in
                      ("--fault", f"kind=preempt,function=hang_cli+{offset},for_us=1")),
                    liar_image)
    assert done.status == 2, done
    assert "function hang_cli+0x4: is one too many" in done.stderr


def test_a_long_path(xcvm, liar_image, tmp_path):
    folder = tmp_path / ("x" * 200) / ("y" * 200)
    folder.mkdir(parents=True)
    (folder / "a.plan").write_bytes(LOST + b"kind=lost,dst=x\n")
    done = xcvm.run("--fault", f"@{folder}/a.plan", liar_image)
    assert done.status == 2
    assert "yyy/a.plan:2:11: " in done.stderr
    (folder / "a.plan").write_bytes(LOST + b"\xff\n")
    done = xcvm.run("--fault", f"@{folder}/a.plan", liar_image)
    assert "yyy/a.plan:2:1: byte 0xff" in done.stderr
