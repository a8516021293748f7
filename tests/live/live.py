"""What live tests share: a server of their own, plain sockets that speak SMTP and POP3, threads whose failures are
told."""
import base64
import pathlib
import socket
import ssl
import sys
import threading
import unittest

from server import Server, binary  # noqa: F401 - both are for the tests

TIMEOUT = 30
PROJECT = pathlib.Path(__file__).resolve().parents[2]
SUITES = PROJECT.parent / "shared" / "suites"


class Case(unittest.TestCase):
    """Cleans up every server that it made; a failed test shows the server's last words."""

    def make_server(self, **options):
        server = Server(**options)
        self.addCleanup(self._clean, server)
        return server

    def started(self, **options):
        return self.make_server(**options).start()

    def _clean(self, server):
        outcome = self._outcome.result
        if any(test is self for test, _ in outcome.failures + outcome.errors):
            sys.stderr.write(f"--- server of {self.id()}\n{server.log_text()[-4000:]}\n")
        server.clean()

    def ok(self, result):
        """The command did its work; returns its JSON if there is one."""
        self.assertEqual(result.code, 0, result)
        return result.json if result.out.startswith(("{", "[")) else None

    def one_sentence(self, text):
        """A plain sentence for people: one line, no trace of code."""
        lines = [line for line in text.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, text)
        self.assertNotRegex(lines[0], r"terminate called|what\(\)|std::|[A-Za-z_]+::[A-Za-z_]+\(|Assertion|core dumped")
        self.assertRegex(lines[0].rstrip(), r"[.。]$")


class Line:
    """A line-based connection. `pending` is what was received and not yet read."""

    def __init__(self, address, timeout=TIMEOUT, source=None):
        self.socket = socket.create_connection(address, timeout, source_address=source)
        self.pending = b""

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        """One line with its CRLF; b"" at the end."""
        while b"\n" not in self.pending:
            more = self.socket.recv(65536)
            if not more:
                left, self.pending = self.pending, b""
                return left
            self.pending += more
        line, self.pending = self.pending.split(b"\n", 1)
        return line + b"\n"

    def to_end(self):
        """Everything until the server closes; a reset counts as the end."""
        data = self.pending
        self.pending = b""
        try:
            while more := self.socket.recv(65536):
                data += more
        except ConnectionError:
            pass
        return data

    def start_tls(self, context, name=None):
        assert not self.pending, self.pending
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


class Smtp(Line):
    """Greeted; EHLO said unless told otherwise."""

    def __init__(self, server, ehlo=True, tls=False, greet=True, **options):
        super().__init__(server.smtp, **options)
        self.server = server
        if greet:
            self.expect("220")
        if ehlo:
            self.command("EHLO client.example.net", "250")
        if tls:
            self.command("STARTTLS", "220")
            self.start_tls(server.tls_context())
            self.command("EHLO client.example.net", "250")

    def reply(self):
        """A whole reply as text."""
        text = ""
        while True:
            line = self.line().decode("latin-1")
            text += line
            if len(line) < 4 or line[3:4] != "-":
                return text

    def expect(self, code):
        text = self.reply()
        if not text.startswith(code):
            raise AssertionError(f"expected {code}, got {text!r}")
        return text

    def command(self, text, code=None):
        self.send(text.encode("latin-1") + b"\r\n")
        return self.expect(code) if code else self.reply()

    def envelope(self, to=None, sender="sender@example.net"):
        self.command(f"MAIL FROM:<{sender}>", "250")
        self.command(f"RCPT TO:<{to or self.server.address}>", "250")
        self.command("DATA", "354")

    def deliver(self, message, to=None, sender="sender@example.net"):
        """`message` has CRLF line ends; it is stuffed here."""
        self.envelope(to, sender)
        if message.startswith(b"."):
            message = b"." + message
        self.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.expect("250")

    def log_in(self, user=None, password=None, code="235"):
        user, password = user or self.server.address, password or self.server.password
        plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return self.command(f"AUTH PLAIN {plain}", code)

    def quit(self):
        self.command("QUIT", "221")
        self.close()


class Pop3(Line):
    """Greeted; inside TLS and logged in when told."""

    def __init__(self, server, tls=False, user=None, password=None, **options):
        super().__init__(server.pop3, **options)
        self.server = server
        self.ok()
        if tls or user:
            self.command("STLS")
            self.start_tls(server.tls_context())
        if user:
            self.command(f"USER {user}")
            self.command(f"PASS {password or server.password}")

    def ok(self):
        text = self.line().decode("latin-1")
        if not text.startswith("+OK"):
            raise AssertionError(f"expected +OK, got {text!r}")
        return text

    def command(self, text, expect_ok=True):
        self.send(text.encode("latin-1") + b"\r\n")
        return self.ok() if expect_ok else self.line().decode("latin-1")

    def body(self):
        """A dot-terminated body, stuffing taken away."""
        lines = []
        while (line := self.line()) != b".\r\n":
            if not line:
                raise AssertionError("the server closed inside a body")
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


def in_threads(functions, timeout=300):
    """Runs them at the same time; the first failure is raised here."""
    problems = []

    def guarded(function):
        try:
            function()
        except BaseException as problem:  # noqa: B902 - told below
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(function,), daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout)
        if thread.is_alive():
            raise AssertionError(f"a client did not end within {timeout} s")
    if problems:
        raise problems[0]


def unverified():
    """A TLS client that takes any certificate: for tests of the protocol, not of the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def main():
    unittest.main(verbosity=2, warnings="ignore")
