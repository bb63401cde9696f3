package lyceum.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.RecurrentState;
import lyceum.optim.Optimizer;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Backpropagation through time over streams of any length. Every {@code every} steps (k1) the losses of those steps are sent back through the last
 * {@code back} steps (k2); the state goes on, its history does not.
 *
 * {@snippet :
 * Bptt.Step step = (t, state) -> rnn.step(x.select(1, t), state, Pass.inference()).state();
 * Bptt.StepLoss loss = (t, state) -> Loss.crossEntropy(head.forward(rnn.last(state)), y.select(1, t));
 * var all = Bptt.full().gradients(parameters, 1_000, rnn.initial(32), step, loss);            // exact
 * new Bptt(1, 10).train(optimizer, parameters, 1_000_000, rnn.initial(32), step, loss);       // truncated, an update every step
 * }
 *
 * <p>The gradient is the sum over steps t of {@code dL_t/dh_t J_t ... J_(k+1) d+h_k/dW} for the last {@code back} steps k up to the chunk's end. Only
 * states are kept between steps; a step's interior is computed again on the way back, so that {@code step} must do the same both times (dropout: from an
 * {@code Rng} made of t). At most {@code every + back + 1} states live, or about {@code 2 sqrt(T)} when a full sweep is checkpointed.
 *
 * @param every steps between two sweeps, at least 1
 * @param back steps of a sweep, at least {@code every}, so that every loss counts
 * @param checkpointed whether a sweep over everything keeps the states at every {@code sqrt(T)}-th step only
 * @see <a href="https://doi.org/10.1109/5.58337">Werbos (1990)</a>
 * @see <a href="https://doi.org/10.1162/neco.1990.2.4.490">Williams and Peng (1990) for the truncation</a>
 */
@Withers
public record Bptt(int every, int back, boolean checkpointed) implements BpttWithers {
    public Bptt {
        if (every < 1 || back < every)
            throw new IllegalArgumentException("Bptt: a sweep of " + back + " steps every " + every + "; every >= 1 and back >= every");
    }

    /** Truncated, nothing checkpointed. */
    public Bptt(int every, int back) { this(every, back, false); }

    /** One sweep over everything. */
    public static Bptt full() { return new Bptt(Integer.MAX_VALUE, Integer.MAX_VALUE); }

    /** The state after step t. */
    @FunctionalInterface
    public interface Step {
        RecurrentState after(int t, RecurrentState before);
    }

    /** The loss at step t, a scalar; null where there is none. */
    @FunctionalInterface
    public interface StepLoss {
        Tensor at(int t, RecurrentState state);
    }

    /**
     * @param byName of all losses together
     * @param loss their sum
     * @param last the state to go on from
     * @param peakStates the most states that lived at once
     */
    public record Gradients(SequencedMap<String, Tensor> byName, double loss, RecurrentState last, int peakStates) {}

    /** The gradient of the losses of {@code steps} steps, weights unchanged. If {@code back} reaches the beginning it is exact, in one sweep. */
    public Gradients gradients(SequencedMap<String, Tensor> parameters, int steps, RecurrentState initial, Step step, StepLoss loss) {
        var run = new Unrolled(parameters, steps, initial, step, loss);
        // No sweep is cut off: one that begins at the end gives the same sum with the least work.
        if (back >= steps) run.whole(checkpointed);
        else run.truncated(every, back, sum -> {});
        return new Gradients(run.named(), run.loss, run.last, run.peak);
    }

    /** Learns while the stream goes on: after each sweep the optimiser takes a step with its gradient; a sweep over everything may be checkpointed. Returns the mean loss of the steps that had one. */
    public double train(Optimizer optimizer, SequencedMap<String, Tensor> parameters, int steps, RecurrentState initial, Step step,
            StepLoss loss) {
        var run = new Unrolled(parameters, steps, initial, step, loss);
        if (every >= steps) {
            run.whole(checkpointed);
            optimizer.step(run.sum);
        } else run.truncated(every, Math.min(back, steps), sum -> {
            optimizer.step(sum);
            run.forget();
        });
        return run.loss / Math.max(1, run.losses);
    }

    /**
     * What each lag adds: entry l is the sum over all losses of the term that goes back l steps, l below {@code back}. All entries together are the gradient
     * truncated to {@code back} terms a loss.
     */
    public List<SequencedMap<String, Tensor>> byLag(SequencedMap<String, Tensor> parameters, int steps, RecurrentState initial, Step step,
            StepLoss loss) {
        var run = new Unrolled(parameters, steps, initial, step, loss);
        return run.lags(Math.min(back, steps));
    }

    /** One run over a stream. */
    private static final class Unrolled {
        final SequencedMap<String, Tensor> parameters;
        final Tensor[] leaves, sum;
        final int steps;
        final Step step;
        final StepLoss stepLoss;
        final RecurrentState initial;
        /** Of steps {@code first}, {@code first + 1}, ...: the states that they begin with. */
        final ArrayList<RecurrentState> held = new ArrayList<>();
        RecurrentState last;
        int first, peak, losses;
        double loss;

