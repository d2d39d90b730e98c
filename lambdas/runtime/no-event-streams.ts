/**
 * In the place of the SDK's event streams, which no operation that a function calls has. Bundling puts this where
 * the SDK imports them; besides their own code, they keep all that they re-export from being dropped.
 */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export function eventStreamSerdeProvider(): never {
  throw new Error('a function has no event streams');
}

export function EventStreamSerde(): never {
  return eventStreamSerdeProvider();
}
