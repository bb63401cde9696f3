package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/**
 * What a network's activations do on a data set: how far from zero their outputs are centred, how many are saturated, which units never fire.
 *
 * {@snippet :
 * var report = ActivationReport.of(network, List.of(x));
 * report.layers().get(0).saturated();          // share of (row, unit) pairs whose slope is below 0.01
 * report.layers().get(0).dead();               // numbers of the units that are never above zero
 * }
 *
 * <p>Units are the positions of an activation's last axis. Count over the whole training set rather than a batch: a unit that is silent on one
 * batch may well fire on the next.
 *
 * @param layers one an activation, in the order in which the network calls them
 */
public record ActivationReport(List<LayerReport> layers) {

    /**
     * One activation over all rows.
     *
     * @param activation which
     * @param mean of all outputs
     * @param deviation of all outputs, about their mean
     * @param saturated share of outputs at which the slope's absolute value is below the bound
     * @param active share of outputs above zero
     * @param fired for each unit, on how many rows its output was above zero
     * @param rows how many rows were seen
     */
    public record LayerReport(Layer activation, double mean, double deviation, double saturated, double active, long[] fired, long rows) {
        public int units() { return fired.length; }

        /** The units that never fired, ascending. */
        public int[] dead() { return IntStream.range(0, fired.length).filter(u -> fired[u] == 0).toArray(); }
    }

    /** With a slope below 0.01 counted as saturated. */
    public static ActivationReport of(Layer network, Iterable<Tensor> batches) { return of(network, batches, 0.01); }

    /**
     * Runs the network over all batches, predicting.
     *
     * @param bound slopes below it, in absolute value, count as saturated
     * @throws IllegalArgumentException if there is no batch, the network has no activation layer, or an output is NaN, which is neither alive nor dead
     */
    public static ActivationReport of(Layer network, Iterable<Tensor> batches, double bound) {
        var tallies = new ArrayList<Tally>();
        Autograd.noGrad(() -> {
            for (var batch : batches) {
                int[] at = {0};
                network.forward(batch, Pass.watched((activation, before, after) -> {
                    if (at[0] == tallies.size()) tallies.add(new Tally(activation, after));
                    tallies.get(at[0]).add(at[0]++, before, after, bound);
                }));
            }
        });
        if (tallies.isEmpty()) throw new IllegalArgumentException(
                "ActivationReport: there is no batch, or the network has no activation layer; functions wrapped by Layer.of are not seen");
        return new ActivationReport(tallies.stream().map(Tally::report).toList());
    }

    /** Units that never fired, over units. */
    public double deadShare() {
        long dead = 0, units = 0;
        for (var layer : layers) {
            dead += layer.dead().length;
            units += layer.units();
        }
        return (double) dead / units;
    }

    private static final class Tally {
        private final Layer activation;
        private final long[] fired;
        private double sum, squares;
        private long saturated, count;

        Tally(Layer activation, Tensor after) {
            if (after.rank() == 0) throw new ShapeException("ActivationReport: an activation gave a scalar; units are the last axis");
            this.activation = activation;
            fired = new long[Math.toIntExact(after.size(-1))];
        }

        void add(int number, Tensor before, Tensor after, double bound) {
            double[] slopes = Activation.derivative(activation, before).toDoubleArray(), values = after.toDoubleArray();
            for (int i = 0; i < values.length; i++) {
                if (Double.isNaN(values[i])) throw new IllegalArgumentException("ActivationReport: activation " + number
                        + " is NaN at unit " + i % fired.length + "; find out first where the weights or the data stop being finite");
                sum += values[i];
                squares += values[i] * values[i];
                if (Math.abs(slopes[i]) < bound) saturated++;
                if (values[i] > 0) fired[i % fired.length]++;
            }
            count += values.length;
        }

        LayerReport report() {
            double mean = sum / count, n = Math.max(1, count);
            long active = 0;
            for (long f : fired) active += f;
            return new LayerReport(activation, mean, Math.sqrt(Math.max(0, squares / n - mean * mean)), saturated / n, active / n, fired,
                    count / Math.max(1, fired.length));
        }
    }
}
