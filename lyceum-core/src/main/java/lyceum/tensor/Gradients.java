package lyceum.tensor;

import lyceum.backend.Op;
import lyceum.tensor.History.Saved;

/**
 * The gradients of the element-wise primitives, one row each, in tensor operations, so that they have gradients in turn. Composite operations
 * have theirs by composition; those of reductions, views and products stand beside the operation.
 */
final class Gradients {
    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126, LN2 = 0.6931471805599453, SQRT_HALF = 0.7071067811865476;

    private Gradients() { }

    /** What a rule reads: bit i for operand i, bit 3 for the result. */
    private static int reads(Op op) {
        return switch (op) {
            case CAST, NEG, ADD, SUB, SIGN, FLOOR, CEIL, ROUND, TRUNC -> 0;
            case SQRT, RSQRT, RECIPROCAL, EXP, EXPM1, TANH, SIGMOID, RELU, TAN, ERFINV -> 8;
            case WHERE -> 1;
            case MUL, DIV, ATAN2, MOD, POLYGAMMA -> 3;
            case FMA -> 3;
            case MAX, MIN, POW -> 3 | 8;
            default -> 1;
        };
    }

    static Tensor record(Op op, Tensor result, Tensor a, Tensor b, Tensor c) {
        if (!History.wanted(a, b, c)) return result;
        var name = op.text();
        int reads = reads(op);
        var x = (reads & 1) != 0 ? Saved.of(a, name) : null;
        var y = (reads & 2) != 0 ? Saved.of(b, name) : null;
        var z = (reads & 8) != 0 ? Saved.of(result, name) : null;
        return History.record(name, result, (i, g) -> gradient(op, i, g, get(x), get(y), get(z)), a, b, c);
    }

    private static Tensor get(Saved saved) { return saved == null ? null : saved.get(); }

    /**
     * Gradient of operand {@code i}: {@code g} times the partial derivative. x and y are the operands, z the result; null where
     * {@link #reads} says that the row does not need it. A null result means zero.
     */
    private static Tensor gradient(Op op, int i, Tensor g, Tensor x, Tensor y, Tensor z) {
        return switch (op) {
            case CAST, ADD -> g;
            case NEG -> g.neg();
            case SUB -> i == 0 ? g : g.neg();
            case ABS -> g.mul(x.sign());
            case SQUARE -> g.mul(x).mul(2);
            case SQRT -> g.div(z).mul(0.5);
            case RSQRT -> g.mul(z.mul(z).mul(z)).mul(-0.5);
            case RECIPROCAL -> g.mul(z.square()).neg();
            case EXP -> g.mul(z);
            case EXPM1 -> g.mul(z.add(1));
            case LOG -> g.div(x);
            case LOG1P -> g.div(x.add(1));
            case LOG2 -> g.div(x.mul(LN2));
            case SIN -> g.mul(x.cos());
            case COS -> g.mul(x.sin()).neg();
            case TAN -> g.mul(z.square().add(1));
            case ASIN -> g.mul(x.square().rsub(1).rsqrt());
            case ACOS -> g.mul(x.square().rsub(1).rsqrt()).neg();
            case ATAN -> g.div(x.square().add(1));
            case SINH -> g.mul(x.cosh());
            case COSH -> g.mul(x.sinh());
            case TANH -> g.mul(z.square().rsub(1));
            case SIGMOID -> g.mul(z.mul(z.rsub(1)));
            case SOFTPLUS -> g.mul(x.sigmoid());
            case RELU -> z.le(0).where(g.zerosLike(), g); // so that NaN lets the gradient through, as PyTorch does
            case GELU -> g.mul(x.mul(-SQRT_HALF).erfc().mul(0.5).add(x.mul(x.square().mul(-0.5).exp()).mul(SQRT_HALF * TWO_OVER_SQRT_PI / 2)));
            case ERF -> g.mul(x.square().neg().exp()).mul(TWO_OVER_SQRT_PI);
            case ERFC -> g.mul(x.square().neg().exp()).mul(-TWO_OVER_SQRT_PI);
            case ERFINV -> g.mul(z.square().exp()).div(TWO_OVER_SQRT_PI);
            case LGAMMA -> g.mul(x.digamma());
            case DIGAMMA -> g.mul(x.polygamma(1));
            case TRIGAMMA -> g.mul(x.polygamma(2));
            case POLYGAMMA -> i == 0 ? null : g.mul(y.polygamma((int) x.item() + 1));
            case MUL -> g.mul(i == 0 ? y : x);
            case DIV -> i == 0 ? g.div(y) : g.mul(x).div(y.square()).neg();
            case POW -> i == 0 ? powerBase(g, x, y) : powerExponent(g, x, z);
            case MAX, MIN -> share(i, g, x, y, z);
            case ATAN2 -> i == 0 ? g.mul(y).div(x.square().add(y.square())) : g.mul(x).div(x.square().add(y.square())).neg();
            case MOD -> i == 0 ? g : g.mul(x.floorDiv(y)).neg();
            case FMA -> i == 0 ? g.mul(y) : i == 1 ? g.mul(x) : g;
            case WHERE -> i == 0 ? null : i == 1 ? x.where(g, g.zerosLike()) : x.where(g.zerosLike(), g);
            default -> null; // SIGN, FLOOR, CEIL, ROUND, TRUNC, FLOOR_DIV and all that give no float: zero almost everywhere
        };
    }

    /** {@code y x^(y-1)}, and 0 for y = 0 even at x = 0. */
    private static Tensor powerBase(Tensor g, Tensor x, Tensor y) {
        var slope = y.mul(x.pow(y.sub(1)));
        return g.mul(y.eq(0).where(slope.zerosLike(), slope));
    }

    /** {@code x^y log x}, and 0 at x = 0, the limit for positive exponents. */
    private static Tensor powerExponent(Tensor g, Tensor x, Tensor z) {
        var safe = x.eq(0).where(x.onesLike(), x);
        return g.mul(z.mul(safe.log()));
    }

    /** The operand that won gets the gradient; a tie is shared equally. */
    private static Tensor share(int i, Tensor g, Tensor x, Tensor y, Tensor z) {
        var mine = i == 0 ? x : y;
        var half = x.eq(y).where(g.mul(0.5), g);
        return mine.eq(z).where(half, g.zerosLike());
    }
}
