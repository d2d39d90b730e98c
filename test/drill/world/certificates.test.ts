import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../../drill/world/certificates.ts';

describe('the authority of the world', () => {
  it('issues certificates that it signed, for every name and loopback', async () => {
    const authority = await createAuthority();
    const { cert } = await authority.issue(['slack.com', '*.eks.amazonaws.com', '192.0.2.10']);
    const root = new X509Certificate(authority.certificatePem);
    const server = new X509Certificate(cert);
    expect(root.ca).toBe(true);
    expect(server.ca).toBe(false);
    expect(server.verify(root.publicKey)).toBe(true);
    expect(server.checkHost('slack.com')).toBe('slack.com');
    expect(server.checkHost('abc.eks.amazonaws.com')).toBeDefined();
    expect(server.checkIP('192.0.2.10')).toBe('192.0.2.10');
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(server.checkHost('example.com')).toBeUndefined();
  });

  it('is another one each time', async () => {
    const [one, other] = await Promise.all([createAuthority(), createAuthority()]);
    const { cert } = await one.issue(['slack.com']);
    const stranger = new X509Certificate(other.certificatePem);
    expect(new X509Certificate(cert).verify(stranger.publicKey)).toBe(false);
  });
});
