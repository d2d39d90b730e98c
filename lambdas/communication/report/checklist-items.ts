import type { IncidentRecord, Scenario } from '../../incident/contract.ts';

/** What is to be seen, done and told in a recovery, in the order of the runbooks. Pure. */

/** How the record of an incident shows that an item is done; none: only a person knows. */
export type Proof =
  /** A step that changed it, or found it so. */
  | { readonly step: readonly string[] }
  /** Somebody said so on the timeline; the last of his entries counts. */
  | { readonly actor: RegExp; readonly said: RegExp }
  /** A delivered notice to somebody of these. */
  | { readonly told: RegExp; readonly kinds?: readonly string[] }
  | { readonly of: (record: IncidentRecord) => { readonly at?: string; readonly by: string } | undefined };

export interface Item {
  readonly text: string;
  readonly proof?: readonly Proof[];
}

export interface Part {
  readonly title: string;
  readonly items: readonly Item[];
}

const step = (text: string, ...names: readonly string[]): Item => ({ text, proof: [{ step: names }] });
const said = (text: string, actor: string, words: RegExp): Item => ({
  text,
  proof: [{ actor: new RegExp(`^${actor}$`), said: words }],
});
const told = (text: string, audience: RegExp, ...kinds: readonly string[]): Item => ({
  text,
  proof: [{ told: audience, ...(kinds.length > 0 ? { kinds } : {}) }],
});
const byPerson = (text: string): Item => ({ text });

/** A gate that let it pass, or a person who did. */
const weighed = (text: string, gate: string, actor: string): Item => ({
  text,
  proof: [
    { actor: new RegExp(`^${actor}$`), said: /^(go|none|nothing): / },
    { actor: /./, said: new RegExp(`^approved the ${gate} `) },
  ],
});

const before: Part = {
  title: 'Before anything moves',
  items: [
    {
      text: 'The incident is open, has a severity, and holds the lock of the environment: nobody else changes it.',
      proof: [{ of: ({ ref }) => ({ at: ref.startedAt, by: ref.startedBy }) }],
    },
    {
      text: 'One person has the call, and says so.',
      proof: [{ of: ({ acknowledged }) => acknowledged }],
    },
    {
      text: 'The failure is real: seen from more than one independent side.',
      proof: [
        { of: ({ confirmedAt }) => (confirmedAt === undefined ? undefined : { at: confirmedAt, by: '' }) },
      ],
    },
    byPerson(
      'No deployment, migration or maintenance is under way that explains it, or that would go on during it.',
    ),
    byPerson('Those who decide can be reached, and whoever may approve has access to the account.'),
  ],
};

const during: Readonly<Record<Scenario, readonly Item[]>> = {
  'site-failure': [
    said('The standby is fit to take over.', 'check-standby', /^the standby( in \S+)? is fit\b/),
    weighed('The failover is decided.', 'failover', 'decide-failover'),
    step("The standby's nodes are scaled up.", 'scale-nodes'),
    weighed(
      'The loss of data is measured and weighed against the RPO; a person has approved the promotion where one must.',
      'promotion',
      'decide-promotion',
    ),
    step('Nothing can write to the old primary any more.', 'fence-primary'),
    said(
      "The standby's databases have taken over and can be written to.",
      'check-promotion',
      / is promoted$/,
    ),
    step('The application finds its databases at the standby.', 'swap-database'),
    step("The standby's workloads are raised to full strength.", 'scale-workloads'),
    said('Nodes and workloads are there and ready.', 'check-capacity', /: the standby has its capacity/),
    step('DNS is moved to the standby.', 'switch-dns'),
    said(
      'Every name server of the zone answers with the standby.',
      'check-dns',
      /: the zone answers with the standby/,
    ),
  ],
  'data-corruption': [
    said('The damage is assessed: which databases, which rows, since when.', 'assess-data', /^damaged: /),
    weighed(
      'The last good point in time is found, its loss weighed against the RPO; a person has approved the restore where one must.',
      'restore',
      'plan-restore',
    ),
    said(
      'The writers are stopped.',
      'set-writers',
      /^(changed|already-there): (stopped|the writers (are|were) stopped|there are no writers)/,
    ),
    step('A copy is restored beside the damaged database.', 'start-restore'),
    step('The copy has every setting of the original.', 'align-settings'),
    said(
      'The copy is proven by the consistency queries, and can be written to.',
      'validate-copy',
      /can be written to, and/,
    ),
    step('The copy is in use; the damaged database is kept and protected.', 'swap-database'),
    said(
      'The writers are started again.',
      'set-writers',
      /^(changed|already-there): (started|the writers run|there are no writers)/,
    ),
    said('What was written after the recovery point is listed.', 'compare-writes', /./),
  ],
  'configuration-loss': [
    said(
      'The damage is assessed, and the last good point in time is known.',
      'assess-configuration',
      /^damaged: /,
    ),
    {
      text: 'What is there now is kept in a snapshot.',
      proof: [{ of: kept }],
    },
    weighed(
      'The plan is weighed against the RPO and the blast radius; a person has approved it where one must.',
      'configuration',
      'decide-configuration',
    ),
    step('The objects are back, and compared with the plan.', 'apply-objects', 'restore-objects'),
    step('What reads the configuration is restarted.', 'restart-workloads'),
  ],
  'application-failure': [
    said('The unhealthy workloads are known, and why.', 'assess-application', /^(restart|roll-back): /),
    said('Logs and events from before are kept.', 'collect-evidence', /./),
    step('They are restarted in their order, or went back to the release before.', 'restart-workloads'),
  ],
  'hardware-failure': [
    said('The failed nodes or databases are known.', 'assess-hardware', /^(go|ask): /),
    weighed('A person has approved it where one must.', 'hardware', 'assess-hardware'),
    step('They are replaced, or restarted in another zone.', 'replace-nodes', 'reboot-database'),
    said(
      'The nodes are back at their number, and pods are ready on them.',
      'check-nodes',
      /: nodes and pods are there: /,
    ),
    said('The database answers, in another zone.', 'check-reboot', /: \S+ answers/),
  ],
};

