/** The first names of a list in a sentence; a thousand of them help nobody. */

const MAX_NAMES_SHOWN = 10;

export function shownNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES_SHOWN).join(', ');
  const more = names.length - MAX_NAMES_SHOWN;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
