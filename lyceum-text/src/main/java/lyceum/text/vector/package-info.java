/**
 * Vectors of words: tables of named vectors and their files, what their geometry says, and how they are learnt. Start at
 * {@link lyceum.text.vector.EmbeddingTable}.
 */
package lyceum.text.vector;
