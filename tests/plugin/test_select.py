# SPDX-License-Identifier: ISC
"""The plugin's collection: names, vCPU counts, markers, selection, and bad options."""

import pytest

from support.fake import case

CASES = [
    case("o1_remote", table={"contract": ["O1"]}),
    case("o11_many", table={"kind": "stress", "contract": ["O11", "O12"],
                            "params": {"budget_ms": 50}}),
    case("o26_locked", table={"kind": "misuse", "contract": ["O26"], "panic": "locked"}),
    case("n1_broadcast", table={"api": "xcall", "contract": ["N1"], "min_vcpus": 2}),
    case("ring", table={"api": "kernel", "contract": [], "min_vcpus": 8}),
    case("alone", table={"api": "kernel", "contract": [], "max_vcpus": 1}),
    case("speed", table={"api": "ipi", "kind": "bench", "contract": []}),
]


@pytest.fixture
def seven(fake):
    fake.script(*CASES)
    return fake


def names(result):
    """The names that --collect-only -q lists."""
    return [line.rpartition("::")[2] for line in result.outlines if "::" in line]


def collected(fake, *arguments):
    result = fake.run("--collect-only", "-q", *arguments)
    assert result.ret in (0, pytest.ExitCode.NO_TESTS_COLLECTED), result.stdout.str()
    return names(result)


def test_one_item_per_case_and_count(seven):
    assert collected(seven, "--vcpus", "1,2,4") == [
        "o1_remote[1]", "o1_remote[2]", "o1_remote[4]", "o11_many[1]", "o11_many[2]", "o11_many[4]",
        "o26_locked[1]", "o26_locked[2]", "o26_locked[4]", "n1_broadcast[2]", "n1_broadcast[4]",
        "ring[8]", "alone[1]"]


def test_vcpus_reach_xcvm(seven):
    seven.run("-k", "o1_remote or ring", "--vcpus", "3-4").assert_outcomes(passed=3)
    calls = [(call[call.index("--case") + 1], call[call.index("--vcpus") + 1])
             for call in seven.calls()]
    assert calls == [("o1_remote", "3"), ("o1_remote", "4"), ("ring", "8")]


@pytest.mark.parametrize("arguments, expected", [
    (["-m", "cpu_xcall and not stress"], ["o1_remote[2]", "o26_locked[2]"]),
    (["-m", "cpu_xcall and stress"], ["o11_many[2]"]),
    (["-m", "misuse or xcall"], ["o26_locked[2]", "n1_broadcast[2]"]),
    (["-m", "bench"], ["speed[2]"]),
    (["-m", "not kvm"], []),
    (["-k", "o1"], ["o1_remote[2]", "o11_many[2]"]),
    (["-k", "remote and not many"], ["o1_remote[2]"]),
    (["-k", "speed"], []),
    (["--contract", "o1"], ["o1_remote[2]"]),
    (["--contract", "O12,N1"], ["o11_many[2]", "n1_broadcast[2]"]),
    (["cases.toml::mp::o1_remote[2]"], ["o1_remote[2]"]),
    (["cases.toml::mp::speed[2]"], ["speed[2]"]),
])
def test_selection(seven, arguments, expected):
    assert collected(seven, *arguments) == expected


def test_markers_are_registered(seven):
    text = seven.run("--markers").stdout.str()
    for name in ("cpu_xcall", "xcall", "ipi", "kernel", "x2apic", "conformance", "stress", "misuse",
                 "fault", "bench", "nested", "vmm", "tool", "kvm", "contract"):
        assert f"@pytest.mark.{name}" in text


def test_image_on_the_command_line(seven):
    result = seven.run("--collect-only", "-q", "build/xcguest.elf", "--vcpus", "1", "-k", "o1_")
    assert "build/xcguest.elf::o1_remote[1]" in result.outlines


def test_up_image_gets_one_vcpu(fake):
    fake.script(case("o1", table={"multiprocessor": False}))
    assert collected(fake, "build/xcguest.elf", "--vcpus", "1,2,4") == ["o1[1]"]


def test_counts_of_cases_toml(seven, pytester):
    (pytester.path / "cases.toml").write_text(
        '[mp]\nimage = "xcguest.elf"\n[up]\nimage = "xcguest.elf"\nvcpus = [1]\n')
    result = seven.run("--collect-only", "-q", "-k", "o1_remote", "--vcpus", "2,4")
    assert [line for line in result.outlines if "::" in line] == [
        "cases.toml::mp::o1_remote[2]", "cases.toml::mp::o1_remote[4]",
        "cases.toml::up::o1_remote[1]"]


