"""kill -9 under load: every acknowledged message is there afterwards, octet for octet; every acknowledged deletion
stays done."""
import hashlib
import os
import random
import threading
import unittest

import live
import mail

ROUNDS = 30 if "POSTERN_ROUNDS" in os.environ else 5
SENDERS = 8
SIZES = (200, 3_000, 30_000, 63_000, 66_000, 200_000, 700_000)  # octets: inline, about the limit, blobs


class Sender(threading.Thread):
    """Sends until the connection dies; remembers what was acknowledged."""

    def __init__(self, server, round_, number):
        super().__init__(daemon=True)
        self.server, self.name_ = server, f"{round_}-{number}"
        self.chance = random.Random(f"{round_}/{number}")
        self.acknowledged = {}
        self.started_one = threading.Event()

    def run(self):
        try:
            client = live.Smtp(self.server)
            for turn in range(100_000):
                subject = f"kill {self.name_} {turn}"
                line = self.chance.randbytes(35).hex() + "\r\n"
                body = line * (self.chance.choice(SIZES) // len(line) + 1)
                client.deliver(mail.make_message(subject, body))
                self.acknowledged[subject] = hashlib.sha256(body.encode()).hexdigest()
                self.started_one.set()
        except (OSError, AssertionError):
            pass  # the server is gone
        finally:
            self.started_one.set()


class KillTest(live.Case):
    def setUp(self):
        self.server = self.started()
        self.server.ca_file()
        self.chance = random.Random(os.environ.get("POSTERN_KILL_SEED", "1"))

    def load_and_kill(self, round_):
        senders = [Sender(self.server, round_, number) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            self.assertTrue(sender.started_one.wait(60))
        # At any moment of the load: the wait is the random part, nothing else depends on it.
        threading.Event().wait(self.chance.uniform(0.05, 1.2))
        self.server.kill()
        for sender in senders:
            sender.join(60)
        out = {}
        for sender in senders:
            out.update(sender.acknowledged)
        return out

    def stored(self):
        out = {}
        for message in mail.fetch_all(self.server):
            head, body = message.split(b"\r\n\r\n", 1)
            subject = next(line[9:] for line in head.split(b"\r\n") if line.startswith(b"Subject: "))
            out[subject.decode()] = hashlib.sha256(body).hexdigest()
        return out

    def test_nothing_acknowledged_is_lost(self):
        expected = {}
        for round_ in range(ROUNDS):
            with self.subTest(round=round_):
                acknowledged = self.load_and_kill(round_)
                self.assertTrue(acknowledged)
                expected.update(acknowledged)
                self.server.start()
                there = self.stored()
                lost = [subject for subject in expected if subject not in there]
                self.assertEqual(lost, [])
                damaged = [subject for subject, digest in expected.items() if there[subject] != digest]
                self.assertEqual(damaged, [])
        self.assertEqual(self.server.attached("audit", "verify", "--json").json["ok"], True)

    def test_deletions_stay_done(self):
        for round_ in range(max(2, ROUNDS // 2)):
            mail.send(self.server, *(mail.make_message(f"delete {round_} {i}", "x\r\n" * 30_000) for i in range(6)))
            reader = live.Pop3(self.server, user=self.server.address)
            count = int(reader.command("STAT").split()[1])
            for number in range(1, count):
                reader.command(f"DELE {number}")
            reader.command("QUIT")  # acknowledged: deleted for good
            self.server.kill()
            self.server.start()
            left = mail.fetch_all(self.server, delete=True)
            self.assertEqual(len(left), 1)
            self.assertIn(f"Subject: delete {round_} 5".encode(), left[0])
        blobs = [path for path in (self.server.data / "blobs").rglob("*") if path.is_file()]
        self.assertLessEqual(len(blobs), 1, "content of deleted messages is left behind after restarts")

    def test_changes_survive(self):
        with self.server.control() as control:
            for number in range(20):
                control.request("user add", address=f"user{number}@example.org", password=f"pw{number}")
        self.server.kill()
        self.server.start()
        addresses = [user["address"] for user in self.server.attached("user", "list", "--json").json["users"]]
        self.assertEqual(
            sorted(addresses), sorted([f"user{number}@example.org" for number in range(20)] + [self.server.address])
        )
        self.assertTrue(mail.login_works(self.server, "user19@example.org", "pw19"))
        self.assertTrue(self.server.attached("audit", "verify", "--json").json["ok"])


if __name__ == "__main__":
    live.main()
