package lyceum.backend.vector;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.TypeKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.tile.Instruction.Binary;
import lyceum.backend.tile.Instruction.Broadcast;
import lyceum.backend.tile.Instruction.Constant;
import lyceum.backend.tile.Instruction.Convert;
import lyceum.backend.tile.Instruction.Range;
import lyceum.backend.tile.Instruction.Reduce;
import lyceum.backend.tile.Instruction.Unary;
import lyceum.backend.tile.Instruction.Where;
import lyceum.backend.tile.Value;

/**
 * Loops over the elements of one tile, a vector at a time, which compute in registers whatever is not stored: the lines of the tile outside, the
 * lanes of a line inside. A tile of one column is one line, as it lies in its array.
 */
final class TileNest {
    private static final int LANES = FloatSteps.LANES.length();

    private final TileCode to;
    private final boolean down;
    private final int lines, length, stride;
    private final Map<Integer, Integer> arrays = new HashMap<>();
    /** Locals of vectors that do not change along a line. */
    private final Map<Value, Integer> held = new HashMap<>();
    private final List<Value> changing = new ArrayList<>();
    private int line, lane, base;
    /** What these loops compute, and so cannot read. */
    private Value computed;

    TileNest(TileCode to, Value shape) {
        this.to = to;
        down = shape.columns() == 1;
        lines = down ? 1 : shape.rows();
        length = down ? shape.rows() : shape.columns();
        stride = TilePlan.padded(length);
    }

    /** {@code slot = value}, by the instruction that makes it. */
    void compute(Value value, int slot) {
        computed = value;
        assign(value, slot);
    }

