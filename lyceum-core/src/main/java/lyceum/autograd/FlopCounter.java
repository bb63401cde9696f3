package lyceum.autograd;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import lyceum.LyceumException;
import lyceum.backend.Op;
import lyceum.backend.Roofline;
import lyceum.tensor.AttentionOp;
import lyceum.tensor.ConcatOp;
import lyceum.tensor.ConvolveOp;
import lyceum.tensor.ElementwiseOp;
import lyceum.tensor.GatherOp;
import lyceum.tensor.LstmOp;
import lyceum.tensor.MatmulOp;
import lyceum.tensor.Operation;
import lyceum.tensor.Operation.Form;
import lyceum.tensor.PackedMatrix;
import lyceum.tensor.PoolOps;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.ShapesOnly;
import lyceum.tensor.SparseMatmulOp;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;
import lyceum.tensor.ViewOps;

/**
 * Counts floating-point operations, forward and backward, by operator and by part of a model; while it runs, or by shape alone.
 *
 * {@snippet :
 * var step = FlopCounter.count(() -> loss(model, batch).backward());
 * step.products();                               // in matrix products and convolutions: what "6ND" speaks of
 * step.utilisation(seconds, FlopCounter.peak()); // model-FLOP utilisation of a step that took so long
 * System.out.println(step);                      // a tree by part
 * var huge = FlopCounter.ofShapes(() -> loss(new Gpt(80, 8192), tokens).backward()); // built and counted without its memory
 * }
 *
 * <p>A multiply-add is two operations. <b>Products</b> are matrix products, convolutions and attention's two products, counted in full whatever a mask
 * hides or a kernel skips: (m, k) by (k, n) takes {@code 2 m k n}, a sparse (m, k) two for each of its entries and n, a convolution {@code 2 N outputs positions (inputs / groups) window}. <b>Others</b> (element-wise
 * work, reductions, norms, softmax) count what {@link Operation#cost} says, one for a function such as {@code exp}; copies, gathers, casts and views none.
 * Backward, attention as one operation counts twice its forward products, the recomputation that its kernel prefers to memory left out; so does a
 * {@linkplain Autograd#checkpoint checkpoint}'s: these are model FLOPs, not hardware FLOPs (Chowdhery and others 2022, appendix B).
 *
 * <p>Operations of other threads are not seen, nor what a counter inside this one counts, nor work in place, which must happen outside.
 */
public final class FlopCounter {
    private static final ScopedValue<FlopCounter> COUNTING = ScopedValue.newInstance();
    /** Asking an unbound scoped value costs a microsecond where others are bound: so ask only while one counts. */
    private static final AtomicInteger RUNNING = new AtomicInteger();

    /**
     * What one operator did in one part of the model.
     *
     * @param part      {@code block 0/attention}; empty outside of all parts
     * @param backward  true in the reverse sweep, whose work belongs to the part that it differentiates
     * @param operation {@code matmul}
     * @param calls     how often
     * @param products  operations in matrix products
     * @param others    all others
     * @param bytes     of operands and results, each once a call
     */
    public record Row(String part, boolean backward, String operation, long calls, long products, long others, long bytes) {
        private Row plus(Row more) {
            return new Row(part, backward, operation, calls + more.calls, Math.addExact(products, more.products),
                    Math.addExact(others, more.others), Math.addExact(bytes, more.bytes));
        }

        /** Operations for each byte. */
        public double intensity() { return (double) (products + others) / bytes; }
    }

    private record Key(String part, boolean backward, String operation) {}

    /** What the reverse sweep differentiates. @param counted true where its work has been counted as a whole */
    private record Visit(String part, boolean counted) {}

    private record Made(String part, Row row) {}

    private final boolean byShape;
    private final Map<Key, Row> rows = new LinkedHashMap<>();
    private final Map<Object, Made> made = new IdentityHashMap<>();
    private final Deque<Visit> sweeps = new ArrayDeque<>();
    private String part = "";

    private FlopCounter(boolean byShape) { this.byShape = byShape; }

