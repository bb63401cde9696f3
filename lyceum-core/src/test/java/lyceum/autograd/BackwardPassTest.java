package lyceum.autograd;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.LyceumException;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.tensor.Anomaly;
import lyceum.tensor.BackwardPass;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

/** A sweep's promises: what it adds, what it drops, what it refuses, and what can be seen of it. */
class BackwardPassTest {
    private static Tensor draw(long seed, long... shape) { return Tensor.randn(Rng.of(seed), DType.F64, shape).compute(); }

    private static Tensor[] leaves(Tensor... values) { return Stream.of(values).map(Tensor::requiresGrad).toArray(Tensor[]::new); }

    private static double[] gradients(Tensor... leaves) {
        return Stream.of(leaves)
                .flatMapToDouble(x -> Arrays.stream(x.grad() == null ? new double[(int) x.count()] : x.grad().toDoubleArray())).toArray();
    }

    @Test
    @Acceptance(topic = "backward-pass", clause = 1) void twoCallsAddUpToTheExactSum() {
        int differing = 0, compared = 0;
        for (int seed = 1; seed < 60; seed++) {
            var type = RandomFunction.type(seed);
            double[][] alone = new double[2][];
            for (int k = 0; k < 2; k++) {
                var in = leaves(RandomFunction.inputs(seed, type));
                RandomFunction.of(seed + 100 * k, type).apply(in)[0].backward();
                alone[k] = gradients(in);
            }
            var both = leaves(RandomFunction.inputs(seed, type));
            for (int k = 0; k < 2; k++) RandomFunction.of(seed + 100 * k, type).apply(both)[0].backward();
            var twice = leaves(RandomFunction.inputs(seed, type));
            var loss = RandomFunction.of(seed, type).apply(twice)[0];
            BackwardPass.of(loss).retained().run();
            BackwardPass.of(loss).run();
            double[] sum = gradients(both), doubled = gradients(twice);
            for (int i = 0; i < sum.length; i++) {
                double expected = type == DType.F32 ? (float) alone[0][i] + (float) alone[1][i] : alone[0][i] + alone[1][i];
                if (sum[i] != expected || doubled[i] != 2 * alone[0][i]) differing++;
                compared++;
            }
        }
        Evidence.of("numbers compared", compared, exactly(59 * 44));
        Evidence.of("sums that differ in a bit", differing, exactly(0));
    }

    /** J by forward mode, column by column, which shares no rule with the sweep. */
    @Test
    @Acceptance(topic = "backward-pass", clause = 2) void sweepsAreLinearInTheCotangentAndEqualJTransposedV() {
        var linear = Gap.overLargest();
        var transposed = Gap.overLargest();
        int graphs = 0;
        for (int seed = 0; seed < 200; seed++) {
            var f = RandomFunction.lastValues(seed, DType.F64);
            var inputs = RandomFunction.inputs(seed, DType.F64);
            var rng = Rng.of(900 + seed);
            Tensor u = Tensor.randn(rng, DType.F64, 9, 4).compute(), w = Tensor.randn(rng, DType.F64, 9, 4).compute();
            double a = rng.nextGaussian(), b = rng.nextGaussian();
            double[] ofU = swept(f, inputs, u), ofW = swept(f, inputs, w);
            double[] combined = swept(f, inputs, u.mul(a).add(w.mul(b))), expected = new double[ofU.length];
            for (int i = 0; i < expected.length; i++) expected[i] = a * ofU[i] + b * ofW[i];
            linear.see("graph " + seed, combined, expected);

            int which = seed % 4, from = 0;
            for (int k = 0; k < which; k++) from += (int) inputs[k].count();
            int n = (int) inputs[which].count();
            var products = new double[n];
            for (int j = 0; j < n; j++) {
                var unit = new double[n];
                unit[j] = 1;
                var column = Autograd.jvp(x -> {
                    var in = inputs.clone();
                    in[which] = x;
                    return Tensor.concat(0, f.apply(in));
                }, inputs[which], Tensor.of(unit).reshape(inputs[which].shape().toArray()));
                products[j] = column.mul(u).sum().item();
            }
            transposed.see("graph " + seed, Arrays.copyOfRange(ofU, from, from + n), products);
            graphs++;
        }
        Evidence.of("graphs", graphs, exactly(200));
        Evidence.of("largest gap of the sweep from a u + b w", linear, below(1e-10));
        Evidence.of("largest gap of the sweep to J'u by columns", transposed, below(1e-10));
    }

