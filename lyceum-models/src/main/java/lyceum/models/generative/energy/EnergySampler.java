package lyceum.models.generative.energy;

import java.util.function.UnaryOperator;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/** How chains walk on an unnormalised density {@code exp(-E)}: all of a batch side by side. */
public sealed interface EnergySampler {
    /**
     * Where the chains are after so many steps. Nothing is recorded.
     *
     * @param energy of items (n, ..): (n), each from its own item
     * @param x (n, ..), where they begin
     * @param steps at least 0
     */
    Tensor walk(UnaryOperator<Tensor> energy, Tensor x, int steps, Rng rng);

    /** Items of a known law that is easy to draw from, at which annealing begins. @param spread their deviation, where they have one */
    Tensor start(double spread, DType dtype, long[] shape, Rng rng);

    /** Minus the log density of that law at items (n, ..): (n). */
    Tensor startEnergy(double spread, Tensor x);

    /** Each item's sum of squares. */
    private static Tensor squares(Tensor x) { return x.reshape(x.size(0), -1).square().sum(1); }

    /**
     * Langevin dynamics on real items, {@code x - step / 2 grad E + sqrt(step temperature) xi}, a chain of the law {@code exp(-E / temperature)}: about, for small
     * steps, or exactly, if Metropolis judges each.
     *
     * @param step above 0
     * @param temperature above 0; 1 for the density itself. Image recipes with a step of 2 and noise of 0.01 walk at 5e-5
     * @param corrected whether steps are accepted or refused (MALA)
     * @param limit of the size of each entry of the gradient; infinite for none
     * @see <a href="https://doi.org/10.2307/3318418">Roberts and Tweedie (1996)</a>
     */
    @Withers
    record Langevin(double step, double temperature, boolean corrected, double limit)
            implements EnergySampler, EnergySamplerLangevinWithers {
        public Langevin {
            if (!(step > 0 && temperature > 0 && limit > 0) || Double.isInfinite(step) || Double.isInfinite(temperature))
                throw new IllegalArgumentException("EnergySampler.Langevin: step " + step + ", temperature " + temperature + ", limit "
                        + limit + "; all are above 0, and only the limit may be infinite");
        }

        /** At temperature 1, corrected. */
        public Langevin(double step) { this(step, 1, true, Double.POSITIVE_INFINITY); }

        private record At(Tensor x, Tensor energy, Tensor drift) {
            At keptBy(Scope scope) {
                return new At(x.compute().keptBy(scope), energy.compute().keptBy(scope), drift.compute().keptBy(scope));
            }
        }

        private At at(UnaryOperator<Tensor> energy, Tensor x) {
            var pulled = Autograd.pullback(energy, x);
            var slope = pulled.back().apply(pulled.value().onesLike()).detach();
            if (limit < Double.POSITIVE_INFINITY) slope = slope.clamp(-limit, limit);
            return new At(x, pulled.value().detach(), slope.mul(-step / 2));
        }

        @Override public Tensor walk(UnaryOperator<Tensor> energy, Tensor x, int steps, Rng rng) {
            return Autograd.noGrad(() -> {
                var now = at(energy, x.detach());
                for (int i = 0; i < steps; i++) {
                    try (var scope = Scope.open("Langevin step")) {
                        var noise = Tensor.randn(rng, x.dtype(), x.shape().toArray()).mul(Math.sqrt(step * temperature));
                        var moved = now.x.add(now.drift).add(noise).compute();
                        if (!corrected && i == steps - 1) return moved.keptBy(scope); // nobody asks for its slope
                        var next = at(energy, moved);
                        now = (corrected ? judged(now, next, rng) : next).keptBy(scope);
                    }
                }
                return now.x;
            });
        }

        private At judged(At now, At next, Rng rng) {
            Tensor there = next.x.sub(now.x).sub(now.drift), back = now.x.sub(next.x).sub(next.drift);
            var log = now.energy.sub(next.energy).div(temperature).add(squares(there).sub(squares(back)).div(2 * step * temperature));
            var taken = Tensor.rand(rng, log.dtype(), log.size(0)).log().lt(log).compute(); // false of NaN: a step into nowhere is refused
            var wide = new long[now.x.rank()];
            for (int i = 0; i < wide.length; i++) wide[i] = i == 0 ? log.size(0) : 1;
            var each = taken.reshape(wide);
            return new At(each.where(next.x, now.x), taken.where(next.energy, now.energy), each.where(next.drift, now.drift));
        }

        @Override public Tensor start(double spread, DType dtype, long[] shape, Rng rng) {
            return Tensor.randn(rng, dtype, shape).mul(spread).compute();
        }

        @Override public Tensor startEnergy(double spread, Tensor x) {
            return squares(x).div(2 * spread * spread).add(x.count() / x.size(0) * 0.5 * Math.log(2 * Math.PI * spread * spread));
        }
    }

    /**
     * Gibbs sampling of bits: a step is a sweep that draws each entry given all others, {@code p(1 | others) = 1 / (1 + exp(E(1) - E(0)))}. It asks twice an entry; an
     * {@link lyceum.models.generative.Rbm} has its own, which draws a layer at once.
     *
     * @see <a href="https://doi.org/10.1109/TPAMI.1984.4767596">Geman and Geman (1984)</a>
     */
    record Gibbs() implements EnergySampler {
        @Override public Tensor walk(UnaryOperator<Tensor> energy, Tensor x, int steps, Rng rng) {
            if (x.min().item() < 0 || x.max().item() > 1)
                throw new IllegalArgumentException("EnergySampler.Gibbs: items hold numbers outside [0, 1]; they are bits");
            return Autograd.noGrad(() -> {
                long entries = x.count() / x.size(0);
                var at = x.reshape(x.size(0), entries);
                for (int i = 0; i < steps; i++) for (long j = 0; j < entries; j++) {
                    try (var scope = Scope.open("Gibbs step")) {
                        var place = Tensor.arange(entries).eq(j);
                        Tensor on = place.where(at.onesLike(), at), off = place.where(at.zerosLike(), at);
                        Tensor gap = energy.apply(off.reshape(x.shape().toArray())).sub(energy.apply(on.reshape(x.shape().toArray())));
                        var drawn = Tensor.rand(rng, gap.dtype(), gap.size(0)).lt(gap.sigmoid()).to(x.dtype()).reshape(-1, 1);
                        at = place.where(drawn.expand(at.shape().toArray()), at).compute().keptBy(scope);
                    }
                }
                return at.reshape(x.shape().toArray());
            });
        }

        @Override public Tensor start(double spread, DType dtype, long[] shape, Rng rng) {
            return Tensor.rand(rng, dtype, shape).lt(0.5).to(dtype).compute();
        }

        @Override public Tensor startEnergy(double spread, Tensor x) {
            return Tensor.full(x.dtype(), x.count() / x.size(0) * Math.log(2), x.size(0));
        }
    }
}
