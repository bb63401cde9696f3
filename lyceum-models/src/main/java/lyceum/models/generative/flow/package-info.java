/**
 * Invertible layers that know by how much they stretch: what a {@link lyceum.models.generative.flow.FlowLayer} is, couplings, autoregressive
 * transforms, and what is put between them. {@code lyceum.models.generative.NormalizingFlow} makes a density of them.
 */
package lyceum.models.generative.flow;
