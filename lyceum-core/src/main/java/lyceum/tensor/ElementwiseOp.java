package lyceum.tensor;

import lyceum.DType;
import lyceum.backend.Op;

/**
 * An element-wise primitive; operands broadcast. The table of gradients below, one row each, gives pull-back and push-forward both: a derivative of
 * element by element is its own transpose. Composite operations have theirs by composition.
 *
 * @param type of the result
 */
public record ElementwiseOp(Op op, DType type) implements Operation {
    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126, LN2 = 0.6931471805599453, SQRT_HALF = 0.7071067811865476;
    private static final DType[] TYPES = DType.values();
    private static final ElementwiseOp[] ALL = new ElementwiseOp[Op.values().length * TYPES.length];

    static {
        for (var op : Op.values()) for (var type : TYPES) ALL[op.ordinal() * TYPES.length + type.ordinal()] = new ElementwiseOp(op, type);
    }

    static ElementwiseOp of(Op op, DType type) { return ALL[op.ordinal() * TYPES.length + type.ordinal()]; }

    /** {@link #apply} for operands of which some may be null, without an array where nobody records and nobody listens. */
    static Tensor apply(Op op, DType type, Tensor a, Tensor b, Tensor c) {
        var result = value(op, type, a, b, c);
        boolean recorded = type.isFloat() && isTracked(a, b, c) && GradMode.isRecording();
        if (!recorded && !Tracing.on()) return result;
        return Tracing.made(of(op, type), recorded, result, null,
                c != null ? new Tensor[] {a, b, c} : b != null ? new Tensor[] {a, b} : new Tensor[] {a});
    }

    private static boolean isTracked(Tensor a, Tensor b, Tensor c) {
        return a.isTracked() || b != null && b.isTracked() || c != null && c.isTracked();
    }

    private static Tensor value(Op op, DType type, Tensor a, Tensor b, Tensor c) {
        var shape = b == null ? a.shape() : broadcast(op, a.shape(), b.shape());
        if (c != null) shape = broadcast(op, shape, c.shape());
        if (!type.isFloat() && b != null) checkValues(op, b);
        return Fusion.apply(op, type, shape, a, b, c);
    }

    private static Shape broadcast(Op op, Shape a, Shape b) { return a.equals(b) ? a : Shape.broadcast(op.text(), a, b); }

    /** Of integers, some of which have no quotient and no power. */
    private static void checkValues(Op op, Tensor b) {
        if (Fusion.isShapesOnly()) return; // there are no values
        switch (op) {
            case FLOOR_DIV, MOD -> {
                if (Tracing.untold(() -> b.eq(0).any().item()) != 0) throw new ArithmeticException(
                        (op == Op.MOD ? "mod" : "floorDiv") + ": an integer divisor is zero (shape " + b.shape() + ")");
            }
            case POW -> {
                if (b.count() > 0 && Tracing.untold(() -> b.min().item()) < 0)
                    throw new IllegalArgumentException("pow: negative exponents need a float base; convert it with to(F64)");
            }
            default -> {}
        }
    }

    @Override public Tensor value(Tensor... in) {
        return value(op, type, in[0], in.length > 1 ? in[1] : null, in.length > 2 ? in[2] : null);
    }

    @Override public Tensor apply(Tensor... in) {
        return apply(op, type, in[0], in.length > 1 ? in[1] : null, in.length > 2 ? in[2] : null);
    }

    @Override public boolean commutes() {
        return switch (op) {
            case ADD, MUL, EQ, NE, AND, OR, XOR -> true;
            default -> false;
        };
    }

    @Override public int reads(int i) {
        return switch (op) {
            case CAST, NEG, ADD, SUB, SIGN, FLOOR, CEIL, ROUND, TRUNC -> 0;
            case SQRT, RSQRT, RECIPROCAL, EXP, EXPM1, TANH, SIGMOID, RELU, TAN, ERFINV -> RESULT;
            case WHERE -> 1;
            case MUL -> i == 0 ? 2 : 1;
            case DIV -> i == 0 ? 2 : 3;
            case FMA -> i == 0 ? 2 : i == 1 ? 1 : 0;
            case MOD -> i == 0 ? 0 : 3;
            case POW -> i == 0 ? 3 : 3 | RESULT;
            case ATAN2, POLYGAMMA -> 3;
            case MAX, MIN -> 3 | RESULT;
            default -> 1;
        };
    }

