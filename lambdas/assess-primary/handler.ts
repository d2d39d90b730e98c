import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { describeFailure } from '../aws/api-failure.ts';
import { clientOptions } from '../aws/client.ts';
import { ask } from '../aws/dns-query.ts';
import { openLedger } from '../incident/ledger.ts';
import { recordChecks } from '../incident/record.ts';
import { probeTwice } from '../runtime/probe-twice.ts';
import { settings } from '../runtime/settings.ts';
import type { Input, Output, Settings } from './contract.ts';
import { assess, type History } from './decide.ts';

const minute = 60_000;
const historyMinutes = 30;

let cloudWatch: CloudWatchClient | undefined;

/** Ask every vantage point at the same time whether the primary is down, and keep what they said. */
export async function handler({ incident }: Input): Promise<Output> {
  const { environment, ledgerBucket, region, endpoint, healthName, nameServers, confirmSeconds } =
    settings<Settings>();
  const [probe, checkers, history] = await Promise.all([
    probeTwice(endpoint),
    ask(nameServers, healthName, 'TXT'),
    readHistory(region, environment),
  ]);
  const byPerson = incident.startedBy.startsWith('a person');
  const now = Date.now();
  const assessment = assess({ probe, healthName, checkers, history, confirmSeconds, byPerson, now });
  await recordChecks(
    openLedger(ledgerBucket),
    incident,
    'assess-primary',
    `the primary is ${assessment.verdict === 'unknown' ? 'not known to be down' : assessment.verdict}`,
    assessment.checks,
    { lastGoodAt: assessment.lastGoodAt, confirmed: assessment.verdict === 'down' },
  );
  return assessment;
}

/** A history that cannot be read takes nothing away from the other vantage points: it is unknown, and says why. */
async function readHistory(region: string, environment: string): Promise<History> {
  cloudWatch ??= new CloudWatchClient(clientOptions(region));
  const thisMinute = Math.floor(Date.now() / minute) * minute;
  try {
    const { MetricDataResults: results } = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(thisMinute - historyMinutes * minute),
        EndTime: new Date(thisMinute + minute),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: [
          {
            Id: 'reachable',
            MetricStat: {
              Metric: {
                Namespace: 'Lifeboat',
                MetricName: 'PrimaryReachable',
                Dimensions: [{ Name: 'Environment', Value: environment }],
              },
              Period: 60,
              // A minute in which any probe succeeded was a good one.
              Stat: 'Maximum',
            },
          },
        ],
      }),
    );
    const { Timestamps: times = [], Values: values = [] } = results?.[0] ?? {};
    return {
      known: true,
      samples: times.map((time, index) => ({
        minute: time.getTime(),
        reachable: (values[index] ?? 0) >= 1,
      })),
    };
  } catch (error) {
    return { known: false, why: describeFailure(error) };
  }
}
