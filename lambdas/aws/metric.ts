import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { clientOptions } from './client.ts';

let client: CloudWatchClient | undefined;

/** Say once, now, whether something is so: 1 or 0 in Lifeboat's own namespace. */
export function publishMetric(
  region: string,
  name:
    | 'PrimaryReachable'
    | 'TrafficOnStandby'
    | 'SitesAlike'
    | 'ConfigurationValid'
    | 'ApplicationHealthy'
    | 'NodesHealthy'
    | 'UpdateOverdue',
  environment: string,
  holds: boolean,
): Promise<void> {
  return publish(region, name, { Environment: environment }, holds);
}

/** The same of the data in one database. */
export function publishConsistency(
  region: string,
  environment: string,
  database: string,
  holds: boolean,
): Promise<void> {
  return publish(region, 'DataConsistent', { Environment: environment, Database: database }, holds);
}

async function publish(
  region: string,
  name: string,
  dimensions: Readonly<Record<string, string>>,
  holds: boolean,
): Promise<void> {
  client ??= new CloudWatchClient(clientOptions(region));
  await client.send(
    new PutMetricDataCommand({
      Namespace: 'Lifeboat',
      MetricData: [
        {
          MetricName: name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          Value: holds ? 1 : 0,
        },
      ],
    }),
  );
}
