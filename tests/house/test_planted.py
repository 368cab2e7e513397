#!/usr/bin/python3
"""Every rule of house_rules.py can fail: a small tree that keeps them all, and one fault planted at a time."""
import tempfile
import unittest
from pathlib import Path

import house_rules as rules

GOOD = {
    "include/driftwell/core/error.hpp": "#pragma once\n#include <string>\n",
    "include/driftwell/grid/grid.hpp": '#pragma once\n#include "driftwell/core/error.hpp"\n',
    "include/driftwell/record/reader.hpp": '#pragma once\n#include "driftwell/core/error.hpp"\n',
    "src/core/provenance.cpp": '#include "provenance_build.hpp"\n',
    "src/record/handle.hpp": "#include <hdf5.h>\n",
    "src/record/reader.cpp": '#include "driftwell/record/reader.hpp"\n#include "record/handle.hpp"\n#include "handle.hpp"\n',
    "src/propagators/detail/combine.hpp": '#include "driftwell/grid/grid.hpp"\n',
    "src/propagators/krylov.cpp": '#include "detail/combine.hpp"\n',
    "src/potentials/ring.cpp": "int ring();\n",
    "src/observables/kl.cpp": "int kl();\n",
    "src/app/program.cpp": "#include <CLI/CLI.hpp>\nint main() {\n  return 0;\n}\n",
    "models/ou.toml": "# Ornstein-Uhlenbeck: a Gaussian stays one\n[model]\n",
}
NAMES = {"potentials": ["ring"], "propagators": ["auto", "krylov"], "observables": ["kl"], "steppers": [], "ensemble_observables": [], "losses": [], "theorems": []}


