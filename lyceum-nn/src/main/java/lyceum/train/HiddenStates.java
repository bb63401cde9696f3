package lyceum.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Hooks;
import lyceum.nn.Layer;
import lyceum.nn.Module;
import lyceum.nn.Neuron;
import lyceum.nn.Pass;
import lyceum.nn.SparseActivation;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * What the layers of a network say about a data set, layer by layer, and measures of what that holds.
 *
 * {@snippet :
 * var states = HiddenStates.of(network, x);
 * double read = states.probe("activation 1", labels);                  // how well a linear model reads the labels off it
 * double alike = HiddenStates.cka(states.at("activation 0"), states.at("activation 1"));
 * var cut = HiddenStates.without(network, "blocks.3");               // is it worse?
 * }
 *
 * <p>There is a state under the name of every module, and one of every activation as {@code activation 0}, {@code activation 1}, .. in the order in which they
 * run. States are (rows, units) in F64: all axes but the first count as units.
 *
 * @see HiddenUnits the units of a layer in another order, which computes the same
 * @see <a href="https://arxiv.org/abs/1610.01644">Alain and Bengio (2016)</a>
 */
public final class HiddenStates {

    private final SequencedMap<String, Tensor> states;

    private HiddenStates(SequencedMap<String, Tensor> states) { this.states = Collections.unmodifiableSequencedMap(states); }

    /**
     * A layer in figures.
     *
     * @param units numbers a row
     * @param effectiveRank exp of the entropy of the normalised centred singular values: how many directions vary
     * @param zeros share of numbers that are 0
     * @param hoyer 0 where a row's units are equally active, 1 where one alone is, on average
     * @param separation squared distances between class means over those within classes, {@code tr S_between / tr S_within}
     * @param probe share of rows whose class a linear model reads off the layer
     */
    public record Summary(String name, int units, double effectiveRank, double zeros, double hoyer, double separation, double probe) {}

    /** Of a network, predicting; the batches' rows one after the other. */
    public static HiddenStates of(Module network, Tensor... batches) {
        if (batches.length == 0) throw new IllegalArgumentException("HiddenStates: there are no batches");
        var parts = new LinkedHashMap<String, List<Tensor>>();
        Autograd.noGrad(() -> {
            for (var batch : batches) {
                var hooks = Hooks.of(network);
                hooks.on("*", (name, input, output) -> {
                    add(parts, name.isEmpty() ? "output" : name, output, batch);
                    return output;
                });
                int[] activations = {0};
                network.forward(batch,
                        Pass.watched((layer, before, after) -> add(parts, "activation " + activations[0]++, after, batch)).with(hooks));
            }
        });
        var states = new LinkedHashMap<String, Tensor>();
        parts.forEach((name, list) -> states.put(name, Tensor.concat(0, list.toArray(Tensor[]::new)).compute()));
        return new HiddenStates(states);
    }

    private static void add(SequencedMap<String, List<Tensor>> parts, String name, Tensor state, Tensor batch) {
        if (state.rank() < 1 || state.size(0) != batch.size(0)) return; // not a row an input
        parts.computeIfAbsent(name, n -> new ArrayList<>()).add(state.detach().to(DType.F64).reshape(batch.size(0), -1).compute());
    }

    /** In the order in which they were computed. */
    public List<String> names() { return List.copyOf(states.keySet()); }

    /** (rows, units). @throws IllegalArgumentException if there is no such state: it lists them */
    public Tensor at(String name) {
        var state = states.get(name);
        if (state == null) throw new IllegalArgumentException("HiddenStates: " + name + " is unknown; there are " + states.keySet());
        return state;
    }

    /** @param labels class numbers (rows) */
    public Summary summary(String name, Tensor labels) {
        var h = at(name);
        double zeros = h.eq(0).to(DType.F64).mean().item();
        return new Summary(name, (int) h.size(1), CollapseDiagnostics.of(h).centredRank(), zeros, SparseActivation.population(h).hoyer(),
                separation(h, labels), probe(name, labels));
    }

    /** {@code tr S_between / tr S_within}; infinite where classes are points. */
    private static double separation(Tensor h, Tensor labels) {
        double[][] x = h.toRows();
        long[] y = checked(h, labels);
        int classes = (int) Arrays.stream(y).max().orElse(0) + 1, units = x[0].length;
        double[][] means = new double[classes][units];
        var counts = new double[classes];
        var mean = new double[units];
        for (int i = 0; i < x.length; i++) {
            counts[(int) y[i]]++;
            for (int j = 0; j < units; j++) {
                means[(int) y[i]][j] += x[i][j];
                mean[j] += x[i][j] / x.length;
            }
        }
        double between = 0, within = 0;
        for (int c = 0; c < classes; c++) for (int j = 0; j < units && counts[c] > 0; j++) {
            means[c][j] /= counts[c];
            between += counts[c] * (means[c][j] - mean[j]) * (means[c][j] - mean[j]);
        }
        for (int i = 0; i < x.length; i++) for (int j = 0; j < units; j++) {
            double d = x[i][j] - means[(int) y[i]][j];
            within += d * d;
        }
        return between / within;
    }

