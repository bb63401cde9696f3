package lyceum.backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.backend.quant.BlockMatrix;

/**
 * What a kernel call has to do at least.
 *
 * @param bytes      of all operands and results, each once; a broadcast one has as many as it stores
 * @param operations arithmetic operations; a fused multiply-add is two
 */
public record Work(double bytes, double operations) {
    private static final int NAMED = 6;

    /** @param kernel the name of {@link Backend}'s method; {@code arguments} those of the call */
    public static Work of(String kernel, Object[] arguments) {
        double bytes = 0;
        var seen = new ArrayList<View>();
        for (var view : views(arguments)) {
            if (seen.stream().anyMatch(v -> v.storage() == view.storage() && v.offset() == view.offset())) continue;
            seen.add(view);
            bytes += stored(view) * view.dtype().bytes();
        }
        for (var argument : arguments) if (argument instanceof BlockMatrix matrix) bytes += matrix.bytes();
        for (var argument : arguments)
            if (argument instanceof SparseRows rows) bytes += 4.0 * (rows.pattern().entries() + rows.pattern().rows());
        return new Work(bytes, operations(kernel, arguments, views(arguments)));
    }

    /** The views among the arguments, in their order. */
    public static List<View> views(Object[] arguments) {
        var views = new ArrayList<View>();
        for (var argument : arguments) {
            if (argument instanceof View view) views.add(view);
            else if (argument instanceof RightMatrix right) views.add(right.view());
            else if (argument instanceof WindowWeight weight) views.add(weight.view());
            else if (argument instanceof SparseRows rows) views.add(rows.values());
            else if (argument instanceof View[] several) views.addAll(List.of(several));
            else if (argument instanceof Epilogue epilogue && epilogue.bias() != null) views.add(views.size(), epilogue.bias());
        }
        return views;
    }

    private static double stored(View view) {
        double n = 1;
        for (int i = 0; i < view.shape().length; i++) if (view.strides()[i] != 0 || view.shape()[i] == 0) n *= view.shape()[i];
        return n;
    }

    private static double operations(String kernel, Object[] arguments, List<View> views) {
        return switch (kernel) {
            case "run" -> operations(program(arguments)) * views.getLast().size();
            case "reduce" -> (1.0 + operations(program(arguments))) * (views.size() > 1 ? views.getFirst().size() : 0);
            case "matmul", "matmulQuantised" -> 2.0 * views.getLast().size() * last(views.getFirst());
            case "sparseProduct" -> 2.0 * views.getFirst().size() * (views.get(1).shape().length < 2 ? 1 : last(views.get(1)));
            case "convolve" -> 2.0 * views.getLast().size() * taps(views.get(1));
            case "convolveBack" -> 2.0 * views.getFirst().size() * taps(views.get(1));
            case "convolveWeight" -> 2.0 * views.get(1).size() * taps(views.get(2));
            case "attention" -> attention(views);
            case "attentionGradient" -> 2.5 * attention(views);
            default -> 0;
        };
    }

    private static double attention(List<View> views) {
        View q = views.get(0), k = views.get(1), v = views.get(2);
        if (q.shape().length != 4 || k.shape().length != 4) return 0;
        return 2.0 * q.size() / Math.max(1, last(q)) * k.shape()[2] * (last(q) + last(v));
    }

    /** Multiply-adds for each element of a convolution's result. */
    private static double taps(View weight) { return (double) weight.size() / Math.max(1, weight.shape()[0]); }

    private static long last(View view) { return view.shape().length == 0 ? 1 : view.shape()[view.shape().length - 1]; }

    private static int operations(Program program) {
        int n = 0;
        for (int i = 0; i < program.length(); i++) {
            var op = program.at(i).op();
            n += op == Op.FMA ? 2 : op.arity() > 0 && op != Op.CAST ? 1 : 0;
        }
        return n;
    }

    private static Program program(Object[] arguments) {
        for (var argument : arguments) if (argument instanceof Program program) return program;
        throw new AssertionError("no program");
    }

    /** The kernel by name: {@code mul+add+relu}, {@code sum of square}, {@code scatter add}, {@code matmul}. */
    public static String name(String kernel, Object[] arguments) {
        if (kernel.equals("run")) return names(program(arguments), "copy");
        var text = new StringBuilder(kernel.equals("reduce") ? "" : kernel);
        for (var argument : arguments) {
            if (argument instanceof Enum<?> rule) text.append(text.isEmpty() ? "" : " ").append(rule.name().toLowerCase(Locale.ROOT));
        }
        var inside = Arrays.stream(arguments).anyMatch(Program.class::isInstance) ? names(program(arguments), "") : "";
        if (!inside.isEmpty()) text.append(kernel.equals("reduce") ? " of " : "+").append(inside);
        return text.toString();
    }

    private static String names(Program program, String none) {
        var text = new StringBuilder();
        int n = 0;
        for (int i = 0; i < program.length(); i++) {
            var op = program.at(i).op();
            if (op.arity() == 0 && op != Op.RANDOM) continue;
            if (n++ < NAMED) text.append(text.isEmpty() ? "" : "+").append(op.name().toLowerCase(Locale.ROOT));
        }
        if (n > NAMED) text.append("+").append(n - NAMED).append(" more");
        return text.isEmpty() ? none : text.toString();
    }
}
