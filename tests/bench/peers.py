"""Private peers on the loopback: Postfix and Dovecot from the system's packages, own folders, own ports."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

from machine import tree
from server import raise_open_files

START_TIMEOUT = 20
MAIL_USER = "nobody"
PASSWORD = "secret"
POSTFIX_PROCESSES = 120

POSTFIX_MAIN = """compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.bench.test
mydestination =
alias_maps =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = bench.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = texthash:{root}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_mailbox_limit = 0
message_size_limit = 52428800
maillog_file = {root}/maillog
maillog_file_prefixes = {root}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
default_process_limit = {processes}
"""
POSTFIX_MASTER = """127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
# The fastest documented set-up: shared login processes, reused pop3 processes, cached authentication.
DOVECOT = """base_dir = {root}/base
log_path = {root}/log
instance_name = bench
protocols = pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:%h/Maildir
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=SHA512-CRYPT username_format=%u {root}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home/%u
}}
auth_cache_size = 10M
mail_max_userip_connections = 20000
default_client_limit = 20000
service pop3-login {{
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = 0
  }}
  service_count = 0
  client_limit = 6000
  process_min_avail = 2
  process_limit = 4
}}
service pop3 {{
  service_count = 200
  process_min_avail = 4
  process_limit = 6000
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_certificate(folder):
    """P-256 like our own: the handshakes are of the same kind on both sides."""
    key, certificate = folder / "peer-key.pem", folder / "peer-cert.pem"
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
            "30",
            "-subj",
            "/CN=mx.bench.test",
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    return certificate, key


def why_not(program):
    """Why this peer cannot be started here, or ""."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which(program):
        return f"{program} is not installed"
    return ""


class Peer:
    """A started peer; `close` ends it and removes its folder."""

    def __init__(self, root):
        self.root = root
        self.port = free_port()
        self.process = None
        self.user = pwd.getpwnam(MAIL_USER)
        root.mkdir(mode=0o755)

    @property
    def pid(self):
        return self.process.pid

    def _run(self, command, banner):
        self.process = subprocess.Popen(
            command, stderr=subprocess.DEVNULL, preexec_fn=raise_open_files, start_new_session=True
        )
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                    if probe.recv(3).startswith(banner):
                        return
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.close()
                raise RuntimeError(f"{command[0]} does not answer")
            time.sleep(0.05)

    def close(self):
        if self.process is not None:
            processes = tree(self.process.pid)
            for number in (signal.SIGTERM, signal.SIGKILL):
                for pid in processes:
                    try:
                        os.kill(pid, number)
                    except OSError:
                        pass
                try:
                    self.process.wait(5)
                    break
                except subprocess.TimeoutExpired:
                    pass
        shutil.rmtree(self.root, ignore_errors=True)


class Postfix(Peer):
    name = "Postfix"

    def __init__(self, root, certificate, key, processes=POSTFIX_PROCESSES):
        super().__init__(root)
        daemons = subprocess.run(["postconf", "-dh", "daemon_directory"], capture_output=True, text=True).stdout.strip()
        self._make_folders()
        values = dict(
            root=root,
            daemons=daemons,
            uid=self.user.pw_uid,
            gid=self.user.pw_gid,
            certificate=certificate,
            key=key,
            port=self.port,
            processes=processes,
        )
        (root / "mailboxes").write_text("user@bench.test user/Maildir/\n")
        (root / "main.cf").write_text(POSTFIX_MAIN.format(**values))
        (root / "master.cf").write_text(POSTFIX_MASTER.format(**values))
        self._run([f"{daemons}/master", "-c", str(root), "-d"], b"220")

    def _make_folders(self):
        for name in ("mail", "data", "spool", "spool/pid"):
            (self.root / name).mkdir()
        shutil.chown(self.root / "data", "postfix")
        shutil.chown(self.root / "mail", MAIL_USER)
        for name in "active bounce corrupt defer deferred flush hold incoming private saved trace".split():
            (self.root / "spool" / name).mkdir(mode=0o700)
            shutil.chown(self.root / "spool" / name, "postfix")
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            folder = self.root / "spool" / name
            folder.mkdir()
            shutil.chown(folder, "postfix", "postdrop")
            folder.chmod(mode)

    def delivered(self):
        folder = self.root / "mail/user/Maildir/new"
        return len(os.listdir(folder)) if folder.exists() else 0

    def wait_delivered(self, count, timeout):
        """Its CPU time includes the delivery that comes after its 250; its rate does not."""
        deadline = time.monotonic() + timeout
        while self.delivered() < count and time.monotonic() < deadline:
            time.sleep(0.02)


class Dovecot(Peer):
    name = "Dovecot"

    def __init__(self, root, certificate, key, mailboxes, size):
        """`mailboxes`: user name → number of messages."""
        super().__init__(root)
        line = b"X" * 78 + b"\r\n"
        text = b"From: <user@bench.test>\r\nTo: <user@bench.test>\r\nSubject: bench\r\n\r\n" + line * (
            size // len(line)
        )
        secret = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True).stdout.strip()
        (root / "passwd").write_text("".join(f"{user}:{secret}::::::\n" for user in mailboxes))
        for user, count in mailboxes.items():
            self._fill(user, count, text)
        for folder, _, files in os.walk(root / "home"):
            shutil.chown(folder, MAIL_USER)
            for name in files:
                shutil.chown(pathlib.Path(folder) / name, MAIL_USER)
        (root / "dovecot.conf").write_text(
            DOVECOT.format(
                root=root, uid=self.user.pw_uid, gid=self.user.pw_gid, certificate=certificate, key=key, port=self.port
            )
        )
        self._run(["dovecot", "-F", "-c", str(root / "dovecot.conf")], b"+OK")

    def _fill(self, user, count, text):
        maildir = self.root / "home" / user / "Maildir"
        for name in ("cur", "new", "tmp"):
            (maildir / name).mkdir(parents=True)
        for i in range(count):
            (maildir / "cur" / f"{1700000000 + i}.M{i}P1.bench,S={len(text)},W={len(text)}:2,S").write_bytes(text)
