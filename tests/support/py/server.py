"""A private Postern: its own data folder, own configuration folder, any free ports. For live tests and the bench."""
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

from control import Control

READY = re.compile(r"^ready smtp=(\S+):(\d+) pop3=(\S+):(\d+)$")
READY_TIMEOUT = 60
STOP_TIMEOUT = 25
COMMAND_TIMEOUT = 120
OPEN_FILES = 30000


def binary():
    """The postern to test: $POSTERN_BINARY."""
    path = os.environ.get("POSTERN_BINARY", "")
    if not path or not os.access(path, os.X_OK):
        raise RuntimeError("POSTERN_BINARY names no program")
    return path


def raise_open_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def children_of(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return [
            int(child)
            for task in tasks
            for child in pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        ]
    except OSError:
        return []


class Result:
    """What a command left behind."""

    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[-2000:]}\nstderr: {self.err[-2000:]}"


class NotReady(Exception):
    """serve ended, or never said that it is ready."""


class Server:
    """Made initialised and stopped. `clean` removes everything."""

    def __init__(self, domain="example.org", admin="alice", password="secret", root=None, folder=None, initialise=True):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="postern-", dir=root))
        self.data = pathlib.Path(folder) if folder else self.root / "data"
        self.domain, self.admin, self.password = domain, admin, password
        self.address = f"{admin}@{domain}"
        self.environment = dict(
            os.environ,
            HOME=str(self.root),
            XDG_CONFIG_HOME=str(self.root / "config"),
            XDG_DATA_HOME=str(self.root / "share"),
            LC_ALL="C.UTF-8",
        )
        self.environment.pop("CREDENTIALS_DIRECTORY", None)
        # Freed memory that AddressSanitizer holds back would look like growth.
        self.environment["ASAN_OPTIONS"] = f"{os.environ.get('ASAN_OPTIONS', '')}:quarantine_size_mb=4"
        self.process = None
        self.smtp = self.pop3 = None
        self.log = self.root / "serve.log"
        self._ca = None
        if initialise:
            done = self.init()
            if done.code != 0:
                raise RuntimeError(f"init: {done}")

    # Commands

    def run(self, *words, stdin="", timeout=COMMAND_TIMEOUT, user=None):
        """Any verb, exactly as given; `user`: as somebody else (root only)."""
        return Result(
            subprocess.run(
                [binary(), *map(str, words)],
                input=stdin,
                capture_output=True,
                text=True,
                env=self.environment,
                timeout=timeout,
                user=user,
            )
        )

    def init(self):
        return self.run(
            "init",
            "--domain",
            self.domain,
            "--admin",
            self.admin,
            "--password-stdin",
            "--data",
            self.data,
            stdin=self.password + "\n",
        )

    @property
    def socket_path(self):
        return self.data / "control.sock"

    def attached(self, *words, stdin="", timeout=COMMAND_TIMEOUT):
        """A verb through the control socket of the running server."""
        return self.run(*words, "--attach", self.socket_path, stdin=stdin, timeout=timeout)

    def in_process(self, *words, stdin="", timeout=COMMAND_TIMEOUT, user=None):
        """A verb that opens the data folder itself; the server must not run."""
        return self.run(*words, "--data", self.data, stdin=stdin, timeout=timeout, user=user)

    def control(self):
        return Control(self.socket_path)

    # Life

    def serve_command(self, smtp="127.0.0.1:0", pop3="127.0.0.1:0", extra=()):
        return [binary(), "serve", "--data", str(self.data), "--smtp", smtp, "--pop3", pop3, *extra]

    def start(self, smtp="127.0.0.1:0", pop3="127.0.0.1:0", extra=(), wrapper=(), timeout=READY_TIMEOUT, preexec=None):
        """Returns when both ports listen. `wrapper`: a command to put before (strace)."""

        def prepare():
            raise_open_files()
            if preexec:
                preexec()

        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, *self.serve_command(smtp, pop3, extra)],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.environment,
                preexec_fn=prepare,
                start_new_session=True,
            )
        line = self._ready_line(timeout)
        match = READY.match(line)
        if not match:
            self.kill()
            raise NotReady(f"instead of the ready line: {line!r}\n{self.log_text()[-2000:]}")
        self.smtp = (match.group(1).strip("[]"), int(match.group(2)))
        self.pop3 = (match.group(3).strip("[]"), int(match.group(4)))
        return self

    def _ready_line(self, timeout):
        deadline = time.monotonic() + timeout
        data = b""
        stream = self.process.stdout.fileno()
        while b"\n" not in data:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                self.kill()
                raise NotReady(f"no ready line in {timeout} s\n{self.log_text()[-2000:]}")
            more = os.read(stream, 4096)
            if not more:
                code = self.process.wait()
                self.process.stdout.close()
                self.process = None
                raise NotReady(f"serve ended with {code}\n{self.log_text()[-2000:]}")
            data += more
        return data.split(b"\n", 1)[0].decode()

    @property
    def pid(self):
        """Of the server itself, behind a wrapper too."""
        own = os.path.realpath(binary())
        for pid in [self.process.pid, *children_of(self.process.pid)]:
            try:
                if os.readlink(f"/proc/{pid}/exe") == own:
                    return pid
            except OSError:
                pass
        return self.process.pid

    def tell_to_stop(self):
        """SIGTERM, once: a second one would end it at once."""
        os.kill(self.pid, signal.SIGTERM)

    def stop(self, timeout=STOP_TIMEOUT, tell=True):
        """Tells it to stop (unless that was done) and waits; returns the exit code and the seconds it took."""
        if self.process is None:
            return None, 0.0
        begin = time.monotonic()
        if tell and self.process.poll() is None:
            self.tell_to_stop()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process.stdout.close()
        self.process = None
        return code, time.monotonic() - begin

    def kill(self):
        """SIGKILL, as a power cut is for the process."""
        if self.process is None:
            return
        for pid in {self.pid, self.process.pid}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def running(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def clean(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.clean()

    # TLS

    def ca_file(self):
        """The own CA's certificate in a file, asked for once; the server runs or not."""
        if self._ca is None:
            verb = ("certificate", "authority", "--json")
            result = self.attached(*verb) if self.running() else self.in_process(*verb)
            if result.code != 0:
                raise RuntimeError(f"certificate authority: {result}")
            self._ca = self.root / "ca.pem"
            self._ca.write_text(result.json["pem"])
        return self._ca

    def tls_context(self):
        """Verifies against the own CA and nothing else."""
        context = ssl.create_default_context(cafile=str(self.ca_file()))
        context.check_hostname = False
        return context
