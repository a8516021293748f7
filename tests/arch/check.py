#!/usr/bin/env python3
"""Checks the tree against the rules of the house.

check.py [--root DIR] [--told]   prints path:line: [rule] text for each violation; exit code 1 when there is one.
--told lists what is big but allowed.
"""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from house import budgets, cmake, coroutines, cycles, exceptions, includes, layers, words  # noqa: E402
from house.source import Tree  # noqa: E402

CHECKS = (layers, includes, cycles, budgets, coroutines, cmake, words)
RULES = {"layer", "root", "include", "posix", "windows", "cycle", "file-name", "file-size", "function-size", "coroutine", "cmake", "word"}


def violations(root):
    tree = Tree(root)
    found = [violation for module in CHECKS for violation in module.check(tree)]
    return tree, exceptions.apply(root, found, RULES)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    parser.add_argument("--told", action="store_true")
    options = parser.parse_args()
    tree, found = violations(os.path.abspath(options.root))
    for violation in sorted(found, key=str):
        print(violation)
    if options.told:
        for _, text in sorted(budgets.told(tree), reverse=True):
            print("big:", text)
    print(f"{len(list(tree.code()))} source files, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
