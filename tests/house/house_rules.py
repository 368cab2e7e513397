"""The rules of the house as functions: each takes the root of a source tree and returns the list of what breaks it."""
import re
from pathlib import Path

# Who may include whom (docs/architecture.md). A room may always include itself. A new room begins with a line here.
ROOMS = {
    "core":        "",
    "expression":  "core",
    "model":       "expression core",
    "potentials":  "model expression core",
    "bounds":      "model expression core",
    "grid":        "core",
    "generator":   "model grid expression core",
    "stationary":  "generator grid core",
    "propagators": "generator stationary grid core",
    "observables": "generator stationary grid core",
    "spectral":    "model grid expression core",
    "kinetic":     "model expression core",
    "ensemble":    "model expression core",
    "steppers":    "ensemble model expression core",
    "estimators":  "grid expression core",
    "ensemble_observables": "estimators stationary grid model expression core",
    "sgd":         "ensemble model expression core",
    "losses":      "sgd model expression core",
    "theorems":    "bounds losses sgd kinetic steppers ensemble estimators observables propagators stationary generator grid model expression core",
    "record":      "core",
    "input":       "core",
    "run":         "record input theorems bounds losses sgd kinetic spectral ensemble_observables estimators steppers ensemble observables propagators stationary generator grid potentials model expression core",
    "report":      "record",
    "app":         "run report core",
}

# Libraries that one room hides from all others.
LIBRARIES = {
    "HDF5":             (r"(hdf5|H5)[A-Za-z0-9_]*\.h(pp)?$", "record"),
    "toml++":           (r"toml(\+\+|plusplus)?[/.]", "input"),
    "CLI11":            (r"CLI(11)?/|CLI11\.", "app"),
    "nanoflann":        (r"nanoflann\.hpp$", "estimators"),
    "CHOLMOD, UMFPACK": (r"(Eigen/(Cholmod|UmfPack)Support|(suitesparse/)?(cholmod|umfpack|SuiteSparse)[A-Za-z_]*\.h)$", "generator"),
}

SHELVES = ("potentials", "propagators", "observables", "steppers", "ensemble_observables", "losses", "theorems")
NO_FILE = {"propagators": {"auto", "spectral"}}  # a choice among the files; a room of its own
GENERATED = {"provenance_build.hpp": "core"}
LINES_OF_A_FILE, LINES_OF_A_FUNCTION, LINES_OF_MAIN = 400, 80, 149
SOURCES = (".cpp", ".hpp", ".h", ".hpp.in")
TEXTS = SOURCES + (".py", ".sh", ".cmake", ".txt", ".toml", ".js", ".css", ".html", ".md")


def files_in(root, *folders, suffixes=SOURCES):
    for folder in folders:
        for path in sorted((Path(root) / folder).rglob("*")):
            hidden = any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(root).parts)
            if path.is_file() and path.name.endswith(suffixes) and not hidden:
                yield path


def room_of(path, root):
    """src/<room>/... and include/driftwell/<room>/...; None for what lies in no room."""
    parts = path.relative_to(root).parts
    inside = parts[1:] if parts[0] == "src" else parts[2:] if parts[:2] == ("include", "driftwell") else ()
    return inside[0] if len(inside) > 1 else None


def room_of_include(name, path, root):
    """The room of `#include "name"` in the file `path`; None when no file of that name is found."""
    if name in GENERATED:
        return GENERATED[name]
    for folder in (path.parent, root / "src", root / "include"):
        target = Path(folder / name).resolve()
        if target.is_file() and target.is_relative_to(root):
            return room_of(target, root)
    return None


def includes_of(path):
    """(line, name, quoted?) of every #include, also of those inside #if."""
    text = without_comments(path.read_text(), keep_strings=True)
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line):
            yield number, match[2], match[1] == '"'


def wrong_arrows(root):
    root, problems = Path(root).resolve(), []
    for path in files_in(root, "src", "include"):
        where, room = path.relative_to(root), room_of(path, root)
        if room not in ROOMS:
            problems.append(f"{where}: lies in no room of the table")
            continue
        allowed = {room, *ROOMS[room].split()}
        for line, name, quoted in includes_of(path):
            for library, (pattern, owner) in LIBRARIES.items():
                if re.match(pattern, name) and room != owner:
                    problems.append(f"{where}:{line}: only {owner} may include {library}, found <{name}> in {room}")
            if not quoted and not name.startswith("driftwell/"):
                continue
            target = room_of_include(name, path, root)
            if target is None:
                problems.append(f"{where}:{line}: cannot find \"{name}\" in this tree")
            elif target not in allowed:
                problems.append(f"{where}:{line}: {room} may not include {target} (\"{name}\"); it may: {ROOMS[room] or 'nothing'}")
            elif target != room and not name.startswith("driftwell/"):
                problems.append(f"{where}:{line}: \"{name}\" is private to {target}; other rooms see include/driftwell/{target} only")
    return problems


