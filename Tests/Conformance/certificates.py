"""Authorities, certificates and revocation lists by the openssl command, as an operator makes them."""

import os
import subprocess

CONFIGURATION = """
[ca]
default_ca = authority
[authority]
dir = {folder}
database = $dir/index.txt
serial = $dir/serial
crlnumber = $dir/crlnumber
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = anything
unique_subject = no
[anything]
commonName = supplied
"""


class Authority:
    """A certificate authority with its files in a folder of its own."""

    def __init__(self, folder, name="Test Authority"):
        self.folder = folder
        folder.mkdir()
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n")
        (folder / "crlnumber").write_text("01\n")
        self.configuration = folder / "openssl.cnf"
        self.configuration.write_text(CONFIGURATION.format(folder=folder))
        self.certificate = folder / "ca.pem"
        self.list = folder / "revoked.crl"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", folder / "ca.key", "-out", self.certificate)
        self.publish()

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, f"openssl {arguments}: {done.stderr}"

    def issue(self, name, san=None, usage=None, start=None, end=None):
        """A certificate and its key: (path, path). Times as YYYYMMDDHHMMSSZ."""
        key, request, certificate = (self.folder / f"{name}.{ending}" for ending in ("key", "csr", "pem"))
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("".join(
            f"{line}\n" for line in (san and f"subjectAltName={san}", usage and f"extendedKeyUsage={usage}",
                                     "basicConstraints=critical,CA:false") if line))
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
            "-keyout", key, "-out", request)
        os.chmod(key, 0o600)
        times = (["-startdate", start] if start else []) + (["-enddate", end] if end else [])
        self._openssl(
            "ca", "-batch", "-notext", "-config", self.configuration, "-in", request, "-out", certificate,
            "-extfile", extensions, *times)
        return certificate, key

    def revoke(self, certificate):
        """Revokes, and writes the list anew."""
        self._openssl("ca", "-config", self.configuration, "-revoke", certificate)
        self.publish()

    def publish(self):
        self._openssl("ca", "-config", self.configuration, "-gencrl", "-out", self.list)