def body(lines):
    return "{\n" + "  step();\n" * (lines - 2) + "}\n"


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name).resolve()
        for name, text in GOOD.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def finds(self, check, *words):
        problems = check(self.root)
        self.assertEqual(len(problems), 1, problems)
        for word in words:
            self.assertIn(word, problems[0])

    def test_the_good_tree_is_good(self):
        for check in (rules.wrong_arrows, rules.long_files, rules.long_functions, rules.long_program, rules.models_without_comment):
            self.assertEqual(check(self.root), [])
        self.assertEqual(rules.wrong_shelves(self.root, NAMES.get), [])

    def test_public_arrow(self):
        self.write("src/core/bad.cpp", '\n  #  include "driftwell/grid/grid.hpp"\n')
        self.finds(rules.wrong_arrows, "src/core/bad.cpp:2", "core may not include grid")

    def test_arrow_with_angle_brackets(self):
        self.write("src/core/bad.cpp", "#include <driftwell/grid/grid.hpp>\n")
        self.finds(rules.wrong_arrows, "core may not include grid")

    def test_arrow_from_a_public_header(self):
        self.write("include/driftwell/core/bad.hpp", '#include "driftwell/grid/grid.hpp"\n')
        self.finds(rules.wrong_arrows, "include/driftwell/core/bad.hpp:1")

    def test_relative_arrow(self):
        self.write("src/grid/bad.cpp", '#include "../record/handle.hpp"\n')
        self.finds(rules.wrong_arrows, "grid may not include record")

    def test_bounds_are_of_formulas_and_not_of_grids(self):
        self.write("include/driftwell/model/model.hpp", "#pragma once\n")
        self.write("src/bounds/fine.cpp", '#include "driftwell/model/model.hpp"\n')
        self.assertEqual(rules.wrong_arrows(self.root), [])
        self.write("src/bounds/bad.cpp", '#include "driftwell/grid/grid.hpp"\n')
        self.finds(rules.wrong_arrows, "src/bounds/bad.cpp:1", "bounds may not include grid")

    def test_private_header_of_an_allowed_room(self):
        self.write("src/core/hidden.hpp", "")
        self.write("src/grid/bad.cpp", '#include "core/hidden.hpp"\n')
        self.finds(rules.wrong_arrows, "private to core")

    def test_include_of_nothing(self):
        self.write("src/grid/bad.cpp", '#include "gird.hpp"\n')
        self.finds(rules.wrong_arrows, 'cannot find "gird.hpp"')

    def test_room_not_in_the_table(self):
        self.write("src/attic/loss.cpp", "")
        self.finds(rules.wrong_arrows, "src/attic/loss.cpp: lies in no room")
        (self.root / "src/attic/loss.cpp").unlink()
        self.write("src/loose.cpp", "")
        self.finds(rules.wrong_arrows, "src/loose.cpp: lies in no room")

    def test_hidden_libraries(self):
        for header, library in (("hdf5.h", "HDF5"), ("hdf5_hl.h", "HDF5"), ("H5Cpp.h", "HDF5"), ("H5FDdevelop.h", "HDF5"),
                                ("toml++/toml.h", "toml++"), ("toml.hpp", "toml++"), ("CLI/CLI.hpp", "CLI11"), ("CLI11.hpp", "CLI11"),
                                ("Eigen/CholmodSupport", "CHOLMOD"), ("Eigen/UmfPackSupport", "UMFPACK"),
                                ("suitesparse/cholmod.h", "CHOLMOD"), ("umfpack.h", "UMFPACK")):
            with self.subTest(header=header):
                self.write("src/grid/bad.cpp", f"#include <{header}>\n")
                self.finds(rules.wrong_arrows, library, "in grid")
        self.write("src/grid/bad.cpp", "#include <Eigen/SparseCore>\n#include <tomlike.h>\n")
        self.assertEqual(rules.wrong_arrows(self.root), [])

    def test_comments_are_no_includes(self):
        self.write("src/core/fine.cpp", '// #include "driftwell/grid/grid.hpp"\n/*\n#include <hdf5.h>\n*/\n')
        self.assertEqual(rules.wrong_arrows(self.root), [])

    def test_cycle_in_the_table(self):
        before = rules.ROOMS["core"]
        rules.ROOMS["core"] = "run"
        try:
            self.assertIn("core", rules.table_has_cycles())
        finally:
            rules.ROOMS["core"] = before

    def test_shelves(self):
        self.write("src/potentials/forgotten.cpp", "")
        self.finds(lambda root: rules.wrong_shelves(root, NAMES.get), "src/potentials/forgotten.cpp")
        (self.root / "src/potentials/forgotten.cpp").unlink()
        more = dict(NAMES, observables=["kl", "misnamed"])
        self.finds(lambda root: rules.wrong_shelves(root, more.get), "no src/observables/misnamed.cpp")

    def test_long_files(self):
        for name in ("src/core/long.cpp", "include/driftwell/core/long.hpp", "tests/core/long.py", "python/long.py", "bench/deep/long.cpp"):
            with self.subTest(name=name):
                self.write(name, "//\n" * 400)
                self.assertEqual(rules.long_files(self.root), [])
                self.write(name, "//\n" * 401)
                self.finds(rules.long_files, name, "401 lines")
                (self.root / name).unlink()

    def test_long_program(self):
        self.write("src/app/program.cpp", "//\n" * 150)
        self.finds(rules.long_program, "150 lines")

    def test_long_functions(self):
        # what stands before, the head (first line of the function to its {), what stands behind
        cases = (("", "void f() ", ""),
                 ("", "int f(std::map<int, int> a, // (\n      int b) ", ""),
                 ("", "auto f() -> int ", ""),
                 ("", "A::A(int a) : a_(a) ", ""),
                 ("", "A::A(int a)\n    : a_{a}, b_(a) ", ""),
                 ("struct S {\n", "  void f() const noexcept override ", "};\n"),
                 ("class A final : public B<int> {\npublic:\n", "  ~A() ", "};\n"),
                 ("namespace n {\nnamespace {\n", "template <class T> T f(T t) ", "}\n}\n"),
                 ("", 'const Entry entry{"name", "summary", [] ', "};\n"),
                 ("", "const std::map<int, F> all{{1, f}, {2, [](int a, int b) ", "}};\n"),
                 ("#define X {{{ \\\n  {{\nenum class E { a, b };\nint g() { return 70'000; }\n", "void f() ", ""),
                 ('const char* t = R"x({{)x";\nchar c = \'{\';\n', 'int f(const char* s = "{") ', ""))
        for before, head, behind in cases:
            with self.subTest(head=head):
                lines = 80 if "a_{a}" in head else 80 - head.count("\n")  # after a_{a} the head is not seen
                self.write("src/core/f.cpp", before + head + body(lines) + behind)
                self.assertEqual(rules.long_functions(self.root), [])
                self.write("src/core/f.cpp", before + head + body(lines + 1) + behind)
                self.finds(rules.long_functions, "src/core/f.cpp", "81 lines, at most 80")

    def test_what_is_no_function(self):
        self.write("src/core/f.cpp", "namespace n {\nstruct S {\n" + "int a;\n" * 100 + "};\nconst int table[] = {\n" + "1,\n" * 100 +
                   "};\nenum class E {\n" + "a,\n" * 100 + "};\n" + "void f() {\n  if (a) {\n  }\n}\n" * 50 + "}\n")
        self.assertEqual(rules.long_functions(self.root), [])

    def test_models(self):
        for text in ("[model]\n", "#\n[model]\n", "# ou\n[model]\n", "\n# Ornstein-Uhlenbeck in one dimension\n", ""):
            with self.subTest(text=text):
                self.write("models/deep/bad.toml", text)
                self.finds(rules.models_without_comment, "models/deep/bad.toml:1")


if __name__ == "__main__":
    unittest.main()
