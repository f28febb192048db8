# SPDX-License-Identifier: ISC
"""Load the case plugin from the root, so that an image named on the command line is collected."""

pytest_plugins = ["pytester", "xcvm_pytest.plugin"]
