import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openKubernetesObjects, type KubernetesObjects } from '../../../lambdas/aws/kubernetes-objects.ts';
import { loopbackObjects, type LoopbackObjects } from '../loopback-objects.ts';
import { deploy } from '../memory-ledger.ts';

const eks = mockClient(EKSClient);
let kubernetes: LoopbackObjects;
let objects: KubernetesObjects;
const value = 'c3dvcmRmaXNo';

beforeAll(async () => {
  kubernetes = await loopbackObjects();
});
afterAll(() => kubernetes.close());
beforeEach(async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  deploy({});
  kubernetes.reset();
  eks.reset();
  eks.on(DescribeClusterCommand).resolves({ cluster: kubernetes.cluster });
  const cluster = { region: 'eu-west-1', name: 'erlmcp-primary', namespace: 'erlmcp' };
  objects = await openKubernetesObjects(new EKSClient({ region: 'eu-west-1' }), cluster);
});

describe('a list', () => {
  it('is of all pages', async () => {
    for (let index = 0; index < 250; index++) kubernetes.put('secrets', `s-${index}`, { data: { value } });
    expect(await objects.list('Secret')).toHaveLength(250);
    expect(kubernetes.calls.map(({ query }) => [query.get('limit'), query.get('continue')])).toEqual([
      ['100', null],
      ['100', '100'],
      ['100', '200'],
    ]);
  });

  it('whose place the server has lost begins anew, once', async () => {
    kubernetes.refusals.set('GET secrets', 410);
    await expect(objects.list('Secret')).rejects.toMatchObject({ name: 'TryAgain' });
    expect(kubernetes.calls).toHaveLength(2);
    kubernetes.before.set('GET secrets', () => kubernetes.refusals.clear());
    expect(await objects.list('Secret')).toEqual([]);
  });
});

describe('an object', () => {
  it('that is not there is null', async () => {
    expect(await objects.get('ConfigMap', 'none')).toBeNull();
  });

  it('of its own kind and namespace is written', async () => {
    await objects.create('ConfigMap', { metadata: { name: 'one' }, data: { a: '1' } });
    expect(kubernetes.objects.get('configmaps/one')).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'one', namespace: 'erlmcp' },
      data: { a: '1' },
    });
  });

  it('that another has changed is neither replaced nor deleted', async () => {
    kubernetes.put('configmaps', 'one');
    const metadata = { name: 'one', uid: 'uid', resourceVersion: '1' };
    await expect(objects.replace('ConfigMap', { metadata })).rejects.toMatchObject({ name: 'Conflict' });
    await expect(objects.delete('ConfigMap', metadata)).rejects.toMatchObject({ name: 'Conflict' });
    expect(kubernetes.writes).toEqual([]);
  });

  it('is checked without being written', async () => {
    await objects.requireAcceptable('Secret', { metadata: { name: 'one' } });
    kubernetes.put('secrets', 'two');
    await objects.requireAcceptable('Secret', { metadata: { name: 'two' } });
    kubernetes.refusals.set('POST secrets', 422);
    await expect(objects.requireAcceptable('Secret', { metadata: { name: 'one' } })).rejects.toMatchObject({
      name: 'UnsafePlan',
      status: 422,
    });
    expect(kubernetes.writes).toEqual([]);
  });

  it.each([
    [400, 'UnsafePlan', '400 Forbidden'],
    [403, 'Error', '403 Forbidden. The access entry of this function'],
    [413, 'UnsafePlan', '413 RequestEntityTooLarge'],
    [422, 'UnsafePlan', '422 Invalid (data FieldValueTooLong)'],
    [500, 'TryAgain', '500 Forbidden'],
  ])('refused with %d is not quoted', async (status, name, text) => {
    kubernetes.refusals.set('POST secrets', status);
    const refused = objects.create('Secret', { metadata: { name: 'one' }, data: { value } });
    await expect(refused).rejects.toMatchObject({ name, message: expect.stringContaining(text) as string });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining(value) as string });
  });
});
