import { duration, moment } from '../../incident/time-words.ts';
import type { News } from '../news.ts';
import { downtimeOf } from './facts.ts';

/** The one line by which engineers and management know a notice. Pure. */

export function subjectOf(news: News): string {
  const { incident } = news;
  const plan = incident.mode === 'plan' ? 'PLAN ' : '';
  return `${plan}[${incident.severity}] ${incident.id}: ${headline(news)}`;
}

export function headline({ kind, incident, record, now, percent, asked, detail }: News): string {
  const left = (Date.parse(incident.deadline) - now) / 1_000;
  switch (kind) {
    case 'opened':
      return incident.mode === 'plan' ? 'planning, nothing is changed' : 'recovery started';
    case 'update':
      if (left > 0) return `update, ${duration(left)} of RTO left`;
      return left > -1 ? 'update, the RTO is missed' : `update, RTO missed ${duration(-left)} ago`;
    case 'approval':
      return asked
        ? `a person must decide on the ${asked.gate} by ${moment(asked.expiresAt).slice(11)}`
        : 'a person must decide';
    case 'acknowledged':
      return `${called(record?.acknowledged?.by)} has the call`;
    case 'note':
      return `note by ${called(record?.notes?.find(({ by, text }) => `${by}: ${text}` === detail)?.by)}`;
    case 'unacknowledged':
      return 'nobody has taken the call';
    case 'milestone':
      return (percent ?? 100) >= 100 ? 'the RTO is missed' : `${percent ?? 0} % of the RTO are over`;
    case 'undelivered':
      return 'a channel does not take its notices';
    case 'escalation':
      return incident.mode === 'plan' ? 'the plan stopped, nothing was changed' : 'a person is needed';
    case 'recovered':
      return record ? `recovered in ${duration(downtimeOf(record, now))}` : 'recovered';
    case 'planned':
      return 'planned, nothing was changed';
    case 'joined':
      return 'another start joined';
    case 'ignored':
      return 'another trouble was reported, and waits';
  }
}

/** In one line: of an ARN the user, or the session of a role. The whole of it is in the notice and on the record. */
function called(by = 'somebody'): string {
  return /^arn:[\w-]+:(?:iam|sts)::\d{12}:(?:\S*\/)?([^\s/]+)$/.exec(by)?.[1] ?? by;
}
