package lyceum.nn.onnx;

import static lyceum.nn.onnx.Models.file;
import static lyceum.nn.onnx.Models.graph;
import static lyceum.nn.onnx.Models.model;
import static lyceum.nn.onnx.Models.node;
import static lyceum.nn.onnx.Models.open;
import static lyceum.nn.onnx.Models.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.format.OnnxFile;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Function;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Node;
import lyceum.format.OnnxFile.Port;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Test;

class OnnxModelTest {
    private static final Tensor W = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    private static Graph affine() {
        return graph(List.of(port("x", "batch", 2), port("z", "batch", 3)), List.of(open("y")), Map.of("w", W), node("h = MatMul(x, w)"),
                node("s = Add(h, z)"), node("y = Relu(s)"));
    }

    @Test void runsByNameAndTellsItsPorts() {
        var model = model(affine());
        var y = model.run(Map.of("x", Tensor.of(new float[] {1, -1}, 1, 2), "z", Tensor.of(new float[] {0, 5, 0}, 1, 3)));
        assertThat(y.get("y").toFloatArray()).containsExactly(0, 2, 0);
        assertThat(model.inputs()).hasToString("[Port[name=x, type=OfTensor[element=FLOAT, shape=[batch, 2]]], "
                + "Port[name=z, type=OfTensor[element=FLOAT, shape=[batch, 3]]]]");
        assertThat(model.outputs()).extracting(p -> p.name()).containsExactly("y");
        assertThat(OnnxModel.operators()).contains(":Conv", "ai.onnx.ml:Scaler").hasSizeGreaterThan(190);
    }

    @Test void valuesInsideTheGraphAreSeenByName() {
        var inputs = Map.of("x", OnnxValue.of(Tensor.of(new float[] {1, -1}, 1, 2)), "z",
                OnnxValue.of(Tensor.of(new float[] {0, 5, 0}, 1, 3)));
        var values = model(affine()).values(inputs, List.of("h"));
        assertThat(values.keySet()).containsExactly("y", "h");
        assertThat(values.get("h").tensor().toFloatArray()).containsExactly(-3, -3, -3);
    }