    private static double[] swept(Function<Tensor[], Tensor[]> f, Tensor[] inputs, Tensor seed) {
        var in = leaves(inputs);
        BackwardPass.of(Tensor.concat(0, f.apply(in))).from(seed).run();
        return gradients(in);
    }

    private static final int LAYERS = 8;

    /** The loss alone is reachable afterwards: activations of a megabyte live as long as the tape holds them. */
    private static Tensor deep(Tensor[] weights) {
        var h = draw(5, 2048, 64);
        for (var w : weights) h = h.matmul(w).tanh().compute();
        return h.square().mean().compute();
    }

    /** Beside the pass's own count stands the allocator's: after a collection, blocks of an activation's size go with it. */
    @Test
    @Acceptance(topic = "backward-pass", clause = 3) void savedBytesFallMonotonicallyToZero() {
        long activation = 2048 * 64 * 8; // a megabyte: blocks are of this size, neither more nor less
        var weights = new Tensor[LAYERS];
        for (int i = 0; i < LAYERS; i++) weights[i] = draw(i, 64, 64).mul(0.1).requiresGrad();
        Memory.release();
        long before = blocks(activation);
        var loss = deep(weights);
        assertThat(BackwardPass.savedBytes(loss)).isBetween((LAYERS + 1) * activation, (LAYERS + 2) * activation);
        var visits = new ArrayList<BackwardPass.Visit>();
        var beyond = new ArrayList<Double>();
        BackwardPass.of(loss).watched(visit -> {
            visits.add(visit);
            Memory.release();
            beyond.add((double) blocks(activation) - before - visit.savedBytes() / activation);
        }).run();
        int rises = 0, falls = 0;
        for (int i = 1; i < visits.size(); i++) {
            if (visits.get(i).savedBytes() > visits.get(i - 1).savedBytes()) rises++;
            if (visits.get(i).savedBytes() < visits.get(i - 1).savedBytes()) falls++;
        }
        Evidence.of("visits after which more was saved than before", rises, exactly(0));
        Evidence.of("visits after which less was saved than before", falls, exactly(LAYERS + 1));
        Evidence.of("bytes saved after the last visit", visits.getLast().savedBytes(), exactly(0));
        Evidence.of("activations in use beyond those saved, at most (the gradient on its way)",
                beyond.stream().max(Double::compare).orElseThrow(), atMost(3));
        Memory.release();
        Evidence.of("activations in use at the end", blocks(activation) - before, exactly(0));
        assertThat(BackwardPass.savedBytes(loss)).isZero();
    }

    /** Blocks of that size in use. */
    private static long blocks(long bytes) {
        return Memory.stats().holders().stream().filter(h -> h.bytes() == bytes).mapToLong(Memory.Holder::count).sum();
    }

    /** Eight operations whose gradient reads an operand, or (exp, softmax, running product) the result. */
    private static final Map<String, UnaryOperator<Tensor>> READERS = Map.of("exp", Tensor::exp, "sin", Tensor::sin, "square",
            Tensor::square, "matmul", x -> x.matmul(x.transpose()), "log", Tensor::log, "mul", x -> x.mul(x), "softmax", x -> x.softmax(1),
            "running prod", x -> x.cumprod(0));

