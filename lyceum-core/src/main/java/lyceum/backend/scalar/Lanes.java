package lyceum.backend.scalar;

import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.Op;

/**
 * The instructions of a program on blocks of {@code n} elements in heap arrays. The loops over plain arithmetic are ones that the JIT
 * turns into vector code by itself; a backend overrides those that it does better.
 */
public class Lanes {

    protected void unary(Op op, float[] a, float[] r, int n) {
        switch (op) {
            case NEG -> { for (int i = 0; i < n; i++) r[i] = -a[i]; }
            case ABS -> { for (int i = 0; i < n; i++) r[i] = Math.abs(a[i]); }
            case SQRT -> { for (int i = 0; i < n; i++) r[i] = (float) Math.sqrt(a[i]); }
            case RECIPROCAL -> { for (int i = 0; i < n; i++) r[i] = 1 / a[i]; }
            case SQUARE -> { for (int i = 0; i < n; i++) r[i] = a[i] * a[i]; }
            case RELU -> { for (int i = 0; i < n; i++) r[i] = a[i] < 0 ? 0 : a[i]; }
            default -> {
                var f = Functions.unary(op);
                for (int i = 0; i < n; i++) r[i] = (float) f.applyAsDouble(a[i]);
            }
        }
    }

    protected void unary(Op op, double[] a, double[] r, int n) {
        switch (op) {
            case NEG -> { for (int i = 0; i < n; i++) r[i] = -a[i]; }
            case ABS -> { for (int i = 0; i < n; i++) r[i] = Math.abs(a[i]); }
            case SQRT -> { for (int i = 0; i < n; i++) r[i] = Math.sqrt(a[i]); }
            case RECIPROCAL -> { for (int i = 0; i < n; i++) r[i] = 1 / a[i]; }
            case SQUARE -> { for (int i = 0; i < n; i++) r[i] = a[i] * a[i]; }
            case RELU -> { for (int i = 0; i < n; i++) r[i] = a[i] < 0 ? 0 : a[i]; }
            default -> {
                var f = Functions.unary(op);
                for (int i = 0; i < n; i++) r[i] = f.applyAsDouble(a[i]);
            }
        }
    }

    protected void binary(Op op, float[] a, float[] b, float[] r, int n) {
        switch (op) {
            case ADD -> { for (int i = 0; i < n; i++) r[i] = a[i] + b[i]; }
            case SUB -> { for (int i = 0; i < n; i++) r[i] = a[i] - b[i]; }
            case MUL -> { for (int i = 0; i < n; i++) r[i] = a[i] * b[i]; }
            case DIV -> { for (int i = 0; i < n; i++) r[i] = a[i] / b[i]; }
            case MAX -> { for (int i = 0; i < n; i++) r[i] = Math.max(a[i], b[i]); }
            case MIN -> { for (int i = 0; i < n; i++) r[i] = Math.min(a[i], b[i]); }
            default -> {
                var f = Functions.binary(op);
                for (int i = 0; i < n; i++) r[i] = (float) f.applyAsDouble(a[i], b[i]);
            }
        }
    }

    protected void binary(Op op, double[] a, double[] b, double[] r, int n) {
        switch (op) {
            case ADD -> { for (int i = 0; i < n; i++) r[i] = a[i] + b[i]; }
            case SUB -> { for (int i = 0; i < n; i++) r[i] = a[i] - b[i]; }
            case MUL -> { for (int i = 0; i < n; i++) r[i] = a[i] * b[i]; }
            case DIV -> { for (int i = 0; i < n; i++) r[i] = a[i] / b[i]; }
            case MAX -> { for (int i = 0; i < n; i++) r[i] = Math.max(a[i], b[i]); }
            case MIN -> { for (int i = 0; i < n; i++) r[i] = Math.min(a[i], b[i]); }
            default -> {
                var f = Functions.binary(op);
                for (int i = 0; i < n; i++) r[i] = f.applyAsDouble(a[i], b[i]);
            }
        }
    }

    /** {@code r = op(a, c)} for the operations whose loop gains by a constant in a register; false for the others. */
    protected boolean withConstant(Op op, float[] a, float c, float[] r, int n) {
        switch (op) {
            case ADD -> { for (int i = 0; i < n; i++) r[i] = a[i] + c; }
            case SUB -> { for (int i = 0; i < n; i++) r[i] = a[i] - c; }
            case MUL -> { for (int i = 0; i < n; i++) r[i] = a[i] * c; }
            case DIV -> { for (int i = 0; i < n; i++) r[i] = a[i] / c; }
            default -> {
                return false;
            }
        }
        return true;
    }

