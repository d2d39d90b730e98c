import type { Audience } from '../../lambdas/incident/contract.ts';
import type { Environment } from './schema.ts';

/** Who is in an audience. Pure. */

/** Audiences with addresses: the public reads pages. */
export const addressed = [
  'oncall',
  'oncall-secondary',
  'management',
  'customers-enterprise',
  'customers-standard',
  'partners',
] as const satisfies readonly Audience[];

export type Addressed = (typeof addressed)[number];
export type Contact = Environment['contacts']['management'][number];

export function contactsOf(
  { contacts }: Pick<Environment, 'contacts'>,
  audience: Addressed,
): readonly Contact[] {
  switch (audience) {
    case 'oncall':
      return contacts.oncall.primary;
    case 'oncall-secondary':
      return contacts.oncall.secondary;
    case 'customers-enterprise':
      return contacts.customers.enterprise;
    case 'customers-standard':
      return contacts.customers.standard;
    case 'management':
    case 'partners':
      return contacts[audience];
  }
}

/** Two people may share a mailbox or the telephone of the shift; it is told once. */
export function emailsOf(contacts: readonly Contact[]): readonly string[] {
  return [...new Set(contacts.map(({ email }) => email))];
}

export function phonesOf(contacts: readonly Contact[]): readonly string[] {
  return [...new Set(contacts.flatMap(({ phone }) => phone ?? []))];
}

/** Who answers an audience's questions: colleagues ask the people on call, others their own desk with us. */
const answering = {
  oncall: 'oncall',
  'oncall-secondary': 'oncall',
  management: 'oncall',
  'customers-enterprise': 'customers-enterprise',
  'customers-standard': 'customers-standard',
  partners: 'partners',
  public: 'customers-standard',
} as const satisfies Record<Audience, Addressed>;

/** Whom an audience is told to ask, a line each. */
export function deskOf(environment: Pick<Environment, 'contacts'>, audience: Audience): readonly string[] {
  return contactsOf(environment, answering[audience]).map(({ name, role, email, phone }) =>
    [...new Set([name, role, email, phone])].filter((part) => part !== undefined).join(', '),
  );
}
