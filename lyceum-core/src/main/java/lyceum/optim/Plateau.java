package lyceum.optim;

import java.util.Objects;

/**
 * Lowers an optimiser's rates when a measure has stopped getting better.
 *
 * {@snippet :
 * var plateau = new Plateau(0.1, 10);
 * for (int epoch = 0; epoch < 100; epoch++) {
 *     train(optimizer);
 *     if (plateau.see(validationLoss())) optimizer.scaleRates(plateau.factor());
 * }
 * }
 *
 * <p>A value is better if it is below {@code best * (1 - threshold)} (for a positive best; {@code best - threshold * |best|} in general). After more than
 * {@code patience} values in a row that are not, rates are multiplied by {@code factor}, and {@code cooldown} values are let pass before counting
 * starts again. Saved as a {@link State}; the rates it lowered are in the optimiser's.
 */
public final class Plateau {

    /** All that it remembers. */
    public record State(double best, long bad, long cooling) {
        public State {
            if (Double.isNaN(best) || bad < 0 || cooling < 0) throw new IllegalArgumentException("Plateau.State: best is " + best + ", bad "
                    + bad + ", cooling " + cooling + "; best is a number and the counts are at least 0");
        }
    }

    private final double factor, threshold;
    private final long patience, cooldown;
    private final boolean maximize;
    private State state;

    /**
     * @param factor in (0, 1)
     * @param patience values without progress that are borne
     * @param threshold relative progress that counts, at least 0
     * @param cooldown values after a reduction that do not count
     * @param maximize larger is better
     */
    public Plateau(double factor, long patience, double threshold, long cooldown, boolean maximize) {
        if (!(factor > 0 && factor < 1)) throw new IllegalArgumentException("Plateau: factor is " + factor + "; it lies in (0, 1)");
        Settings.atLeast("Plateau", "patience", patience, 0);
        Settings.atLeast("Plateau", "threshold", threshold, 0);
        Settings.atLeast("Plateau", "cooldown", cooldown, 0);
        this.factor = factor;
        this.patience = patience;
        this.threshold = threshold;
        this.cooldown = cooldown;
        this.maximize = maximize;
        state = new State(maximize ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY, 0, 0);
    }

    /** Smaller is better; threshold 1e-4, no cooldown. */
    public Plateau(double factor, long patience) { this(factor, patience, 1e-4, 0, false); }

    public double factor() { return factor; }

    public State state() { return state; }

    /** Goes on from a saved state. */
    public void restore(State state) { this.state = Objects.requireNonNull(state, "state"); }

    /** Takes note of the next value; true if rates are to be lowered now. A NaN is not better. */
    public boolean see(double value) {
        double best = state.best;
        long bad = state.bad + 1, cooling = state.cooling;
        if (isBetter(value, best)) {
            best = value;
            bad = 0;
        }
        if (cooling > 0) {
            cooling--;
            bad = 0;
        }
        boolean lower = bad > patience;
        state = lower ? new State(best, 0, cooldown) : new State(best, bad, cooling);
        return lower;
    }

    private boolean isBetter(double value, double best) {
        if (Double.isInfinite(best)) return maximize ? value > best : value < best;
        double margin = threshold * Math.abs(best);
        return maximize ? value > best + margin : value < best - margin;
    }
}
