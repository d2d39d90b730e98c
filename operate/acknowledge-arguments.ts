import {
  endpointUrl,
  environmentName,
  incidentId,
  lineUpTo,
  present,
  readOptions,
  type Options,
} from './options.ts';

/** Options of the two commands by which a person goes on the record of an incident. */

export interface AcknowledgeCommand {
  readonly env: string;
  /** Default: the one that is open. */
  readonly incident?: string;
  /** Default: whoever the credentials belong to. */
  readonly by?: string;
  readonly endpoint?: string;
}

export interface NoteCommand extends AcknowledgeCommand {
  readonly text: string;
}

const common = `  --env       the environment: a name in environments/, or the path of a YAML file
  --incident  as the message that told of it says it (default the one that is open)
  --by        your name, one line, 1 to 50 characters; whom your credentials belong to goes on the record with it
              (default that alone)`;

const ending = `ends with 0 when it is on the record, 1 when it does not count, 2 when the command or the environment is wrong,
3 when AWS could not be asked
`;

export const acknowledgeUsage = `usage: npm run acknowledge -- --env NAME|FILE [--incident ID] [--by NAME] [--endpoint URL]

${common}
  --endpoint  instead of AWS's own (default AWS_ENDPOINT_URL)

takes the call: whoever is first has it, nobody else is called, and the others on call are told

${ending}`;

export const noteUsage = `usage: npm run note -- --env NAME|FILE --text TEXT [--incident ID] [--by NAME] [--endpoint URL]

${common}
  --text      1 to 2,000 characters; goes on the record of the incident, and to the thread of those on call
  --endpoint  instead of AWS's own (default AWS_ENDPOINT_URL)

the same text again within ten minutes is the same note

${ending}`;

const names = ['env', 'incident', 'by', 'endpoint'] as const;

const noteText = {
  read(given: string | undefined) {
    const text = given?.replace(/\r\n?/g, '\n').trim() ?? '';
    return text === '' || text.length > 2_000 || /[^\P{Cc}\n\t]/u.test(text) ? undefined : text;
  },
  allowed: '1 to 2,000 characters of text, without control characters other than tabs and line breaks',
};

/**
 * Read the command line; null when it asks for help.
 *
 * @throws UsageError with everything that is wrong at once
 */
export function parseAcknowledgeArguments(args: readonly string[]): AcknowledgeCommand | null {
  const options = readOptions(args, names);
  if (options === null) return null;
  const { optional, env } = commonOf(options);
  return { ...options.complete({ env }), ...optional };
}

/**
 * Read the command line; null when it asks for help.
 *
 * @throws UsageError with everything that is wrong at once
 */
export function parseNoteArguments(args: readonly string[]): NoteCommand | null {
  const options = readOptions(args, [...names, 'text']);
  if (options === null) return null;
  const { optional, env } = commonOf(options);
  return { ...options.complete({ env, text: options.take('text', noteText) }), ...optional };
}

function commonOf(options: Pick<Options<(typeof names)[number]>, 'take' | 'takeIfGiven'>) {
  return {
    env: options.take('env', environmentName),
    optional: present({
      incident: options.takeIfGiven('incident', incidentId),
      by: options.takeIfGiven('by', lineUpTo(50)),
      endpoint: options.takeIfGiven('endpoint', endpointUrl),
    }),
  };
}
