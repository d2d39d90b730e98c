import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import { secrets, type Secrets } from '../../../../drill/cloud/secrets/secrets.ts';
import { account, localCloud, start } from '../local-cloud.ts';

let store!: Secrets;
const cloud = await localCloud((foundation) => {
  store = secrets(foundation);
  return [store.service];
});
const client = new SecretsManagerClient(cloud.client());
const name = 'lifeboat/dev/slack';
const { arn } = store.put('eu-central-1', name, 'xoxb-1');
const value = (SecretId: string, from = client) => from.send(new GetSecretValueCommand({ SecretId }));

describe('a secret', () => {
  it('is read by name, by ARN and by ARN without its last six characters', async () => {
    expect(arn).toMatch(
      new RegExp(`^arn:aws:secretsmanager:eu-central-1:${account}:secret:${name}-[A-Za-z0-9]{6}$`),
    );
    for (const id of [name, arn, arn.slice(0, -7)]) {
      expect(await value(id)).toMatchObject({ Name: name, ARN: arn, SecretString: 'xoxb-1' });
    }
  });

  it('has its newest value under the same ARN', async () => {
    const again = store.put('eu-central-1', 'rotated', 'one');
    expect(store.put('eu-central-1', 'rotated', 'two')).toEqual(again);
    expect(await value('rotated')).toMatchObject({ SecretString: 'two', VersionStages: ['AWSCURRENT'] });
  });

  it('keeps its previous value one stage back when it is given a new one', async () => {
    store.put('eu-central-1', 'moved', 'old');
    const put = await client.send(new PutSecretValueCommand({ SecretId: 'moved', SecretString: 'new' }));
    expect(await value('moved')).toMatchObject({ SecretString: 'new', VersionId: put.VersionId });
    expect(
      await client.send(new GetSecretValueCommand({ SecretId: 'moved', VersionStage: 'AWSPREVIOUS' })),
    ).toMatchObject({ SecretString: 'old' });
    expect(store.read('eu-central-1', 'moved')).toBe('new');
  });

  it('is given a value once per request token', async () => {
    store.put('eu-central-1', 'token', 'old');
    const ClientRequestToken = '0'.repeat(36);
    const put = (SecretString: string) =>
      client.send(new PutSecretValueCommand({ SecretId: 'token', SecretString, ClientRequestToken }));
    expect((await put('new')).VersionId).toBe(ClientRequestToken);
    await put('new');
    expect(
      await client.send(new GetSecretValueCommand({ SecretId: 'token', VersionStage: 'AWSPREVIOUS' })),
    ).toMatchObject({ SecretString: 'old' });
    await expect(put('newer')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  it('is absent elsewhere', async () => {
    await expect(value('none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const west = new SecretsManagerClient(cloud.client(undefined, 'eu-west-1'));
    await expect(value(name, west)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('is described and listed without its value', async () => {
    const described = await client.send(new DescribeSecretCommand({ SecretId: name }));
    expect(described).toMatchObject({ Name: name, ARN: arn, CreatedDate: new Date(start) });
    const { SecretList } = await client.send(new ListSecretsCommand({}));
    expect(SecretList).toContainEqual(expect.objectContaining({ Name: name, ARN: arn }));
    expect(JSON.stringify([described, SecretList])).not.toContain('xoxb');
  });

  it('is given to a role whose policy names it with six unknown characters, and to no other', async () => {
    const grant = (resource: string) => [
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: resource },
    ];
    const base = `arn:aws:secretsmanager:eu-central-1:${account}:secret:`;
    const holder = cloud.role('holder', grant(`${base}${name}-??????`));
    const other = cloud.role('other', grant(`${base}lifeboat/dev/other-??????`));
    expect(await value(name, new SecretsManagerClient(cloud.client(holder)))).toMatchObject({
      SecretString: 'xoxb-1',
    });
    await expect(value(name, new SecretsManagerClient(cloud.client(other)))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});
