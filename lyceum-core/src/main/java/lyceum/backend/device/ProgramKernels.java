package lyceum.backend.device;

import static lyceum.backend.simt.Type.F32;
import static lyceum.backend.simt.Type.I32;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.Program;
import lyceum.backend.simt.Kernel;
import lyceum.backend.simt.KernelBuilder;
import lyceum.backend.simt.Pointer;
import lyceum.backend.simt.Value;

/**
 * Element-wise programs of F32 and BOOL as kernels, a thread an element: arguments are the operands, the outputs, the number of elements and the constants,
 * so that programs which differ in those alone are one kernel to a compiler.
 */
final class ProgramKernels {
    private final Map<Program, Optional<Kernel>> known = Collections.synchronizedMap(new WeakHashMap<>());

    /** Empty if it has an operation or a type that no kernel has. @param operands how many the program reads */
    Optional<Kernel> of(Program program, int operands) {
        return known.computeIfAbsent(program,
                p -> isWritable(p) && readsAll(p, operands) ? Optional.of(write(p, operands)) : Optional.empty());
    }

    private static boolean isWritable(Program program) {
        if (!program.isPlain()) return false;
        for (int i = 0; i < program.length(); i++) {
            var in = program.at(i);
            if (in.type() != DType.F32 && in.type() != DType.BOOL) return false;
            if (!switch (in.op()) {
                case LOAD, CONST, EQ, NE, LT, LE, GT, GE, AND, OR, XOR, NOT, WHERE -> true;
                case NEG, ABS, SQRT, RSQRT, RECIPROCAL, SQUARE, EXP, LOG, SIN, COS, TANH, SIGMOID, RELU, FLOOR, ADD, SUB, MUL, DIV, MAX,
                        MIN, FMA -> in.type() == DType.F32;
                default -> false;
            }) return false;
            for (int r : in.operands())
                if (in.type() == DType.F32 && in.op() != Op.WHERE && program.at(r).type() != DType.F32) return false;
        }
        return true;
    }

    private static boolean readsAll(Program program, int operands) {
        var read = new BitSet();
        for (int i = 0; i < program.length(); i++) if (program.at(i).op() == Op.LOAD) read.set((int) program.at(i).immediate());
        return read.cardinality() == operands;
    }

    /** The constants as arguments, in the program's order. */
    static List<Object> constants(Program program) {
        var constants = new ArrayList<Object>();
        for (int i = 0; i < program.length(); i++) {
            var in = program.at(i);
            if (in.op() != Op.CONST) continue;
            if (in.type() == DType.BOOL) constants.add(in.immediate() == 0 ? 0 : 1);
            else constants.add((float) Double.longBitsToDouble(in.immediate()));
        }
        return constants;
    }

    private static Kernel write(Program program, int operands) {
        return Kernel.of("program", k -> {
            var types = new DType[operands];
            for (int i = 0; i < program.length(); i++) {
                var in = program.at(i);
                if (in.op() == Op.LOAD) types[(int) in.immediate()] = in.type();
            }
            Pointer[] inputs = new Pointer[operands], outputs = new Pointer[program.outputs()];
            for (int i = 0; i < operands; i++) inputs[i] = k.global("in" + i, types[i] == DType.BOOL ? I32 : F32);
            for (int i = 0; i < outputs.length; i++)
                outputs[i] = k.global("out" + i, program.at(program.output(i)).type() == DType.BOOL ? I32 : F32);
            var n = k.scalar("n", I32);
            var constants = new Value[program.length()];
            for (int i = 0; i < constants.length; i++)
                if (program.at(i).op() == Op.CONST) constants[i] = k.scalar("c" + i, program.at(i).type() == DType.BOOL ? I32 : F32);
            var element = k.globalX();
            k.when(element.lt(n), () -> {
                var values = new Value[program.length()];
                for (int i = 0; i < values.length; i++)
                    values[i] = constants[i] != null ? constants[i] : step(k, program.at(i), values, inputs, element);
                for (int i = 0; i < outputs.length; i++) outputs[i].store(element, values[program.output(i)]);
            });
        });
    }

    private static Value step(KernelBuilder k, Program.Instruction in, Value[] values, Pointer[] inputs, Value element) {
        Value a = in.a() < 0 ? null : values[in.a()], b = in.b() < 0 ? null : values[in.b()], c = in.c() < 0 ? null : values[in.c()];
        return switch (in.op()) {
            case LOAD -> inputs[(int) in.immediate()].load(element);
            case NEG -> a.neg();
            case ABS -> a.abs();
            case SQRT -> a.sqrt();
            case RSQRT -> k.constant(F32, 1).div(a.sqrt());
            case RECIPROCAL -> k.constant(F32, 1).div(a);
            case SQUARE -> a.mul(a);
            case EXP -> a.exp();
            case LOG -> a.log();
            case SIN -> a.sin();
            case COS -> a.cos();
            case TANH -> a.tanh();
            case SIGMOID -> k.constant(F32, 1).div(a.neg().exp().add(1));
            case RELU -> a.lt(0).select(k.constant(F32, 0), a);
            case FLOOR -> a.floor();
            case ADD -> a.add(b);
            case SUB -> a.sub(b);
            case MUL -> a.mul(b);
            case DIV -> a.div(b);
            case MAX -> a.gt(b).or(a.eq(a).not()).select(a, b); // NaN if one is, unlike fmaxf
            case MIN -> a.lt(b).or(a.eq(a).not()).select(a, b);
            case EQ -> a.eq(b);
            case NE -> a.eq(b).not();
            case LT -> a.lt(b);
            case LE -> a.le(b);
            case GT -> a.gt(b);
            case GE -> a.ge(b);
            case AND -> a.and(b);
            case OR -> a.or(b);
            case XOR -> a.xor(b);
            case NOT -> a.type() == I32 ? a.not() : a.eq(0);
            case WHERE -> a.select(b, c);
            case FMA -> a.mulAdd(b, c);
            default -> throw new AssertionError(in.op());
        };
    }
}