    /** Runs {@code body} and counts. */
    public static FlopCounter count(Runnable body) { return new FlopCounter(false).counting(body); }

    /**
     * Counts what {@code body} would do, by {@linkplain ShapesOnly shape alone}: nothing is computed and no tensor made in it takes memory. The gradients that
     * leaves collect in it are dropped.
     *
     * @throws LyceumException if {@code body} reads a value out of a tensor
     */
    public static FlopCounter ofShapes(Runnable body) { return ShapesOnly.run(() -> new FlopCounter(true).counting(body)); }

    private FlopCounter counting(Runnable body) {
        RUNNING.incrementAndGet();
        try {
            ScopedValue.where(COUNTING, this).run(() -> Tracing.with(new Listener(), () -> {
                body.run();
                return null;
            }));
        } finally {
            RUNNING.decrementAndGet();
            made.clear(); // it holds histories, and these their tensors
        }
        return this;
    }

    /** Runs {@code body} as a part of the model: what it does, and its gradients later, count under {@code name}. Parts nest. Free when nothing counts. */
    public static <T> T part(String name, Supplier<T> body) {
        if (RUNNING.get() == 0 || !COUNTING.isBound()) return body.get();
        var counter = COUNTING.get();
        var outer = counter.part;
        counter.part = outer.isEmpty() ? name : outer + "/" + name;
        try {
            return body.get();
        } finally {
            counter.part = outer;
        }
    }

    private final class Listener implements Tracing.Recorder {
        @Override public void made(Operation operation, boolean stopped, Tensor result, Tensor... operands) {
            var visit = sweeps.peek();
            if (visit != null && visit.counted) return;
            // How a leaf's gradient comes to lie in memory of its own depends on the memory.
            if (visit == null && stopped && operation instanceof ViewOps.Copy) return;
            var row = row(visit == null ? part : visit.part, visit != null, operation, result, operands);
            add(row);
            var history = Tracing.history(result);
            if (history != null) made.put(history, new Made(row.part, row));
        }

        @Override public void read(String what, Tensor tensor) {
            if (byShape) throw new LyceumException("FlopCounter.ofShapes: " + what + " of a tensor of shape " + tensor.shape()
                    + " is read, and there are no values; use FlopCounter.count, or leave it out");
        }

        @Override public void sweep(boolean begins) {
            if (!begins) sweeps.pop();
            else sweeps.push(sweeps.isEmpty() ? new Visit(part, false) : sweeps.peek());
        }

        @Override public void visit(Operation operation, Object history) {
            var inside = sweeps.pop();
            var of = made.get(history);
            boolean whole = (operation instanceof AttentionOp || operation instanceof LstmOp) && of != null && !inside.counted;
            if (whole) add(new Row(of.part, true, name(operation), 1, 2 * of.row.products, 0, 2 * of.row.bytes));
            // A sweep inside the one that has been counted as a whole belongs to it.
            boolean within = inside.counted && sweeps.peek() != null && sweeps.peek().counted;
            sweeps.push(new Visit(of == null ? "" : of.part, whole || within));
        }
    }

    private static Row row(String part, boolean backward, Operation operation, Tensor result, Tensor... operands) {
        Form out = form(result);
        var in = Arrays.stream(operands).map(FlopCounter::form).toArray(Form[]::new);
        long products = products(operation, out, in), others = others(operation, out, in);
        return new Row(part, backward, name(operation), 1, products, others, operation.cost(out, in).bytes());
    }

    private static boolean isProduct(Operation operation) {
        return operation instanceof MatmulOp || operation instanceof SparseMatmulOp || operation instanceof ConvolveOp
                || operation instanceof AttentionOp || operation instanceof LstmOp || operation instanceof PackedMatrix.Product
                || operation instanceof QuantisedMatrix.Product;
    }

    private static long products(Operation operation, Form out, Form... in) {
        return isProduct(operation) ? Math.multiplyExact(2L, operation.cost(out, in).operations()) : 0;
    }

    private static long others(Operation operation, Form out, Form... in) {
        if (isProduct(operation) || moves(operation)) return 0;
        long counted = operation.cost(out, in).operations();
        return operation instanceof ElementwiseOp(var op, var type) && op == Op.FMA ? 2 * counted : counted;
    }

