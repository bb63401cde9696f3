/**
 * Densities known up to their constant: any network as an {@link lyceum.models.generative.energy.EnergyModel}, what it is trained by, and chains that draw from it.
 */
package lyceum.models.generative.energy;
