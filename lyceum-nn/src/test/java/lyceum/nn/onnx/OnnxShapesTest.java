package lyceum.nn.onnx;

import static lyceum.nn.onnx.Models.file;
import static lyceum.nn.onnx.Models.graph;
import static lyceum.nn.onnx.Models.model;
import static lyceum.nn.onnx.Models.node;
import static lyceum.nn.onnx.Models.open;
import static lyceum.nn.onnx.Models.port;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Function;
import lyceum.format.OnnxFile.Graph;
import lyceum.format.OnnxFile.Type;
import lyceum.format.OnnxType;
import lyceum.nn.GptBlock;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

class OnnxShapesTest {
    private static OnnxShapes shapes(Graph graph, Function... functions) { return OnnxShapes.of(file(graph, functions), Map.of()); }

    @Test void openSizesKeepTheirNames() {
        var shapes = shapes(graph(List.of(port("x", "batch", 3, "height", "width")), List.of(open("p"), open("f")),
                Map.of("w", Tensor.zeros(8, 3, 3, 3)),
                node("c = Conv(x, w)", new Attribute("pads", new long[] {1, 1, 1, 1}), new Attribute("strides", new long[] {2, 2})),
                node("r = Relu(c)"), node("p = MaxPool(r)", new Attribute("kernel_shape", new long[] {2, 2})), node("f = Flatten(x)")));
        assertThat(shapes.contradictions()).isEmpty();
        assertThat(shapes.text("r")).isEqualTo("FLOAT (batch, 8, floor((height + 1)/2), floor((width + 1)/2))");
        assertThat(shapes.text("p")).isEqualTo("FLOAT (batch, 8, floor((height + 1)/2) - 1, floor((width + 1)/2) - 1)");
        assertThat(shapes.text("f")).isEqualTo("FLOAT (batch, 3 height width)");
        assertThat(shapes.operations()).isEqualTo(-1);
        assertThat(shapes.work().getFirst().operations()).startsWith("216 ");
    }

    /** What exporters write to split heads: the shape is taken apart and put together again. */
    @Test void sizesAreFollowedThroughArithmetic() {
        var shapes = shapes(graph(List.of(port("x", "batch", "time", 12)), List.of(open("h"), open("t")),
                Map.of("two", Tensor.of(2L), "first", Tensor.full(DType.I64, 0), "four", Tensor.of(4L), "minus", Tensor.of(-1L), "axis",
                        Tensor.of(0L)),
                node("s = Shape(x)"), node("b = Gather(s, first)", new Attribute("axis", 0L)), node("b1 = Unsqueeze(b, axis)"),
                node("t = Mul(b1, two)"), node("to = Concat(b1, minus, four, two)", new Attribute("axis", 0L)),
                node("h = Reshape(x, to)")));
        assertThat(shapes.text("h")).isEqualTo("FLOAT (batch, ?, 4, 2)"); // 12 time / 8 is no whole number for each time
        var even = shapes(graph(List.of(port("x", "batch", "time", 12)), List.of(open("y")), Map.of("to", Tensor.of(0L, -1L, 6L)),
                node("y = Reshape(x, to)")));
        assertThat(even.text("y")).isEqualTo("FLOAT (batch, 2 time, 6)");
    }

    @Test void sizesOfNoInputAreRefusedByName() {
        var file = file(graph(List.of(port("x", "batch", 12)), List.of(open("y")), Map.of(), node("y = Relu(x)")));
        assertThat(OnnxShapes.of(file, Map.of("batch", 3L)).text("y")).isEqualTo("FLOAT (3, 12)");
        assertThatThrownBy(() -> OnnxShapes.of(file, Map.of("bacth", 3L)))
                .hasMessageContaining("'bacth' is not an open size; there are [batch]");
        assertThatThrownBy(() -> OnnxShapes.of(file, Map.of("batch", -3L))).hasMessageContaining("batch is -3; it is at least 0");
    }

    /** A size that a rounded one was divided out of is as good as any other. */
    @Test void aRoundedSizeThatIsGoneLeavesNoTrace() {
        var shapes = shapes(graph(List.of(port("x", "n", 3, "width")), List.of(open("y"), open("half")),
                Map.of("places", Tensor.of(0L, 2L), "minus", Tensor.of(-1L), "w", Tensor.zeros(3, 4)),
                node("p = MaxPool(x)", new Attribute("kernel_shape", new long[] {2}), new Attribute("strides", new long[] {2})),
                node("s = Shape(p)"), node("g = Gather(s, places)", new Attribute("axis", 0L)),
                node("to = Concat(g, minus)", new Attribute("axis", 0L)), node("h = Reshape(p, to)"), node("y = MatMul(h, w)"),
                node("twice = Concat(x, x)", new Attribute("axis", 2L)),
                node("half = MaxPool(twice)", new Attribute("kernel_shape", new long[] {2}), new Attribute("strides", new long[] {2}),
                        new Attribute("auto_pad", "SAME_UPPER".getBytes(StandardCharsets.UTF_8)))));
        assertThat(shapes.contradictions()).isEmpty();
        assertThat(shapes.text("h")).isEqualTo("FLOAT (n, floor(width/2), 3)");
        assertThat(shapes.text("y")).isEqualTo("FLOAT (n, floor(width/2), 4)");
        assertThat(shapes.text("half")).isEqualTo("FLOAT (n, 3, width)");
    }

