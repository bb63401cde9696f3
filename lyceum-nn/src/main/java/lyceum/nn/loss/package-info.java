/**
 * What training minimises: {@link lyceum.nn.loss.Loss} is the class to start from. Of embeddings {@link lyceum.nn.loss.TripletLoss} and
 * {@link lyceum.nn.loss.InfoNce}, of densities {@link lyceum.nn.loss.NoiseContrastive}, of rankings {@link lyceum.nn.loss.PairwiseRankingLoss} and
 * {@link lyceum.nn.loss.ListwiseLoss}, of language models {@link lyceum.nn.loss.CausalLmLoss}, of unaligned sequences {@link lyceum.nn.loss.CtcLoss} and
 * {@link lyceum.nn.loss.TransducerLoss}.
 */
package lyceum.nn.loss;
