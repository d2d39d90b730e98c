/**
 * In the place of `pg-native`, which `pg` only asks for when somebody wants its native client. Bundling puts this
 * where it asks.
 */
export default function nativeDriver(): never {
  throw new Error('a function has no native driver of PostgreSQL');
}
