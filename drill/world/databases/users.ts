/** Who connects to the databases of a world. Their passwords live as long as it does, on loopback. */
export const users = {
  application: { user: 'application', password: 'application-of-this-world' },
  reader: { user: 'lifeboat_reader', password: 'reader-of-this-world' },
} as const;

/** The world's own, for setting up, damaging and checking. */
export const superuser = { user: 'postgres', password: 'superuser-of-this-world' } as const;

/** What the superuser runs in a new database before and after the application's schema. */
export const roles = `
create role ${users.application.user} login password '${users.application.password}';
create role ${users.reader.user} login password '${users.reader.password}' in role pg_read_all_data, pg_monitor;
`;

export const grants = `
grant usage on schema public to ${users.application.user};
grant select, insert, update, delete on all tables in schema public to ${users.application.user};
grant usage, select on all sequences in schema public to ${users.application.user};
`;
