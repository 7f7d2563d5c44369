// Resolves imports without file extensions between the package's modules. Bundlers allow these, but Node does not.
let modulesUrl;

export function initialize(data) {
  modulesUrl = data.modulesUrl;
}

export async function resolve(specifier, context, next) {
  const isOwn = /^\.\.?\//.test(specifier) && context.parentURL?.startsWith(modulesUrl);
  if (!isOwn) return next(specifier, context);
  try {
    return await next(specifier, context);
  } catch (error) {
    for (const ending of [".js", "/index.js"]) {
      try {
        return await next(specifier + ending, context);
      } catch {
        // the error for the original specifier is thrown below
      }
    }
    throw error;
  }
}
