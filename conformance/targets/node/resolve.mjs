// The package's modules import each other without file endings, as bundlers allow and Node does not.
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
        // what is reported is what the package asked for
      }
    }
    throw error;
  }
}
