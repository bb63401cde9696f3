/**
 * Finding texts and vectors. {@link lyceum.retrieval.InvertedIndex} and {@link lyceum.retrieval.Bm25} find by words; a {@link lyceum.retrieval.VectorIndex} (flat,
 * graph, or lists of codes) finds vectors, {@link lyceum.retrieval.VectorStore} keeps them with payloads through crashes. {@link lyceum.retrieval.SemanticSearch} and
 * {@link lyceum.retrieval.DenseRetriever} find by meaning, {@link lyceum.retrieval.ColBert} token by token. A {@link lyceum.retrieval.SearchEngine} fuses retrievers and
 * reranks what they found; {@link lyceum.retrieval.JudgedRanking} measures it.
 */
package lyceum.retrieval;