    @Override public Tensor pullback(int i, Tensor g, Reading reading) {
        int reads = reads(i);
        return slope(i, g, (reads & 1) != 0 ? reading.operand(0) : null, (reads & 2) != 0 ? reading.operand(1) : null,
                (reads & RESULT) != 0 ? reading.result() : null);
    }

    @Override public Tensor pushforward(Tensor[] tangents, Tensor[] in, Tensor out) {
        Tensor sum = null;
        for (int i = 0; i < in.length; i++) {
            var part = tangents[i] == null ? null : slope(i, tangents[i], in[0], in.length > 1 ? in[1] : null, out);
            if (part != null) sum = sum == null ? part : sum.add(part);
        }
        return sum;
    }

    @Override public Tensor batched(long size, boolean[] isBatched, Tensor... in) { return apply(Batch.aligned(isBatched, in)); }

    @Override public String text() { return op.text(); }

    /**
     * {@code g} times the partial derivative by operand {@code i}. x and y are the operands, z the result; null where {@link #reads} says that the row
     * does not need it. A null result means zero.
     */
    private Tensor slope(int i, Tensor g, Tensor x, Tensor y, Tensor z) {
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
            case GELU ->
                    g.mul(x.mul(-SQRT_HALF).erfc().mul(0.5).add(x.mul(x.square().mul(-0.5).exp()).mul(SQRT_HALF * TWO_OVER_SQRT_PI / 2)));
            case ERF -> g.mul(x.square().neg().exp()).mul(TWO_OVER_SQRT_PI);
            case ERFC -> g.mul(x.square().neg().exp()).mul(-TWO_OVER_SQRT_PI);
            case ERFINV -> g.mul(z.square().exp()).div(TWO_OVER_SQRT_PI);
            case LGAMMA -> g.mul(x.digamma());
            case DIGAMMA -> g.mul(x.polygamma(1));
            case TRIGAMMA -> g.mul(x.polygamma(2));
            case POLYGAMMA -> i == 0 ? null : g.mul(y.polygamma((int) x.item() + 1));
            case MUL -> g.mul(i == 0 ? y : x);
            case DIV -> i == 0 ? g.div(y) : g.mul(x).div(y.square()).neg();
            case POW -> i == 0 ? powerBase(g, x, y) : powerExponent(g, x, y, z);
            case MAX, MIN -> share(i, g, x, y, z);
            case ATAN2 -> i == 0 ? g.mul(y).div(x.square().add(y.square())) : g.mul(x).div(x.square().add(y.square())).neg();
            case MOD -> i == 0 ? g : g.mul(x.floorDiv(y)).neg();
            case FMA -> i == 0 ? g.mul(y) : i == 1 ? g.mul(x) : g;
            case WHERE -> i == 0 ? null : i == 1 ? x.where(g, g.zerosLike()) : x.where(g.zerosLike(), g);
            default -> null; // SIGN, FLOOR, CEIL, ROUND, TRUNC, FLOOR_DIV and all that give no float: zero almost everywhere
        };
    }

    /** {@code y x^(y-1)}. {@code x^0} is 1 for every x, so that its slope is 0 at 0 as well, and the slope's slope. */
    private static Tensor powerBase(Tensor g, Tensor x, Tensor y) {
        var flat = y.eq(0).and(x.abs().gt(0).not()); // of 0 and NaN
        return g.mul(y.mul(flat.where(x.onesLike(), x).pow(y.sub(1))));
    }

    /** {@code x^y log x}, and its limit 0 at x = 0 for exponents that are not negative. */
    private static Tensor powerExponent(Tensor g, Tensor x, Tensor y, Tensor z) {
        var safe = x.eq(0).and(y.ge(0)).where(x.onesLike(), x);
        return g.mul(z.mul(safe.log()));
    }

    /** The operand that won gets the gradient; a tie is shared equally. */
    private static Tensor share(int i, Tensor g, Tensor x, Tensor y, Tensor z) {
        var mine = i == 0 ? x : y;
        var half = x.eq(y).where(g.mul(0.5), g);
        return mine.eq(z).where(half, g.zerosLike());
    }
}
