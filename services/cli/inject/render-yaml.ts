import { Document, isScalar, Scalar, visit } from 'yaml';

/** Words that some reader of YAML takes for something else than text (yaml.org/type/bool, null and float). */
const NOT_TEXT = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf|e-?\d+)$/i;
/** A name, path, image or URL, or a quantity such as 64Mi. */
const PLAIN = /^(?:[A-Za-z/](?:[\w./:@-]*[\w/])?|\d+(?:m|[KMGT]i))$/;

/**
 * Lines of block YAML, without indentation of their own. Texts that look like anything else are quoted: kubectl reads
 * YAML 1.1, where `on` is true and `12e3` is a number.
 */
export function renderYaml(value: unknown, isSequenceIndented: boolean): readonly string[] {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string') node.type = styleOf(node.value);
    },
  });
  return document.toString({ indent: 2, indentSeq: isSequenceIndented, lineWidth: 0 }).trimEnd().split('\n');
}

function styleOf(text: string): Scalar.Type {
  if (text.includes('\n')) return Scalar.BLOCK_LITERAL;
  return PLAIN.test(text) && !NOT_TEXT.test(text) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE;
}
