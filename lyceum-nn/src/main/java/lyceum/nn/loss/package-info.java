/**
 * What training minimises: {@link lyceum.nn.loss.Loss} is the class to start from, its factories give
 * {@linkplain lyceum.nn.loss.WeightedLoss losses with weights, masks and reductions}, and {@link lyceum.nn.loss.Likelihood} makes one of a
 * distribution.
 */
package lyceum.nn.loss;