    private static long[] checked(Tensor h, Tensor labels) {
        if (labels.rank() != 1 || labels.size(0) != h.size(0) || !labels.dtype().isInteger())
            throw new ShapeException("HiddenStates: labels " + labels.dtype() + " " + labels.shape() + " for " + h.size(0)
                    + " rows; they are class numbers (rows)");
        long[] y = labels.toLongArray();
        for (long v : y) if (v < 0) throw new IllegalArgumentException("HiddenStates: label " + v + "; class numbers begin at 0");
        return y;
    }

    /** Share of these rows whose class is the one that a linear classifier of this layer, fitted to the same rows, gives them. */
    public double probe(String name, Tensor labels) { return probe(name, labels, this, labels); }

    /** Share of other rows whose class a {@link LinearProbe} of this layer gives them. */
    public double probe(String name, Tensor labels, HiddenStates test, Tensor testLabels) {
        return LinearProbe.fit(at(name), labels).accuracy(test.at(name), testLabels);
    }

    /** Whether one hyperplane divides the rows of this layer as it should, which a linear program answers; see {@link Neuron#separating}. */
    public boolean isSeparable(String name, boolean... one) { return Neuron.separating(at(name).toRows(), one).isPresent(); }

    /**
     * Linear CKA of two layers' states of the same rows, (n, p) and (n, q), in [0, 1]: {@code |Y'X|^2 / (|X'X| |Y'Y|)} in Frobenius norms, of centred columns.
     * It ignores rotations and overall scale, and is high where rows are few beside units: see {@link #unbiasedCka}.
     *
     * @see <a href="https://arxiv.org/abs/1905.00414">Kornblith, Norouzi, Lee and Hinton (2019)</a>
     */
    public static double cka(Tensor a, Tensor b) {
        Tensor x = centred(a), y = centred(b);
        requireRows(x, y, 2);
        return Autograd.noGrad(
                () -> squares(y.transpose().matmul(x)) / Math.sqrt(squares(x.transpose().matmul(x)) * squares(y.transpose().matmul(y))));
    }

    /**
     * The same from unbiased estimates of HSIC, about 0 for unrelated states however few the rows; may be negative. Needs n x n numbers.
     *
     * @see "Song, Smola, Gretton, Bedo and Borgwardt (2012), Feature Selection via Dependence Maximization"
     */
    public static double unbiasedCka(Tensor a, Tensor b) {
        requireRows(a, b, 4);
        return Autograd.noGrad(() -> {
            Tensor k = gram(a), l = gram(b);
            return hsic(k, l) / Math.sqrt(hsic(k, k) * hsic(l, l));
        });
    }

    private static Tensor gram(Tensor a) {
        var x = centred(a);
        var k = x.matmul(x.transpose());
        return k.mul(Tensor.eye(DType.F64, k.size(0)).rsub(1)).compute();
    }

    private static double hsic(Tensor k, Tensor l) {
        double n = k.size(0);
        Tensor rows = k.sum(1), others = l.sum(1);
        return k.mul(l).sum().item() + rows.sum().item() * others.sum().item() / ((n - 1) * (n - 2))
                - 2 / (n - 2) * rows.mul(others).sum().item();
    }

    private static Tensor centred(Tensor x) {
        if (x.rank() != 2) throw new ShapeException("cka: states " + x.shape() + "; they are (rows, units)");
        var wide = x.detach().to(DType.F64);
        return wide.sub(wide.mean(0, true)).compute();
    }

    private static void requireRows(Tensor x, Tensor y, int least) {
        if (x.size(0) != y.size(0) || x.size(0) < least)
            throw new ShapeException("cka: states " + x.shape() + " and " + y.shape() + "; both are of the same rows, at least " + least);
    }

    private static double squares(Tensor x) { return x.square().sum().item(); }

    /**
     * The network with the modules of these names left out: each gives what it gets.
     *
     * @throws ShapeException when it runs, if a module changes the shape
     */
    public static Layer without(Module network, String glob) {
        return changed(network, glob, (name, input, output) -> {
            if (input == null || !input.shape().equals(output.shape()))
                throw new ShapeException("without: " + name + " makes " + output.shape() + " of "
                        + (input == null ? "nothing" : input.shape()) + "; only what keeps the shape can be left out");
            return input;
        });
    }

    /** The network with normal noise added to what the modules of these names give, {@code share} times the root mean square of that. */
    public static Layer noisy(Module network, String glob, double share, Rng rng) {
        if (!(share >= 0)) throw new IllegalArgumentException("noisy: share is " + share + "; it is at least 0");
        var draws = rng.copy();
        return changed(network, glob, (name, input, output) -> {
            double size = Math.sqrt(output.detach().to(DType.F64).square().mean().item());
            return output.add(Tensor.randn(draws, output.dtype(), output.shape().toArray()).mul(share * size));
        });
    }

    private static Layer changed(Module network, String glob, Hooks.Watch watch) {
        if (network.modules(glob).isEmpty())
            throw new IllegalArgumentException("HiddenStates: no module is named " + glob + "; there are " + network.modules().keySet());
        var hooks = Hooks.of(network);
        hooks.on(glob, watch);
        return (x, pass) -> network.forward(x, pass.with(hooks));
    }
}
