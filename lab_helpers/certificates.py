"""Certificate authorities and the certificates they issue, made in this process and never by calling openssl."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab_helpers import files
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["CertificateAuthority", "KeyPair", "are_valid"]

# A lab lives for days, not years; a clock an hour off must not break it.
_LIFETIME = datetime.timedelta(days=365)
_CLOCK_SKEW = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both as PEM text."""

    certificate: str
    key: str

    def write(self, directory: Path, name: str) -> tuple[Path, Path]:
        """Write ``NAME.crt`` and ``NAME.key`` (mode 0600) and return their paths."""
        directory.mkdir(parents=True, exist_ok=True)
        certificate = files.write(directory / f"{name}.crt", self.certificate)
        return certificate, files.write(directory / f"{name}.key", self.key, private=True)


class CertificateAuthority:
    """A self-signed certificate authority.

    Args:
        name: Its common name.
    """

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(self._name, self._name, self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        builder = builder.add_extension(self._identifier, critical=False)
        self._certificate = builder.sign(self._key, hashes.SHA256())

    @classmethod
    def read(cls, directory: Path, name: str) -> CertificateAuthority:
        """The authority whose certificate and key ``KeyPair.write`` wrote.

        Raises:
            LabError: They cannot be read, or are none.
        """
        authority = cls.__new__(cls)
        try:
            authority._certificate = x509.load_pem_x509_certificate((directory / f"{name}.crt").read_bytes())
            key = serialization.load_pem_private_key((directory / f"{name}.key").read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            reason = _("the authority's certificate and key cannot be read: {error}").format(error=error)
            raise LabError(reason, object=str(directory / f"{name}.key"), next_step=f"ls -l {directory}") from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        authority._key = key
        authority._name = authority._certificate.subject
        authority._identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return authority

    @property
    def pair(self) -> KeyPair:
        """The authority's own certificate and key."""
        return _pem(self._certificate, self._key)

    def issue(
        self,
        common_name: str,
        *,
        organizations: Sequence[str] = (),
        names: Sequence[str] = (),
        addresses: Sequence[str] = (),
    ) -> KeyPair:
        """Issue a certificate for a server, a client, or both.

        Args:
            common_name: The subject's common name; to Kubernetes, the user.
            organizations: The subject's organizations; to Kubernetes, the user's groups.
            names: DNS names for the subject alternative names.
            addresses: IP addresses for the subject alternative names.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in organizations]
        subject.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
        builder = _builder(x509.Name(subject), self._name, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
        # Strict verifiers (Python 3.13's default) refuse a certificate that does not name its issuer's key (RFC 5280).
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier)
        builder = builder.add_extension(issuer, critical=False)
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return _pem(builder.sign(self._key, hashes.SHA256()), key)


def are_valid(directory: Path, authority: str, server: str, names: Sequence[str]) -> bool:
    """Whether a directory has an authority's certificate, and a server's by it that is good for these names today.

    Args:
        directory: Where they lie, as ``KeyPair.write`` names them.
        authority: The authority's name there.
        server: The server's; its key lies beside it.
        names: The DNS names.
    """
    try:
        issuer, issued = (
            x509.load_pem_x509_certificate((directory / f"{name}.crt").read_bytes()) for name in (authority, server)
        )
        key = serialization.load_pem_private_key((directory / f"{server}.key").read_bytes(), None)
        issued.verify_directly_issued_by(issuer)
        alternatives = issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    is_current = issued.not_valid_before_utc <= datetime.datetime.now(datetime.UTC) <= issued.not_valid_after_utc
    covered = set(alternatives.get_values_for_type(x509.DNSName))
    return is_current and covered >= set(names) and key.public_key() == issued.public_key()


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    current_time = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(current_time - _CLOCK_SKEW)
        .not_valid_after(current_time + _LIFETIME)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> KeyPair:
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return KeyPair(certificate.public_bytes(encoding).decode(), private.decode())
