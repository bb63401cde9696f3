package lyceum.backend.math;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A recipe written down: its operations in the order of their computation, without repetitions and without those that nothing uses. */
public final class Tape {

    /** The operations of {@link Arithmetic}, and those at the borders between widths. */
    public enum Kind {
        /** Argument number {@code bits} of the recipe. */
        INPUT(""),
        /** The number or integer whose pattern {@code bits} has. */
        CONSTANT(""), ADD("vv"), SUB("vv"), MUL("vv"), DIV("vv"), FMA("vvv"), FNMA("vvv"), SQRT("v"), MIN("vv"), MAX("vv"), ROUND("v"),
        ABS("v"), NEG("v"), COPY_SIGN("vv"), SCALE("vv"), EXPONENT("v"), MANTISSA("v"), BIT_AND("vv"), BIT_OR("vv"), BIT_XOR("vv"),
        ADD_INT("vv"), SUB_INT("vv"),
        /** By {@code bits}. */
        SHIFT_LEFT("v"), SHIFT_RIGHT("v"), LOOKUP("v"), LESS("vv"), LESS_EQUAL("vv"), EQUAL("vv"), IS_NAN("v"), BOTH("mm"), EITHER("mm"),
        NOT("m"), SELECT("mvv"),
        /** An F32 value in F64 lanes. */
        WIDEN("v"),
        /** An F64 value rounded to F32 lanes. */
        NARROW("v");

        private final String operands;

        Kind(String operands) { this.operands = operands; }

        /** A letter an operand: v for values, m for masks. */
        public String operands() { return operands; }

        public boolean givesMask() {
            return this == LESS || this == LESS_EQUAL || this == EQUAL || this == IS_NAN || this == BOTH || this == EITHER || this == NOT;
        }
    }

    /**
     * One operation. Its value has the number of the step's place in the list.
     *
     * @param wide whether its result (of a comparison: its operands) are F64 lanes
     * @param operands numbers of earlier steps
     * @param bits see {@link Kind}
     * @param table of a lookup, else null
     * @param guard number of the mask without which nothing uses this step, or -1
     */
    public record Step(Kind kind, boolean wide, List<Integer> operands, long bits, double[] table, int guard) {}

    private final List<Step> steps;

    private Tape(List<Step> steps) { this.steps = List.copyOf(steps); }

    public static Tape of(Recipe recipe, boolean wide) {
        var recorder = new Recorder(new ArrayList<>(), new HashMap<>(), new int[] {-1}, wide);
        int x = recorder.write(Kind.INPUT, 0, null);
        int result = switch (recipe) {
            case Recipe.Unary unary -> unary.apply(recorder, x);
            case Recipe.Binary binary -> binary.apply(recorder, x, recorder.write(Kind.INPUT, 1, null));
        };
        return new Tape(used(recorder.steps, result));
    }

    /** The last has the recipe's value. */
    public List<Step> steps() { return steps; }

    private static List<Step> used(List<Step> all, int result) {
        var needed = new boolean[all.size()];
        needed[result] = true;
        for (int i = result; i >= 0; i--) {
            if (!needed[i]) continue;
            for (int operand : all.get(i).operands()) needed[operand] = true;
            if (all.get(i).guard() >= 0) needed[all.get(i).guard()] = true;
        }
        var place = new int[all.size()];
        var kept = new ArrayList<Step>();
        for (int i = 0; i <= result; i++) {
            if (!needed[i]) continue;
            var s = all.get(i);
            place[i] = kept.size();
            kept.add(new Step(s.kind(), s.wide(), s.operands().stream().map(o -> place[o]).toList(), s.bits(), s.table(),
                    s.guard() < 0 ? -1 : place[s.guard()]));
        }
        return kept;
    }

