"""Real clients, as people use them."""
import os
import shutil
import subprocess
import unittest

import live
import mail

LIMIT = 120  # seconds, one client


def needs(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")


class ClientsTest(live.Case):
    @classmethod
    def setUpClass(cls):
        cls.server = live.Server()
        cls.server.start()
        cls.name = cls.server.attached("certificate", "show", "--json").json["names"][0]
        cls.ca = str(cls.server.ca_file())

    @classmethod
    def tearDownClass(cls):
        cls.server.clean()

    def setUp(self):
        mail.fetch_all(self.server, delete=True)

    def run_client(self, *words, stdin=None, code=0):
        done = subprocess.run(
            [str(word) for word in words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            env=dict(os.environ, HOME=str(self.server.root)),
        )
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout + done.stderr

    def file(self, name, text, mode=0o600):
        path = self.server.root / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def only_message(self):
        messages = mail.fetch_all(self.server)
        self.assertEqual(len(messages), 1)
        return messages[0]

    def needs_swaks_with_tls(self):
        support = self.run_client("swaks", "--support")
        if not any(line.startswith("***") and "TLS" in line for line in support.splitlines()):
            return
        self.skipTest("this swaks has no TLS (libnet-ssleay-perl)")

    @needs("swaks")
    def test_swaks(self):
        out = self.run_client(
            "swaks",
            "--server",
            "127.0.0.1",
            "--port",
            self.server.smtp[1],
            "--to",
            self.server.address,
            "--from",
            "bob@example.com",
            "--h-Subject",
            "by swaks",
            "--body",
            "in clear",
        )
        self.assertIn("250 ", out)
        self.assertIn(b"Subject: by swaks", self.only_message())

    @needs("swaks")
    def test_swaks_tls_and_auth(self):
        self.needs_swaks_with_tls()
        for mechanism in ("PLAIN", "LOGIN"):
            out = self.run_client(
                "swaks",
                "--server",
                "127.0.0.1",
                "--port",
                self.server.smtp[1],
                "--tls",
                "--auth",
                mechanism,
                "--auth-user",
                self.server.address,
                "--auth-password",
                self.server.password,
                "--to",
                self.server.address,
                "--from",
                self.server.address,
                "--body",
                mechanism,
            )
            self.assertIn("235 ", out)
        self.assertEqual(len(mail.fetch_all(self.server)), 2)

    @needs("swaks")
    def test_swaks_wrong_password(self):
        self.needs_swaks_with_tls()
        done = subprocess.run(
            [
                "swaks",
                "--server",
                "127.0.0.1",
                "--port",
                str(self.server.smtp[1]),
                "--tls",
                "--auth",
                "PLAIN",
                "--auth-user",
                self.server.address,
                "--auth-password",
                "wrong",
                "--to",
                self.server.address,
                "--quit-after",
                "AUTH",
            ],
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("535 5.7.8", done.stdout)

    def curl(self, *words, code=0):
        gates = []
        for gate in (self.server.smtp, self.server.pop3):
            gates += ["--resolve", f"{self.name}:{gate[1]}:127.0.0.1"]
        return self.run_client(
            "curl",
            "--silent",
            "--show-error",
            "--ssl-reqd",
            "--cacert",
            self.ca,
            *gates,
            "--user",
            f"{self.server.address}:{self.server.password}",
            *words,
            code=code,
        )

    @needs("curl")
    def test_curl(self):
        text = self.file("message", "From: <alice@example.org>\nSubject: by curl\n\nbody\n.dot\n")
        self.curl(
            f"smtp://{self.name}:{self.server.smtp[1]}/client.example.net",
            "--mail-from",
            self.server.address,
            "--mail-rcpt",
            self.server.address,
            "--upload-file",
            text,
            "--crlf",
        )
        fetched = self.curl(f"pop3://{self.name}:{self.server.pop3[1]}/1")
        self.assertIn("Subject: by curl", fetched)
        self.assertIn("\n.dot", fetched)
        listed = self.curl(f"pop3://{self.name}:{self.server.pop3[1]}/")
        self.assertEqual(len(listed.splitlines()), 1)

    @needs("curl")
    def test_curl_verifies_the_certificate(self):
        other = self.file("other.pem", "")
        self.run_client(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-keyout",
            self.server.root / "other.key",
            "-out",
            other,
            "-days",
            "2",
            "-subj",
            "/CN=other",
        )
        self.run_client(
            "curl",
            "--silent",
            "--ssl-reqd",
            "--cacert",
            other,
            "--resolve",
            f"{self.name}:{self.server.pop3[1]}:127.0.0.1",
            f"pop3://{self.name}:{self.server.pop3[1]}/",
            code=60,
        )

    def test_python(self):
        client = mail.smtp_open(self.server)
        client.login(self.server.address, self.server.password)
        client.sendmail(
            self.server.address,
            [self.server.address],
            mail.make_message("by smtplib", "line\r\n..\r\n.\r\n\r\nend\r\n"),
        )
        client.quit()
        reader = mail.pop3_open(self.server)
        self.assertEqual(reader.stat()[0], 1)
        self.assertEqual(len(reader.uidl()[1]), 1)
        self.assertIn("UIDL", reader.capa())
        top = reader.top(1, 1)[1]
        self.assertEqual(top[-1], b"line")
        full = b"\r\n".join(reader.retr(1)[1])
        self.assertTrue(full.endswith(b"line\r\n..\r\n.\r\n\r\nend"), full)
        reader.quit()

    @needs("fetchmail")
    def test_fetchmail(self):
        mail.send(self.server, *(mail.make_message(f"for fetchmail {i}") for i in range(5)))
        inbox = self.server.root / "fetched"
        rc = self.file(
            "fetchmailrc",
            f"""poll 127.0.0.1 service {self.server.pop3[1]} protocol POP3 uidl
  user "{self.server.address}" password "{self.server.password}" sslproto "TLS1.2+" sslcertck sslcertfile "{self.ca}"
  sslcommonname "{self.name}" mda "cat >> {inbox}"
""",
        )
        self.run_client("fetchmail", "--fetchmailrc", rc, "--nosyslog", "--pidfile", self.server.root / "fetchmail.pid")
        self.assertEqual(inbox.read_text().count("Subject: for fetchmail"), 5)
        self.assertEqual(mail.fetch_all(self.server), [])  # it deletes what it fetched

    @needs("mpop")
    def test_mpop(self):
        mail.send(self.server, *(mail.make_message(f"for mpop {i}") for i in range(5)))
        inbox = self.server.root / "mpop"
        for folder in ("cur", "new", "tmp"):
            (inbox / folder).mkdir(parents=True)
        digest = self.server.attached("certificate", "show", "--json").json["sha256"].upper()
        fingerprint = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
        self.run_client(
            "mpop",
            "--host=127.0.0.1",
            f"--port={self.server.pop3[1]}",
            "--tls=on",
            "--tls-starttls=on",
            "--tls-certcheck=on",
            f"--tls-fingerprint={fingerprint}",
            "--auth=user",
            f"--user={self.server.address}",
            f"--passwordeval=echo {self.server.password}",
            f"--delivery=maildir,{inbox}",
            "--keep=off",
            f"--uidls-file={self.server.root / 'uidls'}",
        )
        self.assertEqual(len(list((inbox / "new").iterdir())), 5)
        self.assertEqual(mail.fetch_all(self.server), [])

    @needs("openssl")
    def test_openssl(self):
        for gate, kind, last in ((self.server.smtp, "smtp", "QUIT\n"), (self.server.pop3, "pop3", "QUIT\n")):
            for version in ("-tls1_2", "-tls1_3"):
                out = self.run_client(
                    "openssl",
                    "s_client",
                    "-starttls",
                    kind,
                    "-connect",
                    "%s:%d" % gate,
                    "-CAfile",
                    self.ca,
                    version,
                    "-verify_return_error",
                    "-crlf",
                    "-ign_eof",
                    stdin=last,
                )
                self.assertIn("Verify return code: 0 (ok)", out)
        for version in ("-tls1", "-tls1_1"):
            done = subprocess.run(
                [
                    "openssl",
                    "s_client",
                    "-starttls",
                    "smtp",
                    "-connect",
                    "%s:%d" % self.server.smtp,
                    version,
                    "-cipher",
                    "ALL:@SECLEVEL=0",
                ],
                input="",
                capture_output=True,
                text=True,
                timeout=LIMIT,
            )
            self.assertNotEqual(done.returncode, 0, f"{version} was taken")

    @needs("smtp-source")
    def test_smtp_source(self):
        for keep in ([], ["-d"]):
            self.run_client(
                "smtp-source",
                *keep,
                "-s",
                "20",
                "-m",
                "200",
                "-l",
                "5000",
                "-f",
                "bob@example.com",
                "-t",
                self.server.address,
                "inet:127.0.0.1:%d" % self.server.smtp[1],
            )
        messages = mail.fetch_all(self.server, delete=True)
        self.assertEqual(len(messages), 400)


if __name__ == "__main__":
    live.main()
