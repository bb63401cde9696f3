package lyceum.tensor;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongFunction;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.Backend;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import lyceum.testing.Recipe;
import org.junit.jupiter.api.Test;

class BackpropagationTest {
    private static final String TOPIC = "backpropagation";
    private static final Golden GOLDEN = Golden.load("golden/backpropagation.json");

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void everyPrimitivePassesCentralDifferences() {
        var check = DerivativeChecks.gradients().get("gradient");
        int passed = 0;
        for (var op : OpCatalog.all()) {
            if (!check.applies(op)) continue;
            check.run(op);
            passed++;
        }
        Evidence.of("cases within 1e-6 of central differences", passed, atLeast(200));
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void threeHundredRandomGraphsEqualPyTorch() {
        Gap single = Gap.overLargest(), twofold = Gap.overLargest();
        int checked = 0;
        for (var c : GOLDEN.cases("graph")) {
            graph(c, DType.F32, single);
            graph(c, DType.F64, twofold);
            checked++;
        }
        Evidence.of("graphs", checked, exactly(300));
        Evidence.of("F32", single, atMost(1e-6));
        Evidence.of("F64", twofold, atMost(1e-12));
    }

    private static void graph(Golden c, DType type, Gap gap) {
        var r = new Recipe((long) c.number("input.seed"));
        var nodes = new ArrayList<Tensor>();
        for (int i = 0; i < c.list("input.shapes").size(); i++) {
            var shape = c.longs("input.shapes." + i);
            nodes.add(draw(r, shape).to(type).requiresGrad());
        }
        int inputs = nodes.size();
        var used = new HashSet<Integer>();
        for (var step : c.list("input.steps")) nodes.add(step(step, nodes, used));
        Tensor value = null;
        for (int i = inputs; i < nodes.size(); i++) {
            if (used.contains(i)) continue;
            var sum = nodes.get(i).sum();
            value = value == null ? sum : value.add(sum);
        }
        gap.see(c, "expected.value", value.item());
        if (value.isTracked()) value.backward();
        for (int i = 0; i < inputs; i++) {
            var g = nodes.get(i).grad();
            gap.see(c, "expected.gradients." + i, (g == null ? nodes.get(i).zerosLike() : g).toDoubleArray());
        }
    }

    private static Tensor draw(Recipe r, long... shape) {
        var values = new float[(int) Shape.of(shape).count()];
        for (int i = 0; i < values.length; i++) values[i] = (float) (3 * r.uniform() - 1.5);
        return Tensor.of(values, shape);
    }

    private static Tensor step(Golden step, List<Tensor> nodes, HashSet<Integer> used) {
        var a = operand(step, 1, nodes, used);
        var b = step.has("2") ? operand(step, 2, nodes, used) : null;
        return switch (step.text("0")) {
            case "add" -> a.add(b);
            case "sub" -> a.sub(b);
            case "mul" -> a.mul(b);
            case "div1psq" -> a.div(b.square().add(1));
            case "maximum" -> a.maximum(b);
            case "where" -> a.gt(0).where(a, b);
            case "matmul" -> a.matmul(b);
            case "concat" -> Tensor.concat(-1, a, b);
            case "neg" -> a.neg();
            case "tanh" -> a.tanh();
            case "sin" -> a.sin();
            case "cos" -> a.cos();
            case "sigmoid" -> a.sigmoid();
            case "relu" -> a.relu();
            case "square" -> a.square();
            case "exptanh" -> a.tanh().exp();
            case "log1psq" -> a.square().add(1).log();
            case "sqrt1psq" -> a.square().add(1).sqrt();
            case "recip1psq" -> a.square().add(1).reciprocal();
            case "softplus" -> a.softplus();
            case "reverse" -> a.flip(-1);
            case "cumsum" -> a.cumsum(a.rank() - 1);
            case "flatten" -> a.flatten();
            case "stop" -> a.detach();
            case "mean" -> a.mean();
            case "sumlast" -> a.sum(-1, true);
            case "logsumexp" -> a.logSumExp(-1, true);
            case "maxlast" -> a.max(-1, true);
            case "softmax" -> a.softmax(-1);
            case "meanfirst" -> a.mean(0);
            case "firstrow" -> a.get(0);
            case "transpose" -> a.transpose();
            default -> throw new AssertionError(step);
        };
    }

    private static Tensor operand(Golden step, int position, List<Tensor> nodes, HashSet<Integer> used) {
        int index = step.integer(Integer.toString(position));
        used.add(index);
        return nodes.get(index);
    }

    @Acceptance(topic = TOPIC, clause = 1)
    @Test void fiveNetworksEqualPyTorch() {
        Gap single = Gap.overLargest(), twofold = Gap.overLargest();
        int checked = 0;
        for (var c : GOLDEN.cases("network")) {
            for (var type : new DType[] {DType.F32, DType.F64}) network(c, type, type == DType.F32 ? single : twofold);
            checked++;
        }
        Evidence.of("networks", checked, exactly(5));
        Evidence.of("F32", single, atMost(1e-6));
        Evidence.of("F64", twofold, atMost(1e-12));
    }

    private static void network(Golden c, DType type, Gap gap) {
        var name = c.text("name");
        SequencedMap<String, Tensor> t = new LinkedHashMap<>();
        var r = new Recipe((long) c.number("input.seed"));
        for (var entry : c.list("input.tensors")) {
            var shape = entry.longs("shape");
            var values = new float[(int) Shape.of(shape).count()];
            for (int i = 0; i < values.length; i++)
                values[i] = (float) (entry.number("scale") * r.bell() + (entry.flag("plusOne") ? 1 : 0));
            t.put(entry.text("name"), Tensor.of(values, shape).to(type).requiresGrad());
        }
        var output = switch (name) {
            case "network mlp" -> mlp(t);
            case "network residual" -> residual(t);
            case "network embedding" -> embedding(t, c);
            case "network recurrent" -> recurrent(t);
            default -> attention(t);
        };
        var loss = c.has("input.targets") ? crossEntropy(output, c.ints("input.targets")) : output.sub(t.get("input1")).square().mean();
        gap.see(c, "expected.output", output.toDoubleArray());
        gap.see(c, "expected.loss", loss.item());
        loss.backward();
        for (Map.Entry<String, Tensor> entry : t.entrySet()) {
            if (!c.at("expected.gradients").names().contains(entry.getKey())) continue;
            gap.see(c, "expected.gradients." + entry.getKey(), entry.getValue().grad().toDoubleArray());
        }
    }

    private static Tensor linear(Map<String, Tensor> t, String name, Tensor x) {
        var y = x.matmul(t.get(name + ".weight").transpose());
        return t.containsKey(name + ".bias") ? y.add(t.get(name + ".bias")) : y;
    }

    private static Tensor layerNorm(Map<String, Tensor> t, String name, Tensor x) {
        var centred = x.sub(x.mean(-1, true));
        return centred.mul(centred.square().mean(-1, true).add(1e-5).rsqrt()).mul(t.get(name + ".weight")).add(t.get(name + ".bias"));
    }

    private static Tensor crossEntropy(Tensor logits, int[] targets) {
        return logits.logSoftmax(-1).gather(1, Tensor.of(targets, targets.length, 1)).mean().neg();
    }

    private static Tensor mlp(Map<String, Tensor> t) {
        return linear(t, "layer2", linear(t, "layer1", linear(t, "layer0", t.get("input0")).tanh()).tanh());
    }

    private static Tensor residual(Map<String, Tensor> t) {
        var h = linear(t, "enter", t.get("input0"));
        for (int i = 0; i < 2; i++) h = h.add(linear(t, "down" + i, linear(t, "up" + i, layerNorm(t, "norm" + i, h)).relu()));
        return linear(t, "leave", h);
    }

    private static Tensor embedding(Map<String, Tensor> t, Golden c) {
        var ids = c.intMatrix("input.ids");
        var rows = new Tensor[ids.length];
        for (int i = 0; i < rows.length; i++) rows[i] = t.get("table.weight").indexSelect(0, Tensor.of(ids[i])).mean(0);
        var h = linear(t, "hidden", Tensor.stack(0, rows));
        return linear(t, "out", h.mul(h.mul(Math.sqrt(0.5)).erf().add(1)).mul(0.5));
    }

    private static Tensor recurrent(Map<String, Tensor> t) {
        var x = t.get("input0");
        Tensor h = Tensor.zeros(x.dtype(), x.size(0), t.get("hidden.weight").size(0));
        for (int s = 0; s < x.size(1); s++) h = linear(t, "input", x.select(1, s)).add(linear(t, "hidden", h)).add(t.get("bias")).tanh();
        return linear(t, "out", h);
    }

    private static Tensor attention(Map<String, Tensor> t) {
        var x = t.get("input0");
        long batch = x.size(0), time = x.size(1);
        var heads = new Tensor[3];
        var names = new String[] {"query", "key", "value"};
        for (int i = 0; i < 3; i++) heads[i] = linear(t, names[i], x).reshape(batch, time, 2, 3).permute(0, 2, 1, 3);
        var scores = Tensor.einsum("bhqd,bhkd->bhqk", heads[0], heads[1]).div(Math.sqrt(3));
        var causal = Tensor.ones(DType.F32, time, time).tril().ne(0);
        var mixed = scores.softmax(-1, causal).matmul(heads[2]).permute(0, 2, 1, 3).reshape(batch, time, 6);
        var h = layerNorm(t, "norm", x.add(linear(t, "merge", mixed)));
        var up = linear(t, "up", h);
        return h.add(linear(t, "down", up.mul(up.sigmoid())));
    }

    /** Scalars of n numbers, by products, by reductions and by element-wise work; weights are recorded too. */
    private enum Scalar {
        NETWORK(n -> Map.of("x", new long[] {1, n}, "w", new long[] {n, 8}, "v", new long[] {8, 1}),
                t -> t.get("x").matmul(t.get("w")).tanh().matmul(t.get("v")).square().sum()),
        DEEP_NETWORK(
                n -> Map.of("x", new long[] {4, n}, "w", new long[] {n, 16}, "v", new long[] {16, 16}, "u", new long[] {16, 16}, "o",
                        new long[] {16, 5}),
                t -> t.get("x").matmul(t.get("w")).relu().matmul(t.get("v")).sigmoid().matmul(t.get("u")).tanh().matmul(t.get("o"))
                        .logSumExp(1).sum()),
        SOFTMAX(n -> Map.of("x", new long[] {n}, "w", new long[] {n}), t -> t.get("x").mul(t.get("w")).softmax(0).mul(t.get("x")).sum()),
        LOG_SUM_EXP(n -> Map.of("x", new long[] {n}, "w", new long[] {n}), t -> t.get("x").mul(t.get("w")).logSumExp()),
        NORMALISED(n -> Map.of("x", new long[] {2, n}, "w", new long[] {n}), t -> {
            var centred = t.get("x").sub(t.get("x").mean(1, true));
            return centred.div(centred.square().mean(1, true).add(1e-5).sqrt()).mul(t.get("w")).square().sum();
        }), VARIANCE(n -> Map.of("x", new long[] {n}), t -> t.get("x").var()),
        ELEMENTWISE(n -> Map.of("x", new long[] {n}, "w", new long[] {n}),
                t -> t.get("x").mul(t.get("w")).sin().exp().add(t.get("w")).tanh().mul(t.get("x")).sum()),
        PRODUCT(n -> Map.of("x", new long[] {n}), t -> t.get("x").div(10).add(1).prod()),
        RUNNING_SUMS(n -> Map.of("x", new long[] {n}, "w", new long[] {n}), t -> t.get("x").cumsum(0).mul(t.get("w")).square().sum()),
        PAIRS(n -> Map.of("x", new long[] {n}, "w", new long[] {8}),
                t -> t.get("x").unsqueeze(1).sub(t.get("w")).square().neg().exp().sum());

        private final LongFunction<Map<String, long[]>> shapes;
        private final Function<Map<String, Tensor>, Tensor> f;

        Scalar(LongFunction<Map<String, long[]>> shapes, Function<Map<String, Tensor>, Tensor> f) {
            this.shapes = shapes;
            this.f = f;
        }

        Map<String, Tensor> leaves(long n) {
            var leaves = new TreeMap<String, Tensor>();
            shapes.apply(n)
                    .forEach((name, shape) -> leaves.put(name, Tensor.randn(Rng.of(name.charAt(0)), DType.F64, shape).mul(0.3).compute()));
            return leaves;
        }
    }

    @Acceptance(topic = TOPIC, clause = 2)
    @Test void aScalarOfManyInputsCostsAtMostFiveForwardPasses() {
        for (var scalar : Scalar.values()) {
            double worst = 0;
            for (int n : new int[] {10, 100, 1000, 10_000}) {
                CountingBackend forward = new CountingBackend(), both = new CountingBackend();
                var values = scalar.leaves(n);
                Backend.with(forward, () -> scalar.f.apply(values).item());
                var leaves = new TreeMap<>(values);
                leaves.replaceAll((name, value) -> value.requiresGrad());
                Backend.with(both, () -> {
                    scalar.f.apply(leaves).backward();
                    leaves.values().forEach(leaf -> leaf.grad().compute());
                });
                worst = Math.max(worst, (double) both.multiplyAdds.get() / forward.multiplyAdds.get());
            }
            Evidence.of(scalar + ": value and gradient over value alone", worst, atMost(5));
        }
    }

    @Acceptance(topic = TOPIC, clause = 3)
    @Test void aChainOfAHundredThousandOperationsDoesNotOverflowTheStack() {
        var x = Tensor.of(0.5).requiresGrad();
        Tensor y = x;
        for (int i = 0; i < 100_000; i++) y = y.add(1e-6);
        y.sum().backward();
        Evidence.of("gradient through 100,000 additions", x.grad().item(), exactly(1));
    }

    @Acceptance(topic = TOPIC, clause = 4)
    @Test void twoLayersEqualTheDeltaRuleByHand() {
        var rng = Rng.of(4);
        var x = Tensor.randn(rng, DType.F64, 6, 4).compute();
        var target = Tensor.randn(rng, DType.F64, 6, 3).compute();
        var w1 = Tensor.randn(rng, DType.F64, 4, 5).compute().requiresGrad();
        var w2 = Tensor.randn(rng, DType.F64, 5, 3).compute().requiresGrad();
        x.matmul(w1).sigmoid().matmul(w2).sigmoid().sub(target).square().sum().mul(0.5).backward();
        double[][] in = x.toRows(), want = target.toRows(), a = w1.detach().toRows(), b = w2.detach().toRows();
        double[][] ga = new double[4][5], gb = new double[5][3];
        for (int row = 0; row < 6; row++) {
            var h = new double[5];
            for (int j = 0; j < 5; j++) {
                for (int i = 0; i < 4; i++) h[j] += in[row][i] * a[i][j];
                h[j] = 1 / (1 + Math.exp(-h[j]));
            }
            var delta = new double[3];
            for (int k = 0; k < 3; k++) {
                double o = 0;
                for (int j = 0; j < 5; j++) o += h[j] * b[j][k];
                o = 1 / (1 + Math.exp(-o));
                delta[k] = (o - want[row][k]) * o * (1 - o);
            }
            for (int j = 0; j < 5; j++) {
                double back = 0;
                for (int k = 0; k < 3; k++) {
                    gb[j][k] += delta[k] * h[j];
                    back += delta[k] * b[j][k];
                }
                for (int i = 0; i < 4; i++) ga[i][j] += back * h[j] * (1 - h[j]) * in[row][i];
            }
        }
        var gap = Gap.overLargest().see("first layer", w1.grad().toDoubleArray(), Tensor.of(ga).toDoubleArray());
        Evidence.of("gradients against the delta rule", gap.see("second layer", w2.grad().toDoubleArray(), Tensor.of(gb).toDoubleArray()),
                atMost(1e-12));
    }

    @Test void tapesOfParallelExamplesDoNotMix() throws InterruptedException {
        var w = Tensor.of(2.0, 3.0);
        var results = new double[8];
        var threads = new Thread[8];
        for (int i = 0; i < 8; i++) {
            int k = i;
            threads[i] = Thread.ofVirtual().start(() -> results[k] = Autograd.grad(t -> t.mul(k).square().sum()).apply(w).item(1));
        }
        for (var thread : threads) thread.join();
        for (int i = 0; i < 8; i++) assertThat(results[i]).isEqualTo(2.0 * i * i * 3);
    }
}