def test_image_option(seven, pytester):
    seven.script(case("only"), image="other.elf")
    result = seven.run("--collect-only", "-q", "--image", "build/other.elf")
    assert "cases.toml::other::only[2]" in result.outlines


@pytest.mark.parametrize("arguments, words", [
    (["--vcpus", "0"], "'0' is out of range"),
    (["--vcpus", "two"], "'two' is no vCPU count"),
    (["--vcpus", "1,,2"], "'' is no vCPU count"),
    (["--vcpus", "4-2"], "'4-2' is out of range"),
    (["--vcpus", "1-99999999"], "out of range"),
    (["--vcpus", "-1"], "--vcpus"),
    (["--vcpus", "²"], "no vCPU count"),
    (["--seed", "dice"], "'dice' is no number"),
    (["--seed", str(2 ** 64)], "out of range"),
    (["--param", "n"], "'n' is no parameter"),
    (["--param", "n=x"], "'x' is no number"),
    (["--xcvm-timeout", "0"], "no time limit"),
    (["--xcvm-timeout", "nan"], "no time limit"),
])
def test_bad_options(seven, arguments, words):
    result = seven.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*error: argument {arguments[0]}: *"])
    assert words in result.stderr.str()
    assert seven.calls() == []


def one_error(fake, *arguments):
    """The text of the only error; no test ran."""
    result = fake.run(*arguments)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    assert "Traceback" not in result.stdout.str()
    assert fake.calls() == []
    return result.stdout.str()


def test_unknown_param(seven):
    text = one_error(seven, "--param", "colour=1")
    assert "--param colour: no case has this parameter; they have: budget_ms" in text


def test_param_goes_to_the_cases_that_have_it(seven):
    seven.run("-k", "o1", "--param", "budget_ms=9").assert_outcomes(passed=2)
    with_it = [call[call.index("--case") + 1] for call in seven.calls() if "--param" in call]
    assert with_it == ["o11_many"]


@pytest.mark.parametrize("gone", ["xcvm", "xcguest.elf"])
def test_not_built(seven, pytester, gone):
    (pytester.path / "build" / gone).unlink()
    text = one_error(seven)
    assert f"build/{gone}: run `make` first" in text


def test_not_executable(seven):
    seven.xcvm.chmod(0o644)
    assert "Permission denied: run `make` first" in one_error(seven)


@pytest.mark.parametrize("fields, words", [
    ({"list_status": 2, "list_error": "xcvm: image check 8: no\n"}, "image check 8: no"),
    ({"cases": []}, "holds no case"),
    ({"cases": [case("a"), case("a")]}, "twice"),
    ({"cases": [{"table": {"name": "a"}}]}, "without api"),
    ({"cases": [{"table": [1]}]}, "not an object"),
    ({"cases": [case("a", table={"kind": "fun"})]}, "bad kind: 'fun'"),
    ({"cases": [case("a", table={"params": {"n": "1"}})]}, "bad params"),
])
def test_bad_table(fake, fields, words):
    fields = dict(fields)
    fake.script(*fields.pop("cases", []), **fields)
    assert words in one_error(fake)


@pytest.mark.parametrize("text, words", [
    ("[mp\n", "cases.toml"), ("[mp]\n", "wants image"), ("mp = 1\n", "wants image"),
    ('[mp]\nimage = "xcguest.elf"\nvcpus = [0]\n', "wants vcpus"),
    ('[mp]\nimage = "xcguest.elf"\nseed = 1\n', "knows image, vcpus, large, sizes, kernel, "),
])
def test_bad_cases_toml(seven, pytester, text, words):
    (pytester.path / "cases.toml").write_text(text)
    assert words in one_error(seven)


LARGE = """[mp]
image = "xcguest.elf"
[mp.large]
vcpus = [64]
apis = ["cpu_xcall", "xcall"]
kinds = ["conformance", "misuse"]
timeout = 120
without = ["n1_broadcast"]
"""


def test_large_counts(seven, pytester):
    """Without --vcpus, and not for those that are left out."""
    pytester.path.joinpath("cases.toml").write_text(LARGE)
    result = seven.run("--collect-only", "-q", vcpus=None)
    assert [name for name in names(result) if name.endswith("[64]")] == [
        "o1_remote[64]", "o26_locked[64]"]
    assert "o1_remote[1]" in names(result)
    assert not [name for name in collected(seven) if name.endswith("[64]")]


SPARSE = LARGE.replace("large", "sparse").replace("64", "3").replace(
    "without", "apic_ids = \"0,7,4000\"\nonly")


