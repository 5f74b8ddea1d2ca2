"""An issuer that publishes its keys: a real HTTPS server on loopback, with a certificate of a CA made for the test."""

import http.server
import json
import secrets
import ssl
import subprocess
import threading


def make_authority(directory, host="localhost"):
    """A CA in `directory`: ca.pem, and server.pem with a certificate of it for `host`, key included."""
    directory.mkdir(parents=True, exist_ok=True)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test CA",
            "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={host}")
    (directory / "names.cnf").write_text(f"subjectAltName=DNS:{host}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names.cnf", "-out", "server.crt")
    (directory / "server.pem").write_text((directory / "server.crt").read_text() + (directory / "server.key").read_text())
    return directory


class KeyServer:
    """Answers every GET with what `answer` says: (status, headers, body); counts them in `requests`."""

    def __init__(self, authority, port=0):
        self.requests = []
        # A port may be another server's later, while what was fetched from it is still kept under its address.
        self.path = f"/keys-{secrets.token_hex(8)}"
        self.status, self.headers, self.body = 200, {}, b"{}"
        self.held = threading.Event()  # while it is cleared, nobody gets an answer
        self.held.set()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self.handler())
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / "server.pem")
        # The handshake is the handler's: one that fails must not keep others waiting.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.requests.append((self.path, dict(self.headers)))
                issuer.held.wait(60)
                try:
                    self.send_response(issuer.status)
                    for name, value in issuer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(issuer.body)))
                    self.end_headers()
                    self.wfile.write(issuer.body)
                except OSError:
                    pass  # whoever asked has had enough

            def log_message(self, *_):
                pass

        return Handler

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, host="localhost"):
        return f"https://{host}:{self.port}{self.path}"

    def publish(self, *jwks):
        self.body = json.dumps({"keys": jwks}).encode()

    def stop(self):
        self.held.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
