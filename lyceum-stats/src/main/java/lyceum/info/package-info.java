/**
 * Information theory: how uncertain a distribution is, how far one is from another, how short its messages can be.
 *
 * <p>Start with {@link lyceum.info.Entropy}; {@link lyceum.info.EntropyEstimate} estimates it from samples, {@link lyceum.info.Divergences}
 * measures the loss of using one distribution for another, {@link lyceum.info.HuffmanCode} makes entropy a length. {@link lyceum.info.CrossEntropies}
 * adds loss to entropy, {@link lyceum.info.MutualInformation} is what two variables share, {@link lyceum.info.FDivergence} has the other divergences
 * and {@link lyceum.info.OptimalTransport} the distances that see how far mass must go. Results are in nats unless a base is given: 2 for bits.
 */
package lyceum.info;
