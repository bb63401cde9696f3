/**
 * What training minimises: {@link lyceum.nn.loss.Loss} is the class to start from, its factories give
 * {@linkplain lyceum.nn.loss.WeightedLoss losses with weights, masks and reductions}, and {@link lyceum.nn.loss.Likelihood} makes one of a
 * distribution. Of embeddings {@link lyceum.nn.loss.ContrastiveLoss}, {@link lyceum.nn.loss.TripletLoss}, {@link lyceum.nn.loss.InfoNce} and, with a learned
 * vector for each class, {@link lyceum.nn.loss.ProxyLoss}, of densities
 * {@link lyceum.nn.loss.NoiseContrastive}, of rankings {@link lyceum.nn.loss.PairwiseRankingLoss} and {@link lyceum.nn.loss.ListwiseLoss}, of
 * language models {@link lyceum.nn.loss.CausalLmLoss}, of unaligned sequences {@link lyceum.nn.loss.CtcLoss} and
 * {@link lyceum.nn.loss.TransducerLoss}.
 */
package lyceum.nn.loss;