def test_ids(fake, pytester):
    """Some cases alone, with ids, and never on another number of CPUs."""
    fake.script(case("n1_broadcast", table={"api": "xcall", "contract": ["N1"]}), case("o1"))
    pytester.path.joinpath("cases.toml").write_text(SPARSE)
    found = [name for name in names(fake.run("--collect-only", "-q", vcpus=None)) if "3" in name]
    assert found == ["n1_broadcast[3-sparse]"]
    seen = len(fake.calls())
    assert fake.run("-k", "sparse", vcpus=None).ret == 0
    [call] = [call for call in fake.calls()[seen:] if "--case" in call]
    assert call[call.index("--apic-ids") + 1] == "0,7,4000"
    fake.script(case("n1_broadcast", table={"api": "xcall", "contract": ["N1"], "min_vcpus": 9}))
    assert names(fake.run("--collect-only", "-q", vcpus=None)) == ["n1_broadcast[9]"]


USER = LARGE.replace("large", "user").replace("64", "2")


def test_apic(seven, pytester):
    """Not given, it is what the case needs, and cases.toml has more; given, it is what was said."""
    pytester.path.joinpath("cases.toml").write_text(USER)
    result = names(seven.run("--collect-only", "-q", vcpus=None))
    assert [name for name in result if name.endswith("-user]")] == [
        "o1_remote[2-user]", "o26_locked[2-user]"]
    assert "o1_remote[2]" in result
    assert not [name for name in collected(seven) if name.endswith("-user]")]
    assert set(collected(seven, "--apic", "user", "-k", "o1_")) == {"o1_remote[2-user]"}
    assert set(collected(seven, "--apic", "user,kernel", "-k", "o1_")) == {
        "o1_remote[2]", "o1_remote[2-user]"}


@pytest.mark.parametrize("arguments, apics", [
    ((), {None}), (("--apic", "kernel"), {"kernel"}), (("--apic", "user"), {"user"}),
    (("--apic", "kernel,user"), {"kernel", "user"})])
def test_apic_reaches_xcvm(fake, arguments, apics):
    fake.script(case("o1"))
    assert fake.run(*arguments).ret == 0
    assert {call[call.index("--apic") + 1] if "--apic" in call else None
            for call in fake.calls() if "--list" not in call} == apics


def test_bad_apic(seven):
    result = seven.run("--apic", "user,none")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'none' models no APIC: give kernel, user or both*"])


def test_large_counts_have_time(fake, pytester):
    """The table's limit, unless the case, or the command line, has one."""
    fake.script(case("o1"), case("o2", table={"limit_ms": 500}))
    pytester.path.joinpath("cases.toml").write_text(LARGE.replace('"n1_broadcast"', ""))

    def limits(*arguments):
        seen = len(fake.calls())
        assert fake.run("-k", "64 or 2", *arguments, vcpus=None).ret == 0
        return {(call[call.index("--case") + 1], call[call.index("--vcpus") + 1]):
                call[call.index("--timeout") + 1] if "--timeout" in call else None
                for call in fake.calls()[seen:]}
    assert limits() == {("o1", "2"): None, ("o1", "64"): "120", ("o2", "1"): None,
                        ("o2", "2"): None, ("o2", "4"): None, ("o2", "64"): None}
    assert set(limits("--xcvm-timeout", "7").values()) == {"7"}


@pytest.mark.parametrize("old, new, words", [
    ("timeout = 120", "", "large wants vcpus, apis, kinds, timeout, and may have without"),
    ("timeout = 120", "timeout = 120\nmore = 1", "large wants vcpus, apis"),
    ("timeout = 120", "timeout = 120\napic_ids = 1", 'large wants apic_ids = "LIST"'),
    ("timeout = 120", "timeout = 120\nonly = [\"n9\"]", "only: there is no case 'n9'"),
    ("[64]", "[]", "large wants vcpus = [[]COUNT, ...]"),
    ("[64]", "[0]", "large wants vcpus = [[]COUNT, ...]"),
    ('"xcall"', '"ycall"', "large wants apis = [[]API, ...], of kernel, x2apic"),
    ('"misuse"', '"use"', "large wants kinds = [[]KIND, ...], of conformance"),
    ('["n1_broadcast"]', '"n1"', "large wants without = [[]CASE, ...]"),
    ("n1_broadcast", "n1_broad", "there is no case 'n1_broad'"),
    ("timeout = 120", "timeout = 0", "large wants timeout = SECONDS"),
])
def test_bad_large_counts(seven, pytester, old, new, words):
    assert LARGE.count(old) == 1
    pytester.path.joinpath("cases.toml").write_text(LARGE.replace(old, new))
    result = seven.run(vcpus=None)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([f"*cases.toml: [[]mp] *{words}*"])