    @Test
    @Acceptance(topic = "backward-pass", clause = 4) void aSecondSweepAndAnOverwrittenValueAreRefusedByName() {
        int secondSweeps = 0, overwritten = 0;
        for (var reader : READERS.entrySet()) {
            var named = "backward of " + reader.getKey() + "( \\d)?: .*";
            var x = draw(3, 2, 3).abs().add(0.5).requiresGrad();
            var loss = reader.getValue().apply(x).sum();
            loss.backward();
            double[] once = gradients(x);
            assertThatThrownBy(loss::backward).isInstanceOf(LyceumException.class).hasMessageMatching(named + "retained.*");
            assertThat(gradients(x)).as("a sweep that fails adds nothing").isEqualTo(once);
            secondSweeps++;
            var kept = reader.getValue().apply(x).sum();
            BackwardPass.of(kept).retained().run();
            kept.backward();

            // One of the two is read; written to in whole, or through a view of a corner.
            for (boolean whole : new boolean[] {true, false}) {
                var between = x.mul(2).compute();
                var result = reader.getValue().apply(between).compute();
                Autograd.noGrad(() -> {
                    for (var written : new Tensor[] {between, result}) (whole ? written : written.narrow(0, 0, 1)).mul_(3);
                });
                assertThatThrownBy(() -> result.sum().backward()).isInstanceOf(LyceumException.class)
                        .hasMessageMatching(named + "changed in place.*");
                overwritten++;
            }
        }
        Evidence.of("operations that refuse a second sweep by name", secondSweeps, exactly(8));
        Evidence.of("overwritten values named, in whole and through a view", overwritten, exactly(16));
    }

    /** A planted NaN: a name that the message must have, and the program. */
    private record Planted(String name, UnaryOperator<Tensor> program) {}

    @Test
    @Acceptance(topic = "backward-pass", clause = 5) void anomalyModeNamesTheFirstOperationToMakeANaN() {
        double inf = Double.POSITIVE_INFINITY;
        var planted = List.of(new Planted("log made", x -> x.sub(5).log()), new Planted("sqrt made", x -> x.neg().sqrt()),
                new Planted("div made", x -> x.sub(1).div(x.sub(1))), new Planted("sub made", x -> x.mul(inf).sub(x.mul(inf))),
                new Planted("add made", x -> x.mul(inf).add(x.mul(-inf))), new Planted("mul made", x -> x.sub(1).mul(x.mul(inf))),
                new Planted("acos made", x -> x.mul(2).acos()), new Planted("asin made", x -> x.mul(2).asin()),
                new Planted("pow made", x -> x.neg().pow(0.5)), new Planted("log1p made", x -> x.mul(-3).log1p()),
                new Planted("rsqrt made", x -> x.neg().rsqrt()), new Planted("log2 made", x -> x.neg().log2()),
                new Planted("sin made", x -> x.mul(inf).sin()), new Planted("cos made", x -> x.mul(inf).cos()),
                new Planted("tan made", x -> x.mul(inf).tan()),
                new Planted("matmul made", x -> Tensor.full(DType.F64, inf, 2, 3).matmul(x.sub(1))),
                // the values are numbers, and so is the loss
                new Planted("the backward of sqrt", x -> x.sub(1).sqrt().mul(0)),
                new Planted("the backward of pow", x -> x.sub(1).pow(0.5).mul(0)),
                new Planted("the backward of asin", x -> x.asin().mul(0)), new Planted("the backward of mine",
                        x -> Primitive.of("mine", in -> in[0].mul(2), (i, g, out, in) -> g.sub(1).div(g.sub(1))).apply(x)));
        int named = 0;
        for (var plant : planted) {
            var x = Tensor.ones(DType.F64, 3).copy().requiresGrad();
            var missing = Tensor.of(1, Double.NaN, 3); // was there before, and is passed on: nobody made it
            // Before and after it stand operations that make none, and others that pass a NaN on.
            UnaryOperator<Tensor> loss = t -> plant.program.apply(t.mul(2).sub(t)).add(1).tanh().mul(t.exp()).sum();
            UnaryOperator<Tensor> plain = t -> plant.program.apply(t.mul(2).sub(t)).sum();
            var program = plant.name.endsWith("mine") ? plain : loss;
            try {
                Anomaly.detect(() -> {
                    missing.mul(x.detach()).exp().sum();
                    program.apply(x).backward();
                });
            } catch (LyceumException e) {
                if (e.getMessage().startsWith("anomaly: " + plant.name)
                        && (plant.name.startsWith("the") || e.getMessage().contains("made the first NaN")))
                    named++;
                else System.err.println(plant.name + ": " + e.getMessage());
                continue;
            }
            System.err.println(plant.name + ": nothing found");
        }
        Evidence.of("of 20 planted, named", named, exactly(20));
        var fine = draw(1, 3).requiresGrad();
        Anomaly.detect(() -> fine.sin().mul(fine.exp()).sum().backward());
        assertThat(fine.grad()).isNotNull();
    }

