import { afterAll } from 'vitest';
import type { CloudService, Foundation } from '../../../drill/cloud/contract.ts';
import { createEndpoint, type Call, type EndpointOptions } from '../../../drill/cloud/endpoint.ts';
import type { Credentials, Iam } from '../../../drill/cloud/iam/contract.ts';
import { createIam } from '../../../drill/cloud/iam/iam.ts';
import { WorldClock } from '../../../drill/clock.ts';

export const account = '111111111111';
export const start = Date.UTC(2026, 10, 23, 9, 0, 0);

/** Ids that count: `id('C')` is `C0000000000001`. */
export function counter(): (prefix?: string) => string {
  let count = 0;
  return (prefix = '') => prefix + String(++count).padStart(13, '0');
}

export interface LocalCloud {
  readonly clock: WorldClock;
  readonly iam: Iam;
  readonly foundation: Foundation;
  readonly calls: Call[];
  readonly url: () => string;
  /** What an SDK client needs to speak to this cloud. */
  client(
    credentials?: Credentials,
    region?: string,
  ): {
    endpoint: string;
    region: string;
    credentials: Credentials;
    maxAttempts: number;
  };
  /** A role with these statements in its policy. */
  role(name: string, statements: readonly unknown[]): Credentials;
}

/** A local cloud of the services that a test needs, behind a real endpoint; stopped after the file's tests. */
export async function localCloud(
  services: (foundation: Foundation) => readonly CloudService[],
  options: Partial<EndpointOptions> = {},
): Promise<LocalCloud> {
  const clock = new WorldClock({ start, speed: Infinity, whileBusy: 'not-at-all' });
  const id = counter();
  const iam = createIam({ account, clock, id });
  const foundation: Foundation = { clock, account, id, authorizer: iam, tell: () => undefined };
  const calls: Call[] = [];
  const endpoint = createEndpoint({
    services: services(foundation),
    iam,
    clock,
    onCall: (call) => calls.push(call),
    ...options,
  });
  await endpoint.start();
  afterAll(async () => {
    await endpoint.stop();
    clock.stop();
  });
  return {
    clock,
    iam,
    foundation,
    calls,
    url: () => endpoint.url,
    client: (credentials = iam.operator, region = 'eu-central-1') => ({
      endpoint: endpoint.url,
      region,
      credentials,
      maxAttempts: 1,
    }),
    role(name, statements) {
      const { attributes } = iam.resources['AWS::IAM::Role']!({
        logicalId: name,
        type: 'AWS::IAM::Role',
        stack: 'test',
        region: 'eu-central-1',
        account,
        properties: {
          RoleName: name,
          AssumeRolePolicyDocument: {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
            ],
          },
          Policies: [{ PolicyName: 'own', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
        },
      });
      return iam.credentialsFor(String(attributes?.['Arn']));
    },
  };
}
