import { Socket } from 'node:net';
import { ListClustersCommand, EKSClient } from '@aws-sdk/client-eks';
import { GetChangeCommand, ListHostedZonesCommand, Route53Client } from '@aws-sdk/client-route-53';
import { ListStateMachinesCommand, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { operation, type CloudService } from '../../../drill/cloud/contract.ts';
import { createEndpoint, type Fault, type PendingCall } from '../../../drill/cloud/endpoint.ts';
import { account, localCloud, start } from './local-cloud.ts';

let effects = 0;
let fault: ((call: PendingCall) => Fault | undefined) | undefined;
let dark: (region: string, service: string) => boolean = () => false;

function service(signingName: string, name: string, action: string, resource: string): CloudService {
  const run = () => {
    effects++;
    return name === 'GetChange'
      ? { ChangeInfo: { Id: 'C', Status: 'INSYNC', SubmittedAt: new Date(start) } }
      : {};
  };
  return {
    signingName,
    operations: {
      [name]: operation<unknown, unknown>({ permissions: () => [{ action, resource }], run }),
    },
  };
}

const cloud = await localCloud(
  () => [
    service('states', 'ListStateMachines', 'states:ListStateMachines', '*'),
    service('route53', 'GetChange', 'route53:GetChange', 'arn:aws:route53:::change/C1'),
    service('sns', 'Publish', 'sns:Publish', 'arn:t'),
    service('eks', 'ListClusters', 'eks:ListClusters', '*'),
  ],
  { fault: (call) => fault?.(call), dark: (region, name) => dark(region, name) },
);
const stranger = cloud.role('stranger', [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }]);

beforeEach(() => {
  effects = 0;
  fault = undefined;
  dark = () => false;
  cloud.calls.length = 0;
});

const listMachines = (
  credentials = cloud.iam.operator as Parameters<typeof cloud.client>[0],
  region?: string,
) => new SFNClient(cloud.client(credentials, region)).send(new ListStateMachinesCommand({}));

describe('who calls', () => {
  it('is known by the access key, and noted with region, service and incident time', async () => {
    await listMachines(undefined, 'eu-west-1');
    expect(cloud.calls).toEqual([
      {
        region: 'eu-west-1',
        service: 'states',
        operation: 'ListStateMachines',
        principal: { kind: 'operator', arn: `arn:aws:iam::${account}:user/operator`, name: 'operator' },
        at: start,
      },
    ]);
    expect(effects).toBe(1);
  });

  it('is refused in the words of the service when nobody has the key', async () => {
    const credentials = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };
    await expect(listMachines(credentials)).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      $metadata: { httpStatusCode: 403 },
    });
    const sns = new SNSClient(cloud.client(credentials)).send(new PublishCommand({ Message: 'x' }));
    await expect(sns).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    expect(effects).toBe(0);
  });

  it('is refused when the request was signed with another secret', async () => {
    const credentials = { ...cloud.iam.operator, secretAccessKey: 'wrong' };
    await expect(listMachines(credentials)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    const route53 = new Route53Client(cloud.client(credentials)).send(new GetChangeCommand({ Id: 'C1' }));
    await expect(route53).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    expect(effects).toBe(0);
  });

  it('needs a signature', async () => {
    const response = await fetch(cloud.url(), { method: 'POST', body: 'Action=Publish' });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('MissingAuthenticationToken');
  });
});

describe('permissions', () => {
  it('stop a call before it has an effect, with a message that names who, what and why', async () => {
    await expect(listMachines(stranger)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message:
        `User: arn:aws:sts::${account}:assumed-role/stranger/stranger is not authorized to perform: ` +
        'states:ListStateMachines on resource: * because no identity-based policy allows the ' +
        'states:ListStateMachines action',
      $metadata: { httpStatusCode: 403 },
    });
    expect(effects).toBe(0);
    expect(cloud.calls).toMatchObject([{ error: 'AccessDeniedException', principal: { name: 'stranger' } }]);
    expect(cloud.iam.denied()).toContainEqual({
      role: 'stranger',
      action: 'states:ListStateMachines',
      resource: '*',
      at: start,
    });
  });

  it('are denied under the name that each service gives it', async () => {
    const route53 = new Route53Client(cloud.client(stranger)).send(new GetChangeCommand({ Id: 'C1' }));
    await expect(route53).rejects.toMatchObject({ name: 'AccessDenied' });
    const sns = new SNSClient(cloud.client(stranger)).send(new PublishCommand({ Message: 'x' }));
    await expect(sns).rejects.toMatchObject({ name: 'AuthorizationErrorException' });
  });
});

