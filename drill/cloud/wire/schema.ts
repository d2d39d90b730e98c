import { NormalizedSchema } from '@smithy/core/schema';

/** A shape as the SDK's clients export it: `PublishInput$`, or a reference inside one. */
export type Schema = Parameters<typeof NormalizedSchema.of>[0];

/** The traits of a shape or member that this wire layer reads. */
export interface Traits {
  readonly http?: readonly [method: string, path: string, status: number];
  readonly httpLabel?: unknown;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpQuery?: string;
  readonly httpQueryParams?: unknown;
  readonly httpPayload?: unknown;
  readonly httpResponseCode?: unknown;
  readonly httpError?: number;
  readonly error?: 'client' | 'server';
  readonly awsQueryError?: readonly [code: string, status: number];
  readonly xmlName?: string;
  readonly xmlFlattened?: unknown;
}

export function traitsOf(schema: NormalizedSchema): Traits {
  return schema.getMergedTraits();
}

/** Where an HTTP binding puts a member; a member without a binding trait is part of the body. */
export function inBody(traits: Traits): boolean {
  return (
    traits.httpLabel === undefined &&
    traits.httpHeader === undefined &&
    traits.httpPrefixHeaders === undefined &&
    traits.httpQuery === undefined &&
    traits.httpQueryParams === undefined &&
    traits.httpPayload === undefined &&
    traits.httpResponseCode === undefined
  );
}

const members = new WeakMap<NormalizedSchema, readonly (readonly [string, NormalizedSchema])[]>();

/** Members of a structure; none for operations without input or output. */
export function membersOf(schema: NormalizedSchema): readonly (readonly [string, NormalizedSchema])[] {
  let known = members.get(schema);
  if (!known) {
    known = schema.isStructSchema() ? [...schema.structIterator()] : [];
    members.set(schema, known);
  }
  return known;
}

/** Names of the members that the model requires: the SDK lists them first and counts them. */
export function requiredMembers(schema: NormalizedSchema): readonly string[] {
  const raw = schema.getSchema();
  if (!Array.isArray(raw)) return [];
  const [, , , , names, , count] = raw as readonly unknown[];
  return Array.isArray(names) && typeof count === 'number' ? (names as string[]).slice(0, count) : [];
}

/**
 * What a request lacks, as paths such as `changeBatch.changes.0.action`.
 *
 * The SDK's clients send what they are given; it is the service that refuses an incomplete request.
 */
export function missingMembers(schema: NormalizedSchema, value: unknown, path = ''): readonly string[] {
  if (value === null || typeof value !== 'object') return [];
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    return (value as readonly unknown[]).flatMap((item, i) => missingMembers(member, item, `${path}${i}.`));
  }
  if (!schema.isStructSchema() || value instanceof Uint8Array) return [];
  const given = value as Readonly<Record<string, unknown>>;
  const absent = requiredMembers(schema).filter((name) => given[name] === undefined || given[name] === null);
  const nested = membersOf(schema).flatMap(([name, member]) =>
    missingMembers(member, given[name], `${path}${name}.`),
  );
  return [...absent.map((name) => path + name), ...nested];
}

const bodies = new WeakMap<NormalizedSchema, Schema | null>();

/** The part of a structure that travels in the body; undefined when nothing does. */
export function bodySchema(schema: NormalizedSchema): Schema | undefined {
  const known = bodies.get(schema);
  if (known !== undefined) return known ?? undefined;
  const members = membersOf(schema).filter(([, member]) => inBody(traitsOf(member)));
  const raw = schema.getSchema() as readonly unknown[];
  const made =
    members.length === 0
      ? null
      : ([
          3,
          raw[1],
          raw[2],
          traitsOf(schema),
          members.map(([n]) => n),
          members.map(([, m]) => m),
        ] as unknown as Schema);
  bodies.set(schema, made);
  return made ?? undefined;
}
