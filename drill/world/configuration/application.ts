import type { Site } from '../../../lambdas/incident/contract.ts';
import type { Environment } from '../../../lib/config/schema.ts';
import type { WorldClock } from '../../clock.ts';
import type { Cloud } from '../../cloud/cloud.ts';
import type { ClusterOperator } from '../cluster-operator.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { Trouble } from '../sites/answers.ts';
import { startConfiguration, type SiteConfiguration } from './configuration.ts';

/** What runs in the pods of a site. */
export interface Application {
  /** Undefined until the application is configured, and where the environment has no configuration of its own. */
  readonly configuration: SiteConfiguration | undefined;
  /** What is wrong with it although its pods are ready. */
  trouble(): Trouble | null;
  /** Put a sample of its configuration there: buckets exist only once the stacks are deployed. */
  configure(): Promise<void>;
  /** The pods of a deployment that run now answer no request any more, and say that they are ready all the same. */
  wedge(deployment: string): Promise<void>;
  /** Restart the deployments that read the configuration, as a release pipeline does. */
  restart(): Promise<void>;
}

interface Options {
  readonly environment: Environment;
  readonly site: Site;
  readonly clock: WorldClock;
  readonly cloud: Cloud;
  readonly cluster: Cluster;
  readonly operator: ClusterOperator;
}

/**
 * The application reads its configuration when a pod of it starts, and not again: a configuration that is wrong is
 * noticed by the next pod, and one that is restored helps nobody before a restart.
 */
export function startApplication({
  environment,
  site,
  clock,
  cloud,
  cluster,
  operator,
}: Options): Application {
  const { namespace } = environment.sites[site].cluster;
  const names = readers(environment);
  const tested = environment.tests.some(({ proves }) => proves === 'configuration');
  let configuration: SiteConfiguration | undefined;
  let fault: string | null = null;
  /** Pods that answer no request, for as long as they are there. */
  const wedged = new Set<string>();

  cluster.onPodsChange(({ metadata }, change) => {
    const { namespace: where, name, labels } = metadata;
    if (where !== namespace) return;
    if (change === 'gone') {
      wedged.delete(name);
      return;
    }
    const reader = configuration;
    if (!reader || !names.includes(labels?.['app'] ?? '')) return;
    void clock.busy(async () => {
      fault = await reader.fault();
    });
  });

  return {
    get configuration() {
      return configuration;
    },
    trouble: () => (fault !== null ? 'configuration' : wedged.size > 0 ? 'application' : null),
    async configure() {
      if (!tested) return;
      configuration = await startConfiguration({ environment, site, cloud, operator });
    },
    async wedge(deployment) {
      const pods = await operator.list('api/v1/pods', namespace);
      for (const { metadata } of pods) if (metadata.labels?.['app'] === deployment) wedged.add(metadata.name);
    },
    async restart() {
      for (const name of names) {
        const restartedAt = new Date(clock.now()).toISOString();
        await operator.patch('apis/apps/v1/deployments', namespace, name, {
          spec: {
            template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': restartedAt } } },
          },
        });
      }
    },
  };
}

/** Deployments that read the configuration when they start. */
function readers({ configuration, sites }: Environment): readonly string[] {
  const all = sites.standby.deployments.map(({ name }) => name);
  return configuration.restart.length > 0 ? configuration.restart : all;
}
