import { NormalizedSchema } from '@smithy/core/schema';
import { traitsOf, type Schema, type Traits } from './schema.ts';

/** Reads and writes one document format by schema; the SDK's own. */
export interface Codec {
  createSerializer(): { write(schema: Schema, value: unknown): void; flush(): string | Uint8Array };
  createDeserializer(): { read(schema: Schema, document: Uint8Array): unknown };
}

/** Write a value by its schema. */
export function documentOf(codec: Codec, schema: Schema, value: unknown): Buffer {
  const serializer = codec.createSerializer();
  serializer.write(schema, value);
  const written = serializer.flush();
  // The JSON codec's bytes pretend to be a string, and complain when they are taken for one.
  return typeof written === 'string'
    ? Buffer.from(written)
    : Buffer.from(written.buffer, written.byteOffset, written.byteLength);
}

export interface OperationModel {
  readonly name: string;
  readonly input: NormalizedSchema;
  readonly output: NormalizedSchema;
  readonly http: Traits['http'];
}

/** What an SDK client knows of its service's wire format. */
export interface ServiceModel {
  readonly signingName: string;
  /** Name as in the SDK, `S3`, `Route 53`, `CloudWatch`, ... */
  readonly serviceId: string;
  /** `aws.protocols#restXml` and the like. */
  readonly protocol: string;
  readonly xmlNamespace: string;
  /** Document format of requests and replies; the query protocol has none. */
  readonly codec: Codec | undefined;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** Errors by the SDK's name and by the code on the wire, where the query protocol's differs. */
  readonly errors: ReadonlyMap<string, NormalizedSchema>;
}

/** The part of a client's configuration that names its protocol; the SDK's types keep it to themselves. */
interface ClientConfiguration {
  readonly defaultSigningName: string;
  readonly serviceId: string;
  readonly protocol: { getShapeId(): string; getPayloadCodec(): Codec };
  readonly protocolSettings: { readonly xmlNamespace?: string };
}

type Client = new (configuration: {
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}) => { readonly config: unknown };

const clients: Readonly<Record<string, () => Promise<readonly [exported: object, client: Client]>>> = {
  s3: () => import('@aws-sdk/client-s3').then((m) => [m, m.S3Client]),
  route53: () => import('@aws-sdk/client-route-53').then((m) => [m, m.Route53Client]),
  monitoring: () => import('@aws-sdk/client-cloudwatch').then((m) => [m, m.CloudWatchClient]),
  events: () => import('@aws-sdk/client-eventbridge').then((m) => [m, m.EventBridgeClient]),
  scheduler: () => import('@aws-sdk/client-scheduler').then((m) => [m, m.SchedulerClient]),
  states: () => import('@aws-sdk/client-sfn').then((m) => [m, m.SFNClient]),
  lambda: () => import('@aws-sdk/client-lambda').then((m) => [m, m.LambdaClient]),
  sns: () => import('@aws-sdk/client-sns').then((m) => [m, m.SNSClient]),
  secretsmanager: () => import('@aws-sdk/client-secrets-manager').then((m) => [m, m.SecretsManagerClient]),
  rds: () => import('@aws-sdk/client-rds').then((m) => [m, m.RDSClient]),
  eks: () => import('@aws-sdk/client-eks').then((m) => [m, m.EKSClient]),
  autoscaling: () => import('@aws-sdk/client-auto-scaling').then((m) => [m, m.AutoScalingClient]),
  ses: () => import('@aws-sdk/client-sesv2').then((m) => [m, m.SESv2Client]),
  sts: () => import('@aws-sdk/client-sts').then((m) => [m, m.STSClient]),
};

const OPERATION = 9;
const ERROR = -3;

/**
 * Load the model of a service from its SDK client.
 *
 * Every client exports its operations and errors as schemas, and names its protocol; so a new version of the
 * client is a new version of this model.
 *
 * @throws Error when no client is known for the service
 */
export async function loadModel(signingName: string): Promise<ServiceModel> {
  const load = clients[signingName];
  if (!load) throw new Error(`no SDK client is known for the service ${signingName}`);
  const [exported, Client] = await load();
  const config = new Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  }).config as ClientConfiguration;
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, NormalizedSchema>();
  for (const shape of Object.values(exported) as unknown[]) {
    if (!Array.isArray(shape)) continue;
    const [kind, , name, traits, input, output] = shape as [number, string, string, Traits, Schema, Schema];
    if (kind === OPERATION) {
      operations.set(name, {
        name,
        input: NormalizedSchema.of(input),
        output: NormalizedSchema.of(output),
        http: traits.http,
      });
    } else if (kind === ERROR) {
      const schema = NormalizedSchema.of(shape as unknown as Schema);
      errors.set(name, schema);
      const [code] = traitsOf(schema).awsQueryError ?? [];
      if (code !== undefined && !errors.has(code)) errors.set(code, schema);
    }
  }
  const protocol = config.protocol.getShapeId();
  return {
    signingName: config.defaultSigningName,
    serviceId: config.serviceId,
    protocol,
    xmlNamespace: config.protocolSettings.xmlNamespace ?? '',
    codec: protocol === 'aws.protocols#awsQuery' ? undefined : config.protocol.getPayloadCodec(),
    operations,
    errors,
  };
}
