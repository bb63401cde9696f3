/**
 * Whole texts to vectors. {@code TextEncoder} is what search and classifiers ask for, {@code SentenceEncoder} the one out of a trained BERT, all-MiniLM-L6-v2
 * for one; {@code EncoderOptions} say how token vectors become one.
 */
package lyceum.text.encoder;
