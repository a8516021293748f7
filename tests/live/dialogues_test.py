"""Hostile dialogues: smuggling, injection around TLS, relaying, logins in clear, over-long and binary input, and
clients that stop reading. Whatever is sent, the answers stay in step, nothing is delivered that should not be, and
memory stays bounded."""
import base64
import os
import random
import select
import unittest

import live
import mail

MIB = 1024 * 1024


def rss(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def bound(octets):
    """What a server may grow by. With AddressSanitizer each allocation costs more and is kept for a while."""
    with open(live.binary(), "rb") as program:
        return octets * 4 if b"__asan_init" in program.read() else octets


class Dialogue(live.Case):
    @classmethod
    def setUpClass(cls):
        cls.server = live.Server()
        cls.server.start()
        cls.server.ca_file()

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()

    def setUp(self):
        mail.fetch_all(self.server, delete=True)

    def tearDown(self):
        self.assertTrue(self.server.running(), self.server.log_text()[-3000:])
        live.Smtp(self.server).quit()

    def stored(self):
        return mail.fetch_all(self.server)

    def in_step(self, client):
        """One NOOP, one answer."""
        self.assertTrue(client.command("NOOP").startswith("250"))
        self.assertFalse(client.pending)


ENDS = (
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\n\n.\n\n",
    b"\r\n. \r\n",
    b"\r\n.\t\r\n",
)
SMUGGLED = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: smuggled\r\n\r\nbad\r\n"


class SmugglingTest(Dialogue):
    def send_in(self, client, data, sizes):
        """In packets of the given sizes, over and over."""
        at, turn = 0, 0
        while at < len(data):
            client.send(data[at : at + sizes[turn % len(sizes)]])
            at += sizes[turn % len(sizes)]
            turn += 1

    def attack(self, end, sizes, logged_in=False):
        client = live.Smtp(self.server, tls=logged_in)
        if logged_in:
            client.log_in()
        client.envelope(sender=self.server.address if logged_in else "sender@example.net")
        smuggled = SMUGGLED % self.server.address.encode()
        self.send_in(client, b"Subject: outer\r\n\r\nhello" + end + smuggled + b".\r\n", sizes)
        answer = client.reply()
        self.in_step(client)
        client.quit()
        return answer

    def test_one_message_one_answer(self):
        for end in ENDS:
            odd = b"\n" in end.replace(b"\r\n", b"") or b"\r" in end.replace(b"\r\n", b"") or b"\0" in end
            for sizes in ((100_000,), (1,), (7, 3), (2,)):
                with self.subTest(end=end, sizes=sizes):
                    answer = self.attack(end, sizes)
                    self.assertEqual(answer[:9], "554 5.6.0" if odd else answer[:9], answer)
                    if not odd:
                        self.assertTrue(answer.startswith("250"), answer)
        for message in self.stored():
            self.assertIn(b"Subject: outer", message.split(b"\r\n\r\n")[0])
            self.assertNotIn(b"Subject: smuggled", message.split(b"\r\n\r\n")[0])

    def test_logged_in_it_becomes_crlf(self):
        for end in (b"\n.\n", b"\r.\r", b"\n.\r\n"):
            with self.subTest(end=end):
                self.assertTrue(self.attack(end, (100_000,), logged_in=True).startswith("250"))
        messages = self.stored()
        self.assertEqual(len(messages), 3)
        for message in messages:
            self.assertIn(b"hello\r\n", message)
            self.assertIn(b"MAIL FROM:<evil@example.net>\r\n", message)
        rows = self.server.attached("session", "list", "--json", "--filter", "port=25").json["sessions"]
        shown = [self.server.attached("session", "show", row["id"], "--json").json for row in rows[:3]]
        notes = [
            verdict
            for session in shown
            for stage in session["stages"]
            for verdict in stage["verdicts"]
            if verdict["decision"] == "note"
        ]
        self.assertTrue(notes, shown)

    def test_nothing_bare_is_ever_stored(self):
        client = live.Smtp(self.server, tls=True)
        client.log_in()
        client.envelope(sender=self.server.address)
        client.send(b"Subject: x\n\na\rb\nc\r\r\nd\n\re\r\n.\r\n")
        client.expect("250")
        client.quit()
        reader = live.Pop3(self.server, user=self.server.address)
        reader.command("RETR 1")
        content = reader.body()
        reader.command("QUIT")
        self.assertNotIn(b"\r", content.replace(b"\r\n", b""))
        self.assertNotIn(b"\n", content.replace(b"\r\n", b""))

    def test_bdat_is_by_length_alone(self):
        client = live.Smtp(self.server)
        client.command("MAIL FROM:<sender@example.net>", "250")
        client.command(f"RCPT TO:<{self.server.address}>", "250")
        inner = b"Subject: chunk\r\n\r\n.\r\n\r\n.\r\nMAIL FROM:<evil@example.net>\r\n"
        client.send(b"BDAT %d LAST\r\n" % len(inner) + inner)
        self.assertTrue(client.reply().startswith("250"))
        self.in_step(client)
        client.quit()
        self.assertTrue(mail.body_of(self.stored()[0]).endswith(b".\r\n\r\n.\r\nMAIL FROM:<evil@example.net>\r\n"))

    def test_nul_is_refused(self):
        for data in (b"Subject: x\r\n\r\na\0b\r\n.\r\n", b"Subj\0ect: x\r\n\r\nab\r\n.\r\n"):
            client = live.Smtp(self.server)
            client.envelope()
            client.send(data)
            self.assertTrue(client.reply().startswith("554 5.6.0"))
            self.in_step(client)
            client.quit()
        self.assertEqual(self.stored(), [])

    def test_dots(self):
        body = "..\r\n.\r\n.x\r\n...\r\nx.\r\n\r\n.\r\n"
        client = live.Smtp(self.server)
        client.deliver(mail.make_message("dots", body))
        client.quit()
        self.assertTrue(self.stored()[0].endswith(body.encode()))


class InjectionTest(Dialogue):
    def test_starttls_drops_what_follows(self):
        for injected in (
            b"NOOP\r\n",
            b"EHLO evil\r\nMAIL FROM:<evil@example.net>\r\n",
            b"RSET\r\n" * 1000,
            b"MAIL FROM:<e",
            b"\x16\x03\x01\x00",
        ):
            with self.subTest(injected=injected[:20]):
                client = live.Smtp(self.server)
                client.send(b"STARTTLS\r\n" + injected)
                self.assertTrue(client.line().startswith(b"220"))
                self.assertEqual(client.pending, b"")
                client.start_tls(live.unverified())
                # The session is new: the first answer belongs to this EHLO, and there is no sender yet.
                self.assertIn("AUTH", client.command("EHLO client.example.net", "250"))
                self.assertTrue(client.command(f"RCPT TO:<{self.server.address}>").startswith("503"))
                self.in_step(client)
                client.quit()

    def test_starttls_forgets_the_session(self):
        client = live.Smtp(self.server)
        client.command("MAIL FROM:<before@example.net>", "250")
        client.command(f"RCPT TO:<{self.server.address}>", "250")
        answer = client.command("STARTTLS")
        if answer.startswith("503"):  # a transaction may be in the way
            client.command("RSET", "250")
            answer = client.command("STARTTLS", "220")
        self.assertTrue(answer.startswith("220"))
        client.start_tls(live.unverified())
        self.assertTrue(client.command("DATA").startswith("503"))
        client.command("EHLO client.example.net", "250")
        self.assertTrue(client.command("DATA").startswith("503"))
        self.assertNotIn("STARTTLS", client.command("EHLO client.example.net", "250"))
        self.assertRegex(client.command("STARTTLS"), "^(503|502|500|454)")
        client.quit()

    def test_starttls_takes_no_argument(self):
        client = live.Smtp(self.server)
        self.assertTrue(client.command("STARTTLS now").startswith("501"))
        self.in_step(client)
        client.quit()

    def test_stls_drops_what_follows(self):
        for injected in (b"CAPA\r\n", b"USER alice@example.org\r\nPASS secret\r\nSTAT\r\n"):
            client = live.Pop3(self.server)
            client.send(b"STLS\r\n" + injected)
            client.ok()
            self.assertEqual(client.pending, b"")
            client.start_tls(live.unverified())
            self.assertTrue(client.command("STAT", expect_ok=False).startswith("-ERR"))
            client.command(f"USER {self.server.address}")
            client.command(f"PASS {self.server.password}")
            client.command("QUIT")

    def test_line_ends_in_arguments(self):
        """What a client smuggles into an argument does not become a command or a header field."""
        client = live.Smtp(self.server)
        client.send(b"EHLO evil\rRSET\r\n")
        self.assertRegex(client.reply(), "^50[01]")
        client.send(b"EHLO evil\nX-Injected: yes\r\n")
        answers = client.reply()
        self.assertRegex(answers, "^(250|50[01])")
        while client.pending:
            client.reply()
        client.command("EHLO client.example.net", "250")
        while client.pending:
            client.reply()
        client.deliver(mail.make_message("clean"))
        self.assertNotIn(b"X-Injected", self.stored()[0])


class RelayTest(Dialogue):
    FORMS = (
        "user@elsewhere.example",
        "user%elsewhere.example@example.org",
        "elsewhere.example!user@example.org",
        "elsewhere.example!user",
        "@example.org:user@elsewhere.example",
        "@example.org,@b.example:user@elsewhere.example",
        '"user@elsewhere.example"@example.org',
        '"user@elsewhere.example"',
        "user@elsewhere.example@example.org",
        "user@example.org@elsewhere.example",
        "user@[127.0.0.1]",
        "user@[192.0.2.1]",
        "user@[IPv6:::1]",
        "user@elsewhere.example.",
        "user@example.org.elsewhere.example",
        "user@EXAMPLE.ORG%elsewhere.example",
        "user@localhost",
        "user",
        "@",
        "",
        '"alice@example.org"@elsewhere.example',
        "alice@example.org\0@elsewhere.example",
        "alice@example.org:elsewhere.example",
        "alice@example。org",
        "|/bin/sh@example.org",
        "/etc/passwd@example.org",
        "postmaster@elsewhere.example",
        "<alice@example.org>",
        "user@xn--example-.org",
        "alice @elsewhere.example",
        "../alice@example.org",
        "alice@example.org,user@elsewhere.example",
    )

    def test_no_form_gets_through(self):
        for form in self.FORMS:
            with self.subTest(form=form):
                client = live.Smtp(self.server)
                client.command("MAIL FROM:<sender@example.net>", "250")
                client.send(b"RCPT TO:<" + form.encode() + b">\r\n")
                self.assertRegex(client.reply(), "^5(50|01|00|53|05)", form)
                self.assertTrue(client.command("DATA").startswith("50") or client.command("RSET").startswith("250"))
                client.close()

    def test_a_stranger_is_told_5_7_1(self):
        client = live.Smtp(self.server)
        client.command("MAIL FROM:<sender@example.net>", "250")
        self.assertTrue(client.command("RCPT TO:<user@elsewhere.example>").startswith("550 5.7.1"))
        client.quit()

    def test_logged_in_senders_are_their_own(self):
        client = live.Smtp(self.server, tls=True)
        client.log_in()
        self.assertRegex(client.command("MAIL FROM:<somebody@example.org>"), "^55[03] 5.7.1")
        self.assertRegex(client.command("MAIL FROM:<user@elsewhere.example>"), "^55[03] 5.7.1")
        client.command(f"MAIL FROM:<{self.server.address}>", "250")
        client.quit()

    def test_postmaster_and_abuse(self):
        for to in (
            "postmaster",
            "PostMaster",
            "postmaster@example.org",
            "POSTMASTER@EXAMPLE.ORG",
            "abuse@example.org",
            "Abuse@Example.Org",
        ):
            client = live.Smtp(self.server)
            client.deliver(mail.make_message(f"to {to}"), to=to)
            client.quit()
        self.assertEqual(len(self.stored()), 6)


class LoginTest(Dialogue):
    def test_smtp_has_no_auth_in_clear(self):
        client = live.Smtp(self.server, ehlo=False)
        self.assertNotIn("AUTH", client.command("EHLO client.example.net", "250"))
        plain = base64.b64encode(f"\0{self.server.address}\0{self.server.password}".encode()).decode()
        for command in (f"AUTH PLAIN {plain}", "AUTH PLAIN", "AUTH LOGIN", "AUTH CRAM-MD5", "AUTH"):
            self.assertRegex(client.command(command), "^5", command)
        self.in_step(client)
        client.quit()

    def test_pop3_has_no_login_in_clear(self):
        client = live.Pop3(self.server)
        client.command("CAPA")
        capabilities = [line.split()[0] for line in client.body().decode().splitlines()]
        self.assertIn("STLS", capabilities)
        self.assertNotIn("SASL", capabilities)
        self.assertNotIn("USER", capabilities)
        plain = base64.b64encode(f"\0{self.server.address}\0{self.server.password}".encode()).decode()
        for command in (
            f"USER {self.server.address}",
            f"PASS {self.server.password}",
            f"AUTH PLAIN {plain}",
            "AUTH PLAIN",
            "APOP a b",
            "STAT",
            "RETR 1",
        ):
            self.assertTrue(client.command(command, expect_ok=False).startswith("-ERR"), command)
        client.command("QUIT")

    def test_secrets_are_not_written_down(self):
        secret, wrong = self.server.password, "not-the-password-9137"
        encoded = base64.b64encode(f"\0{self.server.address}\0{wrong}".encode()).decode()
        client = live.Smtp(self.server, tls=True)
        client.command(f"AUTH PLAIN {encoded}", "535 5.7.8")
        client.command("AUTH PLAIN", "334")
        client.command(encoded, "535")
        client.command("AUTH LOGIN", "334")
        client.command(base64.b64encode(self.server.address.encode()).decode(), "334")
        client.command(base64.b64encode(wrong.encode()).decode(), "535")
        client.quit()
        reader = live.Pop3(self.server, tls=True)
        reader.command(f"USER {self.server.address}")
        self.assertIn("[AUTH]", reader.command(f"PASS {wrong}", expect_ok=False))
        reader.command("QUIT")
        text = self.server.log_text()
        for row in self.server.attached("session", "list", "--json").json["sessions"][:10]:
            text += self.server.attached("session", "show", row["id"], "--json").out
        self.assertIn("PASS", text)
        for hidden in (wrong, encoded, base64.b64encode(wrong.encode()).decode(), f"PASS {secret}"):
            self.assertNotIn(hidden, text)

    def test_bad_base64(self):
        client = live.Smtp(self.server, tls=True)
        for command in (
            "AUTH PLAIN !!!!",
            "AUTH PLAIN =",
            "AUTH PLAIN YQ",
            "AUTH PLAIN " + "A" * 11_000,
            "AUTH PLAIN YQ==",
        ):
            self.assertRegex(client.command(command), "^5", command[:40])
        client.command("AUTH PLAIN", "334")
        self.assertRegex(client.command("*"), "^501")
        self.in_step(client)
        client.close()


class LongAndBinaryTest(Dialogue):
    def test_command_lines(self):
        client = live.Smtp(self.server)
        self.assertRegex(client.command("NOOP " + "x" * 600), "^500")
        self.in_step(client)
        self.assertRegex(client.command("EHLO " + "x" * 5000), "^50[01]")
        self.in_step(client)
        client.quit()

    def test_a_line_without_end(self):
        before = rss(self.server.pid)
        clients = [live.Smtp(self.server) for _ in range(10)]
        for client in clients:
            for _ in range(64):
                try:
                    client.send(b"x" * 65536)
                except OSError:
                    break  # it may be cut
        grown = rss(self.server.pid) - before
        self.assertLess(grown, bound(24 * MIB))
        for client in clients:
            try:
                client.send(b"\r\nNOOP\r\n")
                text = client.to_end() if not select.select([client.socket], [], [], live.TIMEOUT)[0] else client.line()
                self.assertRegex(text, rb"^(500|421|$)")
            except OSError:
                pass
            client.close()

    def test_text_lines(self):
        client = live.Smtp(self.server)
        for octets, code in (
            (998, "250"),
            (999, "250"),
            (65_534, "250"),
            (65_600, "554 5.6.0"),
            (2_000_000, "554 5.6.0"),
        ):
            client.envelope()
            client.send(b"Subject: long\r\n\r\n" + b"x" * octets + b"\r\n.\r\n")
            self.assertTrue(client.reply().startswith(code), octets)
            self.in_step(client)
        client.quit()
        self.assertEqual(len(self.stored()), 3)

    def test_auth_lines(self):
        client = live.Smtp(self.server, tls=True)
        client.command("AUTH PLAIN", "334")
        self.assertRegex(client.command("A" * 20_000), "^5")
        self.in_step(client)
        client.quit()

    def test_too_large(self):
        client = live.Smtp(self.server)
        self.assertTrue(client.command("MAIL FROM:<a@example.net> SIZE=99999999999").startswith("552 5.3.4"))
        self.assertRegex(client.command("MAIL FROM:<a@example.net> SIZE=-1"), "^(501|555)")
        self.assertRegex(client.command("MAIL FROM:<a@example.net> SIZE=99999999999999999999999999"), "^5(01|52)")
        client.quit()
        client = live.Smtp(self.server)
        client.envelope()
        line = b"y" * 76 + b"\r\n"
        client.send(b"Subject: big\r\n\r\n" + line * (27 * MIB // len(line)) + b".\r\n")
        self.assertTrue(client.reply().startswith("552 5.3.4"))
        self.in_step(client)
        client.quit()
        self.assertEqual(self.stored(), [])

    def test_binary(self):
        chance = random.Random(7)
        for gate in (self.server.smtp, self.server.pop3):
            for _ in range(30):
                client = live.Line(gate)
                client.line()
                try:
                    client.send(chance.randbytes(chance.randrange(1, 5000)) + b"\r\n" * chance.randrange(3))
                    client.socket.shutdown(1)
                    client.to_end()
                except OSError:
                    pass
                client.close()
        reader = live.Pop3(self.server, user=self.server.address)
        for command in (
            "RETR",
            "RETR 0",
            "RETR -1",
            "RETR 99999999999999999999",
            "TOP 1",
            "TOP 1 -1",
            "LIST 0",
            "DELE x",
            "\0\0",
            "\xff\xfe",
            "UIDL 1 2",
        ):
            self.assertTrue(reader.command(command, expect_ok=False).startswith("-ERR"), command)
        reader.command("NOOP")
        reader.command("QUIT")

    def test_tls_garbage(self):
        chance = random.Random(11)
        for garbage in (
            b"EHLO in clear\r\n",
            chance.randbytes(3000),
            b"\x16\x03\x01\xff\xff" + chance.randbytes(100),
            b"\x15\x03\x03\x00\x02\x02\x28",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        ):
            for opener, command in ((live.Smtp, "STARTTLS"), (live.Pop3, "STLS")):
                client = opener(self.server)
                client.command(command)
                client.send(garbage)
                client.socket.shutdown(1)
                answer = client.to_end()
                # An alert, or nothing: never an answer in clear.
                self.assertNotRegex(answer, rb"^(250|\+OK)")
                client.close()

    def test_talking_before_the_greeting(self):
        client = live.Smtp(self.server, ehlo=False, greet=False)
        client.send(b"EHLO early.example.net\r\n")
        self.assertRegex(client.reply(), "^(220|554|421)")
        client.close()

    def test_half_a_command(self):
        for part in (b"EH", b"MAIL FROM:<a@exam", b"DATA\r", b"\r", b"\n"):
            client = live.Smtp(self.server)
            client.send(part)
            client.socket.shutdown(1)
            client.to_end()
            client.close()

    def test_too_many_errors(self):
        client = live.Smtp(self.server)
        answers = []
        while len(answers) < 30:
            try:
                answers.append(client.command("NONSENSE"))
            except OSError:
                break
        self.assertLess(len(answers), 30)
        self.assertTrue(any(answer.startswith("421") for answer in answers), answers)

    def test_every_bad_session_leaves_a_trace(self):
        client = live.Smtp(self.server)
        name = "trace-marker.example.net"
        client.command(f"EHLO {name}", "250")
        client.send(bytes(range(1, 256)) + b"\r\n")
        client.reply()
        client.close()
        rows = []
        for _ in range(100):
            rows = self.server.attached("session", "list", "--json", "--filter", f"text={name} state=closed").json[
                "sessions"
            ]
            if rows:
                break
        self.assertEqual(len(rows), 1)
        shown = self.server.attached("session", "show", rows[0]["id"], "--json").json
        self.assertIn(name, "\n".join(shown["transcript"]))


class StopReadingTest(Dialogue):
    CLIENTS = 40

    def flood(self, client, data):
        """Sends until the server takes no more for two seconds, or much was taken."""
        client.socket.setblocking(False)
        sent = 0
        while sent < 64 * MIB:
            if not select.select([], [client.socket], [], 2)[1]:
                return sent
            try:
                sent += client.socket.send(data)
            except OSError:
                return sent
        return sent

    def test_smtp(self):
        before = rss(self.server.pid)
        clients = [live.Smtp(self.server) for _ in range(self.CLIENTS)]
        sent = []
        live.in_threads([lambda c=c: sent.append(self.flood(c, b"EHLO flood.example.net\r\n" * 2000)) for c in clients])
        self.assertLess(rss(self.server.pid) - before, bound(48 * MIB))
        # The server stopped reading, or cut the session: it did not swallow everything.
        self.assertLess(max(sent), 64 * MIB)
        for client in clients:
            client.close()

    def test_pop3(self):
        line = "z" * 76 + "\r\n"
        writer = live.Smtp(self.server)
        for i in range(3):
            writer.deliver(mail.make_message(f"large {i}", line * (8 * MIB // len(line))))
        writer.quit()
        before = rss(self.server.pid)
        reader = live.Pop3(self.server, user=self.server.address)
        reader.send(b"RETR 1\r\nRETR 2\r\nRETR 3\r\n" * 20)
        self.assertTrue(select.select([reader.socket], [], [], live.TIMEOUT)[0])
        # Nothing is read; another client is served meanwhile, and the server does not gather what it cannot send.
        live.Smtp(self.server).quit()
        self.assertLess(rss(self.server.pid) - before, bound(16 * MIB))
        reader.close()


if __name__ == "__main__":
    live.main()
