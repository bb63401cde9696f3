package lyceum.train;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.ToDoubleFunction;
import lyceum.withers.Withers;

/**
 * Ends a run when the metric it watches has not improved for a while. A {@link Trainer} watches the validation loss, or the training loss where there is no
 * validation, or a metric that is named here; any other loop uses {@link #watch} or {@link #over}.
 *
 * {@snippet :
 * var stopping = new EarlyStopping(5).withMode(EarlyStopping.Mode.MAX).withLeast(1e-3);
 * for (var round : stopping.over(rounds, round -> accuracyAfter(round))) { }            // ends with the rounds, or five after the best
 *
 * var watch = stopping.watch();
 * while (!watch.isOver()) if (watch.see(step())) keep();
 * restore(watch.bestStep());
 * }
 *
 * <p>With values {@code v_0, v_1, ..} and smoothing b, the watched values are {@code e_0 = v_0, e_t = b e_(t-1) + (1 - b) v_t}. Those of the first
 * {@code warmUp} steps do not count. Another is an improvement if it is the first that counts, or below the best so far by more than {@code least} (above
 * it, for {@link Mode#MAX}); NaN never is, and is left out of the smoothing. It is over after {@code patience} counting steps in a row without improvement.
 *
 * @param patience steps (epochs) without improvement after which it stops, at least 1
 * @param least what counts as an improvement: a change by more than this, at least 0
 * @param restoreBest true to leave the parameters of the best epoch in the model, false those of the last
 * @param mode whether lower or higher is better
 * @param smoothing b, in [0, 1); 0 for none
 * @param warmUp steps at the start that do not count, at least 0
 * @param metric name of a metric of the {@link Trainer}; null for the score of an epoch
 * @see <a href="https://doi.org/10.1007/3-540-49430-8_3">Prechelt (1998)</a>
 */
@Withers
public record EarlyStopping(int patience, double least, boolean restoreBest, Mode mode, double smoothing, int warmUp, String metric)
        implements EarlyStoppingWithers {

    /** Which values are better. */
    public enum Mode {
        MIN, MAX
    }

    public EarlyStopping {
        if (patience < 1) throw new IllegalArgumentException("EarlyStopping: patience is " + patience + "; it is at least 1");
        if (!(least >= 0)) throw new IllegalArgumentException("EarlyStopping: least is " + least + "; it is at least 0");
        if (mode == null) throw new NullPointerException("EarlyStopping: mode");
        if (!(smoothing >= 0 && smoothing < 1))
            throw new IllegalArgumentException("EarlyStopping: smoothing is " + smoothing + "; it lies in [0, 1)");
        if (warmUp < 0) throw new IllegalArgumentException("EarlyStopping: warmUp is " + warmUp + "; it is at least 0");
    }

    public EarlyStopping(int patience, double least, boolean restoreBest) { this(patience, least, restoreBest, Mode.MIN, 0, 0, null); }

    /** Lower is better, any improvement counts, and the best epoch is restored. */
    public EarlyStopping(int patience) { this(patience, 0, true); }

    /** A new watch, which has seen nothing. */
    public Watch watch() { return new Watch(this); }

    /**
     * The same elements, until it is over: an element's metric is computed when the next element is requested, that is, after the loop's body has run.
     */
    public <T> Iterable<T> over(Iterable<T> elements, ToDoubleFunction<? super T> metric) {
        return () -> new Iterator<>() {
            private final Iterator<T> source = elements.iterator();
            private final Watch watch = watch();
            private T last;
            private boolean pending;

            @Override public boolean hasNext() {
                if (pending) watch.see(metric.applyAsDouble(last));
                pending = false;
                return !watch.isOver() && source.hasNext();
            }

            @Override public T next() {
                if (!hasNext()) throw new NoSuchElementException("EarlyStopping: it was over at step " + (watch.steps() - 1));
                last = source.next();
                pending = true;
                return last;
            }
        };
    }

    /** What has been seen so far. Not thread-safe. */
    public static final class Watch {
        private final EarlyStopping settings;
        private int steps, bestStep = -1, waited;
        private double best = Double.NaN, smoothed = Double.NaN;

        private Watch(EarlyStopping settings) { this.settings = settings; }

        /**
         * The value of the next step.
         *
         * @return true if it is the best so far
         */
        public boolean see(double value) {
            int step = steps++;
            double b = settings.smoothing;
            if (!Double.isNaN(value)) smoothed = Double.isNaN(smoothed) ? value : b == 0 ? value : b * smoothed + (1 - b) * value;
            if (step < settings.warmUp) return false;
            boolean better = !Double.isNaN(value)
                    && (bestStep < 0 || (settings.mode == Mode.MIN ? smoothed < best - settings.least : smoothed > best + settings.least));
            if (better) {
                best = smoothed;
                bestStep = step;
                waited = 0;
            } else {
                waited++;
            }
            return better;
        }

        /** Whether the patience is used up. */
        public boolean isOver() { return waited >= settings.patience; }

        /** Steps seen. */
        public int steps() { return steps; }

        /** The best step, from 0; -1 for none yet. */
        public int bestStep() { return bestStep; }

        /** Its (smoothed) value; NaN for none yet. */
        public double best() { return best; }
    }
}