    /** What one operation counts: a multiply-add two, a copy none. */
    public static long operations(Operation operation, Form out, Form... in) {
        return products(operation, out, in) + others(operation, out, in);
    }

    private static Form form(Tensor x) { return new Form(x.dtype(), x.shape()); }

    /** True for what computes nothing. */
    private static boolean moves(Operation operation) {
        return operation instanceof ViewOps.Copy || operation instanceof GatherOp || operation instanceof ConcatOp
                || operation instanceof PoolOps.Pick || operation instanceof ElementwiseOp(var op, var type) && op == Op.CAST;
    }

    /** {@code matmul}: its text without what stands in brackets. */
    static String name(Operation operation) { return operation.text().replaceAll(" \\[.*", ""); }

    private void add(Row row) { rows.merge(new Key(row.part, row.backward, row.operation), row, Row::plus); }

    /** By part, direction and operator, in the order of first use. */
    public List<Row> rows() { return List.copyOf(rows.values()); }

    /** Operations in matrix products, convolutions and attention, forward and backward. */
    public long products() { return products(false) + products(true); }

    /** Of one direction. */
    public long products(boolean backward) {
        return rows.values().stream().filter(r -> r.backward == backward).mapToLong(Row::products).sum();
    }

    /** All other operations: element-wise, reductions, norms. */
    public long others() { return rows.values().stream().mapToLong(Row::others).sum(); }

    /** Products of each part with all in it, forward and backward; the whole under the empty name. */
    public SequencedMap<String, Long> byPart() {
        var parts = new LinkedHashMap<String, Long>();
        parts.put("", products());
        for (var row : rows.values()) {
            for (int end = 0; end >= 0 && !row.part.isEmpty();) {
                end = row.part.indexOf('/', end + 1);
                parts.merge(end < 0 ? row.part : row.part.substring(0, end), row.products, Math::addExact);
            }
        }
        return parts;
    }

    /**
     * Model-FLOP utilisation: {@code products / (seconds peak)}.
     *
     * @param seconds that the counted work took
     * @param peak operations a second, as {@link #peak}
     */
    public double utilisation(double seconds, double peak) {
        if (!(seconds > 0) || !(peak > 0))
            throw new IllegalArgumentException("utilisation: " + seconds + " seconds at a peak of " + peak + "; both must be positive");
        return products() / (seconds * peak);
    }

    /** F32 operations a second that this machine's threads reach together, measured at the first call ({@link Roofline}). */
    public static double peak() { return Roofline.peak(); }

    /** {@code 2 N D}: a forward pass of D tokens through N weights that multiply. Embeddings that are looked up do not; the output head does. */
    public static double inference(double weights, double tokens) { return 2 * weights * tokens; }

    /** {@code 6 N D}: forward and backward, attention left out (Kaplan and others 2020). */
    public static double training(double weights, double tokens) { return 6 * weights * tokens; }

    /** {@code 6 N D + 12 layers width T D}: attention's products over the full square of length T included. */
    public static double training(double weights, double tokens, int layers, int width, int length) {
        return training(weights, tokens) + 12.0 * layers * width * length * tokens;
    }

    /** A tree by part: operations in products, their share, and the others'. */
    @Override public String toString() {
        var text = new StringBuilder();
        byPart().forEach((name, products) -> {
            long others = rows.values().stream().filter(r -> name.isEmpty() || r.part.equals(name) || r.part.startsWith(name + "/"))
                    .mapToLong(Row::others).sum();
            int depth = name.isEmpty() ? 0 : 1 + (int) name.chars().filter(c -> c == '/').count();
            text.append(String.format(Locale.ROOT, "%-40s %12.4g %6.1f%% %12.4g%n",
                    "  ".repeat(depth) + (name.isEmpty() ? "all" : name.substring(name.lastIndexOf('/') + 1)), (double) products,
                    products() == 0 ? 0 : 100.0 * products / products(), (double) others));
        });
        return text.toString();
    }
}
