"""The chapter contract: a good chapter passes, and each planted fault is found where it was planted."""

from pathlib import Path

import pytest

from cropnb.chapters import check_all, check_chapter
from cropnb.chapters.source import find_chapter, load_chapter
from cropnb.schema import SchemaError

MINI = Path(__file__).parent / "data" / "mini-chapter.md"
GOOD = MINI.read_text()
KNOWN = "assert sum(range(4)) == 6"
LIMITS = "It shows nothing."


def findings(tmp_path, text):
    path = tmp_path / "mini.md"
    path.write_text(text)
    return check_chapter(path)


def test_the_good_chapter_keeps_the_contract():
    assert check_chapter(MINI) == []


def in_code(line):
    return (KNOWN, f"{KNOWN}\n{line}")


def in_prose(line):
    return (LIMITS, line)


FAULTS = {
    "title gone": ('  title: "Mini: a chapter for the tests"\n', "", "front matter lacks `title`"),
    "unknown key": ("  slug: mini", "  slugg: x\n  slug: mini", "unknown `slugg`. Did you mean 'slug'"),
    "objectives": ("    - Run in two seconds.\n", "", "objectives are not 3 to 5"),
    "cost": ('smoke: "2 s", ', "", "no cost for smoke"),
    "kernel": ("kernelspec:", "kernel:", "no `kernelspec`"),
    "scenes": ("scenes: [county-mini, county-smoke]", "scenes: [county-mini]", "choices of `scene`"),
    "scale literal": ('scale = "laptop"', 'scale = "smoke"', "literal of `scale` is not 'laptop'"),
    "unread parameter": ('"value": rate', '"value": 0', "parameter rate is never read"),
    "overwritten parameter": (*in_code("n_seed = 1"), "parameter n_seed is overwritten"),
    "section gone": ("## Limits\n", "", "section 'Limits' is missing"),
    "section twice": ("## Limits\n", "## Limits\n\n## Limits\n", "'Limits' out of order or twice"),
    "own section": ("## Limits\n", "## Thoughts\n\n## Limits\n", "'Thoughts' is none of the contract"),
    "second title": ("## Limits\n", "# More\n\n## Limits\n", "does not start with one `# title`"),
    "no assert": (KNOWN, "sum(range(4))", "'A known answer' has no assert"),
    "no source": ("report.show_source(json.dumps)", "str(json.dumps)", "'Method' has no report.show_source"),
    "no exhibit": ("(exhibit-mini-line)=", "(exhibit-mine)=", "exhibit 'mini-line' has no label"),
    "strange exhibit": ("(exhibit-mini-line)=", "(exhibit-mine)=", "'mine' is not in the front matter"),
    "no exercise": ("{exercise}", "{note}", "'Exercises' has no {exercise}"),
    "no solution": ("{solution-start} mini-sum", "{note}", "exercise without label or solution"),
    "open solution": ("````{solution-end}\n````", "", "solution is never closed"),
    "shown solution": (":class: dropdown\n", "", "solution is not hidden"),
    "untested solution": ("assert sum(range(5)) == 10", "sum(range(5))", "solution is not tested"),
    "long cell": (*in_code("\n".join(["len('')"] * 15)), "16 lines in a cell, at most 15"),
    "long line": (*in_code(f"len('{'x' * 80}')"), "87 characters in a line"),
    "magic": (*in_code("%matplotlib inline"), "a magic or shell command"),
    "shell": (*in_code("!ls"), "a magic or shell command"),
    "syntax": (*in_code("1 +"), "no plain Python"),
    "class": (*in_code("class A:\n    pass"), "class A in a chapter"),
    "while": (*in_code("while False:\n    pass"), "a while loop"),
    "epochs": (*in_code("for n_epoch in range(2):\n    pass"), "a loop over epochs"),
    "long def": (*in_code("def f():\n" + "    len('')\n" * 8), "function f has 9 lines"),
    "many defs": (
        *in_code("\n".join(f"def f{n}(): return {n}" for n in range(3))),
        "function f2 is number 3",
    ),
    "filterwarnings": (
        *in_code("import warnings as w\nw.filterwarnings('ignore')"),
        "warnings.filterwarnings",
    ),
    "sys.path": (*in_code("import sys\nsys.path.append('x')"), "sys.path is touched"),
    "pip": (*in_code("import pip\npip.main()"), "import of pip"),
    "home path": (*in_code("Path('/home/me/x')"), "absolute path '/home/me/x'"),
    "windows path": (*in_code(r"Path('C:\\x')"), "absolute path"),
    "undefined name": (*in_code("print(nowhere)"), "F821"),
    "unused import": (*in_code("import math"), "F401"),
    "no alt": ("    alt: A horizontal", "    title: A horizontal", "figure without `image: alt`"),
    "no caption": ("    caption: Share per repetition.\n", "", "figure without `figure: caption`"),
    "no name": ("    name: fig-mini-line\n", "", "figure without `figure: name`"),
    "typed accuracy": (*in_prose("The accuracy is 0.83."), "'0.83' typed in prose"),
    "typed percent": (*in_prose("We reach 83 % here."), "'83' typed in prose"),
    "typed F1": (*in_prose("Macro F1 rises\nby .04 then."), "'.04' typed in prose"),
    "typed decibels": (*in_prose("It drops by 3 dB."), "'3' typed in prose"),
    "kernel name": (", display_name: Python 3", "", "'display_name' is a required property"),
    "broken YAML": ("  slug: mini", "  slug: [mini", "no MyST notebook"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(tmp_path, name):
    old, new, what = FAULTS[name]
    assert GOOD.count(old) == 1
    found = findings(tmp_path, GOOD.replace(old, new))
    assert any(what in str(finding) for finding in found), [str(finding) for finding in found]
    assert all(finding.remedy for finding in found)


@pytest.mark.parametrize(
    "line",
    [
        "The overall accuracy is {glue:text}`mini_share`.",
        "They report 83 % {cite:p}`Someone2020`.",
        "Overall accuracy of Sentinel-1 in 2017 is discussed below in figure one.",
        "An accuracy `0.5` in code and $0.5$ dB in mathematics are examples.",
        "An accuracy of fields.\nThe county has 12 sites.",
    ],
)
def test_prose_without_typed_results_passes(tmp_path, line):
    assert findings(tmp_path, GOOD.replace(LIMITS, line)) == []


def test_paths_inside_a_scene_are_no_files(tmp_path):
    assert findings(tmp_path, GOOD.replace(KNOWN, f"{KNOWN}\nlen('/sentinel1/88/c2')")) == []


def test_a_parameter_may_be_settled_under_a_condition_on_itself(tmp_path):
    code = f'{KNOWN}\nif scene == "auto":\n    scene = "county-smoke"'
    assert findings(tmp_path, GOOD.replace(KNOWN, code)) == []


def test_a_finding_points_at_its_line_and_cell(tmp_path):
    text = GOOD.replace(KNOWN, f"{KNOWN}\nprint(nowhere)")
    (found,) = findings(tmp_path, text)
    assert text.splitlines()[found.line - 1] == "print(nowhere)"
    assert (found.cell, found.path.name) == (3, "mini.md")


def test_every_code_cell_knows_its_line():
    lines = GOOD.splitlines()
    for cell in load_chapter(MINI).code:
        source = cell.source.splitlines()
        assert lines[cell.line - 1 : cell.line - 1 + len(source)] == source


def test_two_chapters_may_not_share_a_slug(tmp_path, monkeypatch):
    monkeypatch.setattr("cropnb.paths.book_folder", lambda: tmp_path)
    (tmp_path / "chapters").mkdir()
    for name in ("01-mini", "02-mini"):
        (tmp_path / "chapters" / f"{name}.md").write_text(GOOD)
    assert [finding.what for finding in check_all()] == ["slug 'mini' is taken twice"] * 2


@pytest.mark.parametrize("name", ["3", "03", "polsar-time-series", "03-polsar-time-series"])
def test_a_chapter_goes_by_number_slug_and_stem(name: str):
    assert find_chapter(name).name == "03-polsar-time-series.md"


@pytest.mark.parametrize("name", ["33", "0", "polsar"])
def test_half_a_name_is_no_name(name: str):
    with pytest.raises(SchemaError, match="no chapter"):
        find_chapter(name)
