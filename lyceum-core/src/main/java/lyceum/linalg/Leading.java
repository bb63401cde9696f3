package lyceum.linalg;

import java.util.Arrays;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** Functions of matrices for each of a batch: the leading axes are those of the result, and broadcast where there are two operands. */
final class Leading {
    private Leading() {}

    static Tensor each(Tensor a, UnaryOperator<Tensor> f) {
        if (a.rank() <= 2) return f.apply(a);
        long[] lead = lead(a);
        var flat = a.reshape(count(lead), a.size(-2), a.size(-1));
        return stacked(lead, flat.size(0), i -> f.apply(flat.select(0, i)), () -> f.apply(unit(a)));
    }

    /** {@code b} is a vector for every matrix if it has one axis, else it has matrices. */
    static Tensor each(String operation, Tensor a, Tensor b, BinaryOperator<Tensor> f) {
        if (a.rank() <= 2 && b.rank() <= 2) return f.apply(a, b);
        long[] lead = b.rank() == 1 ? lead(a) : broadcast(operation, a, b);
        long n = count(lead);
        var left = a.expand(joined(lead, a.size(-2), a.size(-1))).reshape(n, a.size(-2), a.size(-1));
        var right = b.rank() == 1 ? b : b.expand(joined(lead, b.size(-2), b.size(-1))).reshape(n, b.size(-2), b.size(-1));
        return stacked(lead, n, i -> f.apply(left.select(0, i), b.rank() == 1 ? right : right.select(0, i)),
                () -> f.apply(unit(a), b.rank() == 1 ? b : unit(b)));
    }

    private interface Entry {
        Tensor of(long i);
    }

    private interface Example {
        Tensor make();
    }

    private static Tensor stacked(long[] lead, long n, Entry entry, Example example) {
        if (n == 0) {
            var one = example.make();
            return Tensor.zeros(one.dtype(), joined(lead, one.shape().toArray()));
        }
        var results = new Tensor[Math.toIntExact(n)];
        for (int i = 0; i < results.length; i++) results[i] = entry.of(i);
        return Tensor.stack(0, results).reshape(joined(lead, results[0].shape().toArray()));
    }

    /** A matrix of the size of those in an empty batch, on which nothing fails. */
    private static Tensor unit(Tensor a) {
        long n = Math.max(a.size(-2), a.size(-1));
        return Tensor.eye(a.dtype(), n).narrow(0, 0, a.size(-2)).narrow(1, 0, a.size(-1));
    }

    private static long[] broadcast(String operation, Tensor a, Tensor b) {
        long[] x = lead(a), y = lead(b);
        var lead = new long[Math.max(x.length, y.length)];
        for (int i = 1; i <= lead.length; i++) {
            long p = i <= x.length ? x[x.length - i] : 1, q = i <= y.length ? y[y.length - i] : 1;
            if (p != q && p != 1 && q != 1)
                throw new ShapeException(operation + ": leading axes of " + a.shape() + " and " + b.shape() + " do not broadcast");
            lead[lead.length - i] = p == 1 ? q : p;
        }
        return lead;
    }

    private static long[] lead(Tensor a) { return a.rank() <= 2 ? new long[0] : Arrays.copyOf(a.shape().toArray(), a.rank() - 2); }

    private static long count(long... sizes) { return LongStream.of(sizes).reduce(1, Math::multiplyExact); }

    private static long[] joined(long[] a, long... b) { return LongStream.concat(LongStream.of(a), LongStream.of(b)).toArray(); }
}
