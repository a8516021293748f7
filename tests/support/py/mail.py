"""Sending and fetching for tests, with Python's own clients."""
import poplib
import smtplib
import socket

TIMEOUT = 60
poplib._MAXLINE = 1 << 20  # text lines may have 65,536 octets


def smtp_open(server, tls=True):
    client = smtplib.SMTP(*server.smtp, local_hostname="client.example.net", timeout=TIMEOUT)
    client.ehlo()
    if tls:
        client.starttls(context=server.tls_context())
        client.ehlo()
    return client


def pop3_open(server, user=None, password=None):
    """Logged in, over TLS."""
    client = poplib.POP3(*server.pop3, timeout=TIMEOUT)
    # Else the first command inside TLS waits for the acknowledgement of the handshake's end, 40 ms on Linux.
    client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.stls(server.tls_context())
    client.user(user or server.address)
    client.pass_(password or server.password)
    return client


def login_works(server, user, password):
    """True or False; anything but a plain refusal is raised."""
    try:
        pop3_open(server, user, password).quit()
        return True
    except poplib.error_proto as refusal:
        if b"[AUTH]" in refusal.args[0] or "[AUTH]" in str(refusal):
            return False
        raise


def fetch_all(server, user=None, password=None, delete=False):
    """The messages' octets, in order, CRLF line ends."""
    client = pop3_open(server, user, password)
    try:
        count, _ = client.stat()
        out = []
        for number in range(1, count + 1):
            out.append(b"".join(line + b"\r\n" for line in client.retr(number)[1]))
            if delete:
                client.dele(number)
        return out
    finally:
        client.quit()


def body_of(message):
    """Behind the blank line."""
    return message.split(b"\r\n\r\n", 1)[1]


def make_message(subject, body="hello\r\n", sender="sender@example.net", to="alice@example.org"):
    return f"From: <{sender}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n\r\n{body}".encode()


def send(server, *messages, to=None, sender="sender@example.net", tls=False):
    client = smtp_open(server, tls)
    for message in messages:
        client.sendmail(sender, [to or server.address], message)
    client.quit()
