import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { ConfigurationBucket } from '../constructs/configuration-bucket.ts';
import { SiteTasks } from '../constructs/site-tasks.ts';
import { WorkloadTasks } from '../constructs/workload-tasks.ts';

/**
 * In the primary's region: what must have been kept before the day on which it is needed, and the functions that must
 * be beside its databases and its cluster.
 */
export class ProtectionStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    new SiteTasks(this, 'SiteTasks', { environment, site: 'primary' });
    new WorkloadTasks(this, 'WorkloadTasks', { environment, site: 'primary' });
    new ConfigurationBucket(this, 'Configuration', environment);
  }
}
