import type { World } from '../world/world.ts';
import type { DrillReport } from './contract.ts';

/** What is in the inboxes at the end, as it arrived. */
export function inboxesOf(world: World): DrillReport['inboxes'] {
  const { inboxes, cloud, environment } = world;
  const { mail, slack, pagerduty, statuspage, tickets } = inboxes;
  const instant = (at: number) => new Date(at).toISOString();
  const { account, name, sites } = environment;
  const page = environment.channels.page
    ? cloud.storage.read(`lifeboat-${name}-status-${account}-${sites.standby.region}`, 'index.html')
    : undefined;
  return {
    mail: mail.mails().map(({ at, to, from, subject, text, html }) => ({
      at: instant(at),
      to,
      from,
      subject,
      text,
      ...(html === undefined ? {} : { html }),
    })),
    sms: cloud.notifications
      .messages()
      .filter(({ protocol }) => protocol === 'sms')
      .map(({ at, endpoint, message }) => ({ at: instant(at), to: endpoint, text: message })),
    slack: (slack?.messages() ?? []).map(({ at, editedAt, ts, threadTs, text, blocks }) => ({
      at: instant(at),
      ts,
      text,
      blocks: [...blocks],
      ...(threadTs === undefined ? {} : { threadTs }),
      ...(editedAt === undefined ? {} : { editedAt: instant(editedAt) }),
    })),
    pagerduty: (pagerduty?.alerts() ?? []).map(({ dedupKey, status, summary, severity, log }) => ({
      dedupKey,
      status,
      summary,
      severity,
      log: log.map(({ at, action, summary: what }) => ({
        at: instant(at),
        action,
        ...(what === undefined ? {} : { summary: what }),
      })),
    })),
    statuspage: (statuspage?.incidents() ?? []).map(({ name: title, status, impact, updates }) => ({
      name: title,
      status,
      impact,
      updates: updates.map(({ at, status: then, body }) => ({ at: instant(at), status: then, body })),
    })),
    tickets: (tickets?.tickets() ?? []).map(({ ref, title, text, state, comments }) => ({
      ref,
      title,
      text,
      state,
      comments: comments.map(({ at, text: words }) => ({ at: instant(at), text: words })),
    })),
    page: page?.toString('utf8') ?? null,
  };
}
