"""A client of the control socket: one JSON object a frame, each behind its length."""
import json
import socket
import struct

MAX_FRAME = 1 << 20
API_MAJOR = 1


class Refused(Exception):
    """The core answered with an error."""

    def __init__(self, code, args):
        super().__init__(f"{code} {args}")
        self.code = code
        self.args_ = args


class Control:
    """Synchronous, one request at a time. Events that come in between are skipped."""

    def __init__(self, path, timeout=20):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.number = 0
        self.request("hello", api_major=API_MAJOR, api_minor=0, build="test", schema=0)

    def request(self, name, **body):
        self.number += 1
        self._send({"id": self.number, "request": name, "body": body})
        while True:
            frame = self._receive()
            if frame.get("id") != self.number:
                continue
            if "error" in frame:
                raise Refused(frame["error"].get("code"), frame["error"].get("args"))
            return frame.get("body")

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _send(self, frame):
        data = json.dumps(frame).encode()
        self.socket.sendall(struct.pack(">I", len(data)) + data)

    def _receive(self):
        (length,) = struct.unpack(">I", self._exactly(4))
        if length > MAX_FRAME:
            raise OSError(f"frame of {length} octets")
        return json.loads(self._exactly(length))

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise OSError("control socket closed")
            data += more
        return data
