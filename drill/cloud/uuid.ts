import { createHash } from 'node:crypto';
import type { Foundation } from './contract.ts';

/** An id in the form of a UUID, reproducible as every id of the local cloud is. */
export function uuid({ id }: Pick<Foundation, 'id'>): string {
  const hex = createHash('sha256').update(id()).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