describe('what nobody wrote', () => {
  it('is answered with service and operation', async () => {
    const stop = new SFNClient(cloud.client()).send(new StopExecutionCommand({ executionArn: 'arn:e' }));
    await expect(stop).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local cloud does not implement states StopExecution.',
      $metadata: { httpStatusCode: 501 },
    });
    const list = new Route53Client(cloud.client()).send(new ListHostedZonesCommand({}));
    await expect(list).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local cloud does not implement route53 ListHostedZones.',
    });
  });

  it('includes whole services', async () => {
    const { SecretsManagerClient, ListSecretsCommand } = await import('@aws-sdk/client-secrets-manager');
    await expect(
      new SecretsManagerClient(cloud.client()).send(new ListSecretsCommand({})),
    ).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local cloud has no service secretsmanager.',
    });
  });
});

describe('faults', () => {
  it('throttle in the words of each service, without effect', async () => {
    fault = () => 'throttle';
    const names = await Promise.all(
      [
        listMachines(),
        new Route53Client(cloud.client()).send(new GetChangeCommand({ Id: 'C1' })),
        new SNSClient(cloud.client()).send(new PublishCommand({ Message: 'x' })),
        new EKSClient(cloud.client()).send(new ListClustersCommand({})),
      ].map((sent) =>
        sent.then(
          () => 'none',
          (error: unknown) => (error as Error).name,
        ),
      ),
    );
    expect(names).toEqual(['ThrottlingException', 'Throttling', 'ThrottledException', 'ThrottlingException']);
    expect(effects).toBe(0);
  });

  it('are retried by an SDK client as AWS means them to be', async () => {
    let count = 0;
    fault = () => (++count === 1 ? 'error' : undefined);
    await new SFNClient({ ...cloud.client(), maxAttempts: 2 }).send(new ListStateMachinesCommand({}));
    expect(cloud.calls.map(({ error }) => error)).toEqual(['InternalFailure', undefined]);
    expect(effects).toBe(1);
  });

  it('cut the connection before the effect, or after it', async () => {
    fault = () => 'timeout';
    await expect(listMachines()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(effects).toBe(0);
    fault = () => 'crash-after-effect';
    await expect(listMachines()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(effects).toBe(1);
  });

  it('are chosen by service, operation, region, caller and number', async () => {
    const seen: PendingCall[] = [];
    fault = (call) => {
      seen.push(call);
      return undefined;
    };
    await listMachines(undefined, 'us-east-1');
    await listMachines(undefined, 'us-east-1');
    const [first, second] = seen;
    expect(first).toMatchObject({ service: 'states', operation: 'ListStateMachines', region: 'us-east-1' });
    expect(second!.number).toBe(first!.number + 1);
  });
});

describe('a dark region', () => {
  it('does not answer, while others do', async () => {
    dark = (region) => region === 'eu-west-1';
    await expect(listMachines(undefined, 'eu-west-1')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(listMachines(undefined, 'eu-central-1')).resolves.toBeDefined();
    expect(cloud.calls).toHaveLength(1);
  });
});

describe('the server', () => {
  it('takes the next free port when the preferred one is in use', async () => {
    const { iam, clock } = cloud;
    const [one, two] = [1, 2].map(() => createEndpoint({ services: [], iam, clock }));
    await one!.start();
    const taken = Number(new URL(one!.url).port);
    await two!.start(taken);
    expect(Number(new URL(two!.url).port)).toBeGreaterThan(taken);
    await one!.stop();
    await two!.stop();
  });

  it('survives a client that hangs up in the middle of a request', async () => {
    const { port } = new URL(cloud.url());
    await new Promise<void>((resolve) => {
      const socket = new Socket();
      socket.on('error', () => undefined);
      socket.connect({ host: '127.0.0.1', port: Number(port) }, () => {
        socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
        setTimeout(() => {
          socket.destroy();
          resolve();
        }, 20);
      });
    });
    await expect(listMachines()).resolves.toBeDefined();
  });

  it('tells incident time in its answers', async () => {
    const response = await fetch(cloud.url());
    expect(response.headers.get('date')).toBe(new Date(start).toUTCString());
  });
});
