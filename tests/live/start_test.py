"""Starts that cannot be: one plain sentence, exit code 3, nothing touched."""
import hashlib
import os
import pathlib
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import unittest

import live
import mail

HOLDER = """import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print(s.getsockname()[1], flush=True); sys.stdin.read()
"""


def fingerprint(folder):
    """Names, sizes and content of everything but what SQLite makes for readers and the lock."""
    out = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file() and not path.name.endswith(("-shm", ".lock", "lock")):
            if path.name.endswith("-wal") and path.stat().st_size == 0:
                continue
            out[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return out


class StartTest(live.Case):
    def cannot(self, result, *words):
        """Exit 3, one sentence that names the matter, nothing on stdout."""
        self.assertEqual(result.code, 3, result)
        self.assertEqual(result.out, "")
        self.one_sentence(result.err)
        for word in words:
            self.assertIn(str(word), result.err)

    def serve(self, server, smtp="127.0.0.1:0", pop3="127.0.0.1:0"):
        return server.in_process("serve", "--smtp", smtp, "--pop3", pop3)

    def test_locked_folder(self):
        server = self.started()
        mail.send(server, mail.make_message("before"))
        self.cannot(self.serve(server), server.process.pid)
        self.assertTrue(server.running())
        mail.send(server, mail.make_message("after"))
        self.assertEqual(len(mail.fetch_all(server)), 2)

    def test_locked_by_a_killed_one(self):
        server = self.started()
        server.kill()
        server.start()
        mail.send(server, mail.make_message("works"))

    def holder(self, program, port=0):
        process = subprocess.Popen(
            [program, "-c", HOLDER, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        return process.pid, int(process.stdout.readline())

    def test_port_in_use(self):
        server = self.make_server()
        pid, port = self.holder(os.path.realpath(sys.executable))
        for smtp, pop3 in ((f"127.0.0.1:{port}", "127.0.0.1:0"), ("127.0.0.1:0", f"127.0.0.1:{port}")):
            self.cannot(self.serve(server, smtp, pop3), f"127.0.0.1:{port}", pid)
        server.start()

    def test_the_holder_has_a_name(self):
        """Debian's exim4 holds 127.0.0.1:25 on many machines: it is named."""
        server = self.make_server()
        program = server.root / "exim4"
        shutil.copy(os.path.realpath(sys.executable), program)
        program.chmod(0o755)
        pid, port = self.holder(str(program))
        self.cannot(self.serve(server, f"127.0.0.1:{port}"), "exim4", pid)

    def test_both_gates_on_one_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = self.make_server()
        result = self.serve(server, f"127.0.0.1:{port}", f"127.0.0.1:{port}")
        self.assertIn(result.code, (2, 3), result)
        self.assertEqual(result.out, "")

    def test_newer_database(self):
        server = self.started()
        mail.send(server, mail.make_message("kept"))
        server.stop()
        databases = sorted(server.data.glob("*.db"))
        self.assertGreaterEqual(len(databases), 2)
        for database in databases:
            with self.subTest(database=database.name):
                with sqlite3.connect(database) as connection:
                    version = connection.execute("PRAGMA user_version").fetchone()[0]
                    connection.execute("PRAGMA user_version = 9999")
                connection.close()
                before = fingerprint(server.data)
                self.cannot(self.serve(server), "9999")
                self.cannot(server.in_process("user", "list"), "9999")
                self.assertEqual(fingerprint(server.data), before)
                with sqlite3.connect(database) as connection:
                    connection.execute(f"PRAGMA user_version = {version}")
                connection.close()
        server.start()
        self.assertEqual(len(mail.fetch_all(server)), 1)

    def test_damaged_database(self):
        server = self.make_server()
        database = server.data / "state.db"
        content = database.read_bytes()
        for wal in server.data.glob("*-wal"):
            wal.unlink()
        database.write_bytes(b"not a database at all" + content[21:])
        self.cannot(self.serve(server))

    def test_missing_folder(self):
        server = self.make_server(initialise=False)
        self.cannot(self.serve(server), server.data)
        self.assertFalse(server.data.exists())

    def test_folder_without_init(self):
        server = self.make_server(initialise=False)
        server.data.mkdir()
        (server.data / "something").write_text("of mine")
        self.cannot(self.serve(server), server.data)
        self.assertEqual(sorted(path.name for path in server.data.iterdir()), ["something"])
        result = server.init()
        self.assertIn(result.code, (1, 3), result)
        self.one_sentence(result.err)
        self.assertEqual((server.data / "something").read_text(), "of mine")

    def test_init_twice(self):
        server = self.make_server()
        before = fingerprint(server.data)
        result = server.init()
        self.assertIn(result.code, (1, 3), result)
        self.assertEqual(fingerprint(server.data), before)

    def test_key_missing_or_wrong(self):
        server = self.make_server()
        key = next((server.root / "config" / "postern").glob("kek-*"))
        good = key.read_text()
        before = fingerprint(server.data)
        key.unlink()
        self.cannot(self.serve(server), key)
        key.write_text("00" * 32 + "\n")
        key.chmod(0o600)
        self.cannot(self.serve(server), key)
        self.assertEqual(fingerprint(server.data), before)
        key.write_text(good)
        server.start()

    def test_the_key_is_not_in_the_folder(self):
        server = self.make_server()
        key = next((server.root / "config" / "postern").glob("kek-*"))
        self.assertEqual(key.stat().st_mode & 0o077, 0)
        secret = bytes.fromhex(key.read_text().split()[0])
        for path in server.data.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                self.assertNotIn(secret, content)
                self.assertNotIn(secret.hex().encode(), content)

    def test_unknown_address(self):
        server = self.make_server()
        self.cannot(self.serve(server, "192.0.2.55:0"), "192.0.2.55")

    def test_nobody_answers(self):
        server = self.make_server()
        self.cannot(server.run("status", "--attach", server.root / "nothing.sock"), "nothing.sock")


class CertificateTest(live.Case):
    def setUp(self):
        self.server = self.started()

    def make(self, name, days="30", curve="prime256v1"):
        key, certificate = self.server.root / f"{name}.key", self.server.root / f"{name}.pem"
        subprocess.run(
            [
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                f"ec_paramgen_curve:{curve}",
                "-nodes",
                "-keyout",
                key,
                "-out",
                certificate,
                "-days",
                days,
                "-subj",
                f"/CN={name}",
                "-addext",
                f"subjectAltName=DNS:{name}",
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        return certificate, key

    def refused(self, *words):
        before = self.server.attached("certificate", "show", "--json").json["sha256"]
        result = self.server.attached("certificate", "import", *words)
        self.assertIn(result.code, (1, 3), result)
        self.one_sentence(result.err)
        self.assertEqual(self.server.attached("certificate", "show", "--json").json["sha256"], before)

    def test_broken(self):
        good, key = self.make("mx.example.org")
        _, other_key = self.make("other.example.org")
        broken = self.server.root / "broken.pem"
        broken.write_text("-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n")
        self.refused(broken, "--key", key)
        broken.write_bytes(os.urandom(2000))
        self.refused(broken, "--key", key)
        broken.write_text("")
        self.refused(broken, "--key", key)
        self.refused(good, "--key", other_key)
        self.refused(good)
        self.refused(good, "--key", good)
        self.refused(self.server.root / "not-there.pem", "--key", key)
        self.server.stop()
        self.server.start()
        mail.pop3_open(self.server).quit()

    def test_the_own_certificate(self):
        """EC P-256, names, serverAuth, at most 397 days, signed by the own authority."""
        with live.Smtp(self.server) as client:
            client.command("STARTTLS", "220")
            client.start_tls(live.unverified())
            leaf = ssl.DER_cert_to_PEM_cert(client.socket.getpeercert(binary_form=True))
        path = self.server.root / "leaf.pem"
        path.write_text(leaf)
        text = subprocess.run(
            ["openssl", "x509", "-in", path, "-noout", "-text"], capture_output=True, text=True
        ).stdout
        for part in ("prime256v1", "DNS:", "TLS Web Server Authentication"):
            self.assertIn(part, text)
        check = subprocess.run(
            ["openssl", "x509", "-in", path, "-noout", "-checkend", str(398 * 86400)], capture_output=True
        )
        self.assertEqual(check.returncode, 1)
        check = subprocess.run(
            ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", self.server.ca_file(), path],
            capture_output=True,
            text=True,
        )
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)

    def test_pfx(self):
        certificate, key = self.make("mx.example.org")
        pfx = self.server.root / "both.pfx"
        subprocess.run(
            [
                "openssl",
                "pkcs12",
                "-export",
                "-inkey",
                key,
                "-in",
                certificate,
                "-out",
                pfx,
                "-passout",
                "pass:of the file",
            ],
            check=True,
        )
        result = self.server.attached("certificate", "import", pfx, "--passphrase-stdin", stdin="wrong\n")
        self.assertNotEqual(result.code, 0)
        self.ok(
            self.server.attached("certificate", "import", pfx, "--passphrase-stdin", "--json", stdin="of the file\n")
        )
        self.assertIn("mx.example.org", self.server.attached("certificate", "show", "--json").json["names"])


if __name__ == "__main__":
    live.main()
