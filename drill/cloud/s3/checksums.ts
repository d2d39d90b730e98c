import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../contract.ts';

/** The algorithms that are imitated; of CRC64NVME AWS says that it is the default for who names none. */
const algorithms = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type Algorithm = (typeof algorithms)[number];

export interface Checksum {
  readonly algorithm: Algorithm;
  /** In base64; a composite one ends in the number of parts, `-3`. */
  readonly value: string;
  /** `COMPOSITE`: of the checksums of the parts, as the SHA family is for a multipart upload. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** @throws AwsError `NotImplemented` for an algorithm that the local cloud does not compute */
export function algorithmOf(name: string): Algorithm {
  const found = algorithms.find((algorithm) => algorithm === name.toUpperCase());
  if (found) return found;
  throw new AwsError('NotImplemented', `The local cloud does not compute checksums by ${name}.`, 501);
}

type Members = { readonly [A in Algorithm as `Checksum${A}`]?: string | undefined };

/** The checksum that a request brought: of SDK v3 a CRC32, unless it was told otherwise. */
export function checksumIn(request: Members): { algorithm: Algorithm; value: string } | undefined {
  for (const algorithm of algorithms) {
    const value = request[`Checksum${algorithm}`];
    if (value !== undefined) return { algorithm, value };
  }
  return undefined;
}

/** A checksum as the members of an answer. */
export function checksumMembers(checksum: Checksum | undefined): Members & {
  readonly ChecksumType?: Checksum['type'];
} {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}

/** In base64, the bytes big-endian, as S3 writes it. */
export function digest(algorithm: Algorithm, body: Uint8Array): string {
  switch (algorithm) {
    case 'CRC32':
      return fourBytes(crc32(body));
    case 'CRC32C':
      return fourBytes(crc32c(body));
    case 'CRC64NVME':
      return crc64(body).toString('base64');
    default:
      return createHash(algorithm).update(body).digest('base64');
  }
}

function fourBytes(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
}

/** Castagnoli's polynomial, reflected (RFC 3720, 12.1). */
const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function crc32c(body: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of body) value = (castagnoli[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return value ^ 0xffffffff;
}

/** The polynomial of the NVM Express specification, reflected; each entry as its upper and lower half. */
const nvme = Array.from({ length: 256 }, (_, byte) => {
  let value = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  return [Number(value >> 32n), Number(value & 0xffffffffn)] as const;
});

function crc64(body: Uint8Array): Buffer {
  let [upper, lower] = [0xffffffff, 0xffffffff];
  for (const byte of body) {
    const [high, low] = nvme[(lower ^ byte) & 0xff] ?? [0, 0];
    lower = ((lower >>> 8) | (upper << 24)) ^ low;
    upper = (upper >>> 8) ^ high;
  }
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(~upper >>> 0, 0);
  bytes.writeUInt32BE(~lower >>> 0, 4);
  return bytes;
}
