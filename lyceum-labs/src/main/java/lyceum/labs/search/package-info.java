/**
 * Finding topics by words and by meaning: ranked, as one types, forgiving of typing errors.
 *
 * <p>Start at {@link lyceum.labs.search.TopicSearch}. All in memory: a query over 757 topics takes well under two milliseconds by its words; one that names no
 * topic is also read by a sentence encoder ({@link lyceum.labs.search.TopicMeanings}), if it is there, beside the vectors that
 * {@link lyceum.labs.search.MeaningBuild} made when this jar was built.
 *
 * <p>Of 116 questions that share no word with a topic's names and that tuning has not seen, the mean reciprocal rank within the first ten is 0.616 by words alone
 * and 0.86 with meaning; 82.8% and 98.3% find their topic there. Of the 122 that tuning saw: 0.618 and 0.885. Tried without gain: sentences instead of
 * paragraphs, what other articles say of a topic, a projection trained on the articles' sentences, neighbours' meaning, a logistic ranking of all measures. What
 * gained: for each token of the question the nearest token of title and summary (0.73 on questions kept back), and most of all the nearest token of plain sayings
 * of each topic, two of them (0.83) and three (0.86), written from titles and summaries ({@code asked.tsv}).
 */
package lyceum.labs.search;