        Unrolled(SequencedMap<String, Tensor> parameters, int steps, RecurrentState initial, Step step, StepLoss stepLoss) {
            if (steps < 1) throw new IllegalArgumentException("Bptt: " + steps + " steps; at least 1");
            this.parameters = parameters;
            this.leaves = parameters.values().toArray(Tensor[]::new);
            this.sum = new Tensor[leaves.length];
            this.steps = steps;
            this.step = step;
            this.stepLoss = stepLoss;
            this.initial = initial.detach();
            this.last = this.initial;
            forget();
        }

        void forget() { for (int i = 0; i < sum.length; i++) sum[i] = leaves[i].detach().zerosLike(); }

        SequencedMap<String, Tensor> named() {
            var named = new LinkedHashMap<String, Tensor>();
            int i = 0;
            for (var name : parameters.keySet()) named.put(name, sum[i++]);
            return named;
        }

        /** The state after step t, without a history. */
        RecurrentState next(int t, RecurrentState before) {
            return Autograd.noGrad(() -> step.after(t, before).map(h -> h.detach().compute()));
        }

        void live(int others) { peak = Math.max(peak, held.size() + others); }

        void truncated(int every, int back, Consumer<Tensor[]> swept) {
            int begun = 0;
            for (int t = 0; t < steps; t++) {
                held.add(last);
                last = next(t, last);
                live(1);
                if (t + 1 - begun < every && t + 1 < steps) continue;
                sweep(t, Math.max(first, t + 1 - back), begun, null);
                swept.accept(sum);
                begun = t + 1;
                for (int needed = Math.min(steps, begun + every) - back; first < needed && !held.isEmpty(); first++) held.removeFirst();
            }
        }

        void whole(boolean checkpointed) {
            int segment = checkpointed ? (int) Math.ceil(Math.sqrt(steps)) : steps;
            var begins = new ArrayList<RecurrentState>();
            for (int t = 0; t < steps; t++) {
                if (t % segment == 0) begins.add(last);
                if (!checkpointed) held.add(last);
                last = next(t, last);
                live(checkpointed ? begins.size() + 1 : 1);
            }
            RecurrentState worth = null;
            for (int s = begins.size() - 1; s >= 0; s--) {
                int from = s * segment, to = Math.min(steps, from + segment);
                if (checkpointed) {
                    first = from;
                    held.clear();
                    held.add(begins.removeLast());
                    for (int t = from; t < to - 1; t++) held.add(next(t, held.getLast()));
                    live(begins.size() + 1);
                }
                worth = sweep(to - 1, from, 0, worth);
            }
        }

        List<SequencedMap<String, Tensor>> lags(int back) {
            var lags = new ArrayList<SequencedMap<String, Tensor>>();
            var totals = new Tensor[back][];
            for (int l = 0; l < back; l++) {
                forget();
                totals[l] = sum.clone();
            }
            for (int t = 0; t < steps; t++) {
                held.add(last);
                last = next(t, last);
                RecurrentState worth = null;
                for (int j = t; j >= Math.max(0, t + 1 - back); j--) {
                    System.arraycopy(totals[t - j], 0, sum, 0, sum.length);
                    worth = back(j, j == t, worth);
                    System.arraycopy(sum, 0, totals[t - j], 0, sum.length);
                    if (worth == null) break;
                }
                for (; first < t + 2 - back; first++) held.removeFirst();
            }
            for (var total : totals) {
                System.arraycopy(total, 0, sum, 0, sum.length);
                lags.add(named());
            }
            return lags;
        }

        /** From step {@code to} down to step {@code from}; losses count from step {@code counted} on. */
        RecurrentState sweep(int to, int from, int counted, RecurrentState worth) {
            for (int t = to; t >= from; t--) worth = back(t, t >= counted, worth);
            return worth;
        }

        /** One step back: from what the state after it is worth to what the one before it is; null for nothing. */
        RecurrentState back(int t, boolean counts, RecurrentState worth) {
            var before = held.get(t - first).map(h -> h.detach().requiresGrad());
            var after = step.after(t, before);
            var own = counts ? stepLoss.at(t, after) : null;
            if (own != null) {
                if (own.count() != 1)
                    throw new ShapeException("Bptt: the loss at step " + t + " has shape " + own.shape() + "; it is a scalar");
                loss += own.item();
                losses++;
            }
            var total = own == null ? null : own.sum();
            if (worth != null) for (var entry : worth.tensors().entrySet()) {
                var later = after.get(entry.getKey()).mul(entry.getValue()).sum();
                total = total == null ? later : total.add(later);
            }
            if (total == null || !total.isTracked()) return null;
            var inputs = new Tensor[leaves.length + before.tensors().size()];
            System.arraycopy(leaves, 0, inputs, 0, leaves.length);
            int i = leaves.length;
            for (var h : before.tensors().values()) inputs[i++] = h;
            var gradients = Autograd.gradients(total, inputs, false);
            for (int p = 0; p < leaves.length; p++) if (gradients[p] != null) sum[p] = sum[p].add(gradients[p]).compute();
            var earlier = new LinkedHashMap<String, Tensor>();
            i = leaves.length;
            for (var entry : before.tensors().entrySet()) {
                var g = gradients[i++];
                earlier.put(entry.getKey(), g == null ? entry.getValue().detach().zerosLike() : g.compute());
            }
            return RecurrentState.of(earlier);
        }
    }
}
