import type { EKSClient } from '@aws-sdk/client-eks';
import { SignatureV4 } from '@smithy/signature-v4';

/**
 * A bearer token for a cluster's Kubernetes API: a GetCallerIdentity request for the region's STS, signed
 * but not sent, which the cluster sends itself to learn who asks (aws-facts §13.4).
 *
 * The cluster accepts it for about fifteen minutes, so one is made per invocation. Credentials and hash come
 * from the EKS client, which has them anyway: nothing is added to the bundle.
 */
export async function clusterToken(eks: EKSClient, region: string, cluster: string): Promise<string> {
  const { credentials, sha256 } = eks.config;
  const signer = new SignatureV4({ credentials, region, service: 'sts', sha256 });
  const host = `sts.${region}.amazonaws.com`;
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      headers: { host, 'x-k8s-aws-id': cluster },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    },
    { expiresIn: 60 },
  );
  const query = Object.entries(signed.query ?? {})
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return `k8s-aws-v1.${Buffer.from(`https://${host}/?${query}`).toString('base64url')}`;
}
