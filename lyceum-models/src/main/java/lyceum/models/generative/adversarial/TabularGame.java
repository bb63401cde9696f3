package lyceum.models.generative.adversarial;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The exact game over finitely many states: both sides show all states with their probabilities, nothing is drawn. Its players are {@linkplain Table tables}: the critic
 * has a logit for each state, the generator the logits of its distribution.
 *
 * {@snippet :
 * var game = new TabularGame(Tensor.of(0.5, 0.3, 0.2));
 * TabularGame.Table generator = game.table(), critic = game.table();
 * var run = new Gan(new Sgd(1)).withCriticSteps(10).start(generator, critic, game, rng);
 * }
 */
public final class TabularGame implements GanGame {
    private final Tensor p, states;

    /** @param p (states), F64: the data's probabilities */
    public TabularGame(Tensor p) {
        if (p.rank() != 1 || p.dtype() != DType.F64)
            throw new ShapeException("TabularGame: p is " + p.dtype() + " " + p.shape() + "; it is F64 (states)");
        if (!(p.min().item() >= 0) || Math.abs(p.sum().item() - 1) > 1e-9)
            throw new IllegalArgumentException("TabularGame: " + p + " are not probabilities");
        this.p = p.detach();
        states = Tensor.arange(p.size(0));
    }

    /** A player that knows nothing: zeros. */
    public Table table() { return new Table(Tensor.zeros(DType.F64, p.size(0))); }

    @Override public GanBatch real(Rng rng) { return new GanBatch(states, null, p); }

    @Override public GanBatch fake(Module generator, Pass pass) {
        if (!(generator instanceof Table table)) throw new IllegalArgumentException(
                "TabularGame: the generator is a " + generator.getClass().getSimpleName() + "; it is a Table");
        return new GanBatch(states, null, table.probabilities());
    }

    /** A number for each state; of states (n) it gives theirs. */
    public static final class Table extends Module {
        private final Tensor logits;

        /** @param logits (states), which begin as given */
        public Table(Tensor logits) { this.logits = logits.detach().copy().requiresGrad(); }

        public Tensor logits() { return logits; }

        /** Their softmax (states), recorded: a generator's distribution. */
        public Tensor probabilities() { return logits.softmax(0); }

        /** Their sigmoids (states), recorded: a critic's verdicts. */
        public Tensor verdicts() { return logits.sigmoid(); }

        @Override protected Tensor compute(Tensor states, Pass pass) { return logits.indexSelect(0, states); }
    }
}
