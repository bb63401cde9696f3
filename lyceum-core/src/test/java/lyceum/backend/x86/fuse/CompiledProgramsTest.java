package lyceum.backend.x86.fuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.backend.Backend;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.Program.Instruction;
import lyceum.backend.ProgramBuilder;
import lyceum.backend.View;
import lyceum.backend.math.Recipe;
import lyceum.backend.math.Recipes;
import lyceum.backend.math.ScalarArithmetic32;
import lyceum.backend.math.ScalarArithmetic64;
import lyceum.backend.scalar.Elements;
import lyceum.backend.x86.machine.Cpu;
import lyceum.random.Rng;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Machine code against the interpreter, operation by operation: the same bits, and none written beside the result. */
class CompiledProgramsTest {
    private static final DType[] FLOATS = {DType.F32, DType.F64, DType.F16, DType.BF16};
    private static final DType[] ALL = DType.values();
    private static final Backend SCALAR = Backend.named("scalar");

    @BeforeAll static void machineCodeRunsHere() { assumeThat(Cpu.unavailable()).isNull(); }

    /** The CPU under each of the settings that it has. */
    private static Map<String, FusedPrograms> levels() {
        var levels = new LinkedHashMap<String, FusedPrograms>();
        var cpu = Cpu.current();
        if (cpu.vectorBits() == 512) {
            levels.put("all", new FusedPrograms(cpu));
            levels.put("avx512", new FusedPrograms(cpu.limitedTo("avx512")));
        }
        levels.put("avx2", new FusedPrograms(cpu.limitedTo("avx2")));
        return levels;
    }

    private static DType[] typesOf(Op op) {
        return switch (op) {
            case NEG, ABS, SIGN, SQUARE, RELU, ADD, SUB, MUL, MAX, MIN, FLOOR, CEIL, ROUND, TRUNC ->
                    new DType[] {DType.F32, DType.F64, DType.F16, DType.BF16, DType.I32, DType.I64, DType.U8, DType.I8};
            case AND, OR, XOR -> new DType[] {DType.BOOL, DType.I32, DType.I64, DType.U8, DType.I8};
            case EQ, NE, LT, LE, GT, GE, NOT, IS_NAN, IS_FINITE, WHERE -> ALL;
            default -> FLOATS;
        };
    }

    private static List<Op> operations() {
        var ops = EnumSet.allOf(Op.class);
        ops.removeAll(
                EnumSet.of(Op.LOAD, Op.CONST, Op.RANDOM, Op.CAST, Op.ROW_SUM, Op.ROW_MAX, Op.ROW_MIN, Op.POLYGAMMA, Op.FLOOR_DIV, Op.MOD));
        return List.copyOf(ops);
    }

    @TestFactory Stream<DynamicTest> everyOperationOnEveryTypeAndLayout() {
        return operations().stream().map(op -> DynamicTest.dynamicTest(op.name(), () -> {
            for (var level : levels().entrySet()) for (var type : typesOf(op)) everyLayout(level.getValue(), op, type, level.getKey());
        }));
    }

    private static void everyLayout(FusedPrograms programs, Op op, DType type, String level) {
        var operands = new DType[op.arity()];
        Arrays.fill(operands, type);
        if (op == Op.WHERE) operands[0] = DType.BOOL;
        var program = Program.of(op, op.isPredicate() ? DType.BOOL : type, operands);
        int seed = 0;
        for (var layout : Operand.Layout.values()) {
            for (var shape : new long[][] {{67}, {5, 19}, {3, 4, 33}}) compare(programs, program, layout, ++seed, level, shape);
        }
        for (long n = 1; n <= 67; n++) compare(programs, program, Operand.Layout.CONTIGUOUS, ++seed, level, n);
    }

    private static void compare(FusedPrograms programs, Program program, Operand.Layout layout, int seed, String level, long... shape) {
        var rng = Rng.of(seed);
        var inputs = new ArrayList<Operand>();
        for (int r = 0; r < program.length(); r++) {
            if (program.at(r).op() != Op.LOAD) continue;
            var which = inputs.isEmpty() || rng.nextInt(2) == 0 ? layout : Operand.Layout.CONTIGUOUS;
            inputs.add(Operand.of(program.at(r).type(), which, shape).filled(rng, true, 3));
        }
        compare(programs, program, inputs, Operand.Layout.CONTIGUOUS, level, shape);
    }

