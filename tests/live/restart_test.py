"""What has to outlast a restart, and how a stop goes."""
import hashlib
import ssl
import subprocess
import unittest

import live
import mail

STOP_LIMIT = 20  # seconds


def uidls(server, user=None, password=None):
    client = mail.pop3_open(server, user, password)
    out = [line.split()[1] for line in client.uidl()[1]]
    client.quit()
    return out


class RestartTest(live.Case):
    def test_everything_is_kept(self):
        server = self.started()
        mail.send(server, *(mail.make_message(f"kept {i}", f"{i}\r\n" * (1 + i * 3000)) for i in range(12)))
        self.ok(
            server.attached(
                "user",
                "add",
                "bob@example.org",
                "--password-stdin",
                "--alias",
                "robert@example.org",
                "--quota",
                "5M",
                stdin="pw\n",
            )
        )
        self.ok(server.attached("document", "set", "smtp/limits", "recipients=77", "--reason", "test"))
        mail.send(server, mail.make_message("for bob"), to="robert@example.org")
        verbs = [
            ("user", "list"),
            ("document", "list"),
            ("document", "get", "smtp/limits"),
            ("change", "list"),
            ("audit", "list"),
            ("certificate", "show"),
            ("certificate", "authority"),
        ]

        def state():
            answers = {verb: server.attached(*verb, "--json").json for verb in verbs}
            digests = [hashlib.sha256(m).hexdigest() for m in mail.fetch_all(server)]
            return answers, digests, uidls(server), uidls(server, "bob@example.org", "pw")

        before = state()
        self.assertEqual(len(before[1]), 12)
        self.assertEqual(len(set(before[2])), 12)
        for how in ("stop", "kill", "stop"):
            getattr(server, how)()
            server.start()
            after = state()
            # The audit may have gained entries of its own (a head, a start); what was there is unchanged.
            kept = {entry["seq"]: entry for entry in after[0][("audit", "list")]["entries"]}
            for entry in before[0][("audit", "list")]["entries"]:
                self.assertEqual(kept.get(entry["seq"], entry), entry)
            for verb in verbs:
                if verb != ("audit", "list"):
                    self.assertEqual(after[0][verb], before[0][verb], verb)
            self.assertEqual(after[1:], before[1:], how)
        self.assertTrue(server.attached("audit", "verify", "--json").json["ok"])

    def test_uidl_is_never_reused(self):
        server = self.started()
        seen = set()
        for round_ in range(4):
            mail.send(server, *(mail.make_message(f"{round_} {i}") for i in range(3)))
            now = uidls(server)
            self.assertEqual(len(now), 3)
            self.assertFalse(seen & set(now))
            seen |= set(now)
            mail.fetch_all(server, delete=True)
            server.stop()
            server.start()
        for unique in seen:
            self.assertRegex(unique.decode(), r"^[\x21-\x7e]{1,70}$")

    def test_dele_without_quit_deletes_nothing(self):
        server = self.started()
        mail.send(server, mail.make_message("stays"))
        reader = live.Pop3(server, user=server.address)
        reader.command("DELE 1")
        reader.close()
        for _ in range(200):  # the lock goes when the server notices
            try:
                self.assertEqual(len(mail.fetch_all(server)), 1)
                break
            except mail.poplib.error_proto as busy:
                self.assertIn("IN-USE", str(busy))
        else:
            self.fail("the mailbox stays locked")

    def test_one_session_a_mailbox(self):
        server = self.started()
        first = live.Pop3(server, user=server.address)
        with self.assertRaises(mail.poplib.error_proto) as refusal:
            mail.pop3_open(server)
        self.assertIn("[IN-USE]", str(refusal.exception))
        first.command("QUIT")
        mail.pop3_open(server).quit()


