/** Text towers over token ids, for whatever looks at texts: start at {@link lyceum.models.text.TextTower}. Nothing here knows of words. */
package lyceum.models.text;
