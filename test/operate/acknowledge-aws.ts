import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Input } from '../../lambdas/acknowledge-incident/contract.ts';

const root = path.join(import.meta.dirname, '..', '..');

/** STS and Lambda, as far as the commands ask them. */
export interface Aws {
  readonly endpoint: string;
  account: string;
  arn: string;
  answer: unknown;
  functionError: string | undefined;
  asked: { readonly path: string; readonly input: Input }[];
  close(): void;
}

export async function startAws(): Promise<Aws> {
  const server = createServer((request, response) => {
    void serve(aws, request).then(({ type, body, headers = {} }) => {
      response.writeHead(200, { 'content-type': type, ...headers });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const aws: Aws = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account: '111111111111',
    arn: 'arn:aws:iam::111111111111:user/ada',
    answer: null,
    functionError: undefined,
    asked: [],
    close: () => void server.close(),
  };
  return aws;
}

async function serve(aws: Aws, request: IncomingMessage) {
  const body = await text(request);
  if (body.includes('Action=GetCallerIdentity')) {
    const result = `<Arn>${aws.arn}</Arn><UserId>AIDA</UserId><Account>${aws.account}</Account>`;
    return {
      type: 'text/xml',
      body: `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${result}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
    };
  }
  aws.asked.push({ path: request.url ?? '', input: JSON.parse(body) as Input });
  return {
    type: 'application/json',
    body: JSON.stringify(aws.answer),
    headers: aws.functionError === undefined ? {} : { 'x-amz-function-error': aws.functionError },
  };
}

/** A command as it is typed; `npm run` runs these very files. */
export function typed(file: string, args: readonly string[], AWS_ENDPOINT_URL: string) {
  const env = {
    ...{ PATH: process.env['PATH'], AWS_ENDPOINT_URL, AWS_MAX_ATTEMPTS: '1' },
    ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' },
  };
  return new Promise<{ readonly code: number; readonly out: string; readonly err: string }>((resolve) => {
    execFile(
      process.execPath,
      [path.join(root, 'operate', file), ...args],
      { env, cwd: root },
      (error, out, err) => {
        resolve({ code: Number(error?.code ?? 0), out, err });
      },
    );
  });
}