def table_has_cycles():
    """Rooms that reach themselves along the arrows of the table: there must be none."""
    reached = {room: set(others.split()) for room, others in ROOMS.items()}
    for _ in ROOMS:
        for room, others in reached.items():
            others |= {far for near in others for far in reached[near]}
    return [room for room, others in reached.items() if room in others]


def wrong_shelves(root, listed):
    """`listed(shelf)`: the names `driftwell list` prints."""
    problems = []
    for shelf in SHELVES:
        files = {path.stem for path in (Path(root) / "src" / shelf).glob("*.cpp")}
        names = set(listed(shelf)) - NO_FILE.get(shelf, set())
        problems += [f"src/{shelf}/{stem}.cpp: 'driftwell list {shelf}' does not know {stem}" for stem in sorted(files - names)]
        problems += [f"'driftwell list {shelf}' knows {name}: there is no src/{shelf}/{name}.cpp" for name in sorted(names - files)]
    return problems


def long_files(root):
    counts = ((path, len(path.read_text(errors="replace").splitlines())) for path in
              files_in(root, "src", "include", "tests", "python", "bench", suffixes=TEXTS))
    return [f"{path.relative_to(root)}: {lines} lines, at most {LINES_OF_A_FILE}" for path, lines in counts if lines > LINES_OF_A_FILE]


def long_program(root):
    lines = len((Path(root) / "src/app/program.cpp").read_text().splitlines())
    return [f"src/app/program.cpp: {lines} lines, at most {LINES_OF_MAIN}"] if lines > LINES_OF_MAIN else []


TOKENS = re.compile(
    r'R"([^()\\\s]{0,16})\(.*?\)\1"'     # raw string
    r'|//[^\n]*|/\*.*?\*/'               # comments
    r'|"(?:[^"\\\n]|\\.)*"'              # string
    r"|(?<![0-9A-Za-z_])'(?:[^'\\\n]|\\.)+'",  # character, not the ' of 70'000
    re.DOTALL)


def without_comments(text, keep_strings=False):
    """The same text, line for line, without comments, and with every string and character empty."""
    def blank(match):
        token = match[0]
        if token.startswith(("//", "/*")):
            return "\n" * token.count("\n") or " "
        return token if keep_strings else '""' + "\n" * token.count("\n")
    return TOKENS.sub(blank, text)


LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(\(.*)?$", re.DOTALL)
SCOPE = re.compile(r"(^|[\s;>])(namespace|class|struct|union|enum|extern)\b[^()]*$")


def kind_of_block(head, parent):
    if parent == "code":
        return "inner"
    if parent == "values":
        return "code" if LAMBDA.search(head) else "values"
    if SCOPE.search(head):
        return "scope"
    return "code" if head == "" or head.startswith((":", ",")) or "(" in head else "values"


def functions_of(text):
    """(first line, last line, head) of every block of code that is not inside another one. A block is code when it
    stands directly in the file, a namespace or a type and is neither of these nor an enum nor a list of values, or
    when it is a lambda in a list of values."""
    text = re.sub(r"\b(public|protected|private):(?!:)", "", without_comments(text))
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: "\n" * m[0].count("\n"), text, flags=re.MULTILINE)
    scopes, found, head, head_line, line = [("scope", 0, "")], [], "", 0, 1
    for piece in re.split(r"([{};\n])", text):
        parent = scopes[-1][0]
        if piece == "{":
            words = head.strip()
            kind = "inner" if parent == "inner" else kind_of_block(words, parent)
            scopes.append((kind, head_line or line, " ".join(words.split())))
        elif piece == "}" and len(scopes) > 1:
            kind, first, words = scopes.pop()
            if kind == "code":
                found.append((first, line, words))
        if piece == "\n":
            line += 1
            head += " "
        elif piece in ("{", "}", ";"):
            head, head_line = "", 0
        elif parent not in ("code", "inner"):
            if piece.strip() and not head_line:
                head_line = line
            head += piece
    return found


def long_functions(root):
    problems = []
    for path in files_in(root, "src", "include"):
        for first, last, head in functions_of(path.read_text()):
            if last - first + 1 > LINES_OF_A_FUNCTION:
                problems.append(f"{path.relative_to(root)}:{first}: {last - first + 1} lines, at most {LINES_OF_A_FUNCTION}: {head[:80]}")
    return problems


def models_without_comment(root):
    problems = []
    for path in sorted((Path(root) / "models").rglob("*.toml")):
        first = path.read_text().split("\n", 1)[0]
        if not re.match(r"# \S.{14,}", first):
            problems.append(f"{path.relative_to(root)}:1: must begin with a comment that says what it shows, found {first!r}")
    return problems
