# SPDX-License-Identifier: ISC
"""What ends a stress, and how many operations the report says there were."""

import pytest

CASE = "sleep_ping_pong"


@pytest.mark.parametrize("budget_ms, ops, cap_ms, by, least", [
    (100, 1, 600000, "budget_ms", 1),  # enough of them come in the time
    (1, 200, 600000, "ops", 200),      # it goes on until there are enough
    (1, 10 ** 9, 30, "cap_ms", 1),     # but no longer than that
    (30, 10 ** 9, 0, "cap_ms", 1)])    # a cap that is earlier is none
def test_what_ends_it(xcvm, our_image, budget_ms, ops, cap_ms, by, least):
    done = xcvm.report("--case", CASE, "--param", f"budget_ms={budget_ms}", "--param", f"ops={ops}",
                       "--param", f"cap_ms={cap_ms}", our_image)
    assert done.status == 0, done.end
    told, = [event for event in done.of("metric") if event["name"].startswith("operations")]
    assert told["name"] == f"operations, ended by {by}"
    assert told["value"] >= least
    if by != "ops":
        assert done.end["seconds"] * 1000 >= max(budget_ms, cap_ms if by == "cap_ms" else 0)
