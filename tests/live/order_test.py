"""The order of writes, syncs and answers, seen from outside."""
import os
import shutil
import unittest

import live
import order
from mail import make_message

FOLDER = "/data"
SOCKET = "9<TCP:[127.0.0.1:25->127.0.0.1:40000]>"
LOG = "5</data/mail.db-wal>"

GOOD = f"""
100 sendto({SOCKET}, "354 go ahead\\r\\n", 14, 0, NULL, 0) = 14
100 recvfrom({SOCKET}, "hello\\r\\n.\\r\\n", 65536, 0, NULL, NULL) = 10
101 pwrite64({LOG}, "x"..., 4096, 0) = 4096
101 fdatasync({LOG} <unfinished ...>
100 recvfrom(11<TCP:[127.0.0.1:25->127.0.0.1:40001]>, 0x1, 65536, 0, NULL, NULL) = -1 EAGAIN (Try again)
101 <... fdatasync resumed>)          = 0
100 sendto({SOCKET}, "250 2.0.0 stored\\r\\n", 18, 0, NULL, 0) = 18
""".strip().splitlines()

GOOD_BLOB = f"""
100 sendmsg({SOCKET}, {{msg_iov=[{{iov_base="354 go ahead\\r\\n", iov_len=14}}], msg_iovlen=1}}, 0) = 14
102 write(7</data/blobs/tmp/1>, "y"..., 65536) = 65536
100 recvfrom({SOCKET}, "hello\\r\\n.\\r\\n", 65536, 0, NULL, NULL) = 10
102 write(7</data/blobs/tmp/1>, "y"..., 100) = 100
102 fdatasync(7</data/blobs/tmp/1>) = 0
102 rename("/data/blobs/tmp/1", "/data/blobs/ab/1") = 0
102 fsync(8</data/blobs/ab>) = 0
101 pwrite64({LOG}, "x"..., 4096, 0) = 4096
101 fdatasync({LOG}) = 0
100 sendmsg({SOCKET}, {{msg_iov=[{{iov_base="250 2.0.0 stored\\r\\n", iov_len=18}}], msg_iovlen=1}}, 0) = 18
""".strip().splitlines()


def problems(lines, blob=False, strict=True):
    checked = order.Order(lines, FOLDER)
    assert len(checked.messages) == 1, checked.messages
    return checked.check(lambda _: blob, strict)


def without(lines, part):
    left = [line for line in lines if part not in line]
    assert len(left) < len(lines), part
    return left


def moved_behind(lines, part):
    """The line with `part` comes last."""
    return without(lines, part) + [line for line in lines if part in line]


