package lyceum.llm.weights;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.format.Safetensors;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.tensor.Tensor;

/**
 * What training changed: {@code tau = theta_tuned - theta_base}, tensor by tensor, to be added, negated, scaled and compared.
 *
 * {@snippet :
 * var polite = TaskVector.between(base.state(), tuned.state());
 * var both = polite.plus(fluent).times(0.4).on(base.state());            // named tensors, for Module.load or a file
 * var forgets = polite.negated().on(base);                               // a model of its own
 * double alike = polite.cosine(fluent);
 * polite.save(path);                                                     // sparse where that takes fewer bytes
 * }
 *
 * <p>Floats alone have changes, F64 for F64 and else F32; integers stay those of the base. A sum is computed in F64 and rounded once. Immutable.
 *
 * @see <a href="https://arxiv.org/abs/2212.04089">Ilharco et al. (2023)</a>
 */
public final class TaskVector {
    private static final String KEPT = ".kept", PLACES = ".places", VALUES = ".values", SHAPE = "shape ";

    private final SequencedMap<String, Tensor> deltas;

    private TaskVector(SequencedMap<String, Tensor> deltas) { this.deltas = Collections.unmodifiableSequencedMap(deltas); }

    /** Of given changes. */
    public static TaskVector of(SequencedMap<String, Tensor> deltas) {
        return made("TaskVector", deltas, (name, delta) -> delta.to(DType.F64));
    }

    /**
     * From a base to its fine-tune.
     *
     * @throws FormatException if one has names that the other lacks
     * @throws ShapeException if shapes differ, as where one has more tokens: such rows have no change
     */
    public static TaskVector between(Map<String, Tensor> base, SequencedMap<String, Tensor> tuned) {
        alike("TaskVector.between", base, tuned);
        return made("TaskVector.between", tuned, (name, tensor) -> tensor.to(DType.F64).sub(base.get(name).to(DType.F64)));
    }

    static void alike(String what, Map<String, Tensor> base, Map<String, Tensor> other) {
        if (!base.keySet().equals(other.keySet())) {
            var missing = base.keySet().stream().filter(n -> !other.containsKey(n)).limit(5).toList();
            var unknown = other.keySet().stream().filter(n -> !base.containsKey(n)).limit(5).toList();
            throw new FormatException(what + ": of the base's tensors are missing " + missing + ", and it has no " + unknown);
        }
        base.forEach((name, tensor) -> {
            if (!other.get(name).shape().equals(tensor.shape())) throw new ShapeException(what + ": " + name + " is " + tensor.shape()
                    + " in the base and " + other.get(name).shape() + " in the other; bring both to one size first");
        });
    }

    private static TaskVector made(String what, SequencedMap<String, Tensor> from, BiFunction<String, Tensor, Tensor> change) {
        var deltas = new LinkedHashMap<String, Tensor>();
        try (var kept = Scope.outside()) {
            Autograd.noGrad(() -> from.forEach((name, tensor) -> {
                if (!tensor.dtype().isFloat()) return;
                var type = tensor.dtype() == DType.F64 ? DType.F64 : DType.F32;
                deltas.put(name, change.apply(name, tensor.detach()).to(type).copy().compute());
            }));
        }
        return new TaskVector(deltas);
    }

    /** Changes by name. */
    public SequencedMap<String, Tensor> deltas() { return deltas; }

    /** Each tensor's change by another. */
    public TaskVector mapped(BiFunction<String, Tensor, Tensor> change) { return made("TaskVector.mapped", deltas, change); }

    public TaskVector times(double factor) { return mapped((name, d) -> d.to(DType.F64).mul(factor)); }

    public TaskVector negated() { return times(-1); }

    public TaskVector plus(TaskVector other) {
        alike("TaskVector.plus", deltas, other.deltas);
        return mapped((name, d) -> d.to(DType.F64).add(other.deltas.get(name).to(DType.F64)));
    }

    public TaskVector minus(TaskVector other) { return plus(other.negated()); }

    /** {@code a - b + c}: a change towards d, which is to c as a is to b. */
    public static TaskVector analogy(TaskVector a, TaskVector b, TaskVector c) { return a.minus(b).plus(c); }

    public static TaskVector sum(List<TaskVector> vectors) {
        if (vectors.isEmpty()) throw new IllegalArgumentException("TaskVector.sum: no vector; at least one");
        return vectors.stream().reduce(TaskVector::plus).orElseThrow();
    }

    /** {@code base + tau}, in the base's types; tensors without a change are shared with the base. */
    public SequencedMap<String, Tensor> on(Map<String, Tensor> base) {
        var sum = new LinkedHashMap<String, Tensor>();
        for (var name : deltas.keySet())
            if (!base.containsKey(name)) throw new FormatException("TaskVector.on: the base has no " + name + "; it is another model's");
        Autograd.noGrad(() -> base.forEach((name, tensor) -> {
            var delta = deltas.get(name);
            if (delta != null && !delta.shape().equals(tensor.shape())) throw new ShapeException(
                    "TaskVector.on: " + name + " is " + tensor.shape() + ", its change " + delta.shape() + "; it is another model's");
            sum.put(name,
                    delta == null ? tensor.detach() : tensor.detach().to(DType.F64).add(delta.to(DType.F64)).to(tensor.dtype()).compute());
        }));
        return sum;
    }

