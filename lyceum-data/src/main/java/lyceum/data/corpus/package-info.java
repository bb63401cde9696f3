/**
 * Texts to learn from: {@link lyceum.data.corpus.Corpus}, documents that are read again and again and need not fit into memory.
 *
 * <p>{@link lyceum.data.corpus.CorpusReader} makes one of JSON lines, CSV, Parquet, plain text or mail and tells every line that it can't read;
 * {@link lyceum.data.corpus.Corpora} has two that come with the library. {@link lyceum.data.corpus.Cleaning} changes texts and counts what it took away,
 * {@link lyceum.data.corpus.CorpusCard} describes, {@link lyceum.data.corpus.Shards} writes and reads back, {@link lyceum.data.mixture.DataMixture} draws
 * from several.
 */
package lyceum.data.corpus;
