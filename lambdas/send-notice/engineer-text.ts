import type { Audience, Check, IncidentRecord } from '../incident/contract.ts';
import { duration, moment } from '../incident/time-words.ts';
import type { News } from './news.ts';
import { againstRto, scenarioWords, sections, severityWords } from './wording.ts';

/** Notices for those who act or answer for it: on-call and management. Pure. */

/** Lines of a list in a notice; the record has them all. */
const maxLines = 12;

export function engineerSubject(news: News): string {
  const { incident, now } = news;
  const plan = incident.mode === 'plan' ? 'PLAN ' : '';
  return `${plan}[${incident.severity}] ${incident.id}: ${headline(news, now)}`;
}

function headline({ kind, incident, record }: News, now: number): string {
  const left = (Date.parse(incident.deadline) - now) / 1_000;
  switch (kind) {
    case 'opened':
      return incident.mode === 'plan' ? 'planning, nothing is changed' : 'recovery started';
    case 'update':
      return left >= 0
        ? `update, ${duration(left)} of RTO left`
        : `update, RTO missed ${duration(-left)} ago`;
    case 'approval':
      return 'a person must decide';
    case 'escalation':
      return incident.mode === 'plan' ? 'the plan stopped, nothing was changed' : 'a person is needed';
    case 'recovered':
      return record ? `recovered in ${duration(downtime(record, now))}` : 'recovered';
    case 'planned':
      return 'planned, nothing was changed';
    case 'joined':
      return 'another start joined';
    case 'ignored':
      return 'another trouble was reported, and waits';
  }
}

export function engineerText(news: News, audience: Audience): string {
  const { incident } = news;
  const contact: readonly [string, readonly string[]] = ['Contact', news.contacts[audience]];
  const plan = incident.mode === 'plan' ? 'This is a plan: nothing is changed.\n\n' : '';
  switch (news.kind) {
    case 'opened':
      return plan + opened(news, contact);
    case 'update':
      return plan + update(news, contact);
    case 'escalation':
      return plan + escalation(news, contact);
    case 'recovered':
      return plan + recovered(news, contact);
    case 'planned':
      return plan + planned(news, contact);
    case 'approval':
    case 'joined':
    case 'ignored':
      return plan + (news.detail ?? `${headline(news, news.now)}.`);
  }
}

type Contact = readonly [string, readonly string[]];

/** The incident notification template. */
function opened(news: News, contact: Contact): string {
  const { incident, publicName, detail, now } = news;
  const words = scenarioWords[incident.scenario];
  const live = incident.mode === 'live';
  return [
    facts([
      ['Incident ID', incident.id],
      ['Severity', `${incident.severity} (${severityWords[incident.severity]})`],
      ['Start time', moment(incident.startedAt)],
      ['Affected systems', affected(news)],
    ]),
    sections(
      ['Issue', `${words.issue} Opened by ${incident.startedBy}.`],
      ['Impact', live ? `Users of ${publicName} ${words.impact}` : 'None by this plan.'],
      ['Current status', [currentStep(news), ...(detail === undefined ? [] : [detail])]],
      ['Next steps', live ? words.plan : 'Look and decide as in a live run, and say what would be changed.'],
      [
        'Estimated time to resolution',
        `By ${moment(incident.deadline)}: RTO ${duration(incident.rtoSeconds)}, RPO ${duration(incident.rpoSeconds)}. ` +
          `Next update at ${moment(now + incident.updateEverySeconds * 1_000)}.`,
      ],
      contact,
    ),
  ].join('\n\n');
}

function update(news: News, contact: Contact): string {
  const { incident, now, detail } = news;
  return [
    facts([
      ['Incident ID', incident.id],
      ['Severity', `${incident.severity} (${severityWords[incident.severity]})`],
      ['Time', againstRto(incident, now)],
    ]),
    sections(
      ['A person must decide', questions(news)],
      ['Since the last notice', sinceLastNotice(news)],
      ['Current step', [currentStep(news), ...(detail === undefined ? [] : [detail])]],
      ['Next update', `At ${moment(now + incident.updateEverySeconds * 1_000)}, or when it is over.`],
      contact,
    ),
  ].join('\n\n');
}

function escalation(news: News, contact: Contact): string {
  const { incident, record, now, detail } = news;
  const executionArn = record?.executionArn ?? '';
  return [
    incident.mode === 'plan'
      ? 'A live run would stop here, and ask a person.'
      : 'The automation has stopped. A person must take over now.',
    facts([
      ['Incident ID', incident.id],
      ['Severity', `${incident.severity} (${severityWords[incident.severity]})`],
      ['Affected systems', affected(news)],
      ['Time', againstRto(incident, now)],
    ]),
    sections(
      ['What happened', record?.summary ?? detail ?? 'The reason is not known.'],
      ['What has changed', record?.changed ? orNothing(record.changed) : 'Not known: look before you act.'],
      ['What has not changed', record?.unchanged ? orNothing(record.unchanged) : ''],
      [
        'What to do',
        record?.nextSteps ?? [
          `Open the execution of lifeboat-${incident.environment}-incident in the Step Functions console: its history says what was done.`,
        ],
      ],
      ['Execution', executionArn],
      contact,
    ),
  ].join('\n\n');
}

