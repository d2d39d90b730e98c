import type { NoticeKind, Severity } from '../../incident/contract.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { ChannelSettings, Content, Delivery, Send } from '../contract.ts';
import { cutToCharacters } from '../render/cut.ts';
import { callApi, withToken } from './http.ts';

/** Pages by PagerDuty's Events API v2: one alert per incident, whatever happens to it. */

const endpoint = 'https://events.pagerduty.com/v2/enqueue';

const actions: Readonly<Partial<Record<NoticeKind, 'trigger' | 'acknowledge' | 'resolve'>>> = {
  opened: 'trigger',
  approval: 'trigger',
  undelivered: 'trigger',
  unacknowledged: 'trigger',
  escalation: 'trigger',
  milestone: 'trigger',
  update: 'trigger',
  acknowledged: 'acknowledge',
  recovered: 'resolve',
  planned: 'resolve',
};

const severities: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
  P0: 'critical',
  P1: 'error',
  P2: 'warning',
  P3: 'info',
};

/** Of an event: the summary in characters, all of it in bytes, a little under the 512 KB that PagerDuty takes. */
const limits = { summary: 1_024, bytes: 500_000 } as const;
/** Characters of each detail, tried in order until the event is small enough. */
const detailLengths = [20_000, 4_000, 500, 50] as const;

interface Environment {
  readonly application: string;
  readonly publicName: string;
}

/**
 * The incident's id is the key of the alert: a repeat, and an event whose answer was lost, is the same alert. PagerDuty
 * makes a new one of a trigger that comes after the resolution, and calls nobody for a trigger of an alert that was
 * acknowledged.
 */
export function sendToPagerDuty(
  { routingKeySecret }: NonNullable<ChannelSettings['pagerduty']>,
  environment: Environment,
): Send {
  return async (delivery, signal) => {
    const { kind } = delivery.message;
    const action = actions[kind];
    if (action === undefined)
      throw new ChannelFailure(`PagerDuty has no event for ${kind}`, { again: false });
    if (delivery.incident.mode === 'plan' && action !== 'resolve') {
      throw new ChannelFailure('a plan calls nobody', { again: false });
    }
    await withToken(routingKeySecret, (key) =>
      callApi(
        {
          service: 'PagerDuty',
          method: 'POST',
          url: endpoint,
          body: {
            routing_key: key,
            event_action: action,
            dedup_key: delivery.incident.id,
            ...(action === 'trigger' ? alertOf(delivery, environment) : {}),
          },
          secrets: [key],
        },
        signal,
      ),
    );
    return {};
  };
}

function alertOf({ incident, message, now }: Delivery, { application, publicName }: Environment): object {
  const { content } = message;
  const withDetails = (customDetails: object) => ({
    payload: {
      summary: cutToCharacters(content.subject, limits.summary),
      severity: severities[incident.severity],
      source: publicName,
      component: application,
      group: incident.environment,
      class: incident.scenario,
      timestamp: new Date(now).toISOString(),
      custom_details: customDetails,
    },
    links: content.links.map(({ label, url }) => ({ href: url, text: label })),
    client: 'Lifeboat',
  });
  for (const length of detailLengths) {
    const alert = withDetails(detailsOf(content, length));
    if (Buffer.byteLength(JSON.stringify(alert)) <= limits.bytes) return alert;
  }
  return { ...withDetails({ Message: cutToCharacters(content.short, limits.summary) }), links: [] };
}

/** Facts by their labels, sections by their titles; lists stay lists. What has no title is more of the message. */
function detailsOf({ facts, sections }: Content, length: number): object {
  const untitled = sections.filter(({ title }) => title === '').flatMap(({ body }) => body);
  return Object.fromEntries([
    ...(untitled.length > 0 ? [['Message', cutToCharacters(untitled.join('\n'), length)]] : []),
    ...facts.map(([label, value]) => [label, cutToCharacters(value, length)]),
    ...sections
      .filter(({ title }) => title !== '')
      .map(({ title, body }) => [
        title,
        typeof body === 'string'
          ? cutToCharacters(body, length)
          : body.map((item) => cutToCharacters(item, length)),
      ]),
  ]) as object;
}
