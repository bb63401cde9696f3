package lyceum.nn;

import static lyceum.nn.Recurrent.distance;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Graph;
import lyceum.data.SequenceTasks;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MinLstmTest {
    private static MinLstm network(MinLstmVariant variant, RnnConfig config, long seed) {
        return new MinLstm(config, variant, Rng.of(seed));
    }

    @Acceptance(topic = "minlstm", clause = 1)
    @Tag("slow")
    @Test void scanAndStepAgreeOnTwoHundredSequences() {
        double worst = 0, worstGradient = 0;
        long longest = 0;
        int sequences = 0;
        var rng = Rng.of(1);
        for (int k = 0; k < 200; k++) {
            var variant = new MinLstmVariant().withGru(k % 4 == 1).withLogSpace(k % 4 == 2);
            if (k % 4 == 3) variant = variant.withChunk(64);
            // Lengths uniform on a logarithmic scale, and the longest one.
            int steps = k < 4 ? 4096 : (int) Math.round(Math.exp(rng.nextDouble() * Math.log(1000)));
            var config = new RnnConfig(3, 4);
            var scan = network(variant, config, k);
            var loop = network(variant.withChunk(1), config, k);
            var data = Tensor.randn(rng, DType.F32, 1, steps, 3).mul(2).compute();
            Tensor x1 = data.copy().requiresGrad(), x2 = data.copy().requiresGrad();
            var g = Tensor.randn(rng, DType.F32, 1, steps, 4).compute();
            Tensor y1 = scan.forward(x1), y2 = loop.forward(x2);
            worst = Math.max(worst, distance(y1, y2) / Math.max(1, y2.abs().max().item()));
            y1.mul(g).sum().backward();
            y2.mul(g).sum().backward();
            worstGradient = Math.max(worstGradient, gap(x1.grad(), x2.grad()));
            for (var name : scan.parameters().keySet())
                worstGradient = Math.max(worstGradient, gap(scan.parameters().get(name).grad(), loop.parameters().get(name).grad()));
            longest = Math.max(longest, steps);
            sequences++;
        }
        Evidence.of("sequences", sequences, exactly(200));
        Evidence.of("longest", longest, exactly(4096));
        Evidence.of("largest gap of outputs", worst, below(1e-5));
        Evidence.of("largest gap of gradients", worstGradient, below(1e-4));
    }

    private static double gap(Tensor a, Tensor b) { return distance(a, b) / Math.max(1, b.abs().max().item()); }

    @Acceptance(topic = "minlstm", clause = 2)
    @Test void weightsSumToOneAndStatesStayInTheRangeOfStartAndCandidates() {
        double worst = 0, beyond = 0, formula = 0;
        for (boolean gru : new boolean[] {false, true}) for (int seed = 0; seed < 20; seed++) {
            var network = network(new MinLstmVariant().withGru(gru), new RnnConfig(3, 5), seed);
            // Large inputs drive both gates to 0 and to 1.
            var x = Tensor.randn(Rng.of(seed), DType.F32, 2, 100, 3).mul(Math.pow(10, seed % 4)).compute();
            var gates = network.gates(x, "l0");
            worst = Math.max(worst, distance(gates.get("forget").add(gates.get("input")), Tensor.ones(100, 2, 5)));
            // and they are the shares of two sigmoids, or a sigmoid and its rest, in F64 from the weights
            Tensor w = network.state().get("weight_ih_l0").to(DType.F64), bias = network.state().get("bias_ih_l0").to(DType.F64),
                    blocks = x.to(DType.F64).transpose(0, 1).matmul(w.transpose()).add(bias);
            Tensor first = blocks.narrow(2, 0, 5).neg().exp().add(1).reciprocal();
            var keep = gru ? first.neg().add(1) : first.div(first.add(blocks.narrow(2, 5, 5).neg().exp().add(1).reciprocal()));
            var certain = blocks.abs().lt(300); // further out the plain formula overflows or divides 0 by 0
            var seen = certain.narrow(2, 0, 5).and(certain.narrow(2, 5, 5));
            formula = Math.max(formula,
                    seen.where(keep.sub(gates.get("forget").to(DType.F64)), Tensor.zeros(DType.F64, 100, 2, 5)).abs().max().item());
            var candidates = gates.get("candidate");
            var start = Tensor.randn(Rng.of(seed + 100), DType.F32, 2, 5).compute();
            var states = network.run(x, RecurrentState.of("l0.h", start), Pass.inference()).outputs().transpose(0, 1);
            Tensor low = candidates.min(0).minimum(start), high = candidates.max(0).maximum(start);
            var scale = high.sub(low);
            beyond = Math.max(beyond, states.max(0).sub(high).div(scale).max().item());
            beyond = Math.max(beyond, low.sub(states.min(0)).div(scale).max().item());
        }
        Evidence.of("largest distance of f' + i' from 1", worst, below(1e-6));
        Evidence.of("largest distance of f' from f / (f + i)", formula, below(1e-4));
        Evidence.of("how far a state leaves the range, in widths of it", beyond, below(1e-6));
    }

    @Acceptance(topic = "minlstm", clause = 3)
    @Test void weightsNumberThreeOrTwoBlocksOfTheInput() {
        for (int[] s : new int[][] {{256, 512}, {1, 1}, {7, 5}, {64, 32}}) {
            long x = s[0], h = s[1];
            var config = new RnnConfig(s[0], s[1]).withBias(false);
            Evidence.of("minLSTM, " + h + " units on " + x, network(new MinLstmVariant(), config, 1).parameterCount(), exactly(3 * h * x));
            Evidence.of("minGRU", network(new MinLstmVariant().withGru(true), config, 1).parameterCount(), exactly(2 * h * x));
            Evidence.of("LSTM", new Lstm(config, Rng.of(1)).parameterCount(), exactly(4 * h * (x + h)));
        }
    }

    /** Three layers of minLSTM, each in a residual branch beside a small network, as its paper stacks them. */
    private static Sequential stack(int symbols, int width, int units, double horizon, Rng rng) {
        var layers = new ArrayList<Layer>();
        layers.add(new Embedding(symbols + 2, width, rng));
        for (int l = 0; l < 3; l++) {
            layers.add(branch(width, new MinLstm(new RnnConfig(width, units), new MinLstmVariant().withHorizon(horizon), rng),
                    new Linear(units, width, rng)));
            layers.add(branch(width, new Linear(width, 2 * width, rng).activated(Activation.GELU), new Linear(2 * width, width, rng)));
        }
        layers.add(new LayerNorm(width));
        layers.add(new Linear(width, symbols, rng));
        return new Sequential(layers);
    }

    private static Layer branch(int width, Layer... layers) {
        return new Residual(new Sequential(layers)).normalised(new LayerNorm(width), Residual.Place.BEFORE);
    }

    /** What is said at the last 16 steps: logits (batch, 16, symbols). */
    private static Tensor answers(Layer network, SequenceTasks.Batch task) {
        return network.forward(task.x()).narrow(1, task.x().size(1) - 16, 16);
    }

    @Acceptance(topic = "minlstm", clause = 4)
    @Tag("heavy")
    @Test void threeLayersCopySixteenTokensThatStandAmongBlanks() {
        int symbols = 16, updates = 3300;
        var network = stack(symbols, 64, 192, 144, Rng.of(1));
        var optimizer = new AdamW(0.006).over(network.parameters()).clippedBy(Clip.norm(1))
                .scheduledBy(new Schedule.Linear(updates, 1, 0.05).warmedUp(50));
        var rng = Rng.of(7);
        for (int i = 0; i < updates; i++) {
            try (var scope = Scope.open("update")) {
                // The same 16 tokens among fewer blanks cost a third; the last updates are at full length.
                var task = SequenceTasks.selectiveCopy(rng, 32, i < updates - 300 ? 16 + rng.nextInt(17) : 128, 16, symbols);
                optimizer.zeroGrad();
                Loss.crossEntropy(answers(network, task).reshape(-1, symbols), task.y().flatten()).backward();
                optimizer.step();
            }
        }
        var test = SequenceTasks.selectiveCopy(Rng.of(99), 300, 128, 16, symbols);
        double right = Autograd.noGrad(() -> answers(network, test).argmax(-1).eq(test.y()).to(DType.F64).mean().item());
        Evidence.of("layers", network.modules().values().stream().filter(MinLstm.class::isInstance).count(), exactly(3));
        Evidence.of("tokens right of 16 among 128 steps, 300 sequences", right, atLeast(0.95));
    }

    @Acceptance(topic = "minlstm", clause = 5)
    @Test void theCriticalPathIsTwiceTheLogarithm() {
        double most = 0;
        int lengths = 0;
        for (int steps : new int[] {2, 3, 4, 5, 7, 8, 16, 31, 100, 128, 1000, 4096}) {
            var a = Tensor.rand(Rng.of(1), DType.F64, steps, 1).compute();
            var graph = Graph.trace(in -> new Tensor[] {LinearScan.tree(in[0], in[1])}, a, a);
            var depth = new int[graph.nodes().size()];
            for (var node : graph.nodes()) {
                for (int operand : node.operands()) depth[node.id()] = Math.max(depth[node.id()], depth[operand]);
                // A dependent step is an element-wise operation; cutting and laying out move numbers only.
                if (node instanceof Graph.Call call && call.operation() instanceof ElementwiseOp) depth[node.id()]++;
            }
            int path = depth[graph.outputs().getFirst()];
            assertThat(path).isGreaterThanOrEqualTo((int) Math.ceil(Math.log(steps) / Math.log(2)));
            most = Math.max(most, path / (2.0 * Math.ceil(Math.log(steps) / Math.log(2))));
            lengths++;
        }
        Evidence.of("lengths", lengths, exactly(12));
        // the layer itself: what its longest chain has beside gates, candidates and the start does not grow faster
        double grown = 0;
        for (var variant : new MinLstmVariant[] {new MinLstmVariant(), new MinLstmVariant().withGru(true)}) {
            var network = network(variant, new RnnConfig(3, 4), 1);
            int least = chain(network, 1);
            for (int steps : new int[] {2, 3, 8, 31, 100, 1000}) {
                int more = chain(network, steps) - least;
                grown = Math.max(grown, more / (2.0 * Math.ceil(Math.log(steps) / Math.log(2))));
            }
        }
        Evidence.of("what the layer's chain grows by over 2 ceil(log2 T)", grown, atMost(1));
        Evidence.of("longest path of dependent operations over 2 ceil(log2 T)", most, atMost(1));
    }

    /** Dependent element-wise operations of a whole forward pass, those inside of the scan among them. */
    private static int chain(MinLstm network, int steps) {
        var graph = Graph.traceOne(network::forward, Tensor.randn(Rng.of(2), DType.F32, 1, steps, 3).compute());
        var depth = new int[graph.nodes().size()];
        for (var node : graph.nodes()) {
            for (int operand : node.operands()) depth[node.id()] = Math.max(depth[node.id()], depth[operand]);
            if (!(node instanceof Graph.Call call)) continue;
            if (call.operation() instanceof ElementwiseOp) depth[node.id()]++;
            else if (call.operation().toString().contains("linear scan")) depth[node.id()] += insideOfScan(steps);
        }
        return depth[graph.outputs().getFirst()];
    }

    private static int insideOfScan(int steps) {
        var a = Tensor.rand(Rng.of(1), DType.F32, steps, 1, 4).compute();
        var graph = Graph.trace(in -> new Tensor[] {LinearScan.tree(in[0], in[1])}, a, a);
        var depth = new int[graph.nodes().size()];
        for (var node : graph.nodes()) {
            for (int operand : node.operands()) depth[node.id()] = Math.max(depth[node.id()], depth[operand]);
            if (node instanceof Graph.Call call && call.operation() instanceof ElementwiseOp) depth[node.id()]++;
        }
        return depth[graph.outputs().getFirst()];
    }

    @Test void lengthsDirectionsAndLayersWorkAsForEveryCell() {
        for (var variant : new MinLstmVariant[] {new MinLstmVariant(), new MinLstmVariant().withLogSpace(true),
                new MinLstmVariant().withChunk(4)}) {
            var config = new RnnConfig(3, 5).withLayers(2).withBidirectional(true).withDtype(DType.F64);
            MinLstm scan = network(variant, config, 1), loop = network(variant.withChunk(1), config, 1);
            var x = Tensor.randn(Rng.of(2), DType.F64, 3, 9, 3).compute();
            int[] lengths = {9, 4, 1};
            var initial = scan.initial(3).map(t -> t.add(0.7));
            var a = scan.run(x, initial, lengths, Pass.inference());
            var b = loop.run(x, initial, lengths, Pass.inference());
            assertThat(distance(a.outputs(), b.outputs())).isLessThan(1e-12);
            assertThat(distance(a.state().stacked("h"), b.state().stacked("h"))).isLessThan(1e-12);
        }
    }

    @Test void gatesOfBothDirectionsStandInTheOrderOfTime() {
        var config = new RnnConfig(3, 4).withBidirectional(true).withDtype(DType.F64);
        var x = Tensor.randn(Rng.of(3), DType.F64, 2, 7, 3).compute();
        var loop = network(new MinLstmVariant().withChunk(1), config, 1);
        for (int chunk : new int[] {0, 3}) for (var cell : new String[] {"l0", "l0_reverse"}) {
            var scanned = network(new MinLstmVariant().withChunk(chunk), config, 1).gates(x, cell);
            loop.gates(x, cell)
                    .forEach((name, steps) -> assertThat(distance(scanned.get(name), steps)).as(cell + " " + name).isLessThan(1e-12));
            assertThat(scanned).hasSize(3);
        }
    }

    @Test void theScanAndItsSecondDerivativesAreThoseOfTheLoop() {
        var x = Tensor.randn(Rng.of(3), DType.F64, 2, 5, 1).compute();
        var h = Tensor.of(0.3);
        var scan = Autograd.hessian(v -> LinearScan.of(v.select(0, 0), v.select(0, 1), h).square().sum(), x);
        var loop = Autograd.hessian(v -> {
            Tensor s = h, sum = Tensor.scalar(0.0);
            for (int t = 0; t < 5; t++) {
                s = v.select(0, 0).get(t).mul(s).add(v.select(0, 1).get(t));
                sum = sum.add(s.square().sum());
            }
            return sum;
        }, x);
        assertThat(distance(scan, loop)).isLessThan(1e-12);
    }

    @Test void aHorizonSpreadsHowLongUnitsRemember() {
        for (boolean gru : new boolean[] {false, true}) {
            var network = network(new MinLstmVariant().withGru(gru).withHorizon(100), new RnnConfig(3, 500).withDtype(DType.F64), 1);
            var forget = network.gates(Tensor.zeros(DType.F64, 1, 1, 3), "l0").get("forget").flatten();
            double[] steps = forget.div(forget.rsub(1.0)).sort(0, false).values().toDoubleArray();
            assertThat(steps[0]).isBetween(1.0, 1.1);
            assertThat(steps[250]).isBetween(7.5, 13.0);
            assertThat(steps[499]).isBetween(90.0, 100.0);
        }
        assertThatThrownBy(() -> network(new MinLstmVariant().withHorizon(9), new RnnConfig(3, 5).withBias(false), 1))
                .hasMessageContaining("needs biases");
        assertThatThrownBy(() -> new MinLstmVariant().withHorizon(0.5)).hasMessageContaining("horizon is 0.5");
    }
}
