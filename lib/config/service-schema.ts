import * as z from 'zod';
import { duration, hostName, kubernetesName, matching, object, oneOf, some, text, whole } from './fields.ts';

/** What an environment says of its service: what must work, what it is configured by, what it runs on. */

export const smokeTest = object({
  name: kubernetesName('test'),
  proves: oneOf(['application', 'configuration'])
    .default('application')
    .describe(
      'what is wrong when it fails: configuration has it restored, application the workloads restarted',
    ),
  request: object({
    method: oneOf(['GET', 'HEAD', 'POST', 'PUT']).default('GET'),
    path: matching(/^\/[\x21-\x7e]{0,1023}$/, 'a path such as /health'),
    host: hostName().optional().describe('default: the first record of dns'),
    headers: z.record(text('the name of a header'), text('a value')).default({}),
    body: text('a body').max(10_000).optional(),
  }),
  expect: object({
    status: whole(100, 599, 'as a status').default(200),
    headers: z
      .record(text('the name of a header'), text('text'))
      .default({})
      .describe('text that the value of a header contains'),
    json: z
      .array(
        object({
          path: text('a JSONPath (RFC 9535) such as $.status'),
          equals: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
        }),
      )
      .default([]),
    contains: text('text').max(255).optional().describe('text within the first 64 KiB of the body'),
    within: duration('30s').prefault('5s'),
  }).prefault({}),
});

export const load = object({
  path: matching(/^\/[\x21-\x7e]{0,1023}$/, 'a path such as /').default('/'),
  requests: whole(1, 2_000, 'requests').default(200),
  concurrency: whole(1, 20, 'requests at once').default(5),
  errorPercent: whole(0, 100, 'percent').default(1),
  p95: duration('30s').prefault('2s'),
});

const bucketName = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of an S3 bucket');

export const configuration = object({
  buckets: z
    .array(
      object({
        name: matching(
          /^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/,
          'a word of at most 20 lower case letters, digits and -',
        ).describe('your word for it; with the id of an incident it names an execution'),
        primary: bucketName,
        standby: bucketName
          .optional()
          .describe('its replica, read when the primary has not the version that is wanted any more'),
        prefixes: some(text('the beginning of keys'), 'prefix').describe('only such keys are ever looked at'),
        keyArns: z
          .array(
            matching(
              /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
              'the ARN of a KMS key such as arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab',
            ),
          )
          .default([])
          .describe('keys of your own that its objects are encrypted with'),
      }),
    )
    .max(20)
    .default([])
    .describe('versioned buckets that the application reads its configuration from'),
  exclude: z
    .array(text('a name'))
    .default([])
    .describe('ConfigMaps and Secrets that are neither exported nor restored'),
  differs: z
    .array(text('a name'))
    .default([])
    .describe('ConfigMaps, Secrets and deployments that are meant to differ between the sites'),
  restart: z
    .array(kubernetesName('deployment'))
    .default([])
    .describe('deployments that read the configuration when they start; default all of the standby'),
  limits: object({
    objects: whole(1, 100_000_000, 'objects').default(1_000),
    percent: whole(1, 100, 'percent').default(50),
    deletions: whole(0, 100_000_000, 'objects').default(100),
  })
    .prefault({})
    .describe('a restore that would write or delete more asks a person first'),
});

export const hardware = object({
  nodeGrace: duration().prefault('5m').describe('a node may be not ready for so long'),
  maxReplaced: whole(1, 100, 'nodes').default(2).describe('more are replaced by the word of a person only'),
  reboot: oneOf(['person', 'automatic'])
    .default('person')
    .describe('who decides that a database is restarted in its other zone'),
});