    private static boolean compare(FusedPrograms programs, Program program, List<Operand> inputs, Operand.Layout outputs, String level,
            long... shape) {
        View[] views = inputs.stream().map(o -> o.view).toArray(View[]::new), made = new View[program.outputs()],
                expected = new View[program.outputs()];
        Operand[] a = new Operand[made.length], b = new Operand[made.length];
        for (int i = 0; i < made.length; i++) {
            var type = program.at(program.output(i)).type();
            a[i] = Operand.of(type, outputs, shape);
            b[i] = Operand.of(type, outputs, shape);
            made[i] = a[i].view;
            expected[i] = b[i].view;
        }
        if (!programs.run(program, views, made)) return false;
        SCALAR.run(program, views, expected);
        var what = level + " " + program.toString().strip().replace('\n', ';') + inputs;
        for (int i = 0; i < made.length; i++) {
            a[i].assertGuards(what);
            for (long e = 0; e < a[i].view.size(); e++) {
                if (a[i].bits(e) == expectedBits(program, inputs, b[i], i, e)) continue;
                throw new AssertionError(what + ": element " + e + " is " + a[i].get(e) + ", expected " + b[i].get(e));
            }
        }
        return true;
    }

    /** Of a function with a recipe the bits of the recipe, of all else those of the interpreter. */
    private static long expectedBits(Program program, List<Operand> inputs, Operand scalar, int output, long e) {
        var in = program.at(program.output(output));
        if (!in.type().isFloat() || in.op().arity() == 0) return scalar.bits(e);
        if (in.op() == Op.RSQRT) return bits(in.type(),
                in.type() == DType.F64 ? 1 / Math.sqrt(inputs.getFirst().get(e)) : 1f / (float) Math.sqrt(inputs.getFirst().get(e)));
        var recipe = Recipes.of(in.op(), in.type() == DType.F64 ? DType.F64 : DType.F32);
        if (recipe.isEmpty() || program.length() != in.op().arity() + 1) return scalar.bits(e);
        double x = inputs.get(0).get(e), y = inputs.size() > 1 ? inputs.get(1).get(e) : 0;
        return bits(in.type(), switch (recipe.get()) {
            case Recipe.Unary u -> in.type() == DType.F64 ? u.apply(ScalarArithmetic64.INSTANCE, x)
                    : (double) u.apply(ScalarArithmetic32.INSTANCE, (float) x);
            case Recipe.Binary u -> in.type() == DType.F64 ? u.apply(ScalarArithmetic64.INSTANCE, x, y)
                    : (double) u.apply(ScalarArithmetic32.INSTANCE, (float) x, (float) y);
        });
    }

    private static long bits(DType type, double value) {
        double rounded = switch (type) {
            case BF16 -> Elements.fromBf16(Elements.toBf16((float) value));
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            default -> value;
        };
        return Double.doubleToLongBits(rounded);
    }

    @TestFactory Stream<DynamicTest> everyConversion() {
        return Arrays.stream(ALL).map(from -> DynamicTest.dynamicTest(from.name(), () -> {
            for (var level : levels().entrySet()) {
                int seed = 0;
                for (var to : ALL) {
                    for (var layout : Operand.Layout.values()) {
                        var x = Operand.of(from, layout, 3, 45).filled(Rng.of(++seed), true, 3);
                        boolean made = compare(level.getValue(), Program.of(Op.CAST, to, from), List.of(x), Operand.Layout.CONTIGUOUS,
                                level.getKey(), 3, 45);
                        assertThat(made || from.bytes() < 4).as("%s to %s, %s, %s", from, to, layout, level.getKey()).isTrue();
                        if (layout == Operand.Layout.CONTIGUOUS || layout == Operand.Layout.ONE)
                            assertThat(made).as("%s to %s, %s, %s", from, to, layout, level.getKey()).isTrue();
                    }
                }
            }
        }));
    }

    /** Products that wrap give all magnitudes, and the sums with powers of two what lies halfway between two floats. */
    @Test void longsOfEveryMagnitudeBecomeFloatsAndComeBack() {
        for (var level : levels().entrySet()) {
            for (int shift = 0; shift < 63; shift++) {
                var p = new ProgramBuilder();
                int scaled = p.of(Op.MUL, DType.I64, p.load(DType.I64, 0), p.add(Instruction.constant(DType.I64, 1L << shift)));
                int sum = p.of(Op.ADD, DType.I64, scaled, p.add(Instruction.constant(DType.I64, 0x5DEECE66D1234567L >>> shift)));
                int narrow = p.cast(DType.F32, sum), wide = p.cast(DType.F64, sum);
                var program = p.build(narrow, wide, p.cast(DType.I64, narrow), p.cast(DType.I64, wide));
                var x = Operand.of(DType.I64, Operand.Layout.CONTIGUOUS, 333).filled(Rng.of(shift), false, 1000);
                assertThat(compare(level.getValue(), program, List.of(x), Operand.Layout.CONTIGUOUS, level.getKey(), 333)).isTrue();
            }
        }
    }

