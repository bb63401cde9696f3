package lyceum.backend.vector;

import static java.lang.constant.ConstantDescs.CD_int;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import java.util.function.IntConsumer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import lyceum.DType;
import lyceum.backend.tile.Instruction.Binary;
import lyceum.backend.tile.Instruction.Broadcast;
import lyceum.backend.tile.Instruction.Constant;
import lyceum.backend.tile.Instruction.Convert;
import lyceum.backend.tile.Instruction.Range;
import lyceum.backend.tile.Value;

/** The bytecode of one method of a written kernel: its frame is local 0; single elements, loops and calls. */
final class TileCode {
    static final ClassDesc FRAME = ClassDesc.of("lyceum.backend.vector.TileFrame"), STEPS = ClassDesc.of("lyceum.backend.vector.TileSteps"),
            FLOATS = ClassDesc.of("lyceum.backend.vector.FloatSteps"), MEMORY = ClassDesc.of("java.lang.foreign.MemorySegment"),
            MATH = ClassDesc.of("java.lang.Math"), ARRAY = ClassDesc.ofDescriptor("[F"), CD_MASK = of(VectorMask.class),
            CD_FLOATS = of(FloatVector.class), CD_INTS = of(IntVector.class);
    /** Where a coordinate is 0. */
    static final int ZERO = -1;

    final TilePlan plan;
    final CodeBuilder code;

    TileCode(TilePlan plan, CodeBuilder code) {
        this.plan = plan;
        this.code = code;
    }

    private static ClassDesc of(Class<?> type) { return type.describeConstable().orElseThrow(); }

    /** What holds a vector of elements. */
    static ClassDesc vector(DType type) {
        return switch (type) {
            case F32 -> CD_FLOATS;
            case I32 -> CD_INTS;
            default -> CD_MASK;
        };
    }

    void call(ClassDesc owner, String name, ClassDesc result, ClassDesc... operands) {
        code.invokestatic(owner, name, MethodTypeDesc.of(result, operands));
    }

    int local(TypeKind kind) { return code.allocateLocal(kind); }

    /** Pushes the array of a stored tile. */
    void array(int slot) { code.aload(0).getfield(FRAME, "tiles", ARRAY.arrayType()).loadConstant(slot).aaload(); }

    void buffer(int parameter) { code.aload(0).getfield(FRAME, "buffers", MEMORY.arrayType()).loadConstant(parameter).aaload(); }

    void integers() { code.aload(0).getfield(FRAME, "integers", ClassDesc.ofDescriptor("[I")); }

    /** Pushes a coordinate. */
    void coordinate(int local) {
        if (local == ZERO) code.iconst_0();
        else code.iload(local);
    }

    /** {@code for (int i = 0; i < end; i += step) body(i)}. */
    void loop(int end, int step, IntConsumer body) {
        int i = local(TypeKind.INT);
        var top = code.newLabel();
        var done = code.newLabel();
        code.iconst_0().istore(i).labelBinding(top).iload(i).loadConstant(end).if_icmpge(done);
        body.accept(i);
        code.iinc(i, step).goto_(top).labelBinding(done);
    }

    /** Pushes {@code base + i * stride + j}, where a coordinate may be {@link #ZERO}. */
    void index(int i, int stride, int j) {
        coordinate(i);
        code.loadConstant(stride).imul();
        coordinate(j);
        code.iadd();
    }

    /** Pushes one element: a number, or 1 and 0 for a truth value. */
    void element(Value value, int i, int j) {
        if (value.rows() == 1) i = ZERO;
        if (value.columns() == 1) j = ZERO;
        if (plan.isStored(value)) {
            array(plan.slot(value));
            index(i, TilePlan.stride(value), j);
            code.faload();
            return;
        }
        switch (plan.producer(value)) {
            case Constant c when value.type() == DType.I32 -> code.loadConstant((int) c.value());
            case Constant c -> code.loadConstant((float) c.value());
            case Range range when !value.isScalar() -> coordinate(range.axis() == 0 ? i : j);
            case Broadcast b -> element(b.x(), i, j);
            case Object o when value.type() == DType.I32 && value.isScalar() -> {
                integers();
                code.loadConstant(value.id()).iaload();
            }
            case Convert c -> convert(c, i, j);
            case Binary b -> binary(b, i, j);
            default -> throw new AssertionError(value);
        }
    }

    void convert(Convert convert, int i, int j) {
        element(convert.x(), i, j);
        if (convert.result().type() == DType.I32) code.f2i();
        else code.i2f();
    }

    /** Pushes one element of arithmetic on whole numbers, a comparison, or AND and OR. */
    void binary(Binary b, int i, int j) {
        element(b.a(), i, j);
        element(b.b(), i, j);
        switch (b.op()) {
            case ADD -> code.iadd();
            case SUB -> code.isub();
            case MUL -> code.imul();
            case FLOOR_DIV -> call(MATH, "floorDiv", CD_int, CD_int, CD_int);
            case MOD -> call(MATH, "floorMod", CD_int, CD_int, CD_int);
            case MAX, MIN -> call(MATH, b.op().text(), CD_int, CD_int, CD_int);
            case AND -> code.iand();
            case OR -> code.ior();
            default -> compare(b);
        }
    }

    private void compare(Binary b) {
        var no = code.newLabel();
        var done = code.newLabel();
        if (b.a().type() == DType.F32) {
            // NaN answers no to everything but NE.
            switch (b.op()) {
                case LT, LE -> code.fcmpg();
                default -> code.fcmpl();
            }
            code.iconst_0();
        }
        switch (b.op()) {
            case LT -> code.if_icmpge(no);
            case LE -> code.if_icmpgt(no);
            case GT -> code.if_icmple(no);
            case GE -> code.if_icmplt(no);
            case EQ -> code.if_icmpne(no);
            default -> code.if_icmpeq(no);
        }
        code.iconst_1().goto_(done).labelBinding(no).iconst_0().labelBinding(done);
    }

    /** The numbers that one element of a scalar is made of, all in the frame. */
    void scalar(Value value) {
        integers();
        code.loadConstant(value.id());
        switch (plan.producer(value)) {
            case Convert c -> convert(c, ZERO, ZERO);
            case Binary b -> binary(b, ZERO, ZERO);
            case Range r -> code.iconst_0();
            default -> throw new AssertionError(value);
        }
        code.iastore();
    }

    static ClassDesc[] types(List<Value> values) { return values.stream().map(v -> vector(v.type())).toArray(ClassDesc[]::new); }
}
