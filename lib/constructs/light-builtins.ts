/** Modules of Node that a function's code, or the SDK's, imports. */
const modules = [
  'async_hooks',
  'buffer',
  'crypto',
  'dns',
  'dns/promises',
  'events',
  'fs',
  'http',
  'https',
  'net',
  'os',
  'path',
  'process',
  'querystring',
  'stream',
  'string_decoder',
  'timers/promises',
  'tls',
  'url',
  'util',
  'util/types',
  'zlib',
] as const;

/** Imported everywhere and called seldom; loading what is behind each takes milliseconds. */
const deferred: ReadonlySet<string> = new Set(['crypto.getRandomValues', 'zlib.crc32']);

/** Only ever on the right of `instanceof`; loading it loads all streams of files. */
const classes: ReadonlySet<string> = new Set(['fs.ReadStream']);

/** Node warns whoever touches these, and a module that is asked for as a whole touches everything it has. */
const deprecated: ReadonlySet<string> = new Set(['crypto.fips', 'fs.F_OK', 'fs.R_OK', 'fs.W_OK', 'fs.X_OK']);

/**
 * Modules of Node as esbuild's aliases, for a bundle in which an import loads what it names and nothing else.
 *
 * An `import` of a builtin makes Node build a list of everything the module exports, getters included: that of
 * `node:http` loads undici and HTTP/2, that of `node:util` worker threads, which is a fifth of a cold start.
 * `process.getBuiltinModule` does not, and a name that nobody uses is dropped when bundling.
 */
export function lightBuiltins(): Record<string, string> {
  return Object.fromEntries(
    modules.flatMap((name) => {
      const url = `data:text/javascript,${encodeURIComponent(source(name))}`;
      return [
        [name, url],
        [`node:${name}`, url],
      ];
    }),
  );
}

function source(module: (typeof modules)[number]): string {
  const found: object = process.getBuiltinModule(module);
  const names = Object.entries(Object.getOwnPropertyDescriptors(found))
    // What node:http keeps behind getters is undici's.
    .filter(([name, property]) => name !== 'default' && (module !== 'http' || 'value' in property))
    .map(([name]) => name)
    .filter((name) => !deprecated.has(`${module}.${name}`));
  return [
    `const load = () => process.getBuiltinModule('node:${module}');`,
    'const pick = (name) => load()[name];',
    ...names.map((name) => `export const ${name} = ${value(`${module}.${name}`, name)};`),
    'export default /* @__PURE__ */ load();',
  ].join('\n');
}

function value(qualified: string, name: string): string {
  if (deferred.has(qualified)) return `(...given) => load().${name}(...given)`;
  if (classes.has(qualified)) return `{ [Symbol.hasInstance]: (value) => value instanceof load().${name} }`;
  return `/* @__PURE__ */ pick('${name}')`;
}
