// Gives each module of the package the query of the module that imports it, so that another query means new modules.
let packageUrl;

export function initialize(data) {
  packageUrl = data.packageUrl;
}

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const query = context.parentURL?.startsWith(packageUrl) ? new URL(context.parentURL).search : "";
  return query && found.url.startsWith(packageUrl) ? { ...found, url: found.url + query } : found;
}
