"""Every verb, in process and attached: the same answers, the same exit codes."""
import json
import re
import time
import unittest

import live
import mail

READING = (
    ("status",),
    ("user", "list"),
    ("user", "show", "alice@example.org"),
    ("document", "list"),
    ("document", "list", "smtp"),
    ("document", "get", "smtp/limits"),
    ("change", "list"),
    ("audit", "list"),
    ("audit", "verify"),
    ("session", "list"),
    ("certificate", "show"),
    ("certificate", "authority"),
)
# Differ between a core that serves and one made for a command.
VOLATILE = {"state", "pid", "started", "smtp", "pop3", "sessions", "accepted", "refused", "entries", "warnings", "next"}


class Way:
    """One of the two ways to say a verb."""

    def __init__(self, server, attached):
        self.server, self.attached = server, attached

    def __enter__(self):
        if self.attached:
            self.server.start()
        return self

    def __exit__(self, *exception):
        if self.attached:
            self.server.stop()

    def __call__(self, *words, **options):
        return (self.server.attached if self.attached else self.server.in_process)(*words, **options)


class VerbsTest(live.Case):
    def both(self, server):
        return (Way(server, False), Way(server, True))

    def test_reading_verbs_answer_the_same(self):
        server = self.make_server()
        answers = []
        for way in self.both(server):
            with way:
                answers.append({verb: self.ok(way(*verb, "--json")) for verb in READING})
                for verb in READING:
                    text = way(*verb)
                    self.assertEqual(text.code, 0, text)
                    self.assertTrue(text.out.strip() or verb[0] in ("session", "change"), verb)
        for verb in READING:
            one, other = ({k: v for k, v in answer[verb].items() if k not in VOLATILE} for answer in answers)
            self.assertEqual(one, other, verb)

    def test_users(self):
        for attached in (False, True):
            server = self.make_server()
            with self.subTest(attached=attached), Way(server, attached) as way:
                self.ok(
                    way(
                        "user",
                        "add",
                        "bob@example.org",
                        "--password-stdin",
                        "--alias",
                        "rob@example.org",
                        "--quota",
                        "10M",
                        stdin="pw\n",
                    )
                )
                shown = self.ok(way("user", "show", "rob@example.org", "--json"))["users"][0]
                self.assertEqual(
                    (shown["address"], shown["aliases"], shown["quota"]),
                    ("bob@example.org", ["rob@example.org"], 10 << 20),
                )
                self.assertEqual(way("user", "add", "bob@example.org", "--no-password").code, 1)
                self.assertEqual(way("user", "add", "rob@example.org", "--no-password").code, 1)
                self.assertEqual(way("user", "add", "x@elsewhere.example", "--no-password").code, 1)
                self.assertEqual(way("user", "add", "not an address", "--no-password").code, 1)
                self.ok(
                    way(
                        "user",
                        "set",
                        "bob@example.org",
                        "--add-alias",
                        "b@example.org",
                        "--remove-alias",
                        "rob@example.org",
                        "--disable",
                    )
                )
                shown = self.ok(way("user", "show", "bob@example.org", "--json"))["users"][0]
                self.assertEqual((shown["aliases"], shown["disabled"]), (["b@example.org"], True))
                self.ok(way("user", "set", "bob@example.org", "--enable"))
                self.ok(way("user", "remove", "bob@example.org"))
                self.assertEqual(way("user", "show", "bob@example.org").code, 1)
                self.ok(way("user", "restore", "bob@example.org"))
                self.ok(way("user", "show", "bob@example.org"))
                self.assertEqual(way("user", "remove", "alice@example.org").code, 1)  # the last administrator
                self.assertEqual(way("user", "show", "nobody@example.org").code, 1)
                self.assertTrue(self.ok(way("audit", "verify", "--json"))["ok"])

    def test_documents_and_changes(self):
        for attached in (False, True):
            server = self.make_server()
            with self.subTest(attached=attached), Way(server, attached) as way:
                before = self.ok(way("document", "get", "smtp/limits", "--json"))
                made = self.ok(way("document", "set", "smtp/limits", "recipients=42", "--reason", "fewer", "--json"))
                self.assertEqual(self.ok(way("document", "get", "smtp/limits", "--json"))["recipients"], 42)
                shown = self.ok(way("change", "show", made["change"], "--json"))
                self.assertEqual((shown["reason"], shown["items"][0]["kind"]), ("fewer", "smtp"))
                for bad in ("recipients=many", "recipients=-1", "nonsense=1", "recipients=99999999999999"):
                    result = way("document", "set", "smtp/limits", bad)
                    self.assertEqual(result.code, 1, result)
                    self.one_sentence(result.err)
                self.assertEqual(way("document", "get", "no/such").code, 1)
                undone = self.ok(way("change", "undo", made["change"], "--json"))
                self.assertEqual(self.ok(way("document", "get", "smtp/limits", "--json")), before)
                rows = {row["id"]: row for row in self.ok(way("change", "list", "--json"))["changes"]}
                self.assertEqual(rows[made["change"]]["state"], "reverted")
                self.assertEqual(rows[undone["change"]].get("undoes"), made["change"])
                self.ok(way("change", "undo", undone["change"]))
                self.assertEqual(self.ok(way("document", "get", "smtp/limits", "--json"))["recipients"], 42)
                self.assertEqual(way("change", "undo", "999999").code, 1)

    def test_a_change_reverts_unless_confirmed(self):
        server = self.started()
        made = self.ok(
            server.attached("document", "set", "smtp/limits", "recipients=42", "--confirm-within", "600", "--json")
        )
        self.assertTrue(made["deadline"])
        self.ok(server.attached("change", "confirm", made["change"]))
        made = self.ok(
            server.attached("document", "set", "smtp/limits", "recipients=41", "--confirm-within", "2", "--json")
        )
        end = time.monotonic() + 30
        while self.ok(server.attached("document", "get", "smtp/limits", "--json"))["recipients"] != 42:
            if time.monotonic() > end:
                self.fail("it did not revert")
        self.assertEqual(self.ok(server.attached("change", "show", made["change"], "--json"))["state"], "reverted")

    def test_a_deadline_outlasts_a_restart(self):
        server = self.started()
        self.ok(server.attached("document", "set", "smtp/limits", "recipients=41", "--confirm-within", "1", "--json"))
        server.kill()
        server.start()
        for _ in range(400):
            if self.ok(server.attached("document", "get", "smtp/limits", "--json"))["recipients"] == 100:
                return
        self.fail("it did not revert after the restart")

    def test_sessions(self):
        server = self.started()
        mail.send(server, mail.make_message("one"))
        client = live.Smtp(server)
        client.command("MAIL FROM:<a@example.net>", "250")
        client.command("RCPT TO:<nobody@example.org>", "550")
        rows = self.ok(server.attached("session", "list", "--json"))["sessions"]
        open_ = [row for row in rows if not row.get("ended")]
        self.assertEqual(len(open_), 1)
        self.assertEqual((open_[0]["port"], open_[0]["address"], open_[0]["verdict"]), (25, "127.0.0.1", "refuse"))
        shown = self.ok(server.attached("session", "show", open_[0]["id"], "--json"))
        self.assertTrue(any("nobody@example.org" in line for line in shown["transcript"]))
        self.assertEqual(self.ok(server.attached("trace", "127.0.0.1", "--json"))["address"], "127.0.0.1")
        bad = server.attached("session", "list", "--filter", "prt=25")
        self.assertEqual(bad.code, 1, bad)
        self.one_sentence(bad.err)
        killed = self.ok(server.attached("session", "kill", open_[0]["id"], "--reason", "a test", "--json"))
        self.assertEqual(killed["killed"], open_[0]["id"])
        self.assertTrue(client.reply().startswith("421"))
        made = self.ok(server.attached("change", "show", killed["change"], "--json"))
        self.assertEqual((made["undo"], made["reason"]), ("irreversible", "a test"))
        self.assertEqual(made["effects"], [f"session.kill {open_[0]['id']} done"])
        self.one_sentence(server.attached("change", "undo", killed["change"]).err)
        trail = [entry["action"] for entry in self.ok(server.attached("audit", "list", "--json"))["entries"]]
        for action in ("service.start", "session.kill", "effect.done"):
            self.assertIn(action, trail)
        self.assertEqual(server.attached("session", "kill", "0000000000000").code, 1)
        self.assertEqual(server.attached("session", "show", "nonsense").code, 1)
        self.assertEqual(server.attached("trace", "never-seen@example.net").code, 1)

    def test_the_ledger_outlasts_the_process(self):
        server = self.started()
        mail.send(server, mail.make_message("one"))
        before = self.ok(server.attached("session", "list", "--json"))["sessions"]
        self.assertEqual(len(before), 1)
        server.stop()
        after = self.ok(server.in_process("session", "list", "--json"))["sessions"]
        self.assertEqual([row["id"] for row in after], [row["id"] for row in before])
        self.ok(server.in_process("session", "show", before[0]["id"], "--json"))
        # Numbers given out after a restart are above the old ones.
        server.start()
        mail.send(server, mail.make_message("two"))
        ids = [row["id"] for row in self.ok(server.attached("session", "list", "--json"))["sessions"]]
        self.assertEqual(len(ids), 2)
        self.assertGreater(ids[0], ids[1])
        self.assertEqual(ids[1], before[0]["id"])

    def test_metrics(self):
        server = self.started()
        mail.send(server, *(mail.make_message(str(i)) for i in range(3)))
        out = server.attached("metrics").out
        self.assertRegex(out, r'(?m)^postern_messages_total\{direction="in"\} 3$')
        for line in out.splitlines():
            self.assertRegex(
                line, r'^(# (HELP|TYPE) postern_\w+ .*|postern_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+\w.]+)$'
            )

    def test_usage(self):
        server = self.make_server()
        for words in (
            ("nonsense",),
            ("user",),
            ("user", "add"),
            ("user", "list", "--nonsense"),
            ("serve", "--smtp", "nowhere"),
            ("document", "set"),
            ("init",),
            ("status", "--lang", "tlh"),
        ):
            result = server.in_process(*words)
            self.assertEqual(result.code, 2, result)
            self.assertTrue(result.err.strip())

    def test_json_is_one_line_and_texts_have_two_languages(self):
        server = self.make_server()
        for words in (("user", "list"), ("user", "show", "nobody@example.org")):
            out = server.in_process(*words, "--json").out
            self.assertEqual(out.count("\n"), 1)
            json.loads(out)
        english = server.in_process("user", "show", "nobody@example.org").err
        chinese = server.in_process("user", "show", "nobody@example.org", "--lang", "zh_CN").err
        self.assertNotEqual(english, chinese)
        self.assertTrue(re.search("[\u4e00-\u9fff]", chinese))