const verified: Part = {
  title: 'Verified',
  items: [
    {
      text: 'The service answers at its public name, from the right site, as a user sees it.',
      proof: [{ actor: /^verify-service$/, said: / is served by the / }],
    },
    {
      text: 'The tests of the environment pass from outside, under load as well.',
      proof: [{ actor: /^run-tests$/, said: /: (all \d+ tests pass|the one test passes)/ }],
    },
    byPerson('Errors, latency and traffic look as on an ordinary day for a quarter of an hour.'),
    byPerson('Monitoring and backups of what serves users now are on.'),
    {
      text: 'The times of RTO and RPO are on the record.',
      proof: [
        {
          of: ({ closedAt, outcome }) =>
            closedAt !== undefined && outcome === 'recovered'
              ? { at: closedAt, by: 'close-incident' }
              : undefined,
        },
      ],
    },
  ],
};

const communication: Part = {
  title: 'Communication',
  items: [
    told('Those on call know.', /^oncall/),
    told('Management knows.', /^management$/),
    told('Customers know that something is wrong.', /^customers/, 'opened', 'update'),
    told('Partners know.', /^partners$/, 'opened', 'update'),
    told('The status page says so.', /^public$/, 'opened', 'update'),
    told(
      'Those on call and management know how it ended.',
      /^(oncall|management)/,
      'recovered',
      'escalation',
    ),
    told('Customers and partners know that it is over.', /^(customers|partners)/, 'recovered'),
    told('The status page says that it is over.', /^public$/, 'recovered'),
  ],
};

const review = byPerson(
  'The review is written, with what the report leaves open, and each open point has somebody who owns it.',
);

const afterwards: Readonly<Record<Scenario, Part>> = {
  'site-failure': {
    title: 'Preparing the failback',
    items: [
      byPerson('The traffic stays on the standby until a person fails back; no alarm does.'),
      byPerson('The cause of the failure is found, and mended.'),
      byPerson("The old primary's writers are still stopped, and nothing was written there since."),
      byPerson(
        'Its databases are rebuilt as replicas of those that have taken over, and their lag is within the RPO.',
      ),
      byPerson('Its configuration, secrets, images and node groups are those of the standby.'),
      byPerson('It is fit by the same checks by which the standby was.'),
      byPerson('A quiet hour is agreed, and everybody who was told of the failover is told of it.'),
      byPerson('A plan run has held, and the way back from the failback is known.'),
      byPerson('The standby is scaled back once the primary serves, and is a standby again.'),
      review,
    ],
  },
  'data-corruption': {
    title: 'Afterwards',
    items: [
      byPerson('What damaged the data is found, and stopped before it runs again.'),
      byPerson('It is decided what of the lost writes is entered again, and those whose it was are told.'),
      byPerson('New replicas follow the restored database.'),
      byPerson(
        'The damaged database is deleted once nobody needs it: protection lifted, a last snapshot kept.',
      ),
      review,
    ],
  },
  'configuration-loss': {
    title: 'Afterwards',
    items: [
      byPerson('What wrote the bad configuration is found, and stopped before it runs again.'),
      byPerson('Wanted changes from after the recovery point are made again, out of the snapshot.'),
      review,
    ],
  },
  'application-failure': {
    title: 'Afterwards',
    items: [
      byPerson('The kept logs and events are read, and the cause is found.'),
      byPerson('The release that failed is mended before it is deployed again.'),
      review,
    ],
  },
  'hardware-failure': {
    title: 'Afterwards',
    items: [
      byPerson('It is known whether failures share a zone, an instance type or an image.'),
      byPerson('The number of nodes and the zones of the database are as the environment says.'),
      review,
    ],
  },
};

export function partsOf(scenario: Scenario): readonly Part[] {
  return [
    before,
    { title: 'The recovery', items: during[scenario] },
    verified,
    communication,
    afterwards[scenario],
  ];
}

/** A restore keeps a snapshot before it writes, and says so where it keeps what stood there. */
function kept({
  preImages,
  timeline,
}: IncidentRecord): { readonly at?: string; readonly by: string } | undefined {
  const [by] = ['restore-objects', 'apply-objects'].filter((name) => Object.hasOwn(preImages, name));
  const first = timeline.find(({ actor }) => actor === by);
  return by === undefined ? undefined : { by, ...(first ? { at: first.at } : {}) };
}
