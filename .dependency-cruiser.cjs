/**
 * Which part may import which. Imports point one way: bin → lib → contracts of lambdas; operate → lib/config, contracts of lambdas, the words of notices; drill → anything.
 * test/architecture.test.ts plants one violation of each rule, to prove that it bites.
 */
const tasks =
  '^lambdas/(?!incident/|communication/|aws/|database/|configuration/|service/|workloads/|runtime/)([^/]+)/';
const contract = '^lambdas/[^/]+/contract[.]ts$';
/** What decides, plans or words: no SDK, no Node, no clock; what it needs to know it is given. */
const pure =
  '^lambdas/([^/]+/(decide|plan|due|claims|quiet|messages|wording|news|[^/]+-text)|communication/(content|render|report|page)/[^/]+)[.]ts$';

/** How notices and reports look, and who hears what: pure, so that a command can show it without sending anything. */
const words =
  '^lambdas/(communication/((content|render|report|page)/[^/]+|channels/slack-(blocks|head)|due|listeners|news|contract)|incident/time-words)[.]ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'nothing-deployed-imports-the-drill',
      comment: 'What is deployed must not know that drills exist; only drills, tests and benches do.',
      severity: 'error',
      from: { pathNot: '^(drill|test|bench)/' },
      to: { path: '^drill/' },
    },
    {
      name: 'a-task-imports-nothing-around-it',
      comment: 'A task runs alone in its function: neither the app that deploys it nor its tests are there.',
      severity: 'error',
      from: { path: '^lambdas/' },
      to: { path: '^(lib|bin|test|bench)/' },
    },
    {
      name: 'lib-imports-only-contracts-of-tasks',
      comment: 'The app knows what a task is given and returns, not how it does it.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lambdas/', pathNot: contract },
    },
    {
      name: 'lib-imports-no-entry',
      comment: 'bin wires lib, never the other way.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(bin|test|bench)/' },
    },
    {
      name: 'an-entry-imports-no-task',
      comment: 'bin wires lib; what a task is given and returns is for lib to know.',
      severity: 'error',
      from: { path: '^bin/' },
      to: { path: '^(lambdas|test|bench)/' },
    },
    {
      name: 'a-command-imports-no-task',
      comment:
        'What an operator runs calls tasks where they are deployed; it knows the environment, its names, contracts, and how notices and reports look.',
      severity: 'error',
      from: { path: '^operate/' },
      to: {
        path: '^(lambdas|lib|bin|test|bench)/',
        pathNot: [contract, words, '^lib/(config/|names[.]ts$)'],
      },
    },
    {
      name: 'what-is-deployed-imports-no-command',
      comment: 'Commands run on the desk of an operator; only drills type them, too.',
      severity: 'error',
      from: { path: '^(lambdas|lib|bin|examples)/' },
      to: { path: '^operate/' },
    },
    {
      name: 'tasks-do-not-import-each-other',
      comment: 'The order of tasks belongs to the state machine; a task may know the types of another.',
      severity: 'error',
      from: { path: tasks },
      to: { path: tasks, pathNot: ['^lambdas/$1/', contract] },
    },
    {
      name: 'shared-modules-import-no-task',
      comment: 'What several tasks need knows none of them but by its types.',
      severity: 'error',
      from: {
        path: '^lambdas/(incident|communication|aws|database|configuration|service|workloads|runtime)/',
      },
      to: { path: tasks, pathNot: contract },
    },
    {
      name: 'contracts-are-types',
      comment: 'A contract leaves nothing in the program of who imports it.',
      severity: 'error',
      from: {},
      to: { path: contract, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'decisions-are-pure',
      comment: 'A decision is a function of what was observed: no SDK, no Node, no runtime.',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circles',
      comment: 'Two modules that import each other are one.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-resolves',
      comment: 'An import that leads nowhere is checked by no other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      conditionNames: ['import', 'types', 'node'],
    },
  },
};
