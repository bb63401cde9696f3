/**
 * Models that draw new data. All of them are a {@link lyceum.models.generative.Generator}; those that know a density are a
 * {@link lyceum.stats.learner.DensityModel} as well. Diffusion and flows by regression are in {@code lyceum.models.generative.diffusion}, adversarial
 * networks in {@code lyceum.models.generative.adversarial}, energies in {@code lyceum.models.generative.energy};
 * {@link lyceum.models.generative.GenerativeMetrics} measures what any of them draws.
 */
package lyceum.models.generative;
