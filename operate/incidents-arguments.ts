import { endpointUrl, environmentName, incidentId, pathName, present, readOptions } from './options.ts';

export interface IncidentsCommand {
  readonly env: string;
  /** Seconds; absent: all there are. */
  readonly since?: number;
  readonly open: boolean;
  /** The id of one to show. */
  readonly show?: string;
  /** Write its report there, as a page. */
  readonly html?: string;
  readonly json: boolean;
  readonly endpoint?: string;
}

export const incidentsUsage = `usage: npm run incidents -- --env NAME|FILE [--since 30d] [--open] [--endpoint URL]
       npm run incidents -- --env NAME|FILE --show ID [--html FILE|--json] [--endpoint URL]

  --env       the environment: a name in environments/, or the path of a YAML file
  --since     only those that started so long ago at most: 90m, 12h, 30d (default all)
  --open      only those that are open
  --show      one of them, as the Markdown report that is written at the end
  --html      with --show: write the report as a page to this file
  --json      with --show: the record as it is on the ledger
  --endpoint  instead of AWS's own (default AWS_ENDPOINT_URL)

reads the ledger with your own credentials (s3:ListBucket and s3:GetObject on incidents/*), and changes nothing

ends with 0 when it was read, 1 when there is no such incident, 2 when the command or the environment is wrong,
3 when AWS could not be asked
`;

const seconds = { m: 60, h: 3_600, d: 86_400 } as const;

const age = {
  read(given: string | undefined) {
    const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(given ?? '') ?? [];
    const total = Number(count) * seconds[unit as keyof typeof seconds];
    return total > 0 ? total : undefined;
  },
  allowed: 'a time of more than nothing in minutes, hours or days such as 90m, 12h, 30d',
};

/**
 * Read the command line; null when it asks for help.
 *
 * @throws UsageError with everything that is wrong at once
 */
export function parseIncidentsArguments(args: readonly string[]): IncidentsCommand | null {
  const names = ['env', 'since', 'show', 'html', 'endpoint'] as const;
  const options = readOptions(args, names, ['open', 'json']);
  if (options === null) return null;
  const since = options.takeIfGiven('since', age);
  const show = options.takeIfGiven('show', incidentId);
  const html = options.takeIfGiven('html', pathName);
  const endpoint = options.takeIfGiven('endpoint', endpointUrl);
  const [open, json] = [options.has('open'), options.has('json')];
  const one = options.isGiven('show');
  if (one && options.isGiven('since')) options.refuse('--since: not with --show, which names one incident');
  if (one && open) options.refuse('--open: not with --show, which names one incident');
  if (!one && options.isGiven('html')) options.refuse('--html: only with --show, of which it is the report');
  if (!one && json) options.refuse('--json: only with --show, of which it is the record');
  if (json && options.isGiven('html')) options.refuse('--json: not with --html, one of the two');
  const required = options.complete({ env: options.take('env', environmentName) });
  return { ...required, open, json, ...present({ since, show, html, endpoint }) };
}
