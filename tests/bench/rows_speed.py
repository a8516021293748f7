"""P1 to P5: rates and CPU beside Postfix and Dovecot."""
import peers
from measure import in_turn, measured
from ours import PASSWORD, Ours
from report import Row, goal

SESSIONS = 50
SIZE = 10240
KIB, MIB = 1024, 1024 * 1024
DELIVERY_TIMEOUT = 120
RETR_USERS = 8
RETR_MESSAGES = 1000
LOGIN_USERS = 50
LOGIN_MESSAGES = 10


def figures(comparison):
    return {
        "rate": comparison.rate,
        "cpu_s_per_1000": comparison.cpu,
        "peer_rate": comparison.peer_rate,
        "peer_cpu_s_per_1000": comparison.peer_cpu,
        "rate_ratio": comparison.rate_ratio,
        "cpu_ratio": comparison.cpu_ratio,
        "runs": [run.rate for run in comparison.ours],
        "peer_runs": [run.rate for run in comparison.peer],
        "own_cpu_of_generator": [run.report.get("own_cpu") for run in comparison.ours],
        "tls": comparison.ours[-1].report.get("tls"),
    }


def speed_text(rate, cpu):
    return "" if rate is None else f"{rate:,.0f}/s, {cpu:.3f} CPU s/1000"


def row(setting, id_, work, comparison, peer_name, rate_goal=None, cpu_goal=None, extra=()):
    ratios = setting.ratios and comparison.peer
    rate_ratio = comparison.rate_ratio if ratios else None
    cpu_ratio = comparison.cpu_ratio if ratios else None
    goals = list(extra)
    if rate_goal:
        goals.append(goal(f"rate >= {rate_goal}x", rate_ratio, lambda v: v >= rate_goal))
    if cpu_goal:
        goals.append(goal(f"CPU <= 1/{cpu_goal}", cpu_ratio, lambda v: v >= cpu_goal))
    return Row(
        id_,
        work,
        speed_text(comparison.rate, comparison.cpu),
        f"{peer_name} {speed_text(comparison.peer_rate, comparison.peer_cpu)}"
        if comparison.peer
        else setting.peer_note(peer_name),
        f"{rate_ratio:.1f}x, CPU 1/{cpu_ratio:.0f}" if ratios else "",
        goals,
        figures(comparison),
    )


class Smtp:
    """P1 to P4: both servers stand for all rows."""

    def __init__(self, setting):
        self.setting = setting
        self.ours = Ours(setting.root)
        self.postfix = None
        if not setting.missing("Postfix"):
            self.postfix = peers.Postfix(setting.root / "postfix", setting.certificate, setting.key)

    def close(self):
        self.ours.close()
        if self.postfix:
            self.postfix.close()

    def compare(self, first, **options):
        def of_ours(count):
            return measured(self.ours, "smtp", self.ours.smtp[1], count=count, **options)

        def of_postfix(count):
            there = self.postfix.delivered()
            return measured(
                self.postfix,
                "smtp",
                self.postfix.port,
                count=count,
                **options,
                settle=lambda: self.postfix.wait_delivered(there + count, DELIVERY_TIMEOUT),
            )

        return in_turn(of_ours, of_postfix if self.postfix else None, first)

    def p1(self):
        done = self.compare(600, sessions=SESSIONS, size=SIZE, keep_alive=True)
        return [row(self.setting, "P1", "SMTP 10 KB, 50 sessions, keep-alive", done, "Postfix", 8, 20)]

    def p2(self):
        done = self.compare(400, sessions=SESSIONS, size=SIZE)
        return [row(self.setting, "P2", "SMTP 10 KB, 50 sessions, one a connection", done, "Postfix", 6, 20)]

    def p3(self):
        one = self.compare(200, sessions=1, size=SIZE, keep_alive=True)
        share = one.rate / self.setting.sync_rate()
        either = goal(
            "rate >= 1.3x or >= 0.9 of the sync rate",
            (one.rate_ratio if self.setting.ratios else None) or share,
            lambda _: share >= 0.9 or (self.setting.ratios and one.peer and one.rate_ratio >= 1.3),
        )
        rows = [row(self.setting, "P3", "SMTP 10 KB, 1 session", one, "Postfix", extra=[either])]
        rows[0].note = f"{share:.2f} of the sync rate of the same run"
        mid = self.compare(300, sessions=SESSIONS, size=100 * KIB, keep_alive=True)
        rows.append(row(self.setting, "P3", "SMTP 100 KB, 50 sessions", mid, "Postfix", 4))
        big = self.compare(100, sessions=SESSIONS, size=MIB, keep_alive=True)
        rows.append(row(self.setting, "P3", "SMTP 1 MB, 50 sessions", big, "Postfix", 1.3))
        return rows

    def p4(self):
        kept = self.compare(500, sessions=SESSIONS, size=SIZE, keep_alive=True, tls=True)
        single = self.compare(250, sessions=SESSIONS, size=SIZE, tls=True)
        return [
            row(self.setting, "P4", "SMTP STARTTLS 10 KB, keep-alive", kept, "Postfix", 4.5, 14),
            row(self.setting, "P4", "SMTP STARTTLS 10 KB, one a connection", single, "Postfix", 3, 8),
        ]


class Pop3:
    """P5: RETR from full mailboxes, logins to small ones. A mailbox is open in one session at a time."""

    def __init__(self, setting):
        self.setting = setting
        users = RETR_USERS + LOGIN_USERS
        self.ours = Ours(setting.root, users=users)
        mailboxes = {f"user{i}@bench.test": RETR_MESSAGES if i < RETR_USERS else LOGIN_MESSAGES for i in range(users)}
        for user, count in mailboxes.items():
            measured(
                self.ours,
                "smtp",
                self.ours.smtp[1],
                sessions=min(count, 50),
                count=count,
                size=SIZE,
                keep_alive=True,
                to=user,
            )
        self.dovecot = None
        if not setting.missing("Dovecot"):
            self.dovecot = peers.Dovecot(setting.root / "dovecot", setting.certificate, setting.key, mailboxes, SIZE)

    def close(self):
        self.ours.close()
        if self.dovecot:
            self.dovecot.close()

    def compare(self, mode, first, **options):
        options.update(tls=True, password=PASSWORD)

        def of_ours(count):
            return measured(self.ours, mode, self.ours.pop3[1], count=count, **options)

        def of_dovecot(count):
            return measured(self.dovecot, mode, self.dovecot.port, count=count, **options)

        return in_turn(of_ours, of_dovecot if self.dovecot else None, first)

    def p5(self):
        cold = measured(
            self.ours,
            "login",
            self.ours.pop3[1],
            sessions=SESSIONS,
            count=LOGIN_USERS,
            users=LOGIN_USERS,
            first_user=RETR_USERS,
            tls=True,
            password=PASSWORD,
        )
        logins = self.compare("login", 300, sessions=SESSIONS, users=LOGIN_USERS, first_user=RETR_USERS)
        retr = self.compare(
            "retr", RETR_USERS * RETR_MESSAGES, sessions=RETR_USERS, users=RETR_USERS, messages=RETR_MESSAGES
        )
        rows = [
            row(self.setting, "P5", "POP3 STLS, RETR 10 KB, 8 sessions", retr, "Dovecot", 3, 6),
            row(self.setting, "P5", "POP3 STLS, logins, 50 sessions, warm cache", logins, "Dovecot", 1.8, 5),
        ]
        rows[1].note = f"cold (each of {LOGIN_USERS} users once): {speed_text(cold.rate, cold.cpu)}"
        return rows
