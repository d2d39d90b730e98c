import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { clientOptions } from './client.ts';

let client: CloudWatchClient | undefined;

/** Say once, now, whether something is so: 1 or 0 in Lifeboat's own namespace. */
export async function publishMetric(
  region: string,
  name: 'PrimaryReachable' | 'TrafficOnStandby',
  environment: string,
  holds: boolean,
): Promise<void> {
  client ??= new CloudWatchClient(clientOptions(region));
  await client.send(
    new PutMetricDataCommand({
      Namespace: 'Lifeboat',
      MetricData: [
        {
          MetricName: name,
          Dimensions: [{ Name: 'Environment', Value: environment }],
          Value: holds ? 1 : 0,
        },
      ],
    }),
  );
}
