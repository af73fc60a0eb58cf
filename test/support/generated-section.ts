/**
 * The Markdown with the part between `<!-- begin: name -->` and `<!-- end: name -->` replaced. Throws when the
 * markers are missing.
 */
export function replaceSection(markdown: string, name: string, body: string): string {
  const begin = `<!-- begin: ${name} -->`;
  const end = `<!-- end: ${name} -->`;
  const from = markdown.indexOf(begin);
  const to = markdown.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`The document has no part between "${begin}" and "${end}".`);
  return `${markdown.slice(0, from + begin.length)}\n${body}\n${markdown.slice(to)}`;
}
