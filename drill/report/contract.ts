import * as z from 'zod';

const instant = z.iso.datetime().describe('incident time, UTC');
const span = z.strictObject({ start: instant.nullable(), end: instant.nullable() });
const seconds = z.number().nonnegative();

/** What `report.json` holds. Times are incident time: what would have passed without `--speed`. */
export const reportSchema = z.strictObject({
  scenario: z.string(),
  environment: z.string(),
  severity: z.enum(['P0', 'P1', 'P2', 'P3']).nullable().describe('null when no incident was opened'),
  mode: z.enum(['live', 'plan']),
  outcome: z
    .enum(['recovered', 'planned', 'awaiting-approval', 'escalated', 'not-started'])
    .describe('how the incident ended; not-started when none was opened'),
  passed: z.boolean().describe('every check held'),
  incident: z.string().nullable().describe('its id on the ledger'),
  startedAt: instant.describe('when the damage was done'),
  endedAt: instant,
  rto: z.strictObject({
    targetSeconds: seconds,
    measuredSeconds: seconds
      .nullable()
      .describe('last good request of a client to the first good one after; null when not served again'),
  }),
  rpo: z.strictObject({
    targetSeconds: seconds,
    measuredSeconds: seconds
      .nullable()
      .describe('the largest loss of any database; null when there is no data to measure it from'),
  }),
  data: z
    .array(
      z.strictObject({
        database: z.string(),
        rowsBefore: z
          .int()
          .nonnegative()
          .describe('in the tables of the application, when the damage was done'),
        rowsDestroyed: z.int().nonnegative().describe('by the damage'),
        rowsAfter: z.int().nonnegative().nullable().describe('at the end; null when nobody answered'),
        recoveryPoint: instant.nullable().describe('what it was restored to; null when it was promoted'),
        writesAcknowledged: z.int().nonnegative().describe('to the application, over the whole time'),
        writesLost: z
          .int()
          .nonnegative()
          .nullable()
          .describe('acknowledged and not found at the end; null when it cannot be told'),
        lossSeconds: seconds
          .nullable()
          .describe('from the last write found to the last one acknowledged before the recovery'),
        writable: z.array(z.string()).describe('servers that let the application write, at the end'),
        lostByTable: z.array(
          z.strictObject({
            table: z.string(),
            lost: z.int().nonnegative().nullable(),
            from: instant.nullable(),
            to: instant.nullable(),
          }),
        ),
      }),
    )
    .describe('by SQL from the servers themselves; empty when the environment has no databases'),
  clock: z.strictObject({
    detect: span.describe('last good request to incident opened'),
    decide: span.describe('incident opened to the gate says go'),
    act: span.describe('go to the DNS change or switch made'),
    spread: span.describe('change made to client served again'),
    verify: span.describe('DNS answers moved to incident closed; overlaps with spread'),
  }),
  timeline: z.array(
    z.strictObject({ at: instant, actor: z.string(), event: z.string(), detail: z.string().optional() }),
  ),
  checks: z.array(z.strictObject({ name: z.string(), held: z.boolean(), evidence: z.string() })),
  notices: z.array(
    z.strictObject({
      at: instant,
      kind: z.enum([
        'opened',
        'update',
        'approval',
        'acknowledged',
        'note',
        'unacknowledged',
        'milestone',
        'undelivered',
        'escalation',
        'recovered',
        'planned',
        'joined',
        'ignored',
      ]),
      channel: z.enum(['email', 'sms', 'slack', 'pagerduty', 'ticket', 'statuspage', 'page']),
      audience: z.enum([
        'oncall',
        'oncall-secondary',
        'management',
        'customers-enterprise',
        'customers-standard',
        'partners',
        'public',
      ]),
      key: z.string().optional().describe('the same key, channel and audience: the same notice'),
      subject: z.string(),
      delivered: z.boolean(),
      failure: z.string().optional().describe('why it was not delivered, or not to everybody'),
      attempts: z
        .int()
        .positive()
        .optional()
        .describe('how often the channel was asked, when more than once'),
      merged: z.literal(true).optional().describe('it took the place of the message before'),
      text: z.string().optional().describe('as its reader got it'),
    }),
  ),
  inboxes: z
    .strictObject({
      mail: z.array(
        z.strictObject({
          at: instant,
          to: z.string(),
          from: z.string(),
          subject: z.string(),
          text: z.string(),
          html: z.string().optional(),
        }),
      ),
      sms: z.array(z.strictObject({ at: instant, to: z.string(), text: z.string() })),
      slack: z.array(
        z.strictObject({
          at: instant,
          editedAt: instant.optional(),
          ts: z.string(),
          threadTs: z.string().optional(),
          text: z.string(),
          blocks: z.array(z.unknown()),
        }),
      ),
      pagerduty: z.array(
        z.strictObject({
          dedupKey: z.string(),
          status: z.string(),
          summary: z.string(),
          severity: z.string(),
          log: z.array(z.strictObject({ at: instant, action: z.string(), summary: z.string().optional() })),
        }),
      ),
      statuspage: z.array(
        z.strictObject({
          name: z.string(),
          status: z.string(),
          impact: z.string(),
          updates: z.array(z.strictObject({ at: instant, status: z.string(), body: z.string() })),
        }),
      ),
      tickets: z.array(
        z.strictObject({
          ref: z.string(),
          title: z.string(),
          text: z.string(),
          state: z.string(),
          comments: z.array(z.strictObject({ at: instant, text: z.string() })),
        }),
      ),
      page: z.string().nullable().describe('our own status page; null when there is none'),
    })
    .describe('what arrived, as it was read: also what alarms send by themselves'),
  dns: z.array(
    z.strictObject({
      name: z.string(),
      type: z.string(),
      before: z.array(z.string()),
      after: z.array(z.string()),
    }),
  ),
  steps: z.array(z.strictObject({ step: z.string(), status: z.string(), summary: z.string() })),
  calls: z.array(
    z.strictObject({
      function: z.string(),
      service: z.string(),
      operation: z.string(),
      count: z.int().positive(),
    }),
  ),
  permissions: z.strictObject({
    denied: z.array(z.strictObject({ role: z.string(), action: z.string(), resource: z.string() })),
    unused: z.array(z.strictObject({ role: z.string(), action: z.string(), resource: z.string() })),
  }),
});

export type DrillReport = z.infer<typeof reportSchema>;
