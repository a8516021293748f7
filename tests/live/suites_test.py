"""The dialogue and round-trip suites that lie beside the project, against a real server."""
import json
import subprocess
import sys
import unittest

import live

LIMIT = 600  # seconds, one runner


@unittest.skipUnless(live.SUITES.is_dir(), f"no suites at {live.SUITES}")
class SuitesTest(live.Case):
    def setUp(self):
        self.server = self.started()  # alice@example.org, password secret: what the suites expect

    def run_tool(self, tool, *words):
        done = subprocess.run(
            [sys.executable, live.SUITES / "bin" / tool, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        return done.returncode, done.stdout + done.stderr

    def dialogues(self, main, other_option, other, *files):
        report = self.server.root / "report.json"
        code, text = self.run_tool(
            "smtp_dialogue.py",
            "%s:%d" % main,
            *(live.SUITES / "smtp" / name for name in files),
            other_option,
            "%s:%d" % other,
            "--json",
            report,
            "--cafile",
            self.server.ca_file(),
            "--show",
        )
        self.assertTrue(report.exists(), text[-3000:])
        counts = json.loads(report.read_text())["counts"]
        sys.stderr.write("\n".join(text.splitlines()[-3:]) + "\n")
        self.assertGreater(counts["pass"], 0)
        # Every skip would be an extension that is not offered.
        self.assertEqual(counts["skip"], 0, text[-6000:])
        self.assertEqual(counts["fail_must"], 0, text[-6000:])

    def test_smtp_commands(self):
        self.dialogues(self.server.smtp, "--pop3", self.server.pop3, "smtp_commands.json")

    def test_smtp_sessions(self):
        self.dialogues(self.server.smtp, "--pop3", self.server.pop3, "smtp_sessions.json")

    def test_pop3(self):
        self.dialogues(self.server.pop3, "--smtp", self.server.smtp, "pop3_dev.json")

    def test_round_trip(self):
        code, text = self.run_tool(
            "roundtrip.py",
            "--smtp",
            "%s:%d" % self.server.smtp,
            "--pop3",
            "%s:%d" % self.server.pop3,
            "--starttls",
            "--stls",
            "--cafile",
            self.server.ca_file(),
        )
        self.assertEqual(code, 0, text[-3000:])
        self.assertIn("200 sent, 200 came back equal, 0 refused, 0 sizes wrong", text)


if __name__ == "__main__":
    live.main()
