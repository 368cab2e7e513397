#!/usr/bin/python3
"""The house holds: arrows between rooms, shelves, sizes. The rules are in house_rules.py, shown to bite in test_planted.py.

  test_rooms.py DRIFTWELL [SOURCE_DIR]
"""
import json
import subprocess
import sys
import unittest
from pathlib import Path

import house_rules as rules

DRIFTWELL, ROOT = "driftwell", Path(__file__).resolve().parents[2]


def listed(shelf):
    done = subprocess.run([DRIFTWELL, "list", shelf, "--json"], capture_output=True, text=True, check=True, cwd="/")
    return list(json.loads(done.stdout))


class House(unittest.TestCase):
    def holds(self, problems):
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_the_tree_was_found(self):
        self.assertGreater(len(list(rules.files_in(ROOT, "src", "include"))), 50)
        functions = [f for path in rules.files_in(ROOT, "src") for f in rules.functions_of(path.read_text())]
        self.assertGreater(len(functions), 300)

    def test_arrows(self):
        self.holds(rules.wrong_arrows(ROOT))

    def test_the_table_has_no_cycle(self):
        self.holds(rules.table_has_cycles())

    def test_every_shelf_file_is_in_the_catalogue_and_vice_versa(self):
        self.holds(rules.wrong_shelves(ROOT, listed))

    def test_files_are_short(self):
        self.holds(rules.long_files(ROOT))

    def test_functions_are_short(self):
        self.holds(rules.long_functions(ROOT))

    def test_the_program_is_short(self):
        self.holds(rules.long_program(ROOT))

    def test_models_say_what_they_show(self):
        self.holds(rules.models_without_comment(ROOT))


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        DRIFTWELL = str(Path(sys.argv.pop(1)).resolve())
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        ROOT = Path(sys.argv.pop(1)).resolve()
    unittest.main()
