/**
 * The rows of the Markdown table between `<!-- begin: name -->` and `<!-- end: name -->`, each a list of its cells without
 * the marks of code. Throws when the markers are missing.
 */
export function documentedRows(markdown: string, name: string): string[][] {
  const [, section] =
    new RegExp(`<!-- begin: ${name} -->\n(.*?)<!-- end: ${name} -->`, 's').exec(markdown) ?? [];
  if (section === undefined) throw new Error(`The document has no part called ${name}.`);
  const [, , ...rows] = section.trimEnd().split('\n');
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}
