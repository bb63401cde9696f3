package lyceum.bench.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/** The operations that DJL has, on inputs made beforehand. What a call makes is closed in it: DJL frees nothing by itself. */
final class Operations {
    private final NDManager manager;

    Operations(NDManager manager) { this.manager = manager; }

    Runnable of(JsonNode r) {
        return switch (r.path("op").asString()) {
            case "matmul" -> matmul(type(r), r.path("m").asInt(), r.path("k").asInt(), r.path("n").asInt(), r.path("left").asBoolean(),
                    r.path("right").asBoolean());
            case "add" -> {
                NDArray a = random(size(r, "n"), size(r, "n")), b = random(size(r, "n"), size(r, "n"));
                yield closing(() -> a.add(b));
            }
            case "scale" -> {
                var x = random(size(r, "n"));
                yield closing(() -> x.mul(1.5f));
            }
            case "chain" -> chained(random(size(r, "n")), x -> x.mul(1.5f), x -> x.add(0.5f), Activation::relu, x -> x.mul(0.3f));
            case "gelu_affine" -> {
                NDArray w = random(size(r, "width")), b = random(size(r, "width"));
                yield chained(random(size(r, "rows"), size(r, "width")), x -> x.mul(w), x -> x.add(b), x -> x.getNDArrayInternal().gelu());
            }
            case "swiglu" -> {
                NDArray a = random(size(r, "rows"), size(r, "width")), b = random(size(r, "rows"), size(r, "width"));
                var swiglu = script("torch.mul(torch.silu(a), b)", "a", "b");
                yield closing(() -> swiglu.call(a, b));
            }
            case "dropout_residual" -> {
                var residual = random(size(r, "rows"), size(r, "width"));
                yield chained(random(size(r, "rows"), size(r, "width")), x -> JniUtils.dropout((PtNDArray) x, 0.1, true),
                        x -> x.add(residual));
            }
            case "rowwise" -> rowwise(r.path("name").asString(), size(r, "rows"), size(r, "width"), r.path("backward").asBoolean());
            case "attention" -> {
                Supplier<NDArray> input = () -> random(1, size(r, "heads"), size(r, "time"), size(r, "width")).toType(type(r), false);
                yield swept(r.path("backward").asBoolean(),
                        script("torch.scaled_dot_product_attention(q, k, v, None, 0., True)", "q", "k", "v")::call, input.get(),
                        input.get(), input.get());
            }
            case "indexing" -> indexing(r.path("name").asString(), size(r, "rows"), size(r, "width"), size(r, "other"));
            case "conv" -> conv(r);
            case "vision" -> {
                var file = Path.of(r.path("script").asString());
                if (!Files.isRegularFile(file)) throw new UnsupportedOperationException("no such operation: PyTorch wrote no script");
                var network = Script.of(manager, file);
                var x = random(size(r, "batch"), 3, 224, 224);
                yield closing(() -> network.infer(x));
            }
            default -> throw new UnsupportedOperationException("no such operation");
        };
    }

    private static long size(JsonNode r, String name) { return r.path(name).asLong(); }

    private static DataType type(JsonNode r) {
        return switch (r.path("dtype").asString()) {
            case "F64" -> DataType.FLOAT64;
            case "F16" -> DataType.FLOAT16;
            case "BF16" -> DataType.BFLOAT16;
            default -> DataType.FLOAT32;
        };
    }

    private Script script(String expression, String... names) { return Script.of(manager, expression, names); }

    private NDArray random(long... shape) { return manager.randomNormal(new Shape(shape)); }

    private Runnable matmul(DataType type, long m, long k, long n, boolean left, boolean right) {
        var a = (left ? random(k, m).transpose() : random(m, k)).toType(type, false);
        var b = (right ? random(n, k).transpose() : random(k, n)).toType(type, false);
        return closing(() -> a.matMul(b));
    }

    private Runnable rowwise(String name, long rows, long width, boolean backward) {
        NDArray x = random(rows, width), w = manager.ones(new Shape(width)), b = manager.zeros(new Shape(width));
        return switch (name) {
            case "softmax" -> swept(backward, in -> in[0].softmax(1), x);
            case "layer norm" -> swept(backward,
                    in -> in[0].getNDArrayInternal().layerNorm(in[0], new Shape(width), in[1], in[2], 1e-5f).singletonOrThrow(), x, w, b);
            case "RMS norm" ->
                    swept(backward, script("torch.rms_norm(x, [torch.size(x, 1)], w, 1.0000000000000001e-05)", "x", "w")::call, x, w);
            case "cross-entropy" -> {
                var classes = manager.randomInteger(0, width, new Shape(rows), DataType.INT64);
                var loss = script("torch.cross_entropy_loss(x, t)", "x", "t");
                yield swept(backward, in -> loss.call(in[0], classes), x);
            }
            default -> throw new UnsupportedOperationException("no such operation");
        };
    }

