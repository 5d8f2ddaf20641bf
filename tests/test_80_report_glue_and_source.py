"""The prose gets the values that cells computed; the page shows the code that ran."""

from __future__ import annotations

import importlib
import inspect
import textwrap

import numpy as np
import pytest
import xarray as xr

from cropnb import report
from cropnb.report.source import show_source
from cropnb.schema import SchemaError

pytest.importorskip("IPython", reason="needs the book's extra packages")


@pytest.fixture
def published(monkeypatch, tmp_path):
    """What a shell would send to the notebook."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shells = pytest.importorskip("IPython.core.interactiveshell", reason="needs the book's extra packages")
    shells.InteractiveShell.clear_instance()
    shell = shells.InteractiveShell.instance()
    sent = []
    monkeypatch.setattr(
        shell.display_pub, "publish", lambda data, metadata=None, **_: sent.append((data, metadata))
    )
    yield sent
    shell.history_manager.end_session()
    shells.InteractiveShell.clear_instance()


@pytest.mark.parametrize("display", [True, False])
@pytest.mark.parametrize("value", [0.7512, 42, "maize", True])
def test_message_is_the_one_myst_nb_sends(published, value, display):
    oracle = pytest.importorskip("myst_nb", reason="needs the book's extra packages").glue
    report.glue("accuracy", value, display=display)
    oracle("accuracy", value, display=display)
    ours, theirs = published
    assert ours == theirs


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.7512, ".2f", "0.75"),
        (np.float64(0.7512), ".2f", "0.75"),
        (np.float32(0.25), ".1%", "25.0%"),
        (xr.DataArray(0.7512), ".2f", "0.75"),
        (np.int64(3063), ",d", "3,063"),
        (3063, "d", "3063"),
        ("spring wheat", "s", "spring wheat"),
        (np.str_("maize"), "s", "maize"),
    ],
)
def test_prose_can_format_the_value(published, value, spec, text):
    variables = pytest.importorskip("myst_nb.core.variables", reason="needs the book's extra packages")
    report.glue("value", value)
    plain = published[0][0]["application/papermill.record/text/plain"]
    assert variables.format_plain_text(plain, spec) == text


def test_name_with_colon_and_missing_value_are_refused():
    with pytest.raises(SchemaError, match="colon"):
        report.glue("a:b", 1)
    with pytest.raises(SchemaError, match="'accuracy' is None"):
        report.glue("accuracy", None)


def test_outside_a_notebook_glue_is_silent(capsys):
    report.glue("accuracy", 0.5)
    assert capsys.readouterr().out == ""


def test_source_is_the_one_that_runs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / "shown_module.py"
    module.write_text("def twice(x):\n    return 2 * x\n", encoding="utf-8")
    shown_module = importlib.import_module("shown_module")

    assert show_source(shown_module.twice).code == "def twice(x):\n    return 2 * x"
    assert show_source(shown_module).name == "shown_module"


def test_source_stands_under_its_import_name_in_a_python_block():
    shown = show_source(report.format_interval)
    first, _, *code = shown._repr_markdown_().splitlines()
    assert first == "`cropnb.report.tables.format_interval`"
    assert code[0] == "```python"
    assert "\n".join(code[1:-1]) == inspect.getsource(report.format_interval).rstrip()
    assert not hasattr(shown, "_repr_html_")  # the page's own highlighter colours it, in dark mode too


def test_docstring_can_be_left_out_and_the_rest_still_runs():
    code = show_source(report.format_interval, docstring=False).code
    assert '"""' not in code
    space = {"_number": lambda v, d: f"{v:.{d}f}", "MISSING": "-"}
    exec(f"from __future__ import annotations\n{code}", space)
    assert space["format_interval"](0.5, 0.4, 0.6) == "0.50 [0.40, 0.60]"


def test_method_and_body_of_only_a_docstring_are_shown():
    class Empty:
        def method(self):
            """Say so."""

    assert (
        show_source(Empty.method, docstring=False).code
        == textwrap.dedent(inspect.getsource(Empty.method)).rstrip()
    )


def test_code_with_fences_is_fenced_longer():
    def fenced():
        return "```"

    text = show_source(fenced)._repr_markdown_()
    assert "\n````python\n" in text
    assert text.endswith("\n````\n")


def test_object_without_source_is_refused():
    with pytest.raises(SchemaError, match="no source"):
        show_source(len)
