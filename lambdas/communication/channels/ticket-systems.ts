import type { IncidentRef } from '../../incident/contract.ts';
import { ChannelFailure } from '../channel-failure.ts';
import type { Message, TicketSettings } from '../contract.ts';
import { callApi, members, pathPart, type ApiRequest } from './http.ts';
import {
  gitHubIssue,
  gitHubMark,
  gitHubText,
  jiraIssue,
  jiraText,
  serviceNowIncident,
  serviceNowResolution,
  serviceNowText,
} from './ticket-templates.ts';

/** What is done with a ticket, in the words of each system. Every call asks once; each throws ChannelFailure. */
export interface TicketSystem {
  /** The incident's ticket, with its text, when there is one. */
  find(incident: IncidentRef): Promise<{ readonly ref: string; readonly text: string } | undefined>;
  /** Answers what the system calls it. */
  open(incident: IncidentRef, message: Message): Promise<string>;
  /** Whether a comment with this reference is there, as far back as a retry reaches. */
  hasHeard(ref: string, reference: string, now: number): Promise<boolean>;
  comment(ref: string, incident: IncidentRef, message: Message): Promise<void>;
  /** Does nothing to what is closed. */
  close(ref: string, message: Message): Promise<void>;
}

export function ticketSystem(settings: TicketSettings, token: string, signal: AbortSignal): TicketSystem {
  const call = caller(settings, token, signal);
  switch (settings.system) {
    case 'jira':
      return jira(call, settings);
    case 'servicenow':
      return serviceNow(call);
    case 'github':
      return gitHub(call, settings.repository);
  }
}

type Call = (method: ApiRequest['method'], path: string, body?: object) => Promise<unknown>;

function caller(settings: TicketSettings, token: string, signal: AbortSignal): Call {
  const { system, url } = settings;
  const basic = Buffer.from(token, 'utf8').toString('base64');
  const service = { jira: 'Jira', servicenow: 'ServiceNow', github: 'GitHub' }[system];
  const headers: Record<string, string> =
    system === 'github'
      ? {
          authorization: `Bearer ${token}`,
          accept: 'application/vnd.github+json',
          'x-github-api-version': '2022-11-28',
          'user-agent': 'lifeboat',
        }
      : { authorization: `Basic ${basic}` };
  const secrets = [token, basic, ...(system === 'github' ? [] : [token.slice(token.indexOf(':') + 1)])];
  return (method, path, body) =>
    callApi(
      {
        service,
        method,
        url: `${url.replace(/\/+$/, '')}${path}`,
        headers,
        ...(body === undefined ? {} : { body }),
        secrets,
      },
      signal,
    );
}

/**
 * Jira's search is behind its writes by seconds: after an answer that may have been lost, it is asked to be left alone
 * for that long, or the next try would open a second issue.
 */
const jiraSearchLag = 5;

/** Jira Cloud's REST API, version 3. */
function jira(call: Call, place: { readonly project: string; readonly issueType: string }): TicketSystem {
  return {
    async find({ id }) {
      const jql = `project = "${place.project}" AND labels = "${id}" ORDER BY created ASC`;
      const query = new URLSearchParams({ jql, fields: 'description,labels', maxResults: '1' });
      const answer = await call('GET', `/rest/api/3/search/jql?${query.toString()}`);
      const [issue] = listOf(members(answer)['issues']);
      const { key, fields } = members(issue);
      return typeof key === 'string'
        ? { ref: key, text: JSON.stringify(members(fields)['description'] ?? '') }
        : undefined;
    },
    async open(incident, message) {
      try {
        const answer = await call('POST', '/rest/api/3/issue', jiraIssue(incident, message, place));
        return named('Jira', members(answer)['key']);
      } catch (error) {
        throw error instanceof ChannelFailure && error.again ? afterLag(error) : error;
      }
    },
    async hasHeard(ref, reference) {
      const answer = await call(
        'GET',
        `/rest/api/3/issue/${pathPart(ref)}/comment?orderBy=-created&maxResults=100`,
      );
      return JSON.stringify(members(answer)['comments'] ?? []).includes(reference);
    },
    async comment(ref, incident, message) {
      await call('POST', `/rest/api/3/issue/${pathPart(ref)}/comment`, { body: jiraText(incident, message) });
    },
    async close(ref) {
      const issue = await call('GET', `/rest/api/3/issue/${pathPart(ref)}?fields=status&expand=transitions`);
      const { fields, transitions } = members(issue);
      if (isDone(members(fields)['status'])) return;
      const way = listOf(transitions).find((each) => isDone(members(each)['to']));
      if (way === undefined) {
        throw new ChannelFailure('its workflow has no way from here to done', { again: false });
      }
      const { id } = members(way);
      await call('POST', `/rest/api/3/issue/${pathPart(ref)}/transitions`, { transition: { id } });
    },
  };
}

