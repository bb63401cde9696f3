package lyceum.linalg;

import java.util.Arrays;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** Functions of matrices for each of a batch: the leading axes are those of the result, and broadcast where there are several operands. */
final class Leading {
    private Leading() {}

    /** A function of three matrices. */
    interface Ternary {
        Tensor apply(Tensor a, Tensor b, Tensor c);
    }

    static Tensor each(Tensor a, UnaryOperator<Tensor> f) {
        if (a.rank() <= 2) return f.apply(a);
        long[] lead = lead(a);
        var flat = flat(a, lead);
        return stacked(lead, i -> f.apply(flat.select(0, i)), () -> f.apply(unit(a)));
    }

    /** {@code b} is a vector for every matrix if it has one axis, else it has matrices. */
    static Tensor each(String operation, Tensor a, Tensor b, BinaryOperator<Tensor> f) {
        if (a.rank() <= 2 && b.rank() <= 2) return f.apply(a, b);
        boolean vector = b.rank() == 1;
        long[] lead = vector ? lead(a) : broadcast(operation, a, b);
        Tensor left = flat(a, lead), right = vector ? b : flat(b, lead);
        return stacked(lead, i -> f.apply(left.select(0, i), vector ? right : right.select(0, i)),
                () -> f.apply(unit(a), vector ? b : unit(b)));
    }

    static Tensor each(String operation, Tensor a, Tensor b, Tensor c, Ternary f) {
        if (a.rank() <= 2 && b.rank() <= 2 && c.rank() <= 2) return f.apply(a, b, c);
        long[] lead = broadcast(operation, a, b, c);
        Tensor x = flat(a, lead), y = flat(b, lead), z = flat(c, lead);
        return stacked(lead, i -> f.apply(x.select(0, i), y.select(0, i), z.select(0, i)), () -> f.apply(unit(a), unit(b), unit(c)));
    }

    private interface Entry {
        Tensor of(long i);
    }

    private interface Example {
        Tensor make();
    }

    private static Tensor stacked(long[] lead, Entry entry, Example example) {
        long n = count(lead);
        if (n == 0) {
            var one = example.make();
            return Tensor.zeros(one.dtype(), joined(lead, one.shape().toArray()));
        }
        var results = new Tensor[Math.toIntExact(n)];
        for (int i = 0; i < results.length; i++) results[i] = entry.of(i);
        return Tensor.stack(0, results).reshape(joined(lead, results[0].shape().toArray()));
    }

    /** All matrices on one axis. */
    private static Tensor flat(Tensor a, long[] lead) {
        return a.expand(joined(lead, a.size(-2), a.size(-1))).reshape(count(lead), a.size(-2), a.size(-1));
    }

    /** A matrix of the size of those in an empty batch, on which nothing fails. */
    private static Tensor unit(Tensor a) {
        long n = Math.max(a.size(-2), a.size(-1));
        return Tensor.eye(a.dtype(), n).narrow(0, 0, a.size(-2)).narrow(1, 0, a.size(-1));
    }

    private static long[] broadcast(String operation, Tensor... all) {
        long[] lead = {};
        for (var a : all) {
            long[] x = lead, y = lead(a);
            lead = new long[Math.max(x.length, y.length)];
            for (int i = 1; i <= lead.length; i++) {
                long p = i <= x.length ? x[x.length - i] : 1, q = i <= y.length ? y[y.length - i] : 1;
                if (p != q && p != 1 && q != 1) throw new ShapeException(operation + ": leading axes of "
                        + Stream.of(all).map(t -> t.shape().toString()).collect(Collectors.joining(" and ")) + " do not broadcast");
                lead[lead.length - i] = p == 1 ? q : p;
            }
        }
        return lead;
    }

    private static long[] lead(Tensor a) { return a.rank() <= 2 ? new long[0] : Arrays.copyOf(a.shape().toArray(), a.rank() - 2); }

    private static long count(long... sizes) { return LongStream.of(sizes).reduce(1, Math::multiplyExact); }

    private static long[] joined(long[] a, long... b) { return LongStream.concat(LongStream.of(a), LongStream.of(b)).toArray(); }
}
