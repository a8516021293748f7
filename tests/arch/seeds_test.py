"""Each rule is shown to bite: a copy of the sources with one violation put in has to fail, and for that reason."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
VICTIM = "core/base/bytes.cpp"


class SeedsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postern-arch-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("core", "app", "tests"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__", "seeds"))
        for name in ROOT.iterdir():
            if name.is_file():
                shutil.copy(name, self.root / name.name)

    def check(self):
        run = subprocess.run(
            [sys.executable, "-B", str(self.root / "tests/arch/check.py")], capture_output=True, text=True, check=False
        )
        return run.returncode, run.stdout

    def seed(self, path, text, word):
        with open(self.root / path, "a", encoding="utf-8") as file:
            file.write(text)
        code, out = self.check()
        self.assertNotEqual(code, 0, f"{path} was let through")
        self.assertTrue(any(path in line and word in line for line in out.splitlines()), out)

    def test_the_copy_is_clean(self):
        code, out = self.check()
        self.assertEqual(code, 0, out)

    def test_qt_in_core(self):
        self.seed(VICTIM, "\n#include <QString>\n", "QString")

    def test_upward_include(self):
        self.seed(VICTIM, '\n#include "crypto/aead.h"\n', "upward")

    def test_sideways_include(self):
        self.seed("core/protocol/pop3/session.cpp", '\n#include "protocol/smtp/session.h"\n', "layer")

    def test_library_out_of_place(self):
        for header in ("asio.hpp", "openssl/evp.h", "sqlite3.h"):
            with self.subTest(header=header):
                self.seed("core/mail/message_store.cpp", f"\n#include <{header}>\n", header)

    def test_posix_header(self):
        self.seed(VICTIM, "\n#include <unistd.h>\n", "posix")

    def test_long_file(self):
        self.seed(VICTIM, "\n" * 800, "file-size")

    def test_long_function(self):
        self.seed(VICTIM, "\nvoid seeded() {\n" + "  int x;\n" * 80 + "}\n", "function-size")

    def test_stale_exception(self):
        self.seed("tests/arch/exceptions.txt", "posix core/base/bytes.cpp poll.h -- none\n", "stale")


if __name__ == "__main__":
    unittest.main()
