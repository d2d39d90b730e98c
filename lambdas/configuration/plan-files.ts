import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describeFailure, failureName, passesByItself } from '../aws/api-failure.ts';
import { objectClient } from '../aws/s3-client.ts';
import { patiently } from '../aws/s3-failure.ts';
import { TryAgain } from '../incident/errors.ts';

/** The files of one bucket's restore on the ledger, `restores/<id>/<bucket>/…`: lists too long for one JSON value. */
export interface PlanFiles {
  readonly folder: string;
  /** One JSON value a line; null when there is no such file. */
  read<T>(name: string): Promise<readonly T[] | null>;
  write(name: string, lines: readonly unknown[]): Promise<void>;
}

export const chunkFile = (chunk: number) => `plan/${numbered(chunk)}.jsonl`;
export const writtenFile = (chunk: number) => `written/${numbered(chunk)}.jsonl`;
export const appliedFile = (chunk: number) => `applied/${numbered(chunk)}.json`;
export const problemsFile = (part: number) => `problems/${numbered(part)}.jsonl`;

function numbered(number: number): string {
  return String(number).padStart(6, '0');
}

/** @throws TryAgain for what passes by itself; a refusal as it is */
export function planFiles(
  ledger: { readonly ledgerBucket: string; readonly ledgerRegion: string },
  restore: string,
  bucket: string,
): PlanFiles {
  const s3 = objectClient(ledger.ledgerRegion);
  const folder = `restores/${restore}/${bucket}`;
  const of = (name: string) => ({ Bucket: ledger.ledgerBucket, Key: `${folder}/${name}` });
  return {
    folder,
    async read<T>(name: string) {
      try {
        const text = await patiently(async () => {
          const { Body: body } = await s3.send(new GetObjectCommand(of(name)));
          return (await body?.transformToString()) ?? '';
        });
        return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as T]));
      } catch (error) {
        if (failureName(error) === 'NoSuchKey') return null;
        throw translated(`read ${folder}/${name}`, error);
      }
    },
    async write(name, lines) {
      const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      try {
        await patiently(() =>
          s3.send(new PutObjectCommand({ ...of(name), Body: body, ContentType: 'application/jsonl' })),
        );
      } catch (error) {
        throw translated(`write ${folder}/${name}`, error);
      }
    },
  };
}

function translated(what: string, error: unknown): unknown {
  if (!passesByItself(error)) return error;
  return new TryAgain(`could not ${what} of the ledger: ${describeFailure(error)}`, { cause: error });
}