    @Test void allInputsThatDoNotFitAreNamedAtOnce() {
        var model = model(affine());
        assertThatThrownBy(() -> model.run(Map.of("x", Tensor.zeros(4, 5), "u", Tensor.zeros(1))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("\"z\" is missing")
                .hasMessageContaining("\"u\" is not an input").hasMessageContaining("\"x\" has shape (4, 5)");
        assertThatThrownBy(() -> model.run(Map.of("x", Tensor.zeros(4, 2), "z", Tensor.zeros(DType.F64, 4, 3))))
                .hasMessageContaining("\"z\" is DOUBLE");
        assertThatThrownBy(() -> model.run(Map.of("x", Tensor.zeros(4, 2), "z", Tensor.zeros(5, 3)))).hasMessageContaining("batch");
    }

    @Test void stringsAndRanksThatDoNotFitAreRefusedByName() {
        var words = model(graph(List.of(port("s", OnnxType.STRING, "n")), List.of(open("y")), Map.of(), node("y = Relu(s)")));
        assertThatThrownBy(() -> words.runValues(Map.of("s", OnnxValue.of(List.of("a", "b"), 2))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("Relu \"y\" of (STRING (2,))")
                .hasMessageContaining("a tensor is expected");
        assertThatThrownBy(() -> words.run(Map.of("s", Tensor.zeros(2)))).hasMessageContaining("\"s\" is FLOAT (2,), not STRING");
        assertThatThrownBy(() -> model(affine()).run(Map.of("x", Tensor.zeros(2), "z", Tensor.zeros(1, 3))))
                .hasMessageContaining("\"x\" has shape (2,)");
    }

    /** The nodes that exporters write for a layer norm and for a constant; what joins them changes no value. */
    @Test void preparedGraphsGiveTheValuesOfTheirNodes() {
        var w = Tensor.randn(Rng.of(1), 5).compute();
        var b = Tensor.randn(Rng.of(2), 5).compute();
        var axes = new Attribute("axes", new long[] {-1});
        var nodes = new Node[] {node("two = Constant()", new Attribute("value_float", 2f)),
                node("e = Constant()", new Attribute("value_float", 1e-3f)), node("m = ReduceMean(x)", axes), node("d = Sub(x, m)"),
                node("p = Pow(d, two)"), node("v = ReduceMean(p)", axes), node("u = Add(v, e)"), node("s = Sqrt(u)"), node("q = Div(d, s)"),
                node("r = Mul(q, w)"), node("y = Add(r, b)")};
        var weights = new LinkedHashMap<>(Map.of("w", w, "b", b));
        var opset17 = new OnnxFile(8, "", Map.of("", 17L), graph(List.of(port("x", "n", 5)), List.of(open("y")), weights, nodes), List.of(),
                Map.of());
        var looked = new OnnxFile(8, "", Map.of("", 17L), graph(List.of(port("x", "n", 5)), List.of(open("y"), open("q")), weights, nodes),
                List.of(), Map.of());
        var x = Map.of("x", Tensor.randn(Rng.of(3), 4, 5).mul(3).add(1).compute());
        float[] joined = OnnxModel.load(opset17.toBytes()).run(x).get("y").toFloatArray(),
                apart = OnnxModel.load(looked.toBytes()).run(x).get("y").toFloatArray();
        for (int i = 0; i < joined.length; i++) assertThat((double) joined[i]).isCloseTo(apart[i], within(1e-5));
        var values = new LinkedHashMap<String, OnnxValue>();
        x.forEach((name, value) -> values.put(name, OnnxValue.of(value)));
        assertThat(OnnxModel.load(opset17.toBytes()).profile(values)).hasSize(1);
        assertThat(OnnxModel.load(looked.toBytes()).profile(values)).hasSize(9);
    }

    /** The same graph with and without a value inside that is asked for: joined, and node by node. */
    private static void joinedEqualsApart(List<Port> inputs, Map<String, Tensor> weights, String inside, int nodes, Map<String, Tensor> x,
            Node... all) {
        var opset17 = Map.of("", 17L);
        var joined = OnnxModel
                .load(new OnnxFile(8, "", opset17, graph(inputs, List.of(open("y")), weights, all), List.of(), Map.of()).toBytes());
        var apart = OnnxModel.load(
                new OnnxFile(8, "", opset17, graph(inputs, List.of(open("y"), open(inside)), weights, all), List.of(), Map.of()).toBytes());
        float[] a = joined.run(x).get("y").toFloatArray(), b = apart.run(x).get("y").toFloatArray();
        assertThat(a.length).isEqualTo(b.length).isPositive();
        for (int i = 0; i < a.length; i++) assertThat((double) a[i]).isCloseTo(b[i], within(2e-5));
        var values = new LinkedHashMap<String, OnnxValue>();
        x.forEach((name, value) -> values.put(name, OnnxValue.of(value)));
        assertThat(joined.profile(values)).hasSize(nodes);
        assertThat(apart.profile(values)).hasSizeGreaterThan(nodes);
    }

    @Test void attentionIsOneNode() {
        var ports = List.of(port("q", "b", 2, "t", 4), port("k", "b", 2, 4, "s"), port("v", "b", 2, "s", 3), port("m", "b", 1, 1, "s"));
        var mask = Tensor.of(new float[] {0, 0, -1e4f, 0, 0, -3e38f, 0, 0, 0, -1e4f}, 2, 1, 1, 5);
        var x = Map.of("q", Tensor.randn(Rng.of(1), 2, 2, 3, 4).compute(), "k", Tensor.randn(Rng.of(2), 2, 2, 4, 5).compute(), "v",
                Tensor.randn(Rng.of(3), 2, 2, 5, 3).compute(), "m", mask);
        var axis = new Attribute("axis", -1L);
        joinedEqualsApart(ports, Map.of("c", Tensor.of(3f)), "p", 1, x, node("s = MatMul(q, k)"), node("d = Div(s, c)"),
                node("a = Add(d, m)"), node("p = Softmax(a)", axis), node("y = MatMul(p, v)"));
        joinedEqualsApart(ports, Map.of("c", Tensor.of(0.3f)), "p", 1, x, node("s = MatMul(q, k)"), node("d = Mul(s, c)"),
                node("a = Add(m, d)"), node("p = Softmax(a)", axis), node("y = MatMul(p, v)"));
        var plain = new LinkedHashMap<>(x);
        plain.remove("m");
        joinedEqualsApart(ports.subList(0, 3), Map.of(), "p", 1, plain, node("s = MatMul(q, k)"), node("p = Softmax(s)", axis),
                node("y = MatMul(p, v)"));
        // three axes are no heads, and another axis is no attention
        var flat = Map.of("q", Tensor.randn(Rng.of(1), 2, 3, 4).compute(), "k", Tensor.randn(Rng.of(2), 2, 4, 5).compute(), "v",
                Tensor.randn(Rng.of(3), 2, 5, 3).compute());
        joinedEqualsApart(List.of(open("q"), open("k"), open("v")), Map.of(), "p", 1, flat, node("s = MatMul(q, k)"),
                node("p = Softmax(s)", axis), node("y = MatMul(p, v)"));
        // of five axes the third is not the last
        var deep = Map.of("q", Tensor.randn(Rng.of(1), 1, 2, 2, 3, 4).compute(), "k", Tensor.randn(Rng.of(2), 1, 2, 2, 4, 5).compute(), "v",
                Tensor.randn(Rng.of(3), 1, 2, 2, 5, 3).compute());
        joinedEqualsApart(List.of(open("q"), open("k"), open("v")), Map.of(), "p", 1, deep, node("s = MatMul(q, k)"),
                node("p = Softmax(s)", new Attribute("axis", 3L)), node("y = MatMul(p, v)"));
        var other = model(graph(ports.subList(0, 3), List.of(open("y")), Map.of(), node("s = MatMul(q, k)"),
                node("p = Softmax(s)", new Attribute("axis", 2L)), node("y = MatMul(p, v)")));
        var values = new LinkedHashMap<String, OnnxValue>();
        plain.forEach((name, value) -> values.put(name, OnnxValue.of(value)));
        assertThat(other.profile(values)).hasSize(3);
    }

    @Test void geluIsOneNodeAndABatchNormIsPartOfItsConvolution() {
        var x = Map.of("x", Tensor.randn(Rng.of(3), 4, 5).mul(2).compute());
        var numbers = Map.of("r", Tensor.of((float) Math.sqrt(2)), "one", Tensor.of(1f), "h", Tensor.of(0.5f));
        joinedEqualsApart(List.of(port("x", "n", 5)), numbers, "e", 1, x, node("d = Div(x, r)"), node("e = Erf(d)"),
                node("a = Add(e, one)"), node("m = Mul(x, a)"), node("y = Mul(m, h)"));
        joinedEqualsApart(List.of(port("x", "n", 5)), numbers, "e", 1, x, node("d = Div(x, r)"), node("e = Erf(d)"),
                node("a = Add(one, e)"), node("m = Mul(h, x)"), node("y = Mul(m, a)"));
        var weights = new LinkedHashMap<>(Map.of("w", Tensor.randn(Rng.of(4), 3, 2, 3, 3).compute(), "b",
                Tensor.randn(Rng.of(5), 3).compute(), "s", Tensor.randn(Rng.of(6), 3).compute(), "o", Tensor.randn(Rng.of(7), 3).compute(),
                "mean", Tensor.randn(Rng.of(8), 3).compute(), "var", Tensor.randn(Rng.of(9), 3).square().add(0.5).compute()));
        var picture = Map.of("x", Tensor.randn(Rng.of(10), 2, 2, 6, 6).compute());
        joinedEqualsApart(List.of(port("x", "n", 2, 6, 6)), weights, "c", 1, picture, node("c = Conv(x, w, b)"),
                node("y = BatchNormalization(c, s, o, mean, var)", new Attribute("epsilon", 1e-3f)));
        weights.remove("b");
        joinedEqualsApart(List.of(port("x", "n", 2, 6, 6)), weights, "c", 1, picture, node("c = Conv(x, w)"),
                node("y = BatchNormalization(c, s, o, mean, var)"));
    }

    /** What follows a convolution is part of it, once, and hides a norm behind it from the convolution. */
    @Test void anActivationIsPartOfItsConvolution() {
        var weights = new LinkedHashMap<>(Map.of("w", Tensor.randn(Rng.of(4), 3, 2, 3, 3).compute(), "b",
                Tensor.randn(Rng.of(5), 3).compute(), "s", Tensor.randn(Rng.of(6), 3).compute(), "o", Tensor.randn(Rng.of(7), 3).compute(),
                "mean", Tensor.randn(Rng.of(8), 3).compute(), "var", Tensor.randn(Rng.of(9), 3).square().add(0.5).compute()));
        var picture = Map.of("x", Tensor.randn(Rng.of(10), 2, 2, 6, 6).compute());
        var port = List.of(port("x", "n", 2, 6, 6));
        for (var activation : List.of("Relu", "Sigmoid", "Tanh"))
            joinedEqualsApart(port, weights, "c", 1, picture, node("c = Conv(x, w, b)"), node("y = " + activation + "(c)"));
        joinedEqualsApart(port, weights, "c", 2, picture, node("c = Conv(x, w)"), node("t = Tanh(c)"), node("y = Tanh(t)"));
        joinedEqualsApart(port, weights, "c", 1, picture, node("c = Conv(x, w, b)"), node("m = BatchNormalization(c, s, o, mean, var)"),
                node("y = Relu(m)"));
        joinedEqualsApart(port, weights, "c", 2, picture, node("c = Conv(x, w, b)"), node("r = Relu(c)"),
                node("y = BatchNormalization(r, s, o, mean, var)"));
    }

    @Test void whatIsAskedForTwiceIsComputedOnce() {
        var nodes = new Node[] {node("a = Softmax(x)", new Attribute("axis", 0L)), node("b = Softmax(x)", new Attribute("axis", 0L)),
                node("c = Softmax(x)", new Attribute("axis", 1L)), node("d = Exp(b)"), node("e = Exp(a)"), node("s = Sub(d, e)"),
                node("y = Add(s, c)")};
        var model = model(graph(List.of(port("x", "n", 3)), List.of(open("y")), Map.of(), nodes));
        var x = Map.of("x", OnnxValue.of(Tensor.randn(Rng.of(1), 4, 3).compute()));
        assertThat(model.profile(x)).hasSize(5);
        assertThat(
                model.runValues(x).get("y").tensor().sub(model.values(x, List.of("b", "c", "d", "e")).get("c").tensor()).abs().max().item())
                .isZero();
        var draws = model(graph(List.of(port("x", "n", 3)), List.of(open("y")), Map.of(), node("a = RandomNormalLike(x)"),
                node("b = RandomNormalLike(x)"), node("y = Sub(a, b)")));
        assertThat(draws.runValues(x).get("y").tensor().abs().max().item()).isPositive();
    }

    /** Constant weights are packed, others are not: both give the same. */
    @Test void recurrentLayersWithPackedWeightsGiveTheSame() {
        for (var layer : List.of("LSTM 4", "GRU 3", "RNN 1")) {
            int gates = Integer.parseInt(layer.substring(layer.length() - 1));
            var weights = new LinkedHashMap<>(Map.of("w", Tensor.randn(Rng.of(1), 2, gates * 5, 3).compute(), "r",
                    Tensor.randn(Rng.of(2), 2, gates * 5, 5).compute(), "b", Tensor.randn(Rng.of(3), 2, 2 * gates * 5).compute()));
            var node = node("y = " + layer.substring(0, layer.length() - 2) + "(x, w, r, b)", new Attribute("hidden_size", 5L),
                    new Attribute("direction", "bidirectional".getBytes()));
            var x = Tensor.randn(Rng.of(4), 6, 2, 3).compute();
            var packed = model(graph(List.of(port("x", "t", 2, 3)), List.of(open("y")), weights, node)).run(Map.of("x", x)).get("y");
            var given = new LinkedHashMap<>(weights);
            given.put("x", x);
            var apart = model(graph(List.of(open("x"), open("w"), open("r"), open("b")), List.of(open("y")), Map.of(), node)).run(given)
                    .get("y");
            assertThat(packed.sub(apart).abs().max().item()).as(layer).isLessThan(1e-6);
        }
    }

    @Test void gradientsFlowToTheInputs() {
        var x = Tensor.of(new float[] {1, 1}, 1, 2).requiresGrad();
        model(affine()).run(Map.of("x", x, "z", Tensor.zeros(1, 3))).get("y").sum().backward();
        assertThat(x.grad().toFloatArray()).containsExactly(6, 15);
    }

    @Test void missingOperatorsAreAllNamedBeforeAnythingRuns() {
        var graph = graph(List.of(open("x")), List.of(open("b")), Map.of(), node("a = Frobnicate(x)"), node("b = mine.Twist(a)"));
        assertThatThrownBy(() -> model(graph)).isInstanceOf(FormatException.class)
                .hasMessageContaining("Frobnicate \"a\" of operator set 18").hasMessageContaining("mine.Twist \"b\" of operator set 1");
    }

    @Test void namesAreGivenOnceAndBeforeTheyAreRead() {
        var cycle = graph(List.of(open("x")), List.of(open("a")), Map.of(), node("a = Add(x, b)"), node("b = Neg(a)"));
        assertThatThrownBy(() -> model(cycle)).isInstanceOf(FormatException.class).hasMessageContaining("\"b\" is read by Add \"a\"");
        var twice = graph(List.of(open("x")), List.of(open("a")), Map.of(), node("a = Neg(x)"), node("a = Abs(x)"));
        assertThatThrownBy(() -> model(twice)).isInstanceOf(FormatException.class).hasMessageContaining("two values have the name \"a\"");
        var gone = graph(List.of(open("x")), List.of(open("y")), Map.of(), node("a = Neg(x)"));
        assertThatThrownBy(() -> model(gone)).isInstanceOf(FormatException.class).hasMessageContaining("\"y\" is read by the outputs");
    }

    @Test void aNodeThatFailsIsNamedWithItsInputs() {
        var model = model(graph(List.of(open("x")), List.of(open("y")), Map.of("w", W), node("y = MatMul(x, w)")));
        assertThatThrownBy(() -> model.run(Map.of("x", Tensor.zeros(3, 4)))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("MatMul \"y\" of (FLOAT (3, 4), FLOAT (2, 3))")
                .hasMessageContaining("the last axis of the left operand must be 2");
    }

    /** y = 1 + alpha x, alpha given by the caller or 3. */
    private static Function scaled() {
        var defaults = new LinkedHashMap<String, Attribute>();
        defaults.put("alpha", new Attribute("alpha", 3f));
        return new Function("mine", "Scaled", List.of("x"), List.of("y"), List.of(), defaults,
                List.of(node("a = Constant()", new Attribute("value_float", "alpha", null)), node("p = Mul(x, a)"),
                        node("one = Constant()", new Attribute("value_float", 1f)), node("y = Add(p, one)")),
                Map.of("", 18L, "mine", 1L));
    }

    @Test void functionsTakeTheirCallersAttributes() {
        var model = model(graph(List.of(open("x")), List.of(open("z")), Map.of(), node("y = mine.Scaled(x)"),
                node("z = mine.Scaled(y)", new Attribute("alpha", 2f))), scaled());
        assertThat(model.run(Map.of("x", Tensor.of(5f))).get("z").toFloatArray()).containsExactly(33);
    }

    @Test void functionsThatCallThemselvesOrGrowWithoutEndAreRefused() {
        var own = new Function("mine", "F", List.of("x"), List.of("y"), List.of(), new LinkedHashMap<>(), List.of(node("y = mine.F(x)")),
                Map.of("mine", 1L));
        assertThatThrownBy(() -> model(graph(List.of(open("x")), List.of(open("y")), Map.of(), node("y = mine.F(x)")), own))
                .isInstanceOf(FormatException.class).hasMessageContaining("deep");
        var doubled = new ArrayList<Function>();
        for (int i = 0; i < 30; i++) {
            var callee = i == 29 ? "Neg" : "mine.F" + (i + 1);
            doubled.add(new Function("mine", "F" + i, List.of("x"), List.of("y"), List.of(), new LinkedHashMap<>(),
                    List.of(node("a = " + callee + "(x)"), node("y = " + callee + "(a)")), Map.of("", 18L, "mine", 1L)));
        }
        assertThatThrownBy(() -> model(graph(List.of(open("x")), List.of(open("y")), Map.of(), node("y = mine.F0(x)")),
                doubled.toArray(Function[]::new))).isInstanceOf(FormatException.class).hasMessageContaining("more than 1000000 nodes");
    }

    /** Doubles x while it is below 100; the body reads the limit from the graph around. */
    private static Graph loop(float limit) {
        var body = graph(List.of(open("i"), open("c"), open("v")), List.of(open("on"), open("w"), open("log")), Map.of(),
                node("w = Add(v, v)"), node("on = Less(w, limit)"), node("log = Identity(w)"));
        return graph(List.of(port("x")), List.of(open("end"), open("all")), Map.of("limit", Tensor.full(DType.F32, limit)),
                node("end, all = Loop(, , x)", new Attribute("body", body)));
    }

    @Test void loopsCarryValuesAndReadTheGraphAround() {
        var out = model(loop(100)).run(Map.of("x", Tensor.full(DType.F32, 3.0)));
        assertThat(out.get("end").item()).isEqualTo(192);
        assertThat(out.get("all").toFloatArray()).containsExactly(6, 12, 24, 48, 96, 192);
    }

    @Test void loopsWithoutEndAndResultsWithoutBoundAreRefused() {
        var limits = new OnnxLimits().withIterations(1_000).withElements(1_000_000);
        var endless = OnnxModel.of(file(loop(Float.POSITIVE_INFINITY)), limits);
        assertThatThrownBy(() -> endless.run(Map.of("x", Tensor.full(DType.F32, 0.0)))).hasMessageContaining("more than 1000 turns");
        var huge = OnnxModel.of(
                file(graph(List.of(port("n", OnnxType.INT64, 2)), List.of(open("y")), Map.of(), node("y = ConstantOfShape(n)"))), limits);
        assertThatThrownBy(() -> huge.run(Map.of("n", Tensor.of(1L << 20, 1L << 20)))).hasMessageContaining("more than 1000000 elements");
        assertThatThrownBy(() -> huge.run(Map.of("n", Tensor.of(1L, -5L)))).hasMessageContaining("size of -5");
    }

    /** Sixty matrices of 4 MiB one after the other: without a scope all of them wait for the collector, in a run five or so are there at once. */
    @Test void whatNoLaterNodeReadsGoesBackDuringARun() {
        var nodes = new ArrayList<Node>();
        for (int i = 0; i < 60; i++) nodes.add(node("x" + (i + 1) + " = MatMul(x" + i + ", w)"));
        var turn = Tensor.eye(DType.F32, 64).roll(1, 1).compute();
        var model = model(
                graph(List.of(port("x0", "n", 64)), List.of(open("x60"), open("x30")), Map.of("w", turn), nodes.toArray(Node[]::new)));
        var x = Tensor.randn(Rng.of(1), 1 << 14, 64).compute();
        try (var around = Scope.open()) {
            var out = model.run(Map.of("x0", x));
            assertThat(around.large()).isEqualTo(2); // the outputs
            assertThat(out.get("x60").sub(x.roll(1, 60)).abs().max().item()).isLessThan(1e-5);
            assertThat(out.get("x30").sub(x.roll(1, 30)).abs().max().item()).isLessThan(1e-5);
        }
        var little = OnnxModel.of(model.file(), new OnnxLimits().withBytes(100L << 20));
        assertThatThrownBy(() -> little.run(Map.of("x0", x))).isInstanceOf(LyceumException.class).hasMessageContaining("limit");
        assertThat(model.run(Map.of("x0", x.requiresGrad())).get("x60").isTracked()).isTrue();
    }

    @Test void threadsShareAModel() throws Exception {
        var model = model(loop(100));
        try (var pool = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Callable<Double>>();
            for (int i = 1; i <= 64; i++) {
                double x = i;
                tasks.add(() -> model.run(Map.of("x", Tensor.full(DType.F32, x))).get("end").item() / x);
            }
            for (var result : pool.invokeAll(tasks)) assertThat(Math.log(result.get()) / Math.log(2) % 1).isZero();
        }
    }

    /** What a port says, 3 where it is open, never much. */
    private static long[] sizes(Port port) {
        if (!(port.type() instanceof Type.OfTensor(var element, var shape)) || shape == null || shape.size() > 4) return new long[0];
        return shape.stream().mapToLong(dim -> dim.size() < 0 ? 3 : Math.min(dim.size(), 9)).toArray();
    }

    @Test void mutantsAreRunOrRefused() {
        var convolution = graph(List.of(port("x", 1, 2, 6, 6)), List.of(open("y")),
                Map.of("k", Tensor.randn(Rng.of(1), 3, 2, 3, 3), "shape", Tensor.of(1L, -1L)),
                node("c = Conv(x, k)", new Attribute("pads", new long[] {1, 1, 1, 1}), new Attribute("strides", new long[] {2, 2})),
                node("p = MaxPool(c)", new Attribute("kernel_shape", new long[] {2, 2})), node("f = Reshape(p, shape)"),
                node("y = Softmax(f)", new Attribute("axis", -1L)));
        var seeds = new byte[][] {file(affine()).toBytes(), file(loop(100)).toBytes(), file(convolution).toBytes(),
                file(graph(List.of(port("x", 3, 4)), List.of(open("z")), Map.of(), node("y = mine.Scaled(x)"), node("z = Transpose(y)")),
                        scaled()).toBytes()};
        var limits = new OnnxLimits(100_000, 100, 1_000);
        var report = Fuzz.of(seeds).allowing(LyceumException.class, IllegalArgumentException.class).mutants(5_000, bytes -> {
            var model = OnnxModel.of(OnnxFile.read(bytes), limits);
            var inputs = new LinkedHashMap<String, Tensor>();
            for (var port : model.inputs()) inputs.put(port.name(), Tensor.ones(sizes(port)));
            model.run(inputs).values().forEach(Tensor::compute);
        });
        assertThat(report.accepted()).isGreaterThan(100);
        assertThat(report.refused()).isGreaterThan(1_000);
    }
}
