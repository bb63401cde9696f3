/**
 * Several tokens for one pass of a large model: guessed by something cheap, checked together, the law of what comes out unchanged. Start from
 * {@link lyceum.serve.speculate.SpeculativeDecoder}; {@link lyceum.serve.speculate.TreeDecoder} checks trees of guesses, of heads and of the model itself.
 */
package lyceum.serve.speculate;
