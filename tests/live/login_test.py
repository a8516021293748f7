"""A login that is taken away stays away: 1,000 times, through the running server's control socket."""
import poplib
import time
import unittest

import live
import mail

TIMES = 1000
WORKERS = 4
PASSWORD_EVERY = 5  # each so many a change of password (costs two password hashes), else disable and enable
COMMAND_EVERY = 100  # each so many by the command line, else by the control socket itself: the same channel
WITHIN = 1.0  # seconds


class RevokeTest(live.Case):
    def setUp(self):
        self.server = self.started()
        self.server.tls_context()
        self.late = []

    def must_work(self, user, password):
        self.assertTrue(mail.login_works(self.server, user, password), f"{user} should be able to log in")

    def must_fail(self, user, password, begin):
        worked = mail.login_works(self.server, user, password)
        took = time.monotonic() - begin
        self.assertFalse(worked, f"{user} could still log in {took:.3f} s after it was taken away")
        if took > WITHIN:
            self.late.append(took)

    def set_user(self, control, turn, user, **fields):
        """The same change by one of two ways; returns when it was answered."""
        if turn % COMMAND_EVERY:
            control.request("user set", user=user, **fields)
        elif "password" in fields:
            self.ok(self.server.attached("user", "set", user, "--password-stdin", stdin=fields["password"] + "\n"))
        else:
            self.ok(self.server.attached("user", "set", user, "--disable" if fields["disabled"] else "--enable"))
        return time.monotonic()

    def turns(self, worker):
        user = f"worker{worker}@example.org"
        password = "first"
        with self.server.control() as control:
            control.request("user add", address=user, password=password)
            for turn in range(TIMES // WORKERS):
                self.must_work(user, password)
                if turn % PASSWORD_EVERY == 0:
                    following = f"secret {turn}"
                    self.must_fail(user, password, self.set_user(control, turn, user, password=following))
                    password = following
                else:
                    self.must_fail(user, password, self.set_user(control, turn, user, disabled=True))
                    self.set_user(control, turn, user, disabled=False)

    def test_a_thousand_times(self):
        live.in_threads([lambda w=w: self.turns(w) for w in range(WORKERS)], timeout=1200)
        # A failed login may take longer than a second on a busy machine; that it failed was checked each time.
        self.assertLess(len(self.late), TIMES // 20, self.late)

    def test_a_live_session_ends_with_its_login(self):
        self.ok(self.server.attached("user", "add", "bob@example.org", "--password-stdin", stdin="pw of bob\n"))
        reader = live.Pop3(self.server, user="bob@example.org", password="pw of bob")
        writer = live.Smtp(self.server, tls=True)
        writer.log_in("bob@example.org", "pw of bob")
        other = live.Pop3(self.server, user=self.server.address)
        self.ok(self.server.attached("user", "set", "bob@example.org", "--disable"))
        self.assertRegex(reader.to_end(), rb"^(-ERR .*\r\n)?$")
        self.assertRegex(writer.to_end(), rb"^(421 .*\r\n)?$")
        other.command("NOOP")
        other.command("QUIT")

    def test_wrong_passwords_tell_nothing(self):
        answers = []
        for user, password in (
            (self.server.address, "wrong"),
            ("nobody@example.org", "wrong"),
            (self.server.address, ""),
            ("", "x"),
        ):
            client = poplib.POP3(*self.server.pop3, timeout=live.TIMEOUT)
            client.stls(self.server.tls_context())
            try:
                client.user(user)
                client.pass_(password)
            except poplib.error_proto as refusal:
                answers.append(str(refusal))
            client.close()
        self.assertEqual(len(answers), 4)
        self.assertEqual(answers[0], answers[1])


if __name__ == "__main__":
    live.main()
