import { contentOf } from '../lambdas/communication/content/content.ts';
import type { CommunicationSettings, Content, Delivery } from '../lambdas/communication/contract.ts';
import { nextUpdateOf } from '../lambdas/communication/due.ts';
import { listenersOf, type Listener } from '../lambdas/communication/listeners.ts';
import { reportLink } from '../lambdas/communication/report/link.ts';
import type { Audience, ChannelName, NoticeKind, Scenario, Severity } from '../lambdas/incident/contract.ts';
import { communicationOf } from '../lib/config/communication.ts';
import type { Environment } from '../lib/config/schema.ts';
import { names } from '../lib/names.ts';
import { acknowledgeLinkOf, sampleOf, type Moment, type Sample } from './preview-sample.ts';

/** What an incident would send to whom. Pure. */

type Settings = Omit<CommunicationSettings, 'signingSecret'>;

export interface Shown {
  readonly kind: NoticeKind;
  readonly title: string;
  readonly delivery: Delivery;
}

/** What one channel would carry to one audience, in its order. */
export interface Heard {
  readonly audience: Audience;
  readonly channel: ChannelName;
  readonly messages: readonly Shown[];
}

export interface Preview {
  readonly severity: Severity;
  readonly scenario: Scenario;
  readonly environment: string;
  readonly settings: Settings;
  readonly sample: Sample;
  readonly heard: readonly Heard[];
}

/** Links that act are for those who act, the report is for colleagues; as send-notice has it. */
const colleagues: ReadonlySet<Audience> = new Set(['oncall', 'oncall-secondary']);
const insiders: ReadonlySet<Audience> = new Set(['oncall', 'oncall-secondary', 'management']);

export function previewOf(environment: Environment, severity: Severity, scenario: Scenario): Preview {
  const settings = communicationOf(environment);
  const sample = sampleOf(environment, severity, scenario);
  const [first] = sample.moments;
  const listeners = first ? listenersOf(first.record, settings) : [];
  const heard = listeners.map((listener) => ({
    audience: listener.audience,
    channel: listener.channel,
    messages: sample.moments.flatMap((moment) => {
      const detail = moment.kind === 'undelivered' ? failureOf(listener, listeners) : moment.detail;
      if (!hearsOf(listener, moment) || (moment.kind === 'undelivered' && detail === undefined)) return [];
      const content = wordsFor(environment, settings, sample, listener, {
        ...moment,
        ...(detail === undefined ? {} : { detail }),
      });
      return [
        { kind: moment.kind, title: moment.title, delivery: deliveryOf(sample, listener, moment, content) },
      ];
    }),
  }));
  return { severity, scenario, environment: environment.name, settings, sample, heard };
}

/** What follows those on call cannot be routed: who has the call, and notes. */
function hearsOf({ hears, channel, confirmedOnly }: Listener, { kind, only }: Moment): boolean {
  switch (kind) {
    case 'opened':
      return hears.has('opened') && (only === 'confirmed') === confirmedOnly;
    case 'acknowledged':
      return (
        hears.has('unacknowledged') ||
        ((channel === 'slack' || channel === 'pagerduty') && hears.has('opened'))
      );
    case 'note':
      return channel === 'slack';
    case 'planned':
    case 'joined':
    case 'ignored':
      return false;
    default:
      return hears.has(kind);
  }
}

const refusals: Readonly<Record<ChannelName, string>> = {
  slack: 'Slack refused: token_revoked',
  email: 'SES has not verified the sender',
  sms: 'SNS has reached its spending limit',
  pagerduty: 'PagerDuty answered 400',
  ticket: 'the ticket system answered 401',
  statuspage: 'Statuspage answered 401',
  page: 'S3 did not answer',
};

/** Of another channel; undefined where there is none. */
function failureOf({ channel }: Listener, listeners: readonly Listener[]): string | undefined {
  const other = listeners.find((listener) => listener.channel !== channel);
  return other && `${other.channel} to ${other.audience}: update was not taken (${refusals[other.channel]})`;
}

function wordsFor(
  environment: Environment,
  settings: Settings,
  { incident, moments }: Sample,
  listener: Listener,
  { kind, now, record, detail, percent, asked, since }: Moment,
): Content {
  const { audience, confirmedOnly } = listener;
  const open = record.state === 'open';
  const opened = moments.find(({ only }) => only === (confirmedOnly ? 'confirmed' : 'opened'));
  const last = since ?? (opened && opened.now < now ? new Date(opened.now).toISOString() : undefined);
  const canTake = colleagues.has(audience) && open && !record.acknowledged;
  const report = insiders.has(audience) ? record.report : undefined;
  return contentOf({
    incident,
    kind,
    audience,
    record,
    now,
    application: settings.application,
    publicName: settings.publicName,
    contacts: settings.contacts[audience],
    nextUpdateAt: open ? nextUpdateOf({ ref: incident }, settings, listener, now) : null,
    ...(detail === undefined ? {} : { detail }),
    ...(percent === undefined ? {} : { percent }),
    ...(asked === undefined ? {} : { asked }),
    ...(last === undefined ? {} : { since: last }),
    ...(canTake ? { acknowledgeUrl: acknowledgeLinkOf(environment, incident) } : {}),
    ...(report
      ? {
          reportUrl: reportLink(
            names(environment).ledgerBucket,
            environment.sites.standby.region,
            report.html,
          ),
        }
      : {}),
  });
}

function deliveryOf(
  { incident }: Sample,
  { audience, channel }: Listener,
  { kind, now, record, asked, title }: Moment,
  content: Content,
): Delivery {
  const key = asked ? `approval ${asked.gate} ${asked.askedAt}` : title;
  return { incident, record, now, message: { kind, channel, audience, key, content } };
}
