package lyceum.tensor;

import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.ProgramBuilder;

/** The element-wise steps of {@link FlashAttention} in F32 or F64. */
final class FlashPrograms {
    private static final FlashPrograms FLOAT = new FlashPrograms(DType.F32), DOUBLE = new FlashPrograms(DType.F64);

    /** Of scores and m: {@code P, m', rowsum P}, with m' the larger of m and the row's maximum. */
    final Program softmax;
    /** Of m, m', l and rowsum P: {@code exp(m - m'), l'}. */
    final Program shrink;
    /** Of these and l': {@code l exp(m - m') / l', 1 / l'}, by which FA-1 keeps results normalised. */
    final Program normalised;
    /** Of a product, factors and sums: {@code factor sum + product}. */
    final Program shrinkAndAdd;
    /** Of a product, sums, and factors of both. */
    final Program mix;
    /** Of a product and sums. */
    final Program add;
    /** {@code m + log l}. */
    final Program logSumExp;
    /** Of a product dP, weights, delta: {@code P (dP - delta)}. */
    final Program scoreGradient;
    /** Of two operands. */
    final Program product;
    /** +inf for a row that sees no key, so that its weights come out as 0. */
    final Program closed;

    private final Program[] scores = new Program[16];
    private final DType type;

    private FlashPrograms(DType type) {
        this.type = type;
        for (int flags = 0; flags < scores.length; flags++) scores[flags] = scores(flags);
        softmax = softmax();
        shrink = shrink(false);
        normalised = shrink(true);
        var p = new ProgramBuilder();
        int product = p.load(type, 0), factor = p.load(type, 1), sum = p.load(type, 2);
        shrinkAndAdd = p.build(p.of(Op.FMA, type, factor, sum, product));
        p = new ProgramBuilder();
        int scaled = p.of(Op.MUL, type, p.load(type, 0), p.load(type, 3));
        mix = p.build(p.of(Op.FMA, type, p.load(type, 2), p.load(type, 1), scaled));
        add = Program.of(Op.ADD, type, type, type);
        this.product = Program.of(Op.MUL, type, type, type);
        p = new ProgramBuilder();
        logSumExp = p.build(p.of(Op.ADD, type, p.load(type, 0), p.of(Op.LOG, type, p.load(type, 1))));
        p = new ProgramBuilder();
        scoreGradient = p.build(p.of(Op.MUL, type, p.load(type, 1), p.of(Op.SUB, type, p.load(type, 0), p.load(type, 2))));
        p = new ProgramBuilder();
        int none = p.constant(type, Double.NEGATIVE_INFINITY), x = p.load(type, 0);
        closed = p.build(p.of(Op.WHERE, type, p.of(Op.EQ, DType.BOOL, x, none), p.constant(type, Double.POSITIVE_INFINITY), x));
    }

    static FlashPrograms of(DType type) { return type == DType.F64 ? DOUBLE : FLOAT; }

    /** m', or 0 where that is -inf: no key was seen so far, and exp(-inf - 0) is the 0 that it shall be. */
    private int finite(ProgramBuilder p, int top) {
        int none = p.constant(type, Double.NEGATIVE_INFINITY);
        return p.of(Op.WHERE, type, p.of(Op.EQ, DType.BOOL, top, none), p.constant(type, 0), top);
    }

    private Program softmax() {
        var p = new ProgramBuilder();
        int s = p.load(type, 0), top = p.of(Op.MAX, type, p.load(type, 1), p.of(Op.ROW_MAX, type, s));
        int weight = p.of(Op.EXP, type, p.of(Op.SUB, type, s, finite(p, top)));
        return p.build(weight, top, p.of(Op.ROW_SUM, type, weight));
    }

    private Program shrink(boolean normalised) {
        var p = new ProgramBuilder();
        int before = p.load(type, 0), after = p.load(type, 1), total = p.load(type, 2), sum = p.load(type, 3);
        int factor = p.of(Op.EXP, type, p.of(Op.SUB, type, before, finite(p, after)));
        int next = p.of(Op.FMA, type, total, factor, sum);
        if (!normalised) return p.build(factor, next);
        int zero = p.constant(type, 0), empty = p.of(Op.EQ, DType.BOOL, next, zero);
        int inverse = p.of(Op.WHERE, type, empty, zero, p.of(Op.RECIPROCAL, type, next));
        return p.build(p.of(Op.MUL, type, p.of(Op.MUL, type, total, factor), inverse), next, inverse);
    }

    /** Of sums and l: their quotient, 0 where l is; in another type. */
    Program divide(DType to) {
        var p = new ProgramBuilder();
        int total = p.load(type, 1), zero = p.constant(type, 0);
        return p.build(
                p.cast(to, p.of(Op.WHERE, type, p.of(Op.EQ, DType.BOOL, total, zero), zero, p.of(Op.DIV, type, p.load(type, 0), total))));
    }

    /** Of a product and, as they are asked for: bias; key numbers; positions and slopes; first and end of the keys seen; log-sum-exp. */
    Program scores(boolean biased, boolean forgets, boolean masked, boolean weights) {
        return scores[(biased ? 1 : 0) + (forgets ? 2 : 0) + (masked ? 4 : 0) + (weights ? 8 : 0)];
    }

    private Program scores(int flags) {
        boolean biased = (flags & 1) != 0, forgets = (flags & 2) != 0, masked = (flags & 4) != 0, weights = (flags & 8) != 0;
        var p = new ProgramBuilder();
        int next = 1, s = p.load(type, 0);
        if (biased) s = p.of(Op.ADD, type, s, p.load(type, next++));
        int number = forgets || masked ? p.load(type, next++) : -1;
        if (forgets) {
            int distance = p.of(Op.ABS, type, p.of(Op.SUB, type, p.load(type, next++), number));
            s = p.of(Op.FMA, type, p.of(Op.NEG, type, distance), p.load(type, next++), s);
        }
        if (masked) {
            int from = p.of(Op.GE, DType.BOOL, number, p.load(type, next++)), to = p.of(Op.LT, DType.BOOL, number, p.load(type, next++));
            s = p.of(Op.WHERE, type, p.of(Op.AND, DType.BOOL, from, to), s, p.constant(type, Double.NEGATIVE_INFINITY));
        }
        if (weights) s = p.of(Op.EXP, type, p.of(Op.SUB, type, s, p.load(type, next)));
        return p.build(s);
    }
}
