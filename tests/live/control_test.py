"""The control socket: who may talk, what it takes, and that the two mail ports are all that listens."""
import json
import os
import socket
import stat
import struct
import unittest

import live
import mail
from control import Control, Refused

CONNECTIONS = 16
TCP_LISTEN = "0A"


class Raw:
    """The socket without a client's good manners."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(live.TIMEOUT)
        self.socket.connect(str(path))

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def frame(self, text):
        self.send(struct.pack(">I", len(text)) + text)

    def ended(self):
        """Did the server close, whatever it said before?"""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def close(self):
        self.socket.close()


class ControlTest(live.Case):
    def setUp(self):
        self.server = self.started()

    def still_serves(self):
        self.assertEqual(self.ok(self.server.attached("status", "--json"))["state"], "running")
        mail.send(self.server, mail.make_message("still"))

    def test_only_the_owner_gets_in(self):
        for path in (self.server.data, self.server.socket_path):
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o007, 0, path)

    def test_garbage(self):
        hello = json.dumps({"id": 1, "request": "hello", "body": {"api_major": 1, "api_minor": 0}}).encode()
        for data in (
            b"GET / HTTP/1.1\r\n\r\n",
            b"\0\0\0\0",
            b"\xff\xff\xff\xff",
            struct.pack(">I", (1 << 20) + 1) + b"x" * 4096,
        ):
            raw = Raw(self.server.socket_path)
            raw.send(data)
            raw.socket.shutdown(socket.SHUT_WR)
            self.assertTrue(raw.ended(), data)
            raw.close()
        for text in (
            b"",
            b"{",
            b"null",
            b"[]",
            b"{}",
            b'{"id":1}',
            b"[" * 5000,
            b'{"id":1,"request":"nonsense","body":{}}',
            os.urandom(500),
            b'{"id":1,"request":"user list","body":{"limit":"many"}}',
            b'{"id":-1,"request":"status","body":{}}',
        ):
            for first in ((), (hello,)):
                raw = Raw(self.server.socket_path)
                for part in first:
                    raw.frame(part)
                raw.frame(text)
                raw.socket.shutdown(socket.SHUT_WR)
                self.assertTrue(raw.ended(), text[:50])
                raw.close()
        self.still_serves()

    def test_another_major_version_is_told(self):
        raw = Raw(self.server.socket_path)
        raw.frame(
            json.dumps({"id": 1, "request": "hello", "body": {"api_major": 999, "api_minor": 0, "build": "x"}}).encode()
        )
        raw.frame(json.dumps({"id": 2, "request": "user list", "body": {}}).encode())
        raw.socket.shutdown(socket.SHUT_WR)
        data = b""
        while more := raw.socket.recv(65536):
            data += more
        self.assertNotIn(b"alice@example.org", data)
        raw.close()

    def test_a_slow_client_holds_nobody_up(self):
        raw = Raw(self.server.socket_path)
        raw.send(struct.pack(">I", 1000) + b'{"id":')
        self.still_serves()
        raw.close()

    def test_many_connections(self):
        held = []
        try:
            for _ in range(CONNECTIONS * 3):
                try:
                    held.append(Control(self.server.socket_path, timeout=live.TIMEOUT))
                except OSError:
                    break
            self.assertGreaterEqual(len(held), 8)
            self.assertLessEqual(len(held), CONNECTIONS)
            for control in held:
                self.assertEqual(control.request("status")["state"], "running")
        finally:
            for control in held:
                control.close()
        self.still_serves()

    def test_a_client_that_does_not_read(self):
        raw = Raw(self.server.socket_path)
        raw.frame(json.dumps({"id": 1, "request": "hello", "body": {"api_major": 1, "api_minor": 0}}).encode())
        raw.socket.settimeout(3)
        request = json.dumps({"id": 2, "request": "metrics", "body": {}}).encode()
        for _ in range(20_000):
            try:
                raw.socket.sendall(struct.pack(">I", len(request)) + request)
            except OSError:
                break
        self.still_serves()
        raw.close()

    def test_errors_are_codes(self):
        with self.server.control() as control:
            with self.assertRaises(Refused) as refusal:
                control.request("user show", user="nobody@example.org")
            self.assertEqual(refusal.exception.code, "not_found")

    def test_two_ports_and_no_more(self):
        inodes = set()
        folder = f"/proc/{self.server.pid}/fd"
        for name in os.listdir(folder):
            target = os.readlink(f"{folder}/{name}")
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
        ports = []
        for table in ("tcp", "tcp6", "udp", "udp6"):
            with open(f"/proc/{self.server.pid}/net/{table}") as lines:
                for fields in (line.split() for line in list(lines)[1:]):
                    if fields[9] in inodes and (table.startswith("udp") or fields[3] == TCP_LISTEN):
                        ports.append((table[:3], int(fields[1].rsplit(":", 1)[1], 16)))
        self.assertEqual(sorted(ports), sorted([("tcp", self.server.smtp[1]), ("tcp", self.server.pop3[1])]))


if __name__ == "__main__":
    live.main()
