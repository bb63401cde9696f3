/**
 * How alike words and texts are in meaning: {@code SemanticSimilarity} is one interface over words that are shared, word vectors that are averaged or moved, a trained
 * encoder, and WordNet.
 */
package lyceum.text.similarity;
