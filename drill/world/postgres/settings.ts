import path from 'node:path';

/** The world's own user, who sets up, ships and replicates. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What each server begins as; the settings stay in its file, and PostgreSQL ignores them once it has recovered. */
export type Beginning =
  | { readonly as: 'empty' }
  /** Microseconds since the epoch, by the machine's clock. */
  | { readonly as: 'restored'; readonly logs: readonly string[]; readonly until: bigint }
  | { readonly as: 'replica'; readonly name: string; readonly port: number; readonly user: Credentials };

interface ServerSettings {
  /** Folder to which it ships its log. */
  readonly archive: string;
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
  readonly beginning: Beginning;
}

/**
 * `postgresql.conf`, whole.
 *
 * The data need not survive the machine, so nothing is forced to disk; a killed server still finds all that it had
 * written. A file of the log is never written to again once it is complete (`wal_recycle`), so the archive is links.
 * `wal_keep_size`: a replica that was cut off for hours finds what it missed.
 */
export function settingsOf({ archive, certificate, beginning }: ServerSettings): string {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '30',
    shared_buffers: '16MB',
    max_worker_processes: '2',
    max_parallel_workers: '0',
    max_logical_replication_workers: '0',
    max_wal_senders: '5',
    io_method: 'sync',
    autovacuum: 'off',
    jit: 'off',
    fsync: 'off',
    wal_level: 'replica',
    wal_recycle: 'off',
    wal_init_zero: 'off',
    wal_keep_size: '8GB',
    min_wal_size: '2MB',
    max_wal_size: '256MB',
    checkpoint_timeout: '1h',
    bgwriter_delay: '10s',
    track_commit_timestamp: 'on',
    archive_mode: 'on',
    archive_command: `test -f ${inShell(archive)}/%f || ln %p ${inShell(archive)}/%f`,
    wal_retrieve_retry_interval: '100ms',
    wal_receiver_status_interval: '1s',
    password_encryption: 'scram-sha-256',
    scram_iterations: '1',
    log_timezone: 'UTC',
    timezone: 'UTC',
    lc_messages: 'C',
    ...(certificate && {
      ssl: 'on',
      ssl_cert_file: certificate.certFile,
      ssl_key_file: certificate.keyFile,
    }),
    ...recovery(beginning),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`)
    .join('');
}

function recovery(beginning: Beginning): Record<string, string> {
  switch (beginning.as) {
    case 'empty':
      return {};
    case 'restored':
      // Ready means writable: nobody is to be let in before.
      return {
        hot_standby: 'off',
        restore_command: beginning.logs.map((log) => `ln ${inShell(log)}/%f %p 2>/dev/null`).join(' || '),
        recovery_target_time: timestamp(beginning.until),
        recovery_target_inclusive: 'on',
        recovery_target_action: 'promote',
      };
    case 'replica': {
      const { name, port, user } = beginning;
      const connection = {
        host: '127.0.0.1',
        port: String(port),
        user: user.user,
        password: user.password,
        application_name: name,
        sslmode: 'disable',
        gssencmode: 'disable',
      };
      const quoted = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
      return {
        primary_conninfo: Object.entries(connection)
          .map(([key, value]) => `${key}=${quoted(value)}`)
          .join(' '),
      };
    }
  }
}

/** The file whose presence makes a server begin so. */
export function signalOf({ as }: Beginning): string | null {
  if (as === 'restored') return 'recovery.signal';
  return as === 'replica' ? 'standby.signal' : null;
}

/** `pg_hba.conf`: passwords for everybody; whether TLS is asked for is decided at the gate. */
export const access = `
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;

/** PostgreSQL replaces `%f` and `%p` before the shell sees the command. */
function inShell(folder: string): string {
  return `'${path.resolve(folder).replaceAll('%', '%%').replaceAll("'", "'\\''")}'`;
}

function timestamp(microseconds: bigint): string {
  const iso = new Date(Number(microseconds / 1000n)).toISOString();
  return `${iso.slice(0, -1)}${String(microseconds % 1000n).padStart(3, '0')}+00`;
}
