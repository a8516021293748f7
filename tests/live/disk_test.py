"""Disk full, quota, read-only folder: a plain answer, nothing lost, recovery by itself."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import live
import mail

KIB, MIB = 1024, 1024 * 1024
DISK = 160 * MIB  # the reserve takes 64 of it
NOBODY = "nobody"
RECOVERY = 60  # seconds the server has to take mail again
MOUNT = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs"]


def may_mount():
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run([*MOUNT, folder], stderr=subprocess.DEVNULL).returncode != 0:
            return False
        subprocess.run(["umount", folder], check=True)
        return True


@unittest.skipUnless(may_mount(), "needs the right to mount a small file system")
class FullTest(live.Case):
    def setUp(self):
        self.mount = pathlib.Path(tempfile.mkdtemp(prefix="postern-disk-"))
        subprocess.run([*MOUNT, self.mount], check=True)
        self.addCleanup(self.unmount)
        self.server = self.started(folder=self.mount / "data")
        self.server.ca_file()

    def unmount(self):
        subprocess.run(["umount", "-l", self.mount], check=False)
        self.mount.rmdir()

    def try_to_send(self, number, octets):
        """The first answer that is not what it should be, or the 250."""
        line = f"{number:06d} {'d' * 69}\r\n"
        client = live.Smtp(self.server)
        try:
            for command in ("MAIL FROM:<sender@example.net>", f"RCPT TO:<{self.server.address}>"):
                answer = client.command(command)
                if not answer.startswith("250"):
                    return answer
            answer = client.command("DATA")
            if not answer.startswith("354"):
                return answer
            client.send(f"Subject: full {number}\r\n\r\n".encode() + line.encode() * (octets // len(line)) + b".\r\n")
            return client.reply()
        finally:
            client.close()

    def fill(self, octets):
        """Sends until a message is refused; returns how many were taken."""
        for number in range(10_000):
            answer = self.try_to_send(number, octets)
            if not answer.startswith("250"):
                self.assertTrue(answer.startswith("452 4.3.1"), answer)
                return number
        self.fail("the disk never became full")

    def must_recover(self):
        deadline = time.monotonic() + RECOVERY
        while True:
            answer = self.try_to_send(999_999, 10 * KIB)
            if answer.startswith("250"):
                return
            self.assertTrue(answer.startswith("452 4.3.1"), answer)
            self.assertLess(time.monotonic(), deadline, "no mail is taken although there is room again")

    def check_all(self, count):
        messages = mail.fetch_all(self.server)
        self.assertEqual(len(messages), count)
        for number, message in enumerate(messages):
            self.assertIn(f"Subject: full {number}\r\n".encode(), message)
            lines = set(mail.body_of(message).split(b"\r\n")) - {b""}
            self.assertEqual(lines, {f"{number:06d} {'d' * 69}".encode()})

    def test_large_messages(self):
        taken = self.fill(700 * KIB)
        self.assertGreater(taken, 10)
        self.check_all(taken)
        self.assertIn("disk_full", self.server.attached("status", "--json").json["warnings"])
        # Deleting mail makes room, though the disk is full.
        reader = live.Pop3(self.server, user=self.server.address)
        for number in range(1, taken + 1):
            reader.command(f"DELE {number}")
        reader.command("QUIT")
        self.must_recover()
        self.assertEqual(len(mail.fetch_all(self.server)), 1)

    def test_small_messages(self):
        taken = self.fill(60 * KIB)
        self.assertGreater(taken, 100)
        self.check_all(taken)
        self.server.kill()
        self.server.start()
        self.check_all(taken)

    def test_room_made_by_others(self):
        ballast = self.mount / "ballast"
        with open(ballast, "wb") as file:
            try:
                while True:
                    file.write(b"\0" * MIB)
                    file.flush()
            except OSError:
                pass
        taken = self.fill(100 * KIB)
        self.check_all(taken)
        ballast.unlink()
        self.must_recover()
        self.assertEqual(len(mail.fetch_all(self.server)), taken + 1)

    def test_commands_say_so(self):
        """A change that cannot be written is refused with a sentence; what was there stays."""
        ballast = open(self.mount / "ballast", "wb")
        try:
            while True:
                ballast.write(b"\0" * 65536)
                ballast.flush()
        except OSError:
            pass
        results = [self.server.attached("user", "add", f"full{i}@example.org", "--no-password") for i in range(50)]
        self.assertTrue(self.server.running())
        for result in results:
            if result.code != 0:
                self.assertIn(result.code, (1, 3), result)
                self.one_sentence(result.err)
        users = self.server.attached("user", "list", "--json").json["users"]
        self.assertEqual(len(users), 1 + sum(result.code == 0 for result in results))


class QuotaTest(live.Case):
    def test_quota(self):
        server = self.started()
        self.ok(server.attached("user", "add", "small@example.org", "--password-stdin", "--quota", "20k", stdin="pw\n"))
        client = live.Smtp(server)
        client.deliver(mail.make_message("fits", "x" * 70 + "\r\n"), to="small@example.org")
        client.command("MAIL FROM:<sender@example.net>", "250")
        answer = client.command("RCPT TO:<small@example.org>")
        if answer.startswith("250"):
            client.command("DATA", "354")
            client.send(b"Subject: too much\r\n\r\n" + (b"y" * 70 + b"\r\n") * 1000 + b".\r\n")
            answer = client.reply()
        self.assertRegex(answer, r"^(452 4\.2\.2|552 5\.2\.2)")
        self.assertTrue(client.command("NOOP").startswith("250"))
        client.quit()
        self.assertEqual(len(mail.fetch_all(server, "small@example.org", "pw", delete=True)), 1)
        client = live.Smtp(server)
        client.deliver(mail.make_message("fits again", "x\r\n"), to="small@example.org")
        client.quit()

    def test_one_full_mailbox_does_not_hold_up_others(self):
        server = self.started()
        self.ok(server.attached("user", "add", "small@example.org", "--password-stdin", "--quota", "1k", stdin="pw\n"))
        client = live.Smtp(server)
        client.deliver(mail.make_message("for alice", "z" * 70 + "\r\n" * 50))
        client.quit()
        self.assertEqual(len(mail.fetch_all(server)), 1)


class ReadOnlyTest(live.Case):
    @unittest.skipUnless(may_mount(), "needs the right to mount")
    def test_read_only_folder(self):
        server = self.make_server()
        subprocess.run(["mount", "--bind", server.data, server.data], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", server.data])
        subprocess.run(["mount", "-o", "remount,ro,bind", server.data], check=True)
        for words in (
            ("serve", "--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"),
            ("user", "add", "x@example.org", "--no-password"),
        ):
            result = server.in_process(*words)
            self.assertEqual(result.code, 3, result)
            self.assertEqual(result.out, "")
            self.one_sentence(result.err)
        subprocess.run(["mount", "-o", "remount,rw,bind", server.data], check=True)
        server.start()
        mail.send(server, mail.make_message("works"))

    def test_unreadable_folder(self):
        server = self.make_server()
        user = self.give_to_nobody(server) if os.geteuid() == 0 else None
        server.data.chmod(0)
        self.addCleanup(server.data.chmod, 0o700)
        for words in (("serve", "--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"), ("user", "list")):
            result = server.in_process(*words, user=user)
            self.assertEqual(result.code, 3, result)
            self.assertEqual(result.out, "")
            self.one_sentence(result.err)

    def give_to_nobody(self, server):
        """Root may read everything: the folder gets another owner, who then runs the command."""
        for path in (server.root, *server.root.rglob("*")):
            shutil.chown(path, NOBODY)
        try:
            subprocess.run([live.binary(), "--version"], user=NOBODY, capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest(f"{NOBODY} may not run {live.binary()}")
        return NOBODY


if __name__ == "__main__":
    live.main()
