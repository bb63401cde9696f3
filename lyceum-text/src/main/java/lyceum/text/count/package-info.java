/**
 * Counting what texts are made of: runs of tokens, words that belong together, laws of frequency, and rows of counts for learners. Start at
 * {@link lyceum.text.count.NGrams}.
 */
package lyceum.text.count;