    /** {@code slot = x}. */
    void assign(Value x, int slot) {
        prepare(x);
        int target = array(slot);
        lines(() -> to.loop(length, LANES, j -> {
            lane = j;
            vector(x);
            to.code.aload(target).iload(base).iload(lane).iadd();
            to.call(TileCode.FLOATS, "store", CD_void, TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
        }));
    }

    /** Sums carry what each step rounds off (Kahan, 1965): a long row would lose some bits. */
    void reduce(Reduce reduce) {
        prepare(reduce.x());
        int target = array(to.plan.slot(reduce.result())), total = to.local(TypeKind.REFERENCE), lost = to.local(TypeKind.REFERENCE);
        float identity = switch (reduce.op()) {
            case MAX -> Float.NEGATIVE_INFINITY;
            case MIN -> Float.POSITIVE_INFINITY;
            default -> 0;
        };
        Runnable clear = () -> {
            to.code.loadConstant(identity);
            to.call(TileCode.STEPS, "spread", TileCode.CD_FLOATS, CD_float);
            to.code.dup().astore(total).astore(lost);
        };
        Runnable add = reduce.op() == Op.ADD ? () -> addTo(total, lost) : () -> {
            to.code.aload(total);
            to.call(TileCode.STEPS, reduce.op().text(), TileCode.CD_FLOATS, TileCode.CD_FLOATS, TileCode.CD_FLOATS);
            to.code.astore(total);
        };
        if (!down && reduce.axis() == 0) {
            to.loop(length, LANES, j -> {
                lane = j;
                clear.run();
                lines(() -> {
                    vector(reduce.x());
                    add.run();
                });
                to.code.aload(total).aload(target).iload(j);
                to.call(TileCode.FLOATS, "store", CD_void, TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
            });
            return;
        }
        int whole = length / LANES * LANES;
        lines(() -> {
            clear.run();
            if (whole > 0) to.loop(whole, LANES, j -> {
                lane = j;
                vector(reduce.x());
                add.run();
            });
            if (whole < length) {
                lane = to.local(TypeKind.INT);
                to.code.loadConstant(whole).istore(lane);
                vector(reduce.x());
                to.code.loadConstant(length - whole).loadConstant(identity);
                to.call(TileCode.STEPS, "first", TileCode.CD_FLOATS, TileCode.CD_FLOATS, CD_int, CD_float);
                add.run();
            }
            to.code.aload(target).iload(line).aload(total).aload(0).getfield(TileCode.FRAME, "lanes", TileCode.ARRAY);
            var name = reduce.op() == Op.ADD ? "reduceAdd" : reduce.op() == Op.MAX ? "reduceMax" : "reduceMin";
            to.call(TileCode.STEPS, name, CD_float, TileCode.CD_FLOATS, TileCode.ARRAY);
            to.code.fastore();
        });
    }

    /** With the next vector pushed: {@code y = x - lost; sum = total + y; lost = (sum - total) - y; total = sum}. */
    private void addTo(int total, int lost) {
        int y = to.local(TypeKind.REFERENCE), sum = to.local(TypeKind.REFERENCE);
        to.code.aload(lost);
        plain("sub");
        to.code.dup().astore(y).aload(total);
        plain("add");
        to.code.dup().astore(sum).aload(total);
        plain("sub");
        to.code.aload(y);
        plain("sub");
        to.code.astore(lost).aload(sum).astore(total);
    }

    private void plain(String operation) {
        to.call(TileCode.FLOATS, operation, TileCode.CD_FLOATS, TileCode.CD_FLOATS, TileCode.CD_FLOATS);
    }

    private void lines(Runnable body) {
        to.loop(lines, 1, i -> {
            line = i;
            base = to.local(TypeKind.INT);
            to.code.iload(line).loadConstant(stride).imul().istore(base);
            for (var value : changing) {
                if (isStored(value)) {
                    to.code.aload(array(to.plan.slot(value))).iload(line);
                    to.call(TileCode.STEPS, "spread", TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
                } else {
                    to.code.iload(line);
                    to.call(TileCode.STEPS, "spread", TileCode.CD_INTS, CD_int);
                }
                hold(value);
            }
            body.run();
        });
    }

    private boolean isStored(Value value) { return to.plan.isStored(value) && !value.equals(computed); }

    private void hold(Value value) {
        int local = held.computeIfAbsent(value, v -> to.local(TypeKind.REFERENCE));
        to.code.astore(local);
    }

    /** The local of a stored tile's array, loaded before the loops. */
    private int array(int slot) {
        return arrays.computeIfAbsent(slot, s -> {
            int local = to.local(TypeKind.REFERENCE);
            to.array(s);
            to.code.astore(local);
            return local;
        });
    }

    /** Loads before the loops what does not change in them, and notes what changes from line to line. */
    private void prepare(Value value) {
        if (held.containsKey(value) || changing.contains(value)) return;
        boolean line = !down && value.columns() == 1;
        if (isStored(value)) {
            int local = array(to.plan.slot(value));
            if (value.isScalar()) {
                to.code.aload(local).iconst_0();
                to.call(TileCode.STEPS, "spread", TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
                hold(value);
            } else if (line) changing.add(value);
            return;
        }
        var producer = to.plan.producer(value);
        if (value.type() == DType.I32 && value.isScalar()) {
            to.element(value, TileCode.ZERO, TileCode.ZERO);
            to.call(TileCode.STEPS, "spread", TileCode.CD_INTS, CD_int);
            hold(value);
        } else if (producer instanceof Constant constant) {
            to.code.loadConstant((float) constant.value());
            to.call(TileCode.STEPS, "spread", TileCode.CD_FLOATS, CD_float);
            hold(value);
        } else if (producer instanceof Range) {
            if (line) changing.add(value);
        } else {
            for (var x : producer.operands()) prepare(x);
        }
    }

    /** Pushes the vector of {@code value} at the lane. */
    private void vector(Value value) {
        var local = held.get(value);
        if (local != null) {
            to.code.aload(local);
            return;
        }
        if (isStored(value)) {
            to.code.aload(array(to.plan.slot(value)));
            to.code.iload(lane);
            if (!down && value.rows() > 1) to.code.iload(base).iadd();
            to.call(TileCode.FLOATS, "load", TileCode.CD_FLOATS, TileCode.ARRAY, CD_int);
            return;
        }
        var producer = to.plan.producer(value);
        if (producer instanceof Range) {
            to.code.iload(lane);
            to.call(TileCode.STEPS, "range", TileCode.CD_INTS, CD_int);
            return;
        }
        for (var x : producer.operands()) vector(x);
        var types = TileCode.types(producer.operands());
        var type = TileCode.vector(value.type());
        switch (producer) {
            case Unary u ->
                    to.call(u.op() == Op.RELU || u.op() == Op.SQUARE ? TileCode.STEPS : TileCode.FLOATS, u.op().text(), type, types);
            case Binary b -> binary(b);
            case Where w -> to.call(TileCode.FLOATS, "select", type, types);
            case Convert c -> to.call(TileCode.STEPS, "convert", type, types);
            case Broadcast b -> {}
            default -> throw new AssertionError(producer);
        }
    }

    private void binary(Binary b) {
        boolean floats = b.result().type() == DType.F32,
                plain = b.op() == Op.ADD || b.op() == Op.SUB || b.op() == Op.MUL || b.op() == Op.DIV;
        var name = switch (b.op()) {
            case FLOOR_DIV -> "floorDiv";
            case AND -> "both";
            case OR -> "either";
            default -> b.op().text();
        };
        to.call(floats && plain || b.a().type() == DType.BOOL ? TileCode.FLOATS : TileCode.STEPS, name, TileCode.vector(b.result().type()),
                TileCode.types(b.operands()));
    }
}