class ReaderTest(unittest.TestCase):
    """The reader itself: it must pass what is right and find every thing that is wrong."""

    def test_passes_what_is_right(self):
        self.assertEqual(problems(GOOD), [])
        self.assertEqual(problems(GOOD, strict=False), [])
        self.assertEqual(problems(GOOD_BLOB, blob=True), [])

    def test_no_sync(self):
        doctored = without(without(GOOD, "fdatasync(5"), "resumed")
        self.assertTrue(problems(doctored))
        self.assertTrue(problems(doctored, strict=False))

    def test_sync_behind_the_answer(self):
        self.assertTrue(problems(moved_behind(moved_behind(GOOD, "fdatasync("), "resumed")))

    def test_sync_still_under_way(self):
        self.assertTrue(problems(moved_behind(GOOD, "resumed")))
        self.assertTrue(problems(moved_behind(GOOD, "resumed"), strict=False))

    def test_failed_sync(self):
        self.assertTrue(
            problems(
                [line.replace("resumed>)          = 0", "resumed>) = -1 EIO (Input/output error)") for line in GOOD]
            )
        )

    def test_write_behind_the_sync(self):
        lines = list(GOOD)
        lines.insert(-1, f'101 pwrite64({LOG}, "x"..., 4096, 4096) = 4096')
        self.assertTrue(problems(lines))

    def test_sync_of_another_file(self):
        self.assertTrue(
            problems([line.replace(f"fdatasync({LOG}", "fdatasync(6</data/state.db-wal>") for line in GOOD])
        )

    def test_nothing_written(self):
        self.assertTrue(problems(without(GOOD, "pwrite64")))

    def test_blob_without_sync(self):
        self.assertTrue(problems(without(GOOD_BLOB, "fdatasync(7"), blob=True))

    def test_blob_written_behind_its_sync(self):
        lines = list(GOOD_BLOB)
        lines.insert(5, '102 write(7</data/blobs/tmp/1>, "y"..., 100) = 100')
        self.assertTrue(problems(lines, blob=True))

    def test_blob_without_folder(self):
        self.assertTrue(problems(without(GOOD_BLOB, "fsync(8"), blob=True))

    def test_folder_synced_before_the_name(self):
        lines = without(GOOD_BLOB, "fsync(8")
        lines.insert(1, "102 fsync(8</data/blobs/ab>) = 0")
        self.assertTrue(problems(lines, blob=True))

    def test_blob_synced_behind_its_commit(self):
        lines = without(GOOD_BLOB, "fdatasync(7")
        lines.insert(-1, "102 fdatasync(7</data/blobs/ab/1>) = 0")
        self.assertTrue(problems(lines, blob=True))

    def test_refused_messages_do_not_count(self):
        lines = [line.replace("250 2.0.0 stored", "452 4.3.1 full") for line in GOOD]
        self.assertEqual(order.Order(lines, FOLDER).messages, [])


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class OrderTest(live.Case):
    """A real server under strace."""

    INLINE, BLOBS, SESSIONS, EACH = 12, 6, 8, 4

    def setUp(self):
        self.server = self.make_server()
        self.trace = self.server.root / "trace"
        self.server.start(wrapper=[*order.STRACE, str(self.trace)], timeout=120)

    def lines(self):
        self.server.stop(timeout=120)
        return self.trace.read_text(errors="replace").splitlines()

    def send(self, bodies):
        """One session, in clear (the answers must be legible in the trace), one message after the other."""
        client = live.Smtp(self.server)
        for i, body in enumerate(bodies):
            client.deliver(make_message(f"order {i}", body, to=self.server.address))
        client.quit()

    def judge(self, lines, count, blob_expected, strict=True):
        checked = order.Order(lines, self.server.data)
        found = checked.check(blob_expected, strict)
        self.assertEqual(len(checked.messages), count)
        self.assertEqual(found, [])

    def must_flag_all(self, doctored, blob_expected):
        """The negative control: every message of the doctored trace is flagged."""
        checked = order.Order(doctored, self.server.data)
        checked.check(blob_expected)
        self.assertTrue(checked.messages)
        self.assertTrue(all(message.problems for message in checked.messages))

    def test_inline(self):
        self.send(["inline\r\n" * (1 + 900 * i) for i in range(self.INLINE)])
        lines = self.lines()
        self.judge(lines, self.INLINE, lambda _: False)
        self.must_flag_all(
            [line for line in lines if not ("sync(" in line and "mail.db-wal" in line) and "sync resumed" not in line],
            lambda _: False,
        )

    def test_blob(self):
        self.send(["blob content of a message\r\n" * 10_000 * (1 + i) for i in range(self.BLOBS)])
        lines = self.lines()
        self.judge(lines, self.BLOBS, lambda _: True)
        blobs = os.path.join(os.path.realpath(self.server.data), "blobs")
        self.must_flag_all([line for line in lines if not ("sync(" in line and blobs in line)], lambda _: True)

    def test_many_sessions(self):
        clients = [live.Smtp(self.server) for _ in range(self.SESSIONS)]
        live.in_threads(
            [
                lambda c=c, n=n: [
                    c.deliver(make_message(f"{n} {i}", "text\r\n" * 500, to=self.server.address))
                    for i in range(self.EACH)
                ]
                for n, c in enumerate(clients)
            ]
        )
        for client in clients:
            client.quit()
        lines = self.lines()
        self.judge(lines, self.SESSIONS * self.EACH, lambda _: False, strict=False)


if __name__ == "__main__":
    live.main()
