"""Writes the API reference, `docs/api/*.md`, from the docstrings.

    python docs/make_reference.py           # write the pages
    python docs/make_reference.py --check   # exit code 1 if they are not those of the docstrings

One page per public module, one entry for every name of its `__all__`: signature, docstring,
documented methods and properties of its own. Nothing is typed by hand, so the pages are never
edited; a test runs the check.

griffe2md, pydoc-markdown and lazydocs were tried first. They read the source and not the package,
so that they leave out the names that are loaded on first use (`evaluation.ARTClassifier`) and put
every private module in; and none of them knows the sections of these docstrings (Call arguments,
Shapes).
"""

import argparse
import importlib
import inspect
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "api"
# Public modules that the `__all__` of the package above them does not name.
_UNNAMED = ("binomial_keras.evaluation.attacks", "binomial_keras.evaluation.checks")
NOTE = "<!-- Made from the docstrings by docs/make_reference.py; do not edit. -->"
# Sections whose lines are "name: text".
_LISTS = ("Args", "Call arguments", "Attributes", "Raises")
_SECTIONS = (*_LISTS, "Returns", "Yields", "Example", "Examples", "References")
_HEADING = re.compile(rf"^({'|'.join(_SECTIONS)}):[ ]*(.*)$")
_WIDTH = 88
# What stands before a name in the text of a hint, and what one would write there.
_PLACES = (
    (r"\b(?:typing|collections\.abc|binomial_keras(?:\.\w+)*|pathlib\._local)\.", ""),
    (r"\bkeras\.src\.models\.\w+\.", "keras."),
    (r"\bkeras\.src\.(\w+)\.\w+\.", r"keras.\1."),
    (r"\bnumpy\.", "np."),
)


def pages():
    """The reference as a dict from file name to text."""
    loaded = modules()
    found = {f"{_short(name)}.md": _page(name, module) for name, module in loaded.items()}
    return {"README.md": _index(loaded), **found}


def modules():
    """The public modules by name: the package, and what is a module in the `__all__` of one."""
    # A checkout is documented itself, not what happens to be installed.
    sys.path.insert(0, str(ROOT))
    found, names = {}, ["binomial_keras", *_UNNAMED]
    for name in names:
        found[name] = importlib.import_module(name)
        inside = [f"{name}.{n}" for n, value in _members(found[name]) if inspect.ismodule(value)]
        names += [inner for inner in inside if inner not in names]
    return dict(sorted(found.items()))


def _short(module):
    return module.removeprefix("binomial_keras.")


