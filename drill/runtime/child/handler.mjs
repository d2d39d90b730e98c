const { existsSync } = process.getBuiltinModule('node:fs');
const path = process.getBuiltinModule('node:path');
const { pathToFileURL } = process.getBuiltinModule('node:url');

/** An error of Lambda's runtime itself, under the name that Lambda gives it. */
class RuntimeError extends Error {
  constructor(type, message) {
    super(message);
    this.name = type;
  }
}

/**
 * The function behind `file.export` in a directory.
 *
 * @throws errors with Lambda's own names: Runtime.ImportModuleError, Runtime.HandlerNotFound,
 *   Runtime.UserCodeSyntaxError, Runtime.CallbackHandlerDeprecated, or what the module itself threw
 */
export async function loadHandler(directory, handler) {
  const [, file, name] = /^(.*?[^/.]+)\.([^/]+)$/.exec(handler) ?? [];
  if (!file) throw new RuntimeError('Runtime.MalformedHandlerName', `Bad handler: ${handler}`);
  const found = ['.mjs', '.js', '.cjs'].map((end) => path.join(directory, file + end)).find(existsSync);
  if (!found) {
    throw new RuntimeError('Runtime.ImportModuleError', `Error: Cannot find module '${path.basename(file)}'`);
  }
  const exported = await importModule(found);
  const chosen = pick(exported, name) ?? pick(exported.default, name);
  if (typeof chosen !== 'function') {
    throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  }
  if (chosen.length >= 3) {
    throw new RuntimeError(
      'Runtime.CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
        'You need to modify this function to use a supported handler signature to use Node.js 24 or later.',
    );
  }
  return chosen;
}

async function importModule(file) {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    }
    if (error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND') {
      throw new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
    }
    throw error;
  }
}

function pick(module, name) {
  return name.split('.').reduce((inside, key) => inside?.[key], module);
}

/** A thrown value as Lambda reports it. */
export function describeError(error) {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}
