/**
 * Finding topics by words: ranked, as one types, forgiving of typing errors.
 *
 * <p>Start at {@link lyceum.labs.search.TopicSearch}. All in memory: a query over 757 topics takes well under two milliseconds.
 * {@link lyceum.labs.search.MeaningIndex} is where a sentence encoder will join in.
 */
package lyceum.labs.search;