    @Test void anomaliesAreFoundAtTheirPlace() {
        var x = Tensor.of(4.0, 1, 2, -3, 5, -6).reshape(2, 3);
        assertThatThrownBy(() -> Anomaly.detect(() -> x.sqrt().sum())).isInstanceOf(LyceumException.class)
                .hasMessageStartingWith("anomaly: sqrt made the first NaN, of shape (2, 3) at 3 of its elements");
        Anomaly.detect(() -> Tensor.of(1, Double.NaN).exp().sum()); // no operation made it
        var y = Tensor.of(0.0, 1).requiresGrad();
        assertThatThrownBy(() -> Anomaly.detect(() -> x.sqrt().sum()))
                .hasMessageContaining("called by BackwardPassTest.lambda$anomaliesAreFoundAtTheirPlace$")
                .hasMessageContaining("(BackwardPassTest.java:");
        int line = new Throwable().getStackTrace()[0].getLineNumber() + 1;
        assertThatThrownBy(() -> Anomaly.detect(() -> root(y).mul(0).sum().backward())).hasMessageContaining("the backward of sqrt, which")
                .hasMessageContaining("BackwardPassTest.root (BackwardPassTest.java:").hasMessageNotContaining(":" + line + ")");
    }

    private static Tensor root(Tensor x) { return x.sqrt(); }

    @Test
    @Acceptance(topic = "backward-pass", clause = 6) void theOrderOfLeavesChangesNothing() {
        int differing = 0, orders = 0;
        for (int seed = 0; seed < 10; seed++) {
            var type = RandomFunction.type(seed);
            double[] expected = null;
            for (int order = 0; order < 24; order++) {
                int[] p = permutation(order);
                var values = RandomFunction.inputs(seed, type);
                var in = new Tensor[4];
                for (int i : p) in[i] = values[i].requiresGrad(); // made, and numbered, in this order
                RandomFunction.of(seed, type).apply(in)[0].backward();
                var asked = Autograd.gradients(RandomFunction.of(seed, type).apply(in)[0],
                        new Tensor[] {in[p[0]], in[p[1]], in[p[2]], in[p[3]]}, false);
                var sorted = new Tensor[4];
                for (int i = 0; i < 4; i++) sorted[p[i]] = asked[i];
                double[] swept = gradients(in), listed = Stream.of(sorted).flatMapToDouble(g -> Arrays.stream(g.toDoubleArray())).toArray();
                if (expected == null) expected = swept;
                if (!Arrays.equals(swept, expected) || !Arrays.equals(listed, expected)) differing++;
                orders++;
            }
        }
        Evidence.of("orders of four leaves, over ten graphs", orders, exactly(240));
        Evidence.of("orders whose gradients differ in a bit", differing, exactly(0));
    }

    private static int[] permutation(int order) {
        var left = new ArrayList<>(List.of(0, 1, 2, 3));
        var p = new int[4];
        for (int i = 0, base = 6; i < 4; base /= Math.max(1, 3 - i), i++) {
            p[i] = left.remove(order / base);
            order %= base;
        }
        return p;
    }

    @Test void hooksSeeAndChangeGradients() {
        var x = Tensor.of(1.0, 2).requiresGrad();
        var h = x.mul(3);
        var loss = h.square().add(h).sum();
        var seen = new ArrayList<double[]>();
        BackwardPass.of(loss).hooked(h, g -> {
            seen.add(g.toDoubleArray());
            return g.mul(10);
        }).hooked(h, g -> g.add(1)).hooked(x, g -> g.neg()).run();
        assertThat(seen).hasSize(1);
        assertThat(seen.getFirst()).containsExactly(7, 13); // 2 h + 1, both ways together
        assertThat(x.grad().toDoubleArray()).containsExactly(-3 * 71, -3 * 131);
        assertThatThrownBy(() -> BackwardPass.of(x.exp().sum()).hooked(Tensor.of(1.0), g -> g)).hasMessageContaining("not recorded");
        assertThatThrownBy(() -> BackwardPass.of(x.exp().sum()).hooked(x, g -> g.sum()).run()).hasMessageContaining("hook")
                .hasMessageContaining("(2,)");
        assertThatThrownBy(() -> BackwardPass.of(x.exp()).run()).hasMessageContaining("not a scalar");
    }
}