    private Runnable indexing(String name, long rows, long width, long other) {
        return switch (name) {
            case "gather rows" -> calling("torch.index_select(x, 0, i)", random(other, width), index(other, rows));
            case "embedding's gradient" ->
                    calling("torch.embedding_dense_backward(x, i, " + other + ", -1, False)", random(rows, width), index(other, rows));
            case "gather elements" -> calling("torch.gather(x, 1, i)", random(rows, width), index(width, rows, width));
            case "scatter-add elements" ->
                    calling("torch.scatter_add(x, 1, i, y)", random(rows, width), index(width, rows, width), random(rows, width));
            case "running sum" -> calling("torch.cumsum(x, " + other + ")", random(rows, width));
            case "running product" -> calling("torch.cumprod(x, " + other + ")", random(rows, width));
            case "running maximum" -> calling("(torch.cummax(x, " + other + "))[0]", random(rows, width));
            case "segment sum", "segment mean", "segment max" ->
                    calling("torch.segment_reduce(x, \"" + name.substring(8) + "\", lengths=i)", random(rows, width),
                            manager.ones(new Shape(other), DataType.INT64).mul(rows / other));
            case "sort" -> calling("(torch.sort(x, stable=True, dim=1))[0]", random(rows, width));
            case "argsort" -> calling("torch.argsort(x, stable=True, dim=1)", random(rows, width));
            case "top-k" -> calling("(torch.topk(x, " + other + ", 1))[0]", random(rows, width));
            case "argmax" -> calling("torch.argmax(x, 1)", random(rows, width));
            default -> throw new UnsupportedOperationException("no such operation");
        };
    }

    private NDArray index(long below, long... shape) { return manager.randomInteger(0, below, new Shape(shape), DataType.INT64); }

    /** @param inputs called x, i and y */
    private Runnable calling(String expression, NDArray... inputs) {
        var script = script(expression, Arrays.copyOf(new String[] {"x", "i", "y"}, inputs.length));
        return closing(() -> script.call(inputs));
    }

    private Runnable conv(JsonNode r) {
        long inputs = size(r, "inputs"), groups = size(r, "groups"), kernel = size(r, "kernel"), stride = size(r, "stride"),
                padding = size(r, "padding");
        var x = random(size(r, "batch"), inputs, size(r, "size"), size(r, "size"));
        var w = random(size(r, "outputs"), inputs / groups, kernel, kernel);
        return swept(r.path("backward").asBoolean(), in -> in[0].getNDArrayInternal()
                .convolution(in[0], in[1], null, new Shape(stride, stride), new Shape(padding, padding), new Shape(1, 1), (int) groups)
                .singletonOrThrow(), x, w);
    }

    private static Runnable closing(Supplier<NDArray> f) { return () -> f.get().close(); }

    /** One operation after the other, each closed when the next has its value. */
    @SafeVarargs private static Runnable chained(NDArray start, UnaryOperator<NDArray>... steps) {
        return () -> {
            var value = start;
            for (var step : steps) {
                var next = step.apply(value);
                if (value != start) value.close();
                value = next;
            }
            value.close();
        };
    }

    /** The value alone, or with the gradients of the leaves from a gradient of ones: new leaves on the same numbers each time, so that nothing is added to what was. */
    private static Runnable swept(boolean backward, Function<NDArray[], NDArray> f, NDArray... inputs) {
        if (!backward) return closing(() -> f.apply(inputs));
        PtNDArray ones;
        try (var value = f.apply(inputs)) {
            ones = (PtNDArray) value.onesLike();
        }
        return () -> {
            var leaves = new NDArray[inputs.length];
            for (int i = 0; i < leaves.length; i++) {
                leaves[i] = JniUtils.detachGradient((PtNDArray) inputs[i]);
                leaves[i].setRequiresGradient(true);
            }
            try (var collector = Engine.getInstance().newGradientCollector(); var value = f.apply(leaves)) {
                JniUtils.backward((PtNDArray) value, ones, false, false);
            }
            for (var leaf : leaves) leaf.close();
        };
    }
}
