import { createHash } from 'node:crypto';
import type { CompletedPart } from '@aws-sdk/client-s3';
import { AwsError } from '../contract.ts';
import { checksumIn, digest, type Algorithm, type Checksum } from './checksums.ts';
import { Content } from './content.ts';
import type { LockRequest } from './locks.ts';
import { etagOf, StoredObject, type Encryption, type Headers, type Tags } from './object.ts';

/** Bytes of every part but the last, at least (S3 User Guide, qfacts). */
const SMALLEST_PART = 5 * 2 ** 20;
/** Part numbers, from 1 (qfacts). */
const MOST_PARTS = 10_000;

export interface Part {
  readonly number: number;
  readonly content: Content;
  /** Without quotes. */
  readonly etag: string;
  readonly checksum: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

/** What CreateMultipartUpload said of the object to come. */
interface Announced {
  readonly uploadId: string;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly initiated: number;
  readonly headers: Headers;
  readonly metadata: Readonly<Record<string, string>> | undefined;
  readonly storageClass: string | undefined;
  readonly encryption: Encryption;
  readonly tags: Tags | undefined;
  readonly lock: LockRequest;
  readonly algorithm: Algorithm;
  readonly checksumType: Checksum['type'];
  /** Makes the ETags of parts that a KMS key encrypts what no other part's is. */
  readonly salt: string;
}

/** An upload in parts, until it is completed or aborted. */
export class Upload {
  readonly announced: Announced;
  readonly #parts = new Map<number, Part>();

  constructor(announced: Announced) {
    this.announced = announced;
  }

  /** Parts by number. */
  parts(): readonly Part[] {
    return [...this.#parts.values()].sort((a, b) => a.number - b.number);
  }

  /** A part takes the place of an earlier one of its number. */
  add(number: number, content: Content, now: number): Part {
    if (!Number.isInteger(number) || number < 1 || number > MOST_PARTS) {
      throw new AwsError(
        'InvalidArgument',
        `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`,
      );
    }
    const { encryption, algorithm, salt } = this.announced;
    const part: Part = {
      number,
      content,
      etag: etagOf(content, encryption.kind === 'aws:kms' ? salt : ''),
      checksum: digest(algorithm, content.essence()),
      modified: Math.floor(now / 1000) * 1000,
    };
    this.#parts.set(number, part);
    return part;
  }

  /**
   * The object that the named parts make.
   *
   * Its ETag is the MD5 of the parts' MD5s with their number, so it depends on where the parts were cut.
   *
   * @throws AwsError `InvalidPartOrder`, `InvalidPart`, `EntityTooSmall`, `MalformedXML` for none, `InvalidRequest`
   *   when a composite checksum is to be made and a part is named without its own
   */
  complete(named: readonly CompletedPart[]): StoredObject {
    if (named.length === 0) {
      throw new AwsError(
        'MalformedXML',
        'The XML you provided was not well-formed or did not validate against our published schema',
      );
    }
    const numbers = named.map(({ PartNumber = 0 }) => PartNumber);
    if (numbers.some((number, i) => i > 0 && number <= (numbers[i - 1] ?? 0))) {
      throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
    }
    const parts = named.map((one) => this.#meant(one));
    if (parts.slice(0, -1).some(({ content }) => content.size < SMALLEST_PART)) {
      throw new AwsError(
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed object size.',
      );
    }
    const { headers, metadata, storageClass, encryption } = this.announced;
    const content = Content.joined(parts.map((part) => part.content));
    const md5 = createHash('md5').update(Buffer.concat(parts.map(({ etag }) => Buffer.from(etag, 'hex'))));
    return new StoredObject({
      ...{ content, headers, metadata, storageClass, encryption },
      multipart: {
        etag: `"${md5.digest('hex')}-${parts.length}"`,
        checksum: this.#checksum(content, parts),
        sizes: parts.map((part) => part.content.size),
      },
    });
  }

  #meant(named: CompletedPart): Part {
    const part = this.#parts.get(named.PartNumber ?? 0);
    const given = checksumIn(named);
    const { algorithm, checksumType } = this.announced;
    if (part && checksumType === 'COMPOSITE' && given === undefined) {
      throw new AwsError(
        'InvalidRequest',
        `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
      );
    }
    const differs = given?.algorithm === algorithm && given.value !== part?.checksum;
    if (part && part.etag === named.ETag?.replaceAll('"', '') && !differs) return part;
    throw new AwsError(
      'InvalidPart',
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    );
  }

  #checksum(content: Content, parts: readonly Part[]): Checksum {
    const { algorithm, checksumType: type } = this.announced;
    if (type === 'FULL_OBJECT') return { algorithm, type, value: digest(algorithm, content.essence()) };
    const all = Buffer.concat(parts.map(({ checksum }) => Buffer.from(checksum, 'base64')));
    return { algorithm, type, value: `${digest(algorithm, all)}-${parts.length}` };
  }
}

/**
 * How the checksum of an object in parts is made: CRC64NVME of the whole, the SHA family of the parts' checksums,
 * the other two as the request says, and of the parts by default (S3 User Guide, checking-object-integrity).
 *
 * @throws AwsError `InvalidRequest` for a kind that the algorithm has not
 */
export function checksumTypeOf(algorithm: Algorithm, wanted: string | undefined): Checksum['type'] {
  const kinds: readonly Checksum['type'][] =
    algorithm === 'CRC64NVME'
      ? ['FULL_OBJECT']
      : algorithm.startsWith('SHA')
        ? ['COMPOSITE']
        : ['COMPOSITE', 'FULL_OBJECT'];
  const type = kinds.find((kind) => wanted === undefined || kind === wanted);
  if (type) return type;
  throw new AwsError(
    'InvalidRequest',
    `The ${wanted} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}
