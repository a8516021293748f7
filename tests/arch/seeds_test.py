#!/usr/bin/env python3
"""Plants one seed and looks whether the checks see what is wrong with it.

seeds_test.py SEED
A seed is a text file: first lines "run: check | mingw | cmake | build TARGET... | probe ARGUMENTS" and "expect: TEXT" (one
for each violation; "expect: none" for a tree that is right), then "=== PATH" before each file's text. A line "@@ N TEXT"
stands for N lines of TEXT, {} being the number. @ROOT@ is the project, @TREE@ the planted tree.
"""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def read(seed):
    """(run, expectations, {path: text})"""
    with open(seed, encoding="utf-8") as file:
        head, *parts = re.split(r"^=== (.*)\n", file.read(), flags=re.MULTILINE)
    run = re.findall(r"^run: (.*)$", head, re.MULTILINE)
    expect = re.findall(r"^expect: (.*)$", head, re.MULTILINE)
    if len(run) != 1 or not expect:
        sys.exit(f"{seed}: wants one run: and an expect:")
    return run[0], [text for text in expect if text != "none"], dict(zip(parts[::2], parts[1::2]))


def repeated(text):
    def lines(found):
        return "".join(found.group(2).replace("{}", str(i)) + "\n" for i in range(int(found.group(1))))
    return re.sub(r"^@@ (\d+) (.*)\n", lines, text, flags=re.MULTILINE)


def plant(files, tree):
    for path, text in files.items():
        path = os.path.join(tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(repeated(text).replace("@ROOT@", ROOT).replace("@TREE@", tree))


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    return done.returncode, done.stdout


def configure(tree):
    return run("cmake", "-S", tree, "-B", tree + "/build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug")


def perform(what, tree):
    """(exit code, output) of the checks on the planted tree."""
    word, *arguments = what.replace("@TREE@", tree).split()
    if word == "check":
        return run(sys.executable, HERE + "/check.py", "--root", tree)
    if word == "mingw":
        return run(sys.executable, HERE + "/mingw_syntax.py", "--root", tree, "--build", tree + "/build")
    code, said = configure(tree)
    if word == "cmake":
        return code, said
    if code == 0:
        code, said = run("cmake", "--build", tree + "/build")
    if word == "build":
        return code, said
    if code != 0:
        sys.exit(f"the planted tree does not build, so nothing was probed:\n{said}")
    return run(sys.executable, HERE + "/links.py", *arguments)


def judge(what, expect, code, said):
    """What is wrong with the outcome; nothing when the checks did their work."""
    flat = re.sub(r"\s+", " ", said)
    wrong = [f"not said: {text}" for text in expect if text not in flat]
    if (code != 0) != bool(expect):
        wrong.append(f"exit code {code}")
    if what == "check":
        count = int(re.search(r"(\d+) violations$", said.rstrip()).group(1))
        if count != len(expect):
            wrong.append(f"{count} violations, expected {len(expect)}")
    return wrong


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    what, expect, files = read(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="postern-seed-") as tree:
        plant(files, tree)
        code, said = perform(what, tree)
    wrong = judge(what, [text.replace("@TREE@", tree) for text in expect], code, said)
    if wrong:
        print("\n".join(wrong) + "\n---\n" + said)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