/** The recovery notification template. */
function recovered(news: News, contact: Contact): string {
  const { incident, record, now, detail } = news;
  const words = scenarioWords[incident.scenario];
  return [
    facts([
      ['Incident ID', incident.id],
      ['Resolution time', moment(record?.closedAt ?? now)],
      ['Systems restored', `${news.application} (${news.publicName}), ${words.restored}`],
      ...(record ? [['Recovery time', recoveryTime(record, now)] as const] : []),
    ]),
    sections(
      ['Resolution', detail ?? record?.summary ?? ''],
      ['Actions taken', actions(record)],
      ['Verification', verification(record)],
      ['Next steps', record?.nextSteps ?? []],
      contact,
    ),
  ].join('\n\n');
}

function planned(news: News, contact: Contact): string {
  const { incident, record, detail } = news;
  const doubts = latest(record?.checks ?? []).filter(({ held }) => held !== true);
  return [
    facts([
      ['Incident ID', incident.id],
      ['Scenario', scenarioWords[incident.scenario].name],
    ]),
    sections(
      ['Result', detail ?? record?.summary ?? ''],
      ['What a live run would do', actions(record)],
      ['What did not hold', doubts.map(({ name, evidence }) => `${name}: ${evidence}`).slice(0, maxLines)],
      ['Next steps', record?.nextSteps ?? []],
      contact,
    ),
  ].join('\n\n');
}

function facts(lines: readonly (readonly [string, string])[]): string {
  return lines.map(([name, value]) => `${name}: ${value}`).join('\n');
}

function affected({ application, publicName, incident }: News): string {
  return `${application} (${publicName}) in ${incident.environment}, ${scenarioWords[incident.scenario].affected}`;
}

/** What waits for an answer; the links are in the message that asked. */
function questions({ incident, record, now }: News): readonly string[] {
  return (record?.pending ?? [])
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now)
    .map(
      ({ gate, question, askedAt, expiresAt }) =>
        `${gate}, asked at ${moment(askedAt)}: ${question.split('\n')[0] ?? ''} Answer within ` +
        `${duration((Date.parse(expiresAt) - now) / 1_000)}, else nothing is done: by the links of that message, or ` +
        `npm run approve -- --env ${incident.environment} --incident ${incident.id} --gate ${gate} ` +
        '--decision approve|reject --reason "why"',
    );
}

function currentStep({ record }: News): string {
  const last = record?.timeline.at(-1);
  return last ? `${last.actor}: ${last.event} (${moment(last.at)})` : 'The recovery has started.';
}

function sinceLastNotice({ record }: News): readonly string[] {
  if (!record) return ['The ledger does not answer, so this is not known.'];
  const last = record.notices.findLast(
    ({ kind, delivered }) => delivered && (kind === 'opened' || kind === 'update'),
  );
  const since = record.timeline.filter(({ at }) => last === undefined || at > last.at);
  if (since.length === 0) return ['Nothing new is on record.'];
  const lines = since
    .slice(-maxLines)
    .map(({ at, actor, event }) => `${moment(at).slice(11)} ${actor}: ${event}`);
  const left = since.length - lines.length;
  return left > 0 ? [`${left} earlier entries, on the record`, ...lines] : lines;
}

function actions(record: IncidentRecord | null): readonly string[] {
  return (record?.steps ?? []).map(({ step, summary }) => `${step}: ${summary}`).slice(-maxLines);
}

function verification(record: IncidentRecord | null): readonly string[] {
  return latest(record?.checks ?? [])
    .filter(({ name }) => /^(verify|test)\//.test(name))
    .map(
      ({ name, held, evidence }) =>
        `${held === true ? '' : `${held ? 'unknown' : 'not held'}: `}${name.replace(/^verify\//, '')}: ${evidence}`,
    )
    .slice(0, maxLines);
}

/** Each check as it was last seen. */
function latest(checks: readonly Check[]): readonly Check[] {
  return [...new Map(checks.map((check) => [check.name, check])).values()];
}

function recoveryTime(record: IncidentRecord, now: number): string {
  const { rtoSeconds } = record.ref;
  const seconds = downtime(record, now);
  const from = record.lastGoodAt === null ? 'from the start' : 'from the last time it was seen well';
  return `${duration(seconds)} ${from}; RTO ${duration(rtoSeconds)} ${seconds <= rtoSeconds ? 'met' : 'missed'}`;
}

function downtime({ ref, lastGoodAt, closedAt }: IncidentRecord, now: number): number {
  const end = closedAt === undefined ? now : Date.parse(closedAt);
  return Math.max(0, (end - Date.parse(lastGoodAt ?? ref.startedAt)) / 1_000);
}

function orNothing(items: readonly string[]): readonly string[] {
  return items.length > 0 ? items : ['nothing'];
}