    @Test void resultsMayLieApart() {
        for (var level : levels().entrySet()) {
            for (var layout : Operand.Layout.values()) {
                if (layout == Operand.Layout.ONE) continue;
                var x = Operand.of(DType.F32, Operand.Layout.CONTIGUOUS, 7, 37).filled(Rng.of(1), true, 2);
                compare(level.getValue(), Program.of(Op.ADD, DType.F32, DType.F32, DType.F32), List.of(x, x), layout, level.getKey(), 7,
                        37);
            }
        }
    }

    @Test void randomDrawsAreThoseOfPhilox() {
        for (var level : levels().entrySet()) {
            for (var type : FLOATS) {
                for (var shape : new long[][] {{1}, {16}, {77}, {5, 7}, {3, 16}, {3, 33}}) {
                    var p = new ProgramBuilder();
                    int draw = p.random(type, 0x123456789ABCDEFL);
                    var program = p.build(p.of(Op.ADD, type, draw, p.load(type, 0)), draw);
                    var bias = Operand.of(type, shape.length == 1 ? Operand.Layout.CONTIGUOUS : Operand.Layout.ONE, shape).filled(Rng.of(3),
                            false, 1);
                    boolean made = compare(level.getValue(), program, List.of(bias), Operand.Layout.CONTIGUOUS, level.getKey(), shape);
                    assertThat(made).as(level.getKey()).isTrue();
                }
            }
        }
    }

    @Test void extremesOfRowsHaveTheInterpretersBits() {
        for (var level : levels().entrySet()) {
            for (var type : FLOATS) {
                for (var op : new Op[] {Op.ROW_MAX, Op.ROW_MIN}) {
                    for (var layout : Operand.Layout.values()) {
                        for (long n : new long[] {2, 7, 16, 33, 100, 1025, 4099}) {
                            var p = new ProgramBuilder();
                            int given = p.load(type, 0), extreme = p.of(op, type, given);
                            var program = p.build(p.of(Op.SUB, type, given, extreme), extreme);
                            for (boolean special : new boolean[] {false, true}) {
                                var x = Operand.of(type, layout, 3, n).filled(Rng.of(n), special, special && n < 10 ? 0 : 1);
                                compare(level.getValue(), program, List.of(x), Operand.Layout.CONTIGUOUS, level.getKey(), 3, n);
                            }
                        }
                    }
                }
            }
        }
    }

    /** Sums of 0 and 1 have one answer in whatever order. */
    @Test void sumsOfRowsCountEveryElementOnce() {
        for (var level : levels().entrySet()) {
            for (var type : new DType[] {DType.F32, DType.F64}) {
                for (var layout : Operand.Layout.values()) {
                    for (long n : new long[] {2, 7, 16, 33, 100, 1025, 4099}) {
                        var p = new ProgramBuilder();
                        int x = p.load(type, 0), isPositive = p.of(Op.GT, DType.BOOL, x, p.constant(type, 0));
                        int count = p.of(Op.ROW_SUM, type, p.cast(type, isPositive)), sum = p.of(Op.ADD, type, count, x);
                        var program = p.build(count, sum, p.of(Op.ROW_SUM, type, count));
                        compare(level.getValue(), program, List.of(Operand.of(type, layout, 5, n).filled(Rng.of(n), false, 1)),
                                Operand.Layout.CONTIGUOUS, level.getKey(), 5, n);
                    }
                }
            }
        }
    }

