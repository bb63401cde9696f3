/**
 * Finding texts and vectors: an inverted index with ranking by words, and flat and graph indexes of vectors. Start at
 * {@link lyceum.retrieval.InvertedIndex} for words and {@link lyceum.retrieval.FlatIndex} for vectors.
 */
package lyceum.retrieval;
