/**
 * Models that draw new data. All of them are a {@link lyceum.models.generative.Generator}; those that know a density are a
 * {@link lyceum.stats.learner.DensityModel} as well. Diffusion and flows by regression are in {@code lyceum.models.generative.diffusion}, diffusion in codes
 * in {@code lyceum.models.generative.latent}, adversarial networks in {@code lyceum.models.generative.adversarial}, energies in
 * {@code lyceum.models.generative.energy}, invertible networks in {@code lyceum.models.generative.flow};
 * {@link lyceum.models.generative.Vae} and other models with codes are a {@link lyceum.models.generative.LatentModel}, in whose space
 * {@link lyceum.models.generative.LatentSpace} walks; {@link lyceum.models.generative.VectorQuantizer} and {@link
 * lyceum.models.generative.ResidualQuantizer} make vectors into codes and back; {@link lyceum.models.generative.GenerativeMetrics} measures what any
 * of them draws.
 */
package lyceum.models.generative;