class StopTest(live.Case):
    def stopped_well(self, server, tell=True):
        code, seconds = server.stop(tell=tell)
        self.assertEqual(code, 0, server.log_text())
        self.assertLess(seconds, STOP_LIMIT)

    def test_idle_sessions_are_told(self):
        server = self.started()
        writer, reader = live.Smtp(server), live.Pop3(server)
        server.tell_to_stop()
        self.assertTrue(writer.reply().startswith("421"))
        self.assertRegex(reader.to_end(), rb"^(-ERR .*\r\n)?$")
        self.stopped_well(server, tell=False)

    def test_in_the_middle_of_data(self):
        server = self.started()
        client = live.Smtp(server)
        client.envelope()
        client.send(b"Subject: half\r\n\r\nnot the end")
        self.stopped_well(server)
        server.start()
        self.assertEqual(mail.fetch_all(server), [])

    def test_data_may_be_finished(self):
        """A message in progress is taken when its end comes soon; acknowledged means stored."""
        server = self.started()
        client = live.Smtp(server)
        client.envelope()
        client.send(b"Subject: finished\r\n\r\nbody\r\n")
        server.tell_to_stop()
        client.send(b".\r\n")
        answer = client.reply()
        self.assertRegex(answer, "^(250|421)")
        self.stopped_well(server, tell=False)
        server.start()
        self.assertEqual(len(mail.fetch_all(server)), 1 if answer.startswith("250") else 0)

    def test_a_client_that_does_not_read(self):
        server = self.started()
        mail.send(server, mail.make_message("large", ("x" * 76 + "\r\n") * 200_000))
        reader = live.Pop3(server, user=server.address)
        reader.send(b"RETR 1\r\n" * 5)
        self.stopped_well(server)

    def test_stop_verb(self):
        server = self.started()
        self.ok(server.attached("stop"))
        self.assertEqual(server.process.wait(25), 0)

    def test_load_while_stopping(self):
        server = self.started()
        acknowledged = []

        def sender(number):
            try:
                client = live.Smtp(server)
                for turn in range(10_000):
                    client.deliver(mail.make_message(f"stop {number} {turn}"))
                    acknowledged.append(f"stop {number} {turn}")
                    if len(acknowledged) == 50:
                        server.tell_to_stop()
            except (OSError, AssertionError):
                pass

        live.in_threads([lambda n=n: sender(n) for n in range(6)])
        self.stopped_well(server, tell=False)
        server.start()
        stored = b"".join(mail.fetch_all(server))
        for subject in acknowledged:
            self.assertIn(f"Subject: {subject}\r\n".encode(), stored)


class ReloadTest(live.Case):
    def test_a_new_certificate_leaves_live_sessions_alone(self):
        server = self.started()
        reader = live.Pop3(server, user=server.address)
        writer = live.Smtp(server, tls=True)
        writer.log_in()
        before = reader.socket.getpeercert(binary_form=True)
        key, certificate = server.root / "new.key", server.root / "new.pem"
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-keyout",
                key,
                "-out",
                certificate,
                "-days",
                "90",
                "-subj",
                "/CN=mx.example.org",
                "-addext",
                "subjectAltName=DNS:mx.example.org",
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        made = self.ok(server.attached("certificate", "import", certificate, "--key", key, "--json"))
        fresh = live.Pop3(server)
        fresh.command("STLS")
        fresh.start_tls(live.unverified())
        now = fresh.socket.getpeercert(binary_form=True)
        self.assertEqual(now, ssl.PEM_cert_to_DER_cert(certificate.read_text()))
        self.assertNotEqual(now, before)
        reader.command("NOOP")
        reader.command("STAT")
        writer.deliver(mail.make_message("on the old certificate"), sender=server.address)
        writer.quit()
        reader.command("QUIT")
        # And back again.
        self.ok(server.attached("change", "undo", made["change"]))
        again = live.Pop3(server, tls=True)
        self.assertEqual(again.socket.getpeercert(binary_form=True), before)
        again.command("QUIT")


if __name__ == "__main__":
    live.main()
