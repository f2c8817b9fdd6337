#!/usr/bin/env python3
"""Usage: hostile-vault.py --listen PORT --to PORT --mode FILE --counts FILE

Stands in a vault's place on loopback. What comes is passed on to the vault at --to, but requests for storage receipts are
answered as the words in the file --mode say, one after the other, from the first again after the last. The file is read
for each request:

  pass      the vault answers, and the answer is kept
  old       with an answer that was kept
  other     with an answer that the vault gives to another challenge: the oldest that was kept, but for its first bytes
  garbage   200, and random bytes
  endless   200, and bytes without an end, until the other side has enough
  redirect  307 to the vault, which would answer well
  refuse    500

How often each was answered is written to --counts, as JSON.
"""

import argparse
import http.client
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RECEIPTS = "/v1/receipts"
PIECE = 1 << 16
# More than any answer may have, so that only whoever asks can end it.
ENDLESS = 1 << 30

parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument("--listen", type=int, required=True)
parser.add_argument("--to", type=int, required=True)
parser.add_argument("--mode", required=True)
parser.add_argument("--counts", required=True)
options = parser.parse_args()

lock = threading.Lock()
kept, counts, asked = [], {}, 0


def next_mode():
    """What comes now; counted."""
    global asked
    with lock:
        with open(options.mode) as file:
            modes = file.read().split()
        mode = modes[asked % len(modes)]
        asked += 1
        counts[mode] = counts.get(mode, 0) + 1
        with open(options.counts + ".new", "w") as file:
            json.dump(counts, file)
        os.rename(options.counts + ".new", options.counts)
        return mode


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, fields=()):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def passed_on(self, body):
        vault = http.client.HTTPConnection("127.0.0.1", options.to, timeout=60)
        unwanted = ("connection", "content-length", "host", "transfer-encoding")
        fields = {name: value for name, value in self.headers.items() if name.lower() not in unwanted}
        vault.request(self.command, self.path, body or None, fields)
        answer = vault.getresponse()
        return answer.status, answer.read(), answer.getheaders()

    def body(self):
        """The body of the request: nodes send theirs in chunks."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while length := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(length))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def do(self):
        body = self.body()
        if self.path != RECEIPTS:
            return self.pass_on(body)
        mode = next_mode()
        if mode == "pass":
            self.pass_on(body, keep=True)
        elif mode == "old" and kept:
            self.answer(200, kept[0])
        elif mode == "other" and kept:
            self.answer(200, os.urandom(32) + kept[0][32:])
        elif mode == "endless":
            self.send_response(200)
            self.send_header("Content-Length", str(ENDLESS))
            self.end_headers()
            for _ in range(ENDLESS // PIECE):
                self.wfile.write(bytes(PIECE))
        elif mode == "redirect":
            self.answer(307, b"", [("Location", f"http://127.0.0.1:{options.to}{self.path}")])
        elif mode == "refuse":
            self.answer(500, b"no")
        else:
            self.answer(200, os.urandom(100_000))

    def pass_on(self, body, keep=False):
        status, answer, fields = self.passed_on(body)
        if keep and status == 200:
            with lock:
                kept.append(answer)
        unwanted = ("connection", "content-length", "transfer-encoding")
        self.answer(status, answer, [(name, value) for name, value in fields if name.lower() not in unwanted])

    def handle(self):
        try:
            super().handle()
        # Whoever asked has had enough.
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do


ThreadingHTTPServer(("127.0.0.1", options.listen), Handler).serve_forever()