function isDone(status: unknown): boolean {
  return members(members(status)['statusCategory'])['key'] === 'done';
}

function afterLag(error: ChannelFailure): ChannelFailure {
  return new ChannelFailure(error.message, {
    again: true,
    retryAfterSeconds: Math.max(jiraSearchLag, error.retryAfterSeconds ?? 0),
    cause: error.cause,
  });
}

/** ServiceNow's Table API. */
function serviceNow(call: Call): TicketSystem {
  const table = '/api/now/table/incident';
  return {
    async find({ id }) {
      const query = new URLSearchParams({
        sysparm_query: `correlation_id=${id}^ORDERBYsys_created_on`,
        sysparm_fields: 'sys_id,correlation_id,description',
        sysparm_limit: '10',
      });
      const answer = await call('GET', `${table}?${query.toString()}`);
      // A condition that an instance does not understand is left out, and then all incidents are found.
      const own = listOf(members(answer)['result']).find((each) => members(each)['correlation_id'] === id);
      const { sys_id: sysId, description } = members(own);
      return typeof sysId === 'string'
        ? { ref: sysId, text: typeof description === 'string' ? description : '' }
        : undefined;
    },
    async open(incident, message) {
      const answer = await call('POST', table, serviceNowIncident(incident, message));
      return named('ServiceNow', members(members(answer)['result'])['sys_id']);
    },
    async hasHeard(ref, reference) {
      // A journal is empty in the values; what is displayed is all of its entries.
      const answer = await call(
        'GET',
        `${table}/${pathPart(ref)}?sysparm_display_value=true&sysparm_fields=work_notes`,
      );
      return JSON.stringify(members(answer)['result'] ?? '').includes(reference);
    },
    async comment(ref, incident, message) {
      await call('PATCH', `${table}/${pathPart(ref)}`, { work_notes: serviceNowText(incident, message) });
    },
    async close(ref, { content }) {
      await call('PATCH', `${table}/${pathPart(ref)}`, serviceNowResolution(content));
    },
  };
}

/** A retry does not come later after a try than this, milliseconds. */
const retriesReach = 60 * 60_000;

/** GitHub's REST API. Its search is behind its writes, and labels of their own need more rights; its list is neither. */
function gitHub(call: Call, repository: string): TicketSystem {
  const issues = `/repos/${repository.split('/').map(pathPart).join('/')}/issues`;
  return {
    async find({ id, startedAt }) {
      const query = new URLSearchParams({
        state: 'all',
        since: startedAt,
        sort: 'created',
        direction: 'desc',
        per_page: '100',
      });
      const answer = await call('GET', `${issues}?${query.toString()}`);
      const own = listOf(answer).findLast((each) => bodyOf(each).includes(`<!-- ${gitHubMark(id)} `));
      return own === undefined
        ? undefined
        : { ref: named('GitHub', members(own)['number']), text: bodyOf(own) };
    },
    async open(incident, message) {
      const answer = await call('POST', issues, gitHubIssue(incident, message));
      return named('GitHub', members(answer)['number']);
    },
    async hasHeard(ref, reference, now) {
      const since = new Date(now - retriesReach).toISOString();
      const query = new URLSearchParams({ since, per_page: '100' });
      const answer = await call('GET', `${issues}/${pathPart(ref)}/comments?${query.toString()}`);
      return listOf(answer).some((each) => bodyOf(each).includes(reference));
    },
    async comment(ref, incident, message) {
      await call('POST', `${issues}/${pathPart(ref)}/comments`, { body: gitHubText(incident, message) });
    },
    async close(ref) {
      await call('PATCH', `${issues}/${pathPart(ref)}`, { state: 'closed', state_reason: 'completed' });
    },
  };
}

function bodyOf(value: unknown): string {
  const { body } = members(value);
  return typeof body === 'string' ? body : '';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** It was taken, so it is looked for at the next try. */
function named(service: string, id: unknown): string {
  if (typeof id === 'number') return String(id);
  if (typeof id === 'string' && id !== '') return id;
  throw new ChannelFailure(`${service} took the ticket, and did not say what it calls it`, { again: true });
}