    @Test void whatAnExportSaysIsFound() {
        var block = new GptBlock(8, 2, Rng.of(1));
        var model = OnnxModel.load(new OnnxExport().of(block, Tensor.randn(Rng.of(2), 3, 6, 8)).toBytes());
        var x = Tensor.randn(Rng.of(3), 5, 6, 8).compute();
        var names = new ArrayList<String>();
        model.file().graph().nodes().forEach(node -> names.addAll(node.outputs()));
        var values = model.values(Map.of("input", OnnxValue.of(x)), names);
        for (var shapes : List.of(model.shapes(), model.shapes(Map.of("batch", 5L)))) {
            assertThat(shapes.contradictions()).isEmpty();
            for (var name : names) {
                var said = (Type.OfTensor) shapes.types().get(name);
                var got = values.get(name).tensor();
                assertThat(said.element()).as(name).isEqualTo(OnnxType.of(got.dtype()));
                assertThat(said.shape()).as(name).hasSize(got.rank());
                for (int axis = 0; axis < got.rank(); axis++) {
                    var dim = said.shape().get(axis);
                    long size = dim.size() >= 0 ? dim.size() : dim.name().equals("batch") ? 5 : -1;
                    assertThat(size).as(name + " " + said.shape()).isEqualTo(got.size(axis));
                }
            }
        }
        assertThat(model.shapes().operations()).isEqualTo(-1);
        // four products of 8 x 8 for queries, keys, values, output and eight for the perceptron, twice 6 x 4 for each head's scores and mixtures
        long products = 5 * 6 * (4 * 64 + 8 * 64) + 5 * 2 * 2 * 6 * 6 * 4;
        assertThat(model.shapes(Map.of("batch", 5L)).work().stream().filter(w -> w.node().operator().equals("MatMul"))
                .mapToLong(OnnxShapes.Work::count).sum()).isEqualTo(products);
    }

    @Test void contradictionsAreNamedBeforeAnythingRuns() {
        var shapes = shapes(graph(List.of(port("x", "n", 4), port("z", "n", 5)), List.of(port("y", "n", 7)),
                Map.of("w", Tensor.zeros(3, 2), "to", Tensor.of(5L, 5L), "k", Tensor.zeros(4, 3, 5, 5)), node("a = MatMul(x, w)"),
                node("b = Add(x, z)"), node("c = Reshape(w, to)"), node("d = Conv(x, k)"),
                node("e = Concat(x, z)", new Attribute("axis", 0L)), node("y = Relu(x)"),
                node("g = Transpose(x)", new Attribute("perm", new long[] {0, 5}))));
        assertThat(shapes.contradictions()).hasSize(7);
        assertThat(shapes.contradictions().get(0))
                .isEqualTo("MatMul \"a\" of (n, 4), (3, 2): inner sizes of (n, 4) and (3, 2) are 4 and 3");
        assertThat(shapes.contradictions().get(1)).isEqualTo("Add \"b\" of (n, 4), (n, 5): sizes 4 and 5 do not go together");
        assertThat(shapes.contradictions().get(2)).contains("6 elements cannot have shape [5, 5]");
        assertThat(shapes.contradictions().get(3)).contains("Conv \"d\"").contains("weights (4, 3, 5, 5)");
        assertThat(shapes.contradictions().get(4)).contains("sizes of axis 1 are 4 and 5");
        assertThat(shapes.contradictions().get(5)).contains("\"y\" is (n, 4), and the file says (n, 7)");
        assertThat(shapes.contradictions().get(6)).contains("axis 5");
        assertThat(shapes.text("a")).isEqualTo("UNDEFINED (..)");
    }