    /** Values and masks are numbers of steps; {@code guard} has the mask of the slow path being written, or -1. */
    private record Recorder(List<Step> steps, Map<List<Object>, Integer> known, int[] guard, boolean wide)
            implements Arithmetic<Integer, Integer> {

        int write(Kind kind, long bits, double[] table, Integer... operands) {
            var of = List.of(operands);
            var key = List.<Object>of(kind, wide, of, bits, table == null ? 0 : System.identityHashCode(table));
            Integer before = known.get(key);
            if (before != null && (steps.get(before).guard() < 0 || steps.get(before).guard() == guard[0])) return before;
            steps.add(new Step(kind, wide, of, bits, table, guard[0]));
            known.put(key, steps.size() - 1);
            return steps.size() - 1;
        }

        private int add(Kind kind, Integer... operands) { return write(kind, 0, null, operands); }

        @Override public Integer constant(double value) {
            return write(Kind.CONSTANT, wide ? Double.doubleToRawLongBits(value) : Float.floatToRawIntBits((float) value), null);
        }

        @Override public Integer bits(long bits) { return write(Kind.CONSTANT, wide ? bits : (int) bits, null); }

        @Override public Integer add(Integer x, Integer y) { return add(Kind.ADD, x, y); }

        @Override public Integer sub(Integer x, Integer y) { return add(Kind.SUB, x, y); }

        @Override public Integer mul(Integer x, Integer y) { return add(Kind.MUL, x, y); }

        @Override public Integer div(Integer x, Integer y) { return add(Kind.DIV, x, y); }

        @Override public Integer fma(Integer x, Integer y, Integer z) { return add(Kind.FMA, x, y, z); }

        @Override public Integer fnma(Integer x, Integer y, Integer z) { return add(Kind.FNMA, x, y, z); }

        @Override public Integer sqrt(Integer x) { return add(Kind.SQRT, x); }

        @Override public Integer min(Integer x, Integer y) { return add(Kind.MIN, x, y); }

        @Override public Integer max(Integer x, Integer y) { return add(Kind.MAX, x, y); }

        @Override public Integer round(Integer x) { return add(Kind.ROUND, x); }

        @Override public Integer abs(Integer x) { return add(Kind.ABS, x); }

        @Override public Integer neg(Integer x) { return add(Kind.NEG, x); }

        @Override public Integer copySign(Integer x, Integer sign) { return add(Kind.COPY_SIGN, x, sign); }

        @Override public Integer scale(Integer x, Integer n) { return add(Kind.SCALE, x, n); }

        @Override public Integer exponent(Integer x) { return add(Kind.EXPONENT, x); }

        @Override public Integer mantissa(Integer x) { return add(Kind.MANTISSA, x); }

        @Override public Integer bitAnd(Integer x, Integer y) { return add(Kind.BIT_AND, x, y); }

        @Override public Integer bitOr(Integer x, Integer y) { return add(Kind.BIT_OR, x, y); }

        @Override public Integer bitXor(Integer x, Integer y) { return add(Kind.BIT_XOR, x, y); }

        @Override public Integer addInt(Integer x, Integer y) { return add(Kind.ADD_INT, x, y); }

        @Override public Integer subInt(Integer x, Integer y) { return add(Kind.SUB_INT, x, y); }

        @Override public Integer shiftLeft(Integer x, int count) { return write(Kind.SHIFT_LEFT, count, null, x); }

        @Override public Integer shiftRight(Integer x, int count) { return write(Kind.SHIFT_RIGHT, count, null, x); }

        @Override public Integer lookup(double[] table, Integer index) { return write(Kind.LOOKUP, 0, table, index); }

        @Override public Integer less(Integer x, Integer y) { return add(Kind.LESS, x, y); }

        @Override public Integer lessEqual(Integer x, Integer y) { return add(Kind.LESS_EQUAL, x, y); }

        @Override public Integer equal(Integer x, Integer y) { return add(Kind.EQUAL, x, y); }

        @Override public Integer isNaN(Integer x) { return add(Kind.IS_NAN, x); }

        @Override public Integer both(Integer x, Integer y) { return add(Kind.BOTH, x, y); }

        @Override public Integer either(Integer x, Integer y) { return add(Kind.EITHER, x, y); }

        @Override public Integer not(Integer x) { return add(Kind.NOT, x); }

        @Override public Integer select(Integer mask, Integer x, Integer y) { return add(Kind.SELECT, mask, x, y); }

        @Override public Integer rarely(Integer mask, Supplier<Integer> slow, Integer fast) {
            if (guard[0] >= 0) return select(mask, slow.get(), fast);
            guard[0] = mask;
            int value = slow.get();
            guard[0] = -1;
            return select(mask, value, fast);
        }

        @Override public Integer inDouble(Recipe.Unary recipe, Integer x) {
            if (wide) return recipe.apply(this, x);
            var inner = new Recorder(steps, known, guard, true);
            return add(Kind.NARROW, recipe.apply(inner, inner.add(Kind.WIDEN, x)));
        }

        @Override public Integer inDouble(Recipe.Binary recipe, Integer x, Integer y) {
            if (wide) return recipe.apply(this, x, y);
            var inner = new Recorder(steps, known, guard, true);
            return add(Kind.NARROW, recipe.apply(inner, inner.add(Kind.WIDEN, x), inner.add(Kind.WIDEN, y)));
        }
    }
}
