package lyceum.nn.onnx;

import static lyceum.nn.onnx.Models.graph;
import static lyceum.nn.onnx.Models.model;
import static lyceum.nn.onnx.Models.node;
import static lyceum.nn.onnx.Models.open;
import static lyceum.nn.onnx.Models.port;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import lyceum.DType;
import lyceum.format.OnnxFile.Attribute;
import lyceum.format.OnnxFile.Graph;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Exporters compute sizes by dozens of nodes: a run on the sizes of the run before takes them from there. */
class SizeMemoTest {
    private static final Tensor INDEX = Tensor.full(DType.I64, 1), ZERO = Tensor.of(new long[] {0}), LAST = Tensor.of(new long[] {-1}),
            TABLE = Tensor.of(new float[] {10, 20, 30, 40, 50, 60}, 6, 1);

    /** Rows plus a number of their place, each row turned into a block of its own length. */
    private static Graph blocks() {
        return graph(List.of(port("x", "n", "m")), List.of(open("y")), Map.of("one", INDEX, "zero", ZERO, "last", LAST, "table", TABLE),
                node("s = Shape(x)"), node("m = Gather(s, one)"), node("m1 = Unsqueeze(m, zero)"),
                node("to = Concat(last, m1)", new Attribute("axis", 0L)), node("flat = Reshape(x, last)"), node("back = Reshape(flat, to)"),
                node("places = Slice(table, zero, m1)"), node("row = Transpose(places)"), node("y = Add(back, row)"));
    }

    private static Tensor x(int rows, int columns) { return Tensor.randn(Rng.of(rows * 10L + columns), rows, columns).compute(); }

    private static float[] expected(Tensor x) { return x.add(TABLE.narrow(0, 0, x.size(1)).transpose()).toFloatArray(); }

    private static Set<String> untimed(OnnxModel model, Tensor x) {
        return model.profile(Map.of("x", OnnxValue.of(x))).stream().filter(time -> time.nanoseconds() == 0)
                .map(OnnxModel.NodeTime::operator).collect(Collectors.toSet());
    }

    @Test void sizesThatChangeAreSeen() {
        var model = model(blocks());
        for (int[] size : new int[][] {{2, 3}, {2, 3}, {2, 3}, {3, 2}, {4, 2}, {4, 2}, {2, 3}, {1, 6}, {1, 6}, {6, 1}}) {
            var x = x(size[0], size[1]);
            assertThat(model.run(Map.of("x", x)).get("y").toFloatArray()).as(size[0] + " x " + size[1]).isEqualTo(expected(x));
        }
    }

    @Test void fromTheThirdRunOnSizesTakeNoWork() {
        var model = model(blocks());
        assertThat(untimed(model, x(2, 3))).isEmpty();
        assertThat(untimed(model, x(2, 3))).isEmpty();
        assertThat(untimed(model, x(2, 3))).containsExactlyInAnyOrder("Shape", "Gather", "Unsqueeze", "Concat", "Slice", "Transpose");
        assertThat(untimed(model, x(3, 2))).isEmpty();
        assertThat(untimed(model, x(3, 2))).contains("Shape", "Transpose").doesNotContain("Add", "Reshape");
    }

    /** What is kept belongs to no scope, and to nobody who could write to it. */
    @Test void whatIsKeptOutlivesScopesAndIsNotGivenAway() {
        var model = model(graph(List.of(port("x", "n", "m")), List.of(open("y"), open("t")), Map.of("one", INDEX), node("s = Shape(x)"),
                node("t = Gather(s, one)"), node("u = Gather(s, one)", new Attribute("axis", 0L)),
                node("f = Cast(u)", new Attribute("to", 1L)), node("y = Add(x, f)")));
        for (int i = 0; i < 4; i++) try (var scope = Scope.open("a run")) {
            var out = model.run(Map.of("x", Tensor.zeros(2, 5)));
            assertThat(out.get("y").toFloatArray()).as("run " + i).containsOnly(5f);
            assertThat(out.get("t").itemLong()).as("run " + i).isEqualTo(5);
            out.get("t").fill_(7);
        }
    }

    @Test void gradientsAreThoseOfTheFirstRun() {
        var model = model(blocks());
        for (int i = 0; i < 4; i++) {
            var x = x(2, 3).requiresGrad();
            var y = model.run(Map.of("x", i % 2 == 0 ? x : x.detach())).get("y");
            if (i % 2 != 0) continue;
            y.square().sum().backward();
            assertThat(x.grad().toFloatArray()).isEqualTo(y.mul(2).toFloatArray());
        }
    }

    @Test void drawsAreNotKept() {
        var model = model(graph(List.of(port("x", "n")), List.of(open("y")), Map.of(), node("s = Shape(x)"), node("z = ConstantOfShape(s)"),
                node("r = RandomNormalLike(z)"), node("y = Add(x, r)")));
        for (int i = 0; i < 3; i++) model.run(Map.of("x", Tensor.zeros(4)));
        assertThat(untimed(model, Tensor.zeros(4))).containsExactlyInAnyOrder("Shape", "ConstantOfShape");
    }

    @Test void threadsWithInputsOfOtherSizesDoNotMeet() throws Exception {
        var model = model(blocks());
        Callable<Boolean> small = () -> right(model, x(2, 3)), large = () -> right(model, x(3, 5));
        try (var threads = Executors.newFixedThreadPool(2)) {
            for (var right : threads.invokeAll(List.of(small, large))) assertThat(right.get()).isTrue();
        }
    }

    private static boolean right(OnnxModel model, Tensor x) {
        var expected = expected(x);
        for (int i = 0; i < 300; i++) if (!Arrays.equals(model.run(Map.of("x", x)).get("y").toFloatArray(), expected)) return false;
        return true;
    }
}
