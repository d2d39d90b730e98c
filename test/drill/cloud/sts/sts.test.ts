import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { expect, it } from 'vitest';
import { securityTokens } from '../../../../drill/cloud/sts/sts.ts';
import { account, localCloud } from '../local-cloud.ts';

const cloud = await localCloud((foundation) => [securityTokens(foundation).service]);

it('tells the operator and a session of a role who they are, without any permission', async () => {
  const who = (credentials = cloud.iam.operator as Parameters<typeof cloud.client>[0]) =>
    new STSClient(cloud.client(credentials)).send(new GetCallerIdentityCommand({}));
  expect(await who()).toMatchObject({ Account: account, Arn: `arn:aws:iam::${account}:user/operator` });
  const role = cloud.role('switch-dns', [{ Effect: 'Deny', Action: '*', Resource: '*' }]);
  expect(await who(role)).toMatchObject({
    Account: account,
    Arn: `arn:aws:sts::${account}:assumed-role/switch-dns/switch-dns`,
  });
});
