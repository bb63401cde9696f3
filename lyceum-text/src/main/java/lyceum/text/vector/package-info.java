/**
 * Vectors of words: tables of named vectors and their files, what their geometry says, and how they are learnt. Start at
 * {@link lyceum.text.vector.EmbeddingTable}. Learnt by prediction: {@link lyceum.text.vector.Word2Vec}, of words' letters as well
 * {@link lyceum.text.vector.FastText}; by counting: {@link lyceum.text.vector.SemanticSpace}.
 */
package lyceum.text.vector;
