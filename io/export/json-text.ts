/**
 * JSON text that is safe to show: characters a terminal obeys are escaped, which JSON allows for any character.
 */

/** C1 controls, direction marks and overrides, line and paragraph separators, the byte order mark. */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
/** Everything a JSON string may hold as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A JSON string literal, quotes included. */
export function jsonString(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replace(UNSAFE, escapeCharacter);
}

/**
 * JSON text of a value made of plain objects, arrays, strings, numbers and booleans.
 * @param indent spaces for each level; 0 = one line
 */
export function jsonText(value: object, indent = 0): string {
  // The escaped characters occur only inside string literals, so replacing them in the text is safe.
  return JSON.stringify(value, undefined, indent).replace(UNSAFE, escapeCharacter);
}
