"""A server that answers every request with what a test put there, byte for byte, or with nothing at all."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class CannedServer:
    """Listens on a port of 127.0.0.1 until it is closed.

    Attributes:
        answers: Whole HTTP answers by the target of the request line; `None` never answers, and so does silence.
        otherwise: The answer to every other target.
        requests: What was asked, as text, in order.
        asked: Set with the first request.
    """

    def __init__(self, otherwise=None, *, tls=None):
        self.answers = {}
        self.otherwise = otherwise
        self.requests = []
        self.asked = threading.Event()
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lines = []
        self.port = self._listening.getsockname()[1]
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        for one in [self._listening, *self._lines]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def targets(self):
        return [request.split(" ", 2)[1] for request in self.requests]

    def _accept(self):
        with suppress(OSError):
            while True:
                line = self._listening.accept()[0]
                self._lines.append(line)
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line):
        with suppress(OSError, ValueError):
            if self._tls:
                line = self._tls.wrap_socket(line, server_side=True)
                self._lines.append(line)
            while head := self._head_of(line):
                self.requests.append(head)
                self.asked.set()
                answer = self.answers.get(head.split(" ", 2)[1], self.otherwise)
                if answer is None:
                    line.recv(1)  # until the other side, or the end of the test, closes the line
                    return
                line.sendall(answer)
                if b"Content-Length" not in answer:
                    line.shutdown(socket.SHUT_RDWR)
                    return

    def _head_of(self, line):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = line.recv(65_536)
            if not piece:
                return ""
            head += piece
            if head.startswith(b"\x16"):  # a TLS handshake, on which a real server gives up as soon
                return "GET * HTTP/1.1"
        return head.decode("latin-1")


def answer(status="200 OK", body=b"", **headers):
    """Return the bytes of an HTTP answer."""
    told = {"Content-Length": len(body), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def self_signed(folder, *, name="127.0.0.1", valid_for=timedelta(days=30)):
    """Return the TLS context of a server with a certificate of its own, the file to trust it by, and its end."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    until = (datetime.now(UTC) + valid_for).replace(microsecond=0)
    try:
        alternative = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(until, datetime.now(UTC)) - timedelta(days=60))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return context, path, until
