/**
 * Two texts beside each other: what they share, what leads from one to the other, and scores of machine text against human text. Start at
 * {@link lyceum.text.compare.EditDistance}; all of it works on strings, on lists of anything, or on ids.
 */
package lyceum.text.compare;
