"""Configuration of the documentation."""

from __future__ import annotations

import attraktiv

project = "attraktiv"
author = "The attraktiv contributors"
copyright = "The attraktiv contributors, Apache-2.0"
version = release = attraktiv.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax"]
exclude_patterns = ["_build"]
root_doc = "index"
html_theme = "furo"
html_title = f"attraktiv {release}"

myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3

# Types stand in the docstrings, with their dimensions and units.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
nitpick_ignore_regex = [
    # A docstring may name a function inside a room; only the front door has a page.
    (r"py:.*", r"attraktiv\.[a-z_]+\..*"),
    # The documentation builds offline, so names of other projects lead nowhere.
    (r"py:.*", r"(arviz|numpy|pandas|pydantic|pymc|pathlib|xarray|np|pd|pm|xr)\..*"),
]