    protected boolean withConstant(Op op, double[] a, double c, double[] r, int n) {
        switch (op) {
            case ADD -> { for (int i = 0; i < n; i++) r[i] = a[i] + c; }
            case SUB -> { for (int i = 0; i < n; i++) r[i] = a[i] - c; }
            case MUL -> { for (int i = 0; i < n; i++) r[i] = a[i] * c; }
            case DIV -> { for (int i = 0; i < n; i++) r[i] = a[i] / c; }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** {@code r = a c + d}, rounded after each operation. */
    protected void affine(float[] a, float c, float d, float[] r, int n) { for (int i = 0; i < n; i++) r[i] = a[i] * c + d; }

    protected void affine(double[] a, double c, double d, double[] r, int n) { for (int i = 0; i < n; i++) r[i] = a[i] * c + d; }

    /** Wrapping integer arithmetic; the quotient is rounded down, the remainder has the divisor's sign. */
    protected void unary(Op op, long[] a, long[] r, int n) {
        switch (op) {
            case NEG -> { for (int i = 0; i < n; i++) r[i] = -a[i]; }
            case ABS -> { for (int i = 0; i < n; i++) r[i] = Math.abs(a[i]); }
            case SIGN -> { for (int i = 0; i < n; i++) r[i] = Long.signum(a[i]); }
            case SQUARE -> { for (int i = 0; i < n; i++) r[i] = a[i] * a[i]; }
            case RELU -> { for (int i = 0; i < n; i++) r[i] = Math.max(a[i], 0); }
            case FLOOR, CEIL, ROUND, TRUNC -> System.arraycopy(a, 0, r, 0, n);
            default -> throw new AssertionError(op);
        }
    }

    protected void unary(Op op, int[] a, int[] r, int n) {
        switch (op) {
            case NEG -> { for (int i = 0; i < n; i++) r[i] = -a[i]; }
            case ABS -> { for (int i = 0; i < n; i++) r[i] = Math.abs(a[i]); }
            case SIGN -> { for (int i = 0; i < n; i++) r[i] = Integer.signum(a[i]); }
            case SQUARE -> { for (int i = 0; i < n; i++) r[i] = a[i] * a[i]; }
            case RELU -> { for (int i = 0; i < n; i++) r[i] = Math.max(a[i], 0); }
            case FLOOR, CEIL, ROUND, TRUNC -> System.arraycopy(a, 0, r, 0, n);
            default -> throw new AssertionError(op);
        }
    }

    protected void binary(Op op, long[] a, long[] b, long[] r, int n) {
        switch (op) {
            case ADD -> { for (int i = 0; i < n; i++) r[i] = a[i] + b[i]; }
            case SUB -> { for (int i = 0; i < n; i++) r[i] = a[i] - b[i]; }
            case MUL -> { for (int i = 0; i < n; i++) r[i] = a[i] * b[i]; }
            case MAX -> { for (int i = 0; i < n; i++) r[i] = Math.max(a[i], b[i]); }
            case MIN -> { for (int i = 0; i < n; i++) r[i] = Math.min(a[i], b[i]); }
            case FLOOR_DIV -> { for (int i = 0; i < n; i++) r[i] = Math.floorDiv(a[i], b[i]); }
            case MOD -> { for (int i = 0; i < n; i++) r[i] = Math.floorMod(a[i], b[i]); }
            case POW -> { for (int i = 0; i < n; i++) r[i] = power(a[i], b[i]); }
            case AND -> { for (int i = 0; i < n; i++) r[i] = a[i] & b[i]; }
            case OR -> { for (int i = 0; i < n; i++) r[i] = a[i] | b[i]; }
            case XOR -> { for (int i = 0; i < n; i++) r[i] = a[i] ^ b[i]; }
            default -> throw new AssertionError(op);
        }
    }

    protected void binary(Op op, int[] a, int[] b, int[] r, int n) {
        switch (op) {
            case ADD -> { for (int i = 0; i < n; i++) r[i] = a[i] + b[i]; }
            case SUB -> { for (int i = 0; i < n; i++) r[i] = a[i] - b[i]; }
            case MUL -> { for (int i = 0; i < n; i++) r[i] = a[i] * b[i]; }
            case MAX -> { for (int i = 0; i < n; i++) r[i] = Math.max(a[i], b[i]); }
            case MIN -> { for (int i = 0; i < n; i++) r[i] = Math.min(a[i], b[i]); }
            case FLOOR_DIV -> { for (int i = 0; i < n; i++) r[i] = Math.floorDiv(a[i], b[i]); }
            case MOD -> { for (int i = 0; i < n; i++) r[i] = Math.floorMod(a[i], b[i]); }
            case POW -> { for (int i = 0; i < n; i++) r[i] = (int) power(a[i], b[i]); }
            case AND -> { for (int i = 0; i < n; i++) r[i] = a[i] & b[i]; }
            case OR -> { for (int i = 0; i < n; i++) r[i] = a[i] | b[i]; }
            case XOR -> { for (int i = 0; i < n; i++) r[i] = a[i] ^ b[i]; }
            default -> throw new AssertionError(op);
        }
    }

    /** By squaring, wrapping; a negative exponent is refused before it comes here. */
    private static long power(long base, long exponent) {
        long result = 1;
        for (; exponent > 0; exponent >>= 1) {
            if ((exponent & 1) == 1) result *= base;
            base *= base;
        }
        return result;
    }

    protected void compare(Op op, float[] a, float[] b, int[] r, int n) {
        switch (op) {
            case EQ -> { for (int i = 0; i < n; i++) r[i] = a[i] == b[i] ? 1 : 0; }
            case NE -> { for (int i = 0; i < n; i++) r[i] = a[i] != b[i] ? 1 : 0; }
            case LT -> { for (int i = 0; i < n; i++) r[i] = a[i] < b[i] ? 1 : 0; }
            case LE -> { for (int i = 0; i < n; i++) r[i] = a[i] <= b[i] ? 1 : 0; }
            case GT -> { for (int i = 0; i < n; i++) r[i] = a[i] > b[i] ? 1 : 0; }
            case GE -> { for (int i = 0; i < n; i++) r[i] = a[i] >= b[i] ? 1 : 0; }
            case IS_NAN -> { for (int i = 0; i < n; i++) r[i] = a[i] != a[i] ? 1 : 0; }
            case IS_FINITE -> { for (int i = 0; i < n; i++) r[i] = Float.isFinite(a[i]) ? 1 : 0; }
            case NOT -> { for (int i = 0; i < n; i++) r[i] = a[i] == 0 ? 1 : 0; }
            default -> throw new AssertionError(op);
        }
    }

    protected void compare(Op op, double[] a, double[] b, int[] r, int n) {
        switch (op) {
            case EQ -> { for (int i = 0; i < n; i++) r[i] = a[i] == b[i] ? 1 : 0; }
            case NE -> { for (int i = 0; i < n; i++) r[i] = a[i] != b[i] ? 1 : 0; }
            case LT -> { for (int i = 0; i < n; i++) r[i] = a[i] < b[i] ? 1 : 0; }
            case LE -> { for (int i = 0; i < n; i++) r[i] = a[i] <= b[i] ? 1 : 0; }
            case GT -> { for (int i = 0; i < n; i++) r[i] = a[i] > b[i] ? 1 : 0; }
            case GE -> { for (int i = 0; i < n; i++) r[i] = a[i] >= b[i] ? 1 : 0; }
            case IS_NAN -> { for (int i = 0; i < n; i++) r[i] = a[i] != a[i] ? 1 : 0; }
            case IS_FINITE -> { for (int i = 0; i < n; i++) r[i] = Double.isFinite(a[i]) ? 1 : 0; }
            case NOT -> { for (int i = 0; i < n; i++) r[i] = a[i] == 0 ? 1 : 0; }
            default -> throw new AssertionError(op);
        }
    }

    protected void compare(Op op, long[] a, long[] b, int[] r, int n) {
        switch (op) {
            case EQ -> { for (int i = 0; i < n; i++) r[i] = a[i] == b[i] ? 1 : 0; }
            case NE -> { for (int i = 0; i < n; i++) r[i] = a[i] != b[i] ? 1 : 0; }
            case LT -> { for (int i = 0; i < n; i++) r[i] = a[i] < b[i] ? 1 : 0; }
            case LE -> { for (int i = 0; i < n; i++) r[i] = a[i] <= b[i] ? 1 : 0; }
            case GT -> { for (int i = 0; i < n; i++) r[i] = a[i] > b[i] ? 1 : 0; }
            case GE -> { for (int i = 0; i < n; i++) r[i] = a[i] >= b[i] ? 1 : 0; }
            case IS_NAN -> Arrays.fill(r, 0, n, 0);
            case IS_FINITE -> Arrays.fill(r, 0, n, 1);
            case NOT -> { for (int i = 0; i < n; i++) r[i] = a[i] == 0 ? 1 : 0; }
            default -> throw new AssertionError(op);
        }
    }

    protected void compare(Op op, int[] a, int[] b, int[] r, int n) {
        switch (op) {
            case EQ -> { for (int i = 0; i < n; i++) r[i] = a[i] == b[i] ? 1 : 0; }
            case NE -> { for (int i = 0; i < n; i++) r[i] = a[i] != b[i] ? 1 : 0; }
            case LT -> { for (int i = 0; i < n; i++) r[i] = a[i] < b[i] ? 1 : 0; }
            case LE -> { for (int i = 0; i < n; i++) r[i] = a[i] <= b[i] ? 1 : 0; }
            case GT -> { for (int i = 0; i < n; i++) r[i] = a[i] > b[i] ? 1 : 0; }
            case GE -> { for (int i = 0; i < n; i++) r[i] = a[i] >= b[i] ? 1 : 0; }
            case IS_NAN -> Arrays.fill(r, 0, n, 0);
            case IS_FINITE -> Arrays.fill(r, 0, n, 1);
            case NOT -> { for (int i = 0; i < n; i++) r[i] = a[i] == 0 ? 1 : 0; }
            default -> throw new AssertionError(op);
        }
    }

    /** Brings the values of a block back to what {@code type} can hold, as if each had been stored. */
    final void narrow(DType type, float[] r, int n) {
        if (type == DType.F32) return;
        for (int i = 0; i < n; i++) r[i] = Elements.round(type, r[i]);
    }

    final void narrow(DType type, int[] r, int n) {
        if (type == DType.I32) return;
        for (int i = 0; i < n; i++) r[i] = Elements.wrap(type, r[i]);
    }
}
