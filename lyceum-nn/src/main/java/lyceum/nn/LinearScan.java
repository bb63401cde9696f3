package lyceum.nn;

import lyceum.ShapeException;
import lyceum.autograd.Primitive;
import lyceum.tensor.Tensor;

/**
 * The recurrence {@code h_t = a_t h_(t-1) + b_t}, element by element, over the first axis, without a loop over time.
 *
 * <p>Steps compose: {@code (a1, b1)} and then {@code (a2, b2)} is {@code (a2 a1, a2 b1 + b2)}. Neighbours are paired until one is left, and the pairs
 * opened again: {@code 2 ceil(log2 T)} rounds, each over half of what the last one had, so that the work is linear in T. The gradient is the same recurrence,
 * backwards. Stable for {@code |a| <= 1}.
 *
 * @see <a href="https://www.cs.cmu.edu/~guyb/papers/Ble93.pdf">Blelloch (1990), Prefix Sums and Their Applications</a>
 */
public final class LinearScan {
    /** exp of it is 0 in every type, and it can be added to itself. */
    private static final double LOG_ZERO = -1e9;

    private static final Primitive SCAN = Primitive.of("linear scan", in -> tree(in[0].select(0, 0), in[0].select(0, 1)), (i, g, h, in) -> {
        var a = in[0].select(0, 0);
        long n = a.size(0);
        // What a step's state is worth: its own gradient, and a_(t+1) of what the next one is worth.
        var worth = n == 1 ? g : of(a.narrow(0, 1, n - 1).pad(0, 0, 1, 0).flip(0), g.flip(0)).flip(0);
        return Tensor.stack(0, worth.mul(h.narrow(0, 0, n - 1).pad(0, 1, 0, 0)), worth);
    }).withParts(in -> tree(in[0].select(0, 0), in[0].select(0, 1)));

    private LinearScan() {}

    /** All states from {@code h_(-1) = 0}. @param a (T, ..) @param b of the same shape */
    public static Tensor of(Tensor a, Tensor b) {
        if (!a.shape().equals(b.shape()) || a.rank() == 0 || a.size(0) == 0) throw new ShapeException(
                "LinearScan: factors " + a.shape() + " and summands " + b.shape() + "; both are (T, ..), T at least 1");
        return SCAN.apply(Tensor.stack(0, a, b));
    }

    /** All states from a given one. @param initial (..) */
    public static Tensor of(Tensor a, Tensor b, Tensor initial) {
        return of(a, with(b, b.narrow(0, 0, 1).add(a.narrow(0, 0, 1).mul(initial.unsqueeze(0)))));
    }

    /**
     * The same on logarithms, for positive numbers only: {@code log h_t} from {@code log a} and {@code log b}. A zero is {@link #log}'s.
     *
     * @param initial its logarithm
     */
    public static Tensor ofLogs(Tensor logA, Tensor logB, Tensor initial) {
        return logTree(logA, with(logB, logSum(logA.narrow(0, 0, 1).add(initial.unsqueeze(0)), logB.narrow(0, 0, 1))));
    }

    /** The logarithm; of zero a finite number so low that it adds nothing to any other. */
    public static Tensor log(Tensor x) { return x.gt(0).where(x.gt(0).where(x, x.onesLike()).log(), Tensor.full(x.dtype(), LOG_ZERO)); }

    private static Tensor with(Tensor b, Tensor first) {
        return b.size(0) == 1 ? first : Tensor.concat(0, first, b.narrow(0, 1, b.size(0) - 1));
    }

    /** The rounds. */
    static Tensor tree(Tensor a, Tensor b) {
        long n = a.size(0), half = n / 2;
        if (n == 1) return b;
        Tensor laterA = every(a, 1, half), laterB = every(b, 1, half);
        var odd = tree(laterA.mul(every(a, 0, half)), laterA.mulAdd(every(b, 0, half), laterB));
        long more = n - half - 1;
        if (more == 0) return interleaved(every(b, 0, 1), odd, n);
        var rest = a.slice(0, 2, n, 2).mulAdd(odd.narrow(0, 0, more), b.slice(0, 2, n, 2));
        return interleaved(Tensor.concat(0, every(b, 0, 1), rest), odd, n);
    }

    private static Tensor logTree(Tensor a, Tensor b) {
        long n = a.size(0), half = n / 2;
        if (n == 1) return b;
        Tensor laterA = every(a, 1, half), laterB = every(b, 1, half);
        var odd = logTree(laterA.add(every(a, 0, half)), logSum(laterA.add(every(b, 0, half)), laterB));
        long more = n - half - 1;
        if (more == 0) return interleaved(every(b, 0, 1), odd, n);
        var rest = logSum(a.slice(0, 2, n, 2).add(odd.narrow(0, 0, more)), b.slice(0, 2, n, 2));
        return interleaved(Tensor.concat(0, every(b, 0, 1), rest), odd, n);
    }

    private static Tensor logSum(Tensor x, Tensor y) { return x.maximum(y).add(x.sub(y).abs().neg().exp().log1p()); }

    /** Every second row from {@code first} on, {@code n} of them. */
    private static Tensor every(Tensor x, long first, long n) { return x.slice(0, first, first + 2 * n - 1, 2); }

    private static Tensor interleaved(Tensor even, Tensor odd, long n) {
        long half = odd.size(0);
        var shape = even.shape().toArray();
        shape[0] = 2 * half;
        var pairs = Tensor.stack(1, even.narrow(0, 0, half), odd).reshape(shape);
        return n == 2 * half ? pairs : Tensor.concat(0, pairs, even.narrow(0, half, 1));
    }
}
