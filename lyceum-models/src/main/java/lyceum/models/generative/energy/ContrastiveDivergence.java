package lyceum.models.generative.energy;

import java.util.Objects;
import lyceum.withers.Withers;

/**
 * Where an {@link EnergyModel}'s negative items come from while it is trained by likelihood.
 *
 * {@snippet :
 * var brief = new ContrastiveDivergence(new EnergySampler.Langevin(0.1), 10);                 // CD-10, from each batch
 * var persistent = brief.withChains(256).withRestart(0.05).withEnergyPenalty(0.01);
 * }
 *
 * @param sampler of the chains
 * @param k steps of the chains for each step of training, at least 1
 * @param chains that go on from step to step, begun at data; 0 for chains from each batch
 * @param restart share of persistent chains that begin anew at data in each step, in [0, 1]
 * @param energyPenalty weight of {@code mean E^2} over data and chains, which keeps energies near 0; 0 for none
 * @param jitter deviation of normal noise added to the data, which smooths the density; 0 for none
 * @see <a href="https://doi.org/10.1162/089976602760128018">Hinton (2002)</a>
 * @see <a href="https://doi.org/10.1145/1390156.1390290">Tieleman (2008), persistent chains</a>
 * @see <a href="https://arxiv.org/abs/1903.08689">Du and Mordatch (2019), restarts and the penalty</a>
 */
@Withers
public record ContrastiveDivergence(EnergySampler sampler, int k, int chains, double restart, double energyPenalty, double jitter)
        implements ContrastiveDivergenceWithers {
    public ContrastiveDivergence {
        Objects.requireNonNull(sampler, "sampler");
        if (k < 1 || chains < 0) throw new IllegalArgumentException(
                "ContrastiveDivergence: " + k + " steps and " + chains + " chains; at least 1, and none or more");
        if (!(restart >= 0 && restart <= 1))
            throw new IllegalArgumentException("ContrastiveDivergence: restart is " + restart + "; it lies in [0, 1]");
        if (!(energyPenalty >= 0 && jitter >= 0)) throw new IllegalArgumentException(
                "ContrastiveDivergence: energyPenalty " + energyPenalty + " and jitter " + jitter + "; both are at least 0");
    }

    /** From each batch, no penalty, no jitter. */
    public ContrastiveDivergence(EnergySampler sampler, int k) { this(sampler, k, 0, 0, 0, 0); }
}