    @Test void nodesOfTheWrongRankAreNamed() {
        var shapes = shapes(graph(List.of(port("x", 4, 5), port("p", 3), port("to", OnnxType.INT64, 2_000_000_000)), List.of(),
                Map.of("w", Tensor.zeros(1, 8, 5), "flat", Tensor.zeros(4)), node("a = LSTM(x, w, w)", new Attribute("hidden_size", 2L)),
                node("b = MaxPool(p)", new Attribute("kernel_shape", new long[] {2})), node("c = ConvTranspose(x, flat)"),
                node("d = Transpose(x)", new Attribute("perm", new long[] {0})),
                node("e = Unsqueeze(p)", new Attribute("axes", new long[] {0, 0})), node("f = Reshape(x, to)")));
        assertThat(shapes.contradictions()).hasSize(5);
        assertThat(shapes.contradictions().get(0)).startsWith("LSTM \"a\": its inputs or attributes");
        assertThat(shapes.contradictions().get(1)).contains("an input (3) has no axis to go along");
        assertThat(shapes.text("f")).isEqualTo("FLOAT (..)");
    }

    @Test void elementsOfShapesAreDividedTowardsZero() {
        var shapes = shapes(
                graph(List.of(), List.of(),
                        Map.of("a", Tensor.of(-3L, 7L), "two", Tensor.of(2L), "none", Tensor.zeros(DType.I64, 0), "three",
                                Tensor.of(3L, 3L)),
                        node("q = Div(a, two)"), node("r = Add(q, three)"), node("y = ConstantOfShape(r)"), node("e = Mul(none, two)"),
                        node("z = ConstantOfShape(e)")));
        assertThat(shapes.contradictions()).isEmpty();
        assertThat(shapes.text("y")).isEqualTo("FLOAT (2, 6)");
        assertThat(shapes.text("z")).isEqualTo("FLOAT ()");
    }

    @Test void branchesLoopsAndFunctionsAreLookedInto() {
        var same = graph(List.of(), List.of(open("p")), Map.of(), node("p = Neg(x)"));
        var other = graph(List.of(), List.of(open("q")), Map.of("one", Tensor.ones(3)), node("q = Add(x, one)"));
        var body = graph(List.of(open("i"), open("c"), open("v")), List.of(open("on"), open("w"), open("log")), Map.of(),
                node("w = Concat(v, v)", new Attribute("axis", 0L)), node("on = Identity(c)"),
                node("log = ReduceSum(x)", new Attribute("keepdims", 0L)));
        var twice = new Function("mine", "Twice", List.of("a"), List.of("b"), List.of(), new LinkedHashMap<>(),
                List.of(node("b = Concat(a, a)", new Attribute("axis", 1L))), Map.of("", 18L));
        var shapes = shapes(graph(List.of(port("x", "n", 3), port("yes", OnnxType.BOOL)),
                List.of(open("y"), open("end"), open("all"), open("d")), Map.of("five", Tensor.full(DType.I64, 5)),
                node("y = If(yes)", new Attribute("then_branch", same), new Attribute("else_branch", other)),
                node("end, all = Loop(five, , x)", new Attribute("body", body)), node("d = mine.Twice(x)")), twice);
        assertThat(shapes.contradictions()).isEmpty();
        assertThat(shapes.text("y")).isEqualTo("FLOAT (n, 3)");
        assertThat(shapes.text("end")).isEqualTo("FLOAT (?, 3)");
        assertThat(shapes.text("all")).isEqualTo("FLOAT (?)");
        assertThat(shapes.text("d")).isEqualTo("FLOAT (n, 6)");
    }

    /** Five states handed on: the growth of the last reaches the first after five turns. */
    @Test void whatReachesAStateLateIsNotTakenAsKnown() {
        var body = graph(List.of(open("i"), open("c"), open("a"), open("b"), open("d"), open("e"), open("f")),
                List.of(open("on"), open("a1"), open("b1"), open("d1"), open("e1"), open("f1")), Map.of(), node("on = Identity(c)"),
                node("a1 = Identity(b)"), node("b1 = Identity(d)"), node("d1 = Identity(e)"), node("e1 = Identity(f)"),
                node("f1 = Concat(f, f)", new Attribute("axis", 0L)));
        var shapes = shapes(graph(List.of(port("x", 3)), List.of(open("y")), Map.of("many", Tensor.full(DType.I64, 9)),
                node("y, q, r, s, t = Loop(many, , x, x, x, x, x)", new Attribute("body", body))));
        assertThat(shapes.text("y")).isNotEqualTo("FLOAT (3)");
    }

    @Test void theGraphIsDrawn() {
        var model = model(graph(List.of(port("x", "batch", 2)), List.of(open("y")), Map.of("w", Tensor.zeros(2, 3)),
                node("h = MatMul(x, w)"), node("y = Relu(h)")));
        var figure = (Plot) model.shapes(Map.of("batch", 4L)).figure(model.file().graph(), 10);
        assertThat(figure.toString()).contains("x|FLOAT (4, 2)", "MatMul|24", "(4, 3)", "Relu|12", "y|FLOAT (4, 3)");
        assertThat(model.shapes().figure(model.file().graph(), 1).toString()).contains("MatMul|6 batch").doesNotContain("Relu");
    }
}
