package lyceum.backend.vector;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import lyceum.DType;
import lyceum.backend.Op;
import lyceum.backend.tile.Instruction.Binary;
import lyceum.backend.tile.Instruction.Broadcast;
import lyceum.backend.tile.Instruction.Constant;
import lyceum.backend.tile.Instruction.Load;
import lyceum.backend.tile.Instruction.Range;
import lyceum.backend.tile.Instruction.Store;
import lyceum.backend.tile.Parameter;
import lyceum.backend.tile.Value;

/**
 * Loads and stores. Where the offsets of a line follow one another, as in a block of a matrix, and the mask cuts off its ends, a line is one copy;
 * elsewhere each element goes alone.
 */
final class TileAccess {
    private final TileCode to;
    private final Parameter buffer;
    private final Value offsets, mask;
    private final boolean down;
    private final int lines, length, stride;

    private TileAccess(TileCode to, Parameter buffer, Value offsets, Value mask) {
        this.to = to;
        this.buffer = buffer;
        this.offsets = offsets;
        this.mask = mask;
        down = offsets.columns() == 1;
        lines = down ? 1 : offsets.rows();
        length = down ? offsets.rows() : offsets.columns();
        stride = TilePlan.padded(length);
    }

    static void load(TileCode to, Load load) { new TileAccess(to, load.buffer(), load.offsets(), load.mask()).load(load); }

    static void store(TileCode to, Store store) { new TileAccess(to, store.buffer(), store.offsets(), store.mask()).store(store); }

    private void load(Load load) {
        int slot = to.plan.slot(load.result());
        if (isLine()) {
            line((i, from, end) -> {
                to.array(slot);
                to.index(i, stride, TileCode.ZERO);
                to.code.iload(from).iload(end).loadConstant(length).loadConstant(load.other());
                to.call(TileCode.STEPS, "load", CD_void, TileCode.MEMORY, CD_int, TileCode.ARRAY, CD_int, CD_int, CD_int, CD_int, CD_float);
            });
            return;
        }
        each((i, j, masked, done) -> {
            to.array(slot);
            to.index(down ? TileCode.ZERO : i, stride, down ? i : j);
            if (mask != null) {
                to.element(mask, i, j);
                to.code.ifeq(masked);
            }
            to.buffer(buffer.index());
            to.element(offsets, i, j);
            to.call(TileCode.STEPS, "read", CD_float, TileCode.MEMORY, CD_int);
            if (mask != null) to.code.goto_(done).labelBinding(masked).loadConstant(load.other()).labelBinding(done);
            to.code.fastore();
        });
    }

    private void store(Store store) {
        int slot = to.plan.slot(store.x());
        if (isLine()) {
            line((i, from, end) -> {
                to.array(slot);
                to.index(i, stride, TileCode.ZERO);
                to.code.iload(from).iload(end);
                to.call(TileCode.STEPS, "store", CD_void, TileCode.MEMORY, CD_int, TileCode.ARRAY, CD_int, CD_int, CD_int);
            });
            return;
        }
        each((i, j, masked, done) -> {
            if (mask != null) {
                to.element(mask, i, j);
                to.code.ifeq(masked);
            }
            to.buffer(buffer.index());
            to.element(offsets, i, j);
            to.element(store.x(), i, j);
            to.call(TileCode.STEPS, "write", CD_void, TileCode.MEMORY, CD_int, CD_float);
            if (mask != null) to.code.labelBinding(masked);
        });
    }

    private interface Line {
        void copy(int i, int from, int end);
    }

    private interface Element {
        void move(int i, int j, Label masked, Label done);
    }

    /** A copy for each line: of its elements {@code from} to before {@code end}, with the memory and the first offset pushed. */
    private void line(Line copy) {
        int from = to.local(TypeKind.INT), end = to.local(TypeKind.INT);
        to.loop(lines, 1, line -> {
            int i = down ? TileCode.ZERO : line;
            to.code.iconst_0().istore(from).loadConstant(length).istore(end);
            for (var condition : conditions()) cut(condition, i, from, end);
            to.buffer(buffer.index());
            to.element(offsets, i, TileCode.ZERO);
            copy.copy(line, from, end);
        });
    }

