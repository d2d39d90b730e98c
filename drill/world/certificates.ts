import 'reflect-metadata';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A server's private key and certificate, PEM. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  /** What a client must trust (NODE_EXTRA_CA_CERTS, a kubeconfig's certificate-authority-data), PEM. */
  readonly certificatePem: string;
  /** A certificate for DNS names and IP addresses, `*.example.com` included; loopback is always added. */
  issue(names: readonly string[]): Promise<ServerCertificate>;
}

const DAY = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * The certificate authority of the local world: a new one each time, its key never leaves memory.
 *
 * Validity is in real time, not incident time: TLS libraries ask the machine for the date.
 */
export async function createAuthority(): Promise<Authority> {
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Lifeboat local world',
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });

  return {
    certificatePem: `${root.toString('pem')}\n`,
    async issue(names) {
      const own = await newKeys();
      const every = [...new Set([...names, 'localhost', '127.0.0.1'])];
      const certificate = await X509CertificateGenerator.create({
        // A common name holds 64 characters; clients look at the alternative names only.
        subject: [{ CN: [(every[0] ?? 'localhost').slice(0, 64)] }],
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        ...validity(),
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(
            every.map((name) => ({ type: isIP(name) ? ('ip' as const) : ('dns' as const), value: name })),
          ),
        ],
      });
      return { key: await privateKeyPem(own.privateKey), cert: `${certificate.toString('pem')}\n` };
    },
  };
}

function newKeys() {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity() {
  const now = Date.now();
  return { notBefore: new Date(now - DAY), notAfter: new Date(now + 365 * DAY) };
}

async function privateKeyPem(key: Parameters<typeof crypto.subtle.exportKey>[1]): Promise<string> {
  const base64 = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}