    @Test void manyValuesAliveAtOnceGoThroughTheStackFrame() {
        for (var level : levels().entrySet()) {
            for (var type : new DType[] {DType.F32, DType.F64}) {
                var p = new ProgramBuilder();
                int n = 45, given = p.load(type, 0);
                int[] numbers = new int[n], sums = new int[n];
                for (int i = 1; i < n; i++) numbers[i] = p.constant(type, i * 0.37);
                for (int i = 1; i < n; i++) sums[i] = p.of(Op.ADD, type, given, numbers[i]);
                int value = sums[1];
                for (int i = 2; i < n; i++) value = p.of(Op.MUL, type, value, sums[i]);
                for (int i = 1; i < n; i++)
                    value = p.of(Op.WHERE, type, p.of(i % 3 == 0 ? Op.LT : Op.GE, DType.BOOL, sums[i], value), sums[i], value);
                var program = p.build(value, sums[4]);
                var x = Operand.of(type, Operand.Layout.CONTIGUOUS, 100).filled(Rng.of(4), true, 0.1);
                assertThat(compare(level.getValue(), program, List.of(x), Operand.Layout.CONTIGUOUS, level.getKey(), 100)).isTrue();
            }
        }
    }

    @Test void codeIsMadeOnceForAStructure() {
        var programs = new FusedPrograms(Cpu.current());
        var x = Operand.of(DType.F32, Operand.Layout.CONTIGUOUS, 1000).filled(Rng.of(1), false, 1);
        for (int i = 0; i < 50; i++) {
            var p = new ProgramBuilder();
            int scaled = p.of(Op.MUL, DType.F32, p.load(DType.F32, 0), p.constant(DType.F32, i));
            compare(programs, p.build(p.of(Op.ADD, DType.F32, scaled, p.random(DType.F32, i))), List.of(x), Operand.Layout.CONTIGUOUS, "",
                    1000);
        }
        assertThat(programs.structures()).isEqualTo(1);
    }

    @Test void nothingIsDoneForNoElements() {
        var programs = new FusedPrograms(Cpu.current());
        var x = Operand.of(DType.F32, Operand.Layout.CONTIGUOUS, 0, 5);
        assertThat(programs.run(Program.of(Op.NEG, DType.F32, DType.F32), new View[] {x.view}, new View[] {x.view})).isTrue();
    }

    @Test void everyPlainOperationHasCode() {
        for (var level : levels().entrySet()) {
            for (var op : operations()) {
                if (op.arity() == 1 && Recipes.of(op, DType.F32).isEmpty() && EnumSet.range(Op.EXP, Op.SOFTPLUS).contains(op)) continue;
                if (op == Op.POW || op == Op.ATAN2 || EnumSet.range(Op.ERF, Op.TRIGAMMA).contains(op)) continue;
                if (op == Op.AND || op == Op.OR || op == Op.XOR) continue;
                var operands = new DType[op.arity()];
                Arrays.fill(operands, DType.F32);
                if (op == Op.WHERE) continue;
                var x = Operand.of(DType.F32, Operand.Layout.CONTIGUOUS, 33).filled(Rng.of(1), false, 1);
                var out = Operand.of(op.isPredicate() ? DType.BOOL : DType.F32, Operand.Layout.CONTIGUOUS, 33);
                var in = new View[op.arity()];
                Arrays.fill(in, x.view);
                assertThat(level.getValue().run(Program.of(op, op.isPredicate() ? DType.BOOL : DType.F32, operands), in,
                        new View[] {out.view})).as("%s on %s", op, level.getKey()).isTrue();
            }
        }
    }

    /** Those that have no recipe of doubles (erfinv, lgamma, digamma) are computed one by one. */
    @Test void everyTranscendentalHasCode() {
        for (var level : levels().entrySet()) for (var type : new DType[] {DType.F32, DType.F64}) for (var op : Op.values()) {
            if (op.arity() == 0 || Recipes.of(op, type).isEmpty()) continue;
            var operands = new DType[op.arity()];
            Arrays.fill(operands, type);
            var x = Operand.of(type, Operand.Layout.CONTIGUOUS, 33).filled(Rng.of(1), false, 1);
            var in = new View[op.arity()];
            Arrays.fill(in, x.view);
            assertThat(level.getValue().run(Program.of(op, type, operands), in,
                    new View[] {Operand.of(type, Operand.Layout.CONTIGUOUS, 33).view})).as("%s of %s on %s", op, type, level.getKey())
                    .isTrue();
        }
        for (var op : List.of(Op.EXP, Op.EXPM1, Op.LOG, Op.LOG1P, Op.SIN, Op.COS, Op.TAN, Op.TANH, Op.SIGMOID, Op.ERF, Op.GELU, Op.SOFTPLUS,
                Op.POW, Op.LGAMMA, Op.DIGAMMA))
            assertThat(Recipes.of(op, DType.F32)).as(op.name()).isPresent();
    }
}
