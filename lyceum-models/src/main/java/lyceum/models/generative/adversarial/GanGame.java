package lyceum.models.generative.adversarial;

import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Where the items of a game come from: the data, and what a generator makes of noise. */
public interface GanGame {
    /** Real items, drawn from the stream. */
    GanBatch real(Rng rng);

    /** Generated items with the generator's history, drawn from the pass's stream. */
    GanBatch fake(Module generator, Pass pass);

    /** Batches drawn from data (n, ..) with replacement, and as many generated from noise. */
    static GanGame of(Tensor data, LatentNoise noise, int batch) { return of(data, null, noise, batch); }

    /**
     * The same with conditions: generated items have those of rows drawn from the data too.
     *
     * @param conditions (n, ..), such as class numbers; null for none
     * @param batch items of either side a step, at least 1
     */
    static GanGame of(Tensor data, Tensor conditions, LatentNoise noise, int batch) {
        if (data.rank() < 2 || data.size(0) < 1 || conditions != null && conditions.size(0) != data.size(0))
            throw new ShapeException("GanGame: data " + data.shape() + (conditions == null ? "" : " with conditions " + conditions.shape())
                    + "; both are (n, ..)");
        if (batch < 1) throw new IllegalArgumentException("GanGame: a batch of " + batch + "; it is at least 1");
        if (data.dtype().isFloat() && !data.isFinite().all().toBooleanArray()[0])
            throw new IllegalArgumentException("GanGame: data hold NaN or infinity");
        return new GanGame() {
            private Tensor picked(Rng rng) { return Tensor.randint(rng, 0, data.size(0), batch); }

            @Override public GanBatch real(Rng rng) {
                var rows = picked(rng);
                return new GanBatch(data.indexSelect(0, rows), conditions == null ? null : conditions.indexSelect(0, rows), null);
            }

            @Override public GanBatch fake(Module generator, Pass pass) {
                var wanted = conditions == null ? null : conditions.indexSelect(0, picked(pass.rng()));
                return new GanBatch(Conditioned.forward(generator, noise.sample(batch, pass.rng()), wanted, pass), wanted, null);
            }
        };
    }
}
