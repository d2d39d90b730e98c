import { beforeEach, expect, it } from 'vitest';
import { isReplica } from '../../../lambdas/database/replica.ts';
import { deploy } from '../memory-ledger.ts';
import { erlmcp, global } from '../promotion-settings.ts';
import { clusterArn, startPromotionWorld, type PromotionWorld } from '../promotion-world.ts';

let world: PromotionWorld;
beforeEach(() => {
  world = startPromotionWorld();
  deploy({});
});

it.each([
  ['arn:aws:rds:eu-west-1:111111111111:db:erlmcp', true],
  [null, false],
  ['', false],
])('an instance that follows "%s" is a replica: %s', async (replicaOf, expected) => {
  expect(await isReplica(erlmcp, { arn: 'arn', replicaOf })).toBe(expected);
});

it('a cluster of a global one is a replica until it is the writer there, whatever it says of itself', async () => {
  const arn = clusterArn('eu-central-1', 'ledger-secondary');
  expect(await isReplica(global, { arn, replicaOf: null })).toBe(true);
  world.globalWriter = arn;
  expect(await isReplica(global, { arn, replicaOf: 'the old writer' })).toBe(false);
});

it('a cluster that has left its global one is what it says of itself', async () => {
  const arn = clusterArn('eu-central-1', 'another');
  expect(await isReplica(global, { arn, replicaOf: null })).toBe(false);
});
