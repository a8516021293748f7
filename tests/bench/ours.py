"""The server under test, prepared for a row."""
from server import Server

PASSWORD = "secret"
DOMAIN = "bench.test"
PATTERN = b"X" * 60  # is in every message the load generator sends


class Ours(Server):
    """Initialised, users made, started. user@bench.test is the administrator's mailbox."""

    name = "Postern"

    def __init__(self, root, users=0, passwords=True):
        super().__init__(domain=DOMAIN, admin="user", password=PASSWORD, root=root)
        self.start()
        with self.control() as control:
            for number in range(users):
                body = {"address": f"user{number}@{DOMAIN}"}
                if passwords:
                    body["password"] = PASSWORD
                control.request("user add", **body)

    @property
    def port(self):
        return self.smtp[1]

    def switch_off_rate_limits(self):
        """By a recorded change set for each limit a minute there is; returns what was done."""
        done = []
        with self.control() as control:
            for row in control.request("document list")["documents"]:
                document = control.request("document get", id=row["id"])
                for field, value in document.items():
                    if field.endswith("_per_minute") and value:
                        control.request(
                            "document set", id=row["id"], fields=[{"field": field, "value": 0}], reason="bench"
                        )
                        done.append(f"{row['id']} {field} {value} -> 0")
        return done

    def state(self):
        """What the table has to say about this server, looked up, not assumed."""
        with self.control() as control:
            limits = control.request("document get", id="smtp/limits")
            sessions = control.request("session list", limit=1)["sessions"]
            shown = control.request("session show", id=sessions[0]["id"]) if sessions else {}
            documents = control.request("document list")["documents"]
        return {
            "encryption": "content not found in clear in the data folder"
            if not self.holds_clear_text()
            else "NONE: content in clear",
            "limits": limits,
            "trace": f"on, {len(shown.get('transcript', []))} transcript lines of the newest session",
            "policy": f"{len(documents)} documents in force",
        }

    def holds_clear_text(self):
        for path in self.data.rglob("*"):
            if not path.is_file() or path.is_socket():
                continue
            with open(path, "rb") as file:
                tail = b""
                while block := file.read(1 << 20):
                    if PATTERN in tail + block:
                        return True
                    tail = block[-len(PATTERN) :]
        return False

    def close(self):
        self.clean()