def _index(loaded):
    lines = [
        NOTE, "", "# API reference", "",
        "Every public name, with its docstring. `import binomial_keras as bk` is assumed.", "",
    ]
    for name, module in loaded.items():
        lines += [f"## [{name}]({_short(name)}.md)", "", _first_line(module), ""]
        members = [(n, v) for n, v in _members(module) if not inspect.ismodule(v)]
        if members:
            lines += ["| name | |", "|---|---|"]
        lines += [
            f"| [`{n}`]({_short(name)}.md#{_anchor(n)}) | {_cell(_first_line(v))} |"
            for n, v in members
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _page(name, module):
    lines = [NOTE, "", f"# {name}", "", *_markdown(inspect.getdoc(module) or ""), ""]
    for member, value in _members(module):
        if inspect.ismodule(value):
            target = f"{name}.{member}"
            lines += [f"## {member}", "", f"Module, see [{target}]({_short(target)}.md).", ""]
        else:
            lines += _entry(member, value)
    return "\n".join(lines).rstrip() + "\n"


def _members(module):
    names = [name for name in module.__all__ if not name.startswith("__")]
    return [(name, getattr(module, name)) for name in names]


def _entry(name, value):
    lines = [f"## {name}", ""]
    if not callable(value):
        return [*lines, "Constant:", "", *_fence(_constant(value), "text"), ""]
    lines += [*_fence(signature(name, value)), "", *_origin(value)]
    lines += [*_markdown(inspect.getdoc(value) or ""), ""]
    for member, kind, function in _own(value):
        shown = member if kind == "property" else signature(member, function)
        lines += [f"### {name}.{member}", "", *_fence(shown), ""]
        if kind:
            lines += [f"*{kind}*", ""]
        lines += [*_markdown(inspect.getdoc(function)), ""]
    return lines


def _constant(value):
    return "\n".join(map(str, value))


def _origin(value):
    """A link to the file that defines it, and what a class is made from."""
    file = pathlib.Path(inspect.getsourcefile(value)).resolve()
    link = f"[{file.relative_to(ROOT).as_posix()}](../../{file.relative_to(ROOT).as_posix()})"
    if not inspect.isclass(value):
        return [link, ""]
    bases = [_full_name(base) for base in value.__bases__ if base is not object]
    return [link + (f"; subclass of {', '.join(bases)}" if bases else ""), ""]


def _full_name(base):
    module = base.__module__
    # Keras' public place of a layer or model, not that of its source file.
    path = getattr(base, "_api_export_path", None) if module.startswith("keras.") else None
    if path:
        return f"`{path if isinstance(path, str) else max(path, key=len)}`"
    return f"`{base.__name__}`"


def _own(value):
    """Documented public methods and properties that the class itself defines."""
    if not inspect.isclass(value):
        return
    for name, member in vars(value).items():
        if isinstance(member, property):
            kind, function = "property", member.fget
        elif isinstance(member, (classmethod, staticmethod)):
            kind, function = type(member).__name__, member.__func__
        else:
            kind, function = "", member
        own = inspect.isfunction(function) and function.__module__.startswith("binomial_keras")
        if not name.startswith("_") and own and function.__doc__:
            yield name, kind, function


class _Text:
    """Text that stands in a signature as it is."""

    def __init__(self, text):
        self._text = text

    def __repr__(self):
        return self._text


def signature(name, value):
    """`name(arguments)`, one argument a line where a line would be too long."""
    try:
        found = inspect.signature(value)
    except ValueError:  # a class that leaves its making to a built-in one, such as `dict`
        return f"{name}(...)"
    kept = [_plain(p) for key, p in found.parameters.items() if key != "self"]
    returns = found.return_annotation
    if inspect.isclass(value) or returns is inspect.Signature.empty:
        found, end = found.replace(parameters=kept, return_annotation=found.empty), ")"
    else:
        returns = _hint(returns)
        found = found.replace(parameters=kept, return_annotation=returns)
        end = f") -> {returns!r}"
    if len(f"{name}{found}") <= _WIDTH:
        return f"{name}{found}"
    # The markers "*" and "/" of `str(found)` have to stand where they stand there.
    parameters = [str(p) for p in kept]
    kinds = [p.kind for p in kept]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    if inspect.Parameter.POSITIONAL_ONLY in kinds:
        parameters.insert(kinds.count(inspect.Parameter.POSITIONAL_ONLY), "/")
    return "\n".join([f"{name}(", *(f"    {parameter}," for parameter in parameters), end])


def _plain(parameter):
    """A parameter whose annotation and default are shown as one would write them."""
    if parameter.annotation is not parameter.empty:
        parameter = parameter.replace(annotation=_hint(parameter.annotation))
    default = parameter.default
    if default is not parameter.empty and (inspect.isfunction(default) or inspect.isclass(default)):
        parameter = parameter.replace(default=_Text(default.__qualname__))
    return parameter


def _hint(annotation):
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    for place, written in _PLACES:
        text = re.sub(place, written, text)
    return _Text(text)


def _markdown(text):
    """Lines of Markdown for a docstring."""
    lines, found = text.splitlines(), []
    while lines:
        heading = _HEADING.match(lines[0])
        if heading is None:
            found.append(lines.pop(0))
            continue
        lines.pop(0)
        body = [heading[2]]
        # Examples are not indented; they go on until the next section.
        flat = heading[1].startswith("Example")
        while lines and not _HEADING.match(lines[0]) and (flat or lines[0][:1] in ("", " ")):
            body.append(lines.pop(0))
        found += [*_section(heading[1], textwrap.dedent("\n".join(body)).strip()), ""]
    return "\n".join(found).strip().splitlines()


def _section(title, body):
    if title.startswith("Example") and ">>>" in body:
        return [f"**{title}**", "", *_examples(body)]
    if title in _LISTS and re.search(r"^\S.*?: ", body, re.MULTILINE):
        return [f"**{title}**", "", *_list(body)]
    return [f"**{title}**", "", *body.splitlines()]


def _examples(body):
    """A code block for every run of lines that are no prose."""
    found = []
    for part in re.split(r"\n\s*\n", body):
        code = part.startswith(">>>")
        found += [*(_fence(part, "pycon") if code else part.splitlines()), ""]
    return found[:-1]


def _list(body):
    """Items "name: text"; further lines are indented, unless the list of names itself is long."""
    items = []
    for line in filter(None, body.splitlines()):
        if items and ":" not in items[-1][0]:
            items[-1][0] += f" {line.strip()}"
        elif items and line.startswith(" "):
            items[-1].append(line.strip())
        else:
            items.append([line])
    found = []
    for first, *rest in items:
        names, colon, text = first.partition(":")
        names = re.split(r",\s*", names)
        if colon and all(re.fullmatch(r"\*{0,2}\w+", name) for name in names):
            first = ", ".join(f"`{name}`" for name in names) + f":{text}"
        found += [f"* {first}", *(f"  {line}" for line in rest)]
    return found


def _fence(code, language="python"):
    return [f"```{language}", *code.splitlines(), "```"]


def _first_line(value):
    if not (callable(value) or inspect.ismodule(value)):
        return "constant"
    return (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")


def _cell(text):
    """Text for a cell of a table, where a bar would end it."""
    return text.replace("|", "\\|")


def _anchor(name):
    return name.lower()


def main(arguments=None):
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    wanted = pages()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    if options.check:
        stale = sorted(set(there) ^ set(wanted) | {n for n in wanted if there.get(n) != wanted[n]})
        print(f"Not those of the docstrings: {', '.join(stale)}." if stale else "Up to date.")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in set(there) - set(wanted):
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(wanted)} pages in {FOLDER.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
