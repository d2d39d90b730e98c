import { JSONPathEnvironment } from 'json-p3';
import type { Answer } from '../../../../drill/world/sites/answers.ts';
import type { Environment } from '../../../../lib/config/schema.ts';

type SmokeTest = Environment['tests'][number];

/** What of an answer is not as its test expects, judged by the library that the deployed tests use. */
export function judgeable(answer: Answer | undefined, { expect }: SmokeTest): readonly string[] {
  if (!answer) return ['there is no answer'];
  const paths = new JSONPathEnvironment();
  const found = (path: string) => paths.query(path, answer.body).values()[0];
  return [
    ...(answer.status === expect.status ? [] : [`status ${answer.status}`]),
    ...expect.json
      .filter(({ path, equals }) =>
        equals === undefined ? found(path) === undefined : found(path) !== equals,
      )
      .map(({ path }) => `${path} is ${JSON.stringify(found(path))}`),
    ...Object.entries(expect.headers)
      .filter(([name, text]) => answer.headers[name.toLowerCase()]?.includes(text) !== true)
      .map(([name]) => name),
    ...(expect.contains === undefined || JSON.stringify(answer.body).includes(expect.contains)
      ? []
      : [expect.contains]),
  ];
}