    /** A model of its own with {@code base + tau}. */
    public <M extends Module> M on(M base) {
        var model = Module.copy(base);
        model.load(on(base.state()));
        return model;
    }

    /** Euclidean length over all tensors. */
    public double norm() { return Math.sqrt(dot(this)); }

    /** The inner product over all tensors. */
    public double dot(TaskVector other) {
        alike("TaskVector.dot", deltas, other.deltas);
        return Autograd.noGrad(() -> {
            double sum = 0;
            for (var name : deltas.keySet()) sum += deltas.get(name).to(DType.F64).mul(other.deltas.get(name).to(DType.F64)).sum().item();
            return sum;
        });
    }

    /** Between -1 and 1; NaN where one has no length. */
    public double cosine(TaskVector other) { return dot(other) / norm() / other.norm(); }

    /** The cosine of each with each. */
    public static double[][] cosines(List<TaskVector> vectors) {
        var table = new double[vectors.size()][vectors.size()];
        for (int i = 0; i < table.length; i++)
            for (int j = 0; j <= i; j++) table[i][j] = table[j][i] = i == j ? 1 : vectors.get(i).cosine(vectors.get(j));
        return table;
    }

    /** Share of entries that are not zero. */
    public double density() {
        long all = 0, some = 0;
        for (var d : deltas.values()) {
            all += d.count();
            some += (long) d.countNonZero().item();
        }
        return all == 0 ? 0 : (double) some / all;
    }

    /** Safetensors: a tensor as it is, or its entries that are not zero beside a bit an entry or their places, whichever takes fewest bytes. */
    public void save(Path path) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        var metadata = new TreeMap<>(Map.of("formatVersion", "1", "kind", "task-vector"));
        Autograd.noGrad(() -> deltas.forEach((name, delta) -> {
            int width = delta.dtype().bytes();
            long n = delta.count(), some = (long) delta.countNonZero().item(), bits = (n + 7) / 8 + some * width,
                    places = some * (4 + width);
            boolean taken = Stream.of(KEPT, PLACES, VALUES).anyMatch(end -> deltas.containsKey(name + end));
            if (taken || n > Integer.MAX_VALUE || Math.min(bits, places) >= n * width) {
                tensors.put(name, delta);
                return;
            }
            var flat = delta.flatten();
            var kept = flat.ne(flat.zerosLike());
            tensors.put(name + (places <= bits ? PLACES : KEPT),
                    places <= bits ? kept.nonZeroFlat().to(DType.I32) : bits(kept.toBooleanArray()));
            tensors.put(name + VALUES, flat.maskedSelect(kept));
            metadata.put(SHAPE + name, Arrays.stream(delta.shape().toArray()).mapToObj(Long::toString).collect(Collectors.joining(",")));
        }));
        Safetensors.write(path, tensors, metadata);
    }

    private static Tensor bits(boolean[] kept) {
        var bytes = new int[(kept.length + 7) / 8];
        for (int i = 0; i < kept.length; i++) if (kept[i]) bytes[i / 8] |= 1 << i % 8;
        return Tensor.of(bytes).to(DType.U8);
    }

    /** @throws FormatException if the file is none of {@link #save}'s */
    public static TaskVector load(Path path) throws IOException {
        var contents = Safetensors.read(path);
        if (!"task-vector".equals(contents.metadata().get("kind")) || !"1".equals(contents.metadata().get("formatVersion")))
            throw new FormatException("TaskVector: " + path + " is not a task vector of formatVersion 1");
        var tensors = contents.tensors();
        var deltas = new LinkedHashMap<String, Tensor>();
        var parts = new HashSet<String>(); // of tensors that were stored sparsely
        contents.metadata().forEach((key, shape) -> {
            if (!key.startsWith(SHAPE)) return;
            var name = key.substring(SHAPE.length());
            for (var end : List.of(KEPT, PLACES, VALUES)) parts.add(name + end);
            deltas.put(name, dense(contents, name, shape));
        });
        tensors.forEach((name, tensor) -> { if (!parts.contains(name)) deltas.put(name, tensor); });
        return of(deltas);
    }

    private static Tensor dense(Safetensors.Contents contents, String name, String shape) {
        try {
            long[] sizes = shape.isEmpty() ? new long[0] : Arrays.stream(shape.split(",")).mapToLong(Long::parseLong).toArray();
            long n = 1;
            for (long size : sizes) n = Math.multiplyExact(n, size);
            var values = contents.get(name + VALUES);
            int[] places;
            if (contents.tensors().containsKey(name + PLACES)) places = contents.get(name + PLACES).toIntArray();
            else {
                var bits = contents.get(name + KEPT).to(DType.I32).toIntArray();
                if (bits.length != (n + 7) / 8)
                    throw new FormatException("TaskVector: " + name + " has " + bits.length + " bytes of bits for " + n);
                places = IntStream.range(0, (int) n).filter(i -> (bits[i / 8] >> i % 8 & 1) == 1).toArray();
            }
            if (places.length != values.count())
                throw new FormatException("TaskVector: " + name + " has " + places.length + " places for " + values.count() + " values");
            return Tensor.zeros(values.dtype(), n).scatter(0, Tensor.of(places).to(DType.I64), values).reshape(sizes);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new FormatException("TaskVector: " + name + ": " + e.getMessage(), e);
        }
    }

    @Override public String toString() {
        return "TaskVector of " + deltas.size() + " tensors, length " + norm() + ", density " + density();
    }
}
