import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { describeFailure } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import type { DatabasePlace } from '../database/contract.ts';
import { log } from '../runtime/log.ts';

const minute = 60_000;
/** RDS publishes every minute; what is older says nothing of now. */
const freshMinutes = 5;

const clients = new Map<string, CloudWatchClient>();

/**
 * The newest ReplicaLag that RDS has published of a replica, seconds; null when there is none, or none that says
 * anything: −1 is "not replicating" (aws-facts §4.3).
 */
export async function publishedLag({ region, identifier }: DatabasePlace): Promise<number | null> {
  const client = clients.get(region) ?? new CloudWatchClient(clientOptions(region));
  clients.set(region, client);
  const now = Date.now();
  try {
    const { MetricDataResults: results } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Math.floor(now / minute - freshMinutes) * minute),
        EndTime: new Date(Math.ceil(now / minute) * minute),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [
          {
            Id: 'lag',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/RDS',
                MetricName: 'ReplicaLag',
                Dimensions: [{ Name: 'DBInstanceIdentifier', Value: identifier }],
              },
              Period: 60,
              Stat: 'Maximum',
            },
          },
        ],
      }),
    );
    const newest = results?.[0]?.Values?.[0];
    return newest === undefined || newest < 0 ? null : newest;
  } catch (error) {
    log('replica-lag-unknown', { database: identifier, failure: describeFailure(error) });
    return null;
  }
}
