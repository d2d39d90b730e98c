import { S3Client } from '@aws-sdk/client-s3';
import { clientOptions } from './client.ts';

const clients = new Map<string, S3Client>();

/** S3 of a region for many calls at once: as many connections as the SDK is asked for, not its 50. */
const sockets = { maxSockets: 256, keepAlive: true };

/**
 * Clients for the objects of an application, whose copies take longer than a ledger's entries: S3 copies 5 GB in a
 * minute or two and answers at the end (aws-facts §6).
 */
export function objectClient(region: string): S3Client {
  const known = clients.get(region);
  if (known) return known;
  const options = clientOptions(region);
  const made = new S3Client({
    ...options,
    requestHandler: {
      ...options.requestHandler,
      requestTimeout: 180_000,
      httpsAgent: sockets,
      httpAgent: sockets,
    },
  });
  clients.set(region, made);
  return made;
}