    private void each(Element move) {
        to.loop(offsets.rows(), 1, i -> to.loop(offsets.columns(), 1, j -> move.move(i, j, to.code.newLabel(), to.code.newLabel())));
    }

    /** Takes from a line what a condition forbids: all of it, or one of its ends. */
    private void cut(Value condition, int i, int from, int end) {
        if (isSteady(condition)) {
            var holds = to.code.newLabel();
            to.element(condition, i, TileCode.ZERO);
            to.code.ifne(holds).iconst_0().istore(end).labelBinding(holds);
            return;
        }
        var compare = (Binary) to.plan.producer(condition);
        boolean rises = slope(compare.a()).getAsInt() > slope(compare.b()).getAsInt();
        var op = rises ? compare.op() : switch (compare.op()) { // b on the left
            case LT -> Op.GT;
            case LE -> Op.GE;
            case GT -> Op.LT;
            default -> Op.LE;
        };
        to.element(rises ? compare.a() : compare.b(), i, TileCode.ZERO);
        to.element(rises ? compare.b() : compare.a(), i, TileCode.ZERO);
        to.code.loadConstant(op == Op.LE || op == Op.GT ? 1 : 0).loadConstant(length);
        to.call(TileCode.STEPS, "span", CD_int, CD_int, CD_int, CD_int, CD_int);
        boolean cutsEnd = op == Op.LT || op == Op.LE;
        int bound = cutsEnd ? end : from;
        to.code.iload(bound);
        to.call(TileCode.MATH, cutsEnd ? "min" : "max", CD_int, CD_int, CD_int);
        to.code.istore(bound);
    }

    private boolean isLine() {
        if (!slope(offsets).equals(OptionalInt.of(1))) return false;
        for (var condition : conditions()) {
            if (isSteady(condition)) continue;
            if (!(to.plan.producer(condition) instanceof Binary b) || b.a().type() != DType.I32 || b.op() == Op.EQ || b.op() == Op.NE)
                return false;
            OptionalInt a = slope(b.a()), c = slope(b.b());
            if (a.isEmpty() || c.isEmpty() || Math.abs(a.getAsInt() - c.getAsInt()) != 1) return false;
        }
        return true;
    }

    /** The mask as conditions that must all hold. */
    private List<Value> conditions() {
        var all = new ArrayList<Value>();
        if (mask != null) split(mask, all);
        return all;
    }

    private void split(Value condition, List<Value> all) {
        if (to.plan.producer(condition) instanceof Binary b && b.op() == Op.AND) {
            split(b.a(), all);
            split(b.b(), all);
        } else if (to.plan.producer(condition) instanceof Broadcast b) split(b.x(), all);
        else all.add(condition);
    }

    /** Whether a value is the same along a line. */
    private boolean isSteady(Value value) { return (down ? value.rows() : value.columns()) == 1 || slope(value).equals(OptionalInt.of(0)); }

    /** By how much a value grows from lane to lane, if that is known. */
    private OptionalInt slope(Value value) {
        if ((down ? value.rows() : value.columns()) == 1) return OptionalInt.of(0);
        if (to.plan.isStored(value)) return OptionalInt.empty();
        return switch (to.plan.producer(value)) {
            case Constant c -> OptionalInt.of(0);
            case Range r -> OptionalInt.of(1); // it is not longer than 1 along the other axis
            case Broadcast b -> slope(b.x());
            case Binary b -> slope(b);
            default -> OptionalInt.empty();
        };
    }

    private OptionalInt slope(Binary b) {
        OptionalInt x = slope(b.a()), y = slope(b.b());
        if (x.isEmpty() || y.isEmpty()) return OptionalInt.empty();
        int p = x.getAsInt(), q = y.getAsInt();
        if (p == 0 && q == 0) return OptionalInt.of(0);
        return switch (b.op()) {
            case ADD -> OptionalInt.of(p + q);
            case SUB -> OptionalInt.of(p - q);
            case MUL -> to.plan.producer(b.b()) instanceof Constant c ? OptionalInt.of(p * (int) c.value()) : OptionalInt.empty();
            default -> OptionalInt.empty();
        };
    }
}