class UndoTest(live.Case):
    def test_undo_of_user_remove(self):
        server = self.started()
        self.ok(
            server.attached(
                "user", "add", "bob@example.org", "--password-stdin", "--alias", "rob@example.org", stdin="pw of bob\n"
            )
        )
        mail.send(
            server,
            *(mail.make_message(f"for bob {i}", f"{i}\r\n" * 40_000 * i) for i in range(3)),
            to="rob@example.org",
        )
        reader = mail.pop3_open(server, "bob@example.org", "pw of bob")
        uidl = reader.uidl()[1]
        reader.quit()
        before = mail.fetch_all(server, "bob@example.org", "pw of bob")
        removed = self.ok(server.attached("user", "remove", "bob@example.org", "--json"))
        self.assertFalse(mail.login_works(server, "bob@example.org", "pw of bob"))
        client = live.Smtp(server)
        client.command("MAIL FROM:<a@example.net>", "250")
        self.assertTrue(client.command("RCPT TO:<bob@example.org>").startswith("550"))
        client.quit()
        server.stop()
        server.start()
        self.ok(server.attached("change", "undo", removed["change"]))
        self.assertEqual(mail.fetch_all(server, "bob@example.org", "pw of bob"), before)
        reader = mail.pop3_open(server, "bob@example.org", "pw of bob")
        self.assertEqual(reader.uidl()[1], uidl)
        reader.quit()
        mail.send(server, mail.make_message("again"), to="rob@example.org")
        self.assertEqual(len(mail.fetch_all(server, "bob@example.org", "pw of bob")), 4)
        self.assertTrue(server.attached("audit", "verify", "--json").json["ok"])


if __name__ == "__main__":
    live.main()
