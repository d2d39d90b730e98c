import * as autoScalingSdk from '@aws-sdk/client-auto-scaling';
import * as eksSdk from '@aws-sdk/client-eks';
import { mockClient } from 'aws-sdk-client-mock';
import { onTestFinished, vi } from 'vitest';
import { autoScaling } from '../../drill/cloud/autoscaling/autoscaling.ts';
import { AwsError, type CloudService } from '../../drill/cloud/contract.ts';
import { eks, type Eks } from '../../drill/cloud/eks/eks.ts';
import type { NodeSight, Survey } from '../../lambdas/workloads/contract.ts';
import { call, testFoundation } from '../drill/cloud/foundation.ts';
import { awsError } from './memory-ledger.ts';

/** EKS and Auto Scaling as the local cloud imitates them, behind the SDK's clients, with one cluster in the primary. */
export interface LocalNodeGroups {
  readonly eks: Eks;
  /** Changing calls as `TerminateInstanceInAutoScalingGroup i-…`, in order. */
  readonly calls: string[];
  /** Called before every call; what it throws is thrown instead. */
  before: (name: string) => void;
  /** Called after it: what it throws is an answer that was lost. */
  after: (name: string) => void;
  /** Incident time, also of Date, which stands still otherwise. */
  pass(seconds: number): Promise<void>;
  /** What a survey of the cluster finds; nodes that are silent are so since `silentSince`. */
  survey(): Survey;
  readonly silentSince: Map<string, string>;
  silence(index: number): Promise<void>;
}

export const cluster = { region: 'eu-west-1', name: 'erlmcp-primary' };
export const group = { name: 'workers', min: 2, desired: 3, max: 4 };

export function localNodeGroups(seeded = group): LocalNodeGroups {
  const { foundation, clock } = testFoundation({ start: '2026-11-23T12:00:00Z' });
  vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
  let goOn: () => void = () => undefined;
  const standStill = () => void clock.busy(() => new Promise<void>((resolve) => (goOn = resolve)));
  standStill();
  const service = eks(foundation);
  service.seedCluster({
    ...cluster,
    endpoint: 'https://x',
    certificateAuthorityData: '',
    nodeGroups: [seeded],
  });
  onTestFinished(() => {
    clock.stop();
    vi.useRealTimers();
  });
  const local: LocalNodeGroups = {
    eks: service,
    calls: [],
    before: () => undefined,
    after: () => undefined,
    silentSince: new Map(),
    async pass(seconds) {
      goOn();
      await clock.sleep(seconds * 1_000);
      standStill();
      vi.setSystemTime(clock.now());
    },
    survey: () => ({
      at: new Date(clock.now()).toISOString(),
      site: 'primary',
      workloads: [],
      nodes: service.nodes(cluster).map(({ name, nodeGroup, instanceId, ready }): NodeSight => ({
        ...{ name, group: nodeGroup, instanceId, ready: ready || 'unknown', cordoned: false },
        since: local.silentSince.get(name) ?? '2026-11-22T12:00:00Z',
        reason: ready ? 'KubeletReady' : 'NodeStatusUnknown',
      })),
    }),
    async silence(index) {
      const node = service.nodes(cluster)[index];
      if (!node) throw new Error(`there is no node ${index}`);
      service.setNodeDown(cluster, node.name, true);
      await local.pass(60);
      local.silentSince.set(node.name, new Date(clock.now() - 10_000).toISOString());
    },
  };
  connect(local, service.service, eksSdk, mockClient(eksSdk.EKSClient));
  const scaling = autoScaling(foundation, () => service.scalingGroups()).service;
  connect(local, scaling, autoScalingSdk, mockClient(autoScalingSdk.AutoScalingClient));
  return local;
}

interface Mock {
  on(command: unknown): {
    callsFake(
      fake: (
        input: Record<string, unknown>,
        getClient: () => { config: { region(): Promise<string> } },
      ) => unknown,
    ): void;
  };
}

function connect(
  local: LocalNodeGroups,
  service: CloudService,
  sdk: Readonly<Record<string, unknown>>,
  mock: Mock,
): void {
  for (const name of Object.keys(service.operations)) {
    mock.on(sdk[`${name}Command`]).callsFake(async (input, getClient) => {
      const region = await getClient().config.region();
      local.before(name);
      if (!/^(Describe|List)/.test(name)) {
        local.calls.push(`${name} ${String(input['InstanceId'] ?? input['nodegroupName'])}`);
      }
      const answer = await call(service, name, input, region).catch((error: unknown) => {
        throw error instanceof AwsError ? awsError(error.code, error.message, error.status) : error;
      });
      local.after(name);
      return answer;
    });
  }
}
