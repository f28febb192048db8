# SPDX-License-Identifier: ISC
"""Fault plans on the command line and in files: what is refused, and with which words."""

import pytest

pytestmark = pytest.mark.vmm

LOST = '[[fault]]\nkind = "lost"\n'

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
    "no_file": ("@/nonexistent/plan", ["@/nonexistent/plan", "No such file", "[[fault]]"]),
    "folder": ("@/", ["--fault @/", "Is a directory"]),
    "endless": ("@/dev/zero", ["@/dev/zero", "longer than a fault plan"]),
    "no_name": ("@", ["--fault @", "No such file"]),
}

# A plan file; where in it the message points, after the file's name; words of the message.
BAD_FILES = {
    "nothing": (b"", "", ["holds no fault", "[[fault]]"]),
    "comment": (b"# none\n", "", ["holds no fault"]),
    "no_toml": (b'[[fault]]\nkind "lost"\n', ":2:6", ["write TOML"]),
    "binary": (b"\xff\xfe\0", ":1:1", ["write TOML"]),
    "nul": (b'[[fault]]\nkind = "lo\\u0000st"\n', ":2:1", ["kind", "NUL"]),
    "nul_key": (b'[[fault]]\n"ki\\u0000nd" = 1\n', ":2:1", ["NUL"]),
    "other_table": (LOST.encode() + b"[plan]\n", ":3:2", ["'plan'", "[[fault]] tables only"]),
    "one_table": (b'[fault]\nkind = "lost"\n', ":1:2", ["not a list of tables", "[[fault]]"]),
    "number": (b"fault = 1\n", ":1:1", ["not a list of tables"]),
    "numbers": (b"fault = [1]\n", ":1:10", ["not a table"]),
    "kind": (b'[[fault]]\nkind = "los"\n', ":2:1", ["kind 'los'", "did you mean lost?"]),
    "no_kind": (LOST.encode() + b"\n[[fault]]\ndst = 1\n", ":4:1",
                ["kind: is missing", 'kind="lost"']),
    "key": (LOST.encode() + b"probabilty = 3\n", ":3:1", ["probabilty", "probability?"]),
    "type": (LOST.encode() + b"nth = 1.5\n", ":3:1", ["nth", "whole number"]),
    "boolean": (LOST.encode() + b"nth = true\n", ":3:1", ["nth", "whole number"]),
    "range": (LOST.encode() + b"\n  probability = 101\n", ":4:3",
              ["probability 101", "from 0 to 100"]),
    "negative": (LOST.encode() + b"dst = -1\n", ":3:1", ["dst '-1'", "not a number"]),
    "vector": (LOST.encode() + b'vector = "a b"\n', ":3:1", ["vector 'a b'", 'vector="xcall"']),
    "twice": (LOST.encode() + b"dst = 1\ndst = 1\n", ":4:7", ["write TOML"]),
    "needs": (LOST.encode() + b'[[fault]]\nkind = "delay"\n', ":3:1",
              ["delay_us: is missing", "delay_us=500"]),
    "no_such_cpu": (b'[[fault]]\nkind = "stall"\nstall_us = 1\ndst = 7\n', ":1:1",
                    ["dst 7", "2 vCPUs"]),
    "kernel": (LOST.encode(), ":1:1", ["kind lost", "--apic user"]),
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
    plan = tmp_path / "plan.toml"
    plan.write_bytes(content)
    done = xcvm.run("--fault", f"@{plan}", liar_image)
    assert (done.status, done.stdout) == (2, ""), done
    assert done.stderr.startswith(f"xcvm: {plan}{place}: "), done.stderr
    for word in words:
        assert word in done.stderr


def test_too_many(xcvm, liar_image, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(LOST * 1001)
    done = xcvm.run("--fault", f"@{plan}", liar_image)
    assert done.status == 2
    assert f"{plan}:2001:1: is one fault too many" in done.stderr, done.stderr


def test_more_functions_than_breakpoints(xcvm, liar_image):
    functions = ["hang_cli", "hang_hlt", "hang_other", "hang_sti_hlt", "silent"]
    done = xcvm.run(*(word for name in functions
                      for word in ("--fault", f"kind=preempt,function={name},for_us=1")),
                    liar_image)
    assert done.status == 2, done
    assert "at most 4 functions" in done.stderr


def test_a_long_path(xcvm, liar_image, tmp_path):
    folder = tmp_path / ("x" * 200) / ("y" * 200)
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(LOST + "dst = x\n")
    done = xcvm.run("--fault", f"@{folder}/plan.toml", liar_image)
    assert done.status == 2
    assert "yyy/plan.toml:3:7: " in done.stderr
