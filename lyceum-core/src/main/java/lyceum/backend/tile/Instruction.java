package lyceum.backend.tile;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import lyceum.backend.Op;

/**
 * One step of a kernel. All values are tiles of two axes; operands of an element-wise step stretch where they have one row or one column. Every value
 * is assigned by one instruction, before it is read.
 */
public sealed interface Instruction {

    /** The same number in every element. */
    record Constant(Value result, double value) implements Instruction {}

    /** A number that the launch gives, (1, 1). */
    record Argument(Value result, Parameter parameter) implements Instruction {}

    /** Which program this is along an axis of the grid, (1, 1). */
    record ProgramId(Value result, int axis) implements Instruction {}

    /** 0, 1, 2, .. along {@code axis}, the only one that may be longer than 1. */
    record Range(Value result, int axis) implements Instruction {}

    /** {@code op(x)} of F32. */
    record Unary(Value result, Op op, Value x) implements Instruction {}

    /** {@code op(a, b)}: arithmetic of one type, a comparison, or AND and OR of truth values. */
    record Binary(Value result, Op op, Value a, Value b) implements Instruction {}

    /** {@code mask ? a : b} of F32. */
    record Where(Value result, Value mask, Value a, Value b) implements Instruction {}

    /** I32 to F32, or F32 to I32 towards zero. */
    record Convert(Value result, Value x) implements Instruction {}

    /** Repeats rows or columns. */
    record Broadcast(Value result, Value x) implements Instruction {}

    record Transpose(Value result, Value x) implements Instruction {}

    /** ADD, MAX or MIN along an axis, which is kept with length 1. */
    record Reduce(Value result, Op op, int axis, Value x) implements Instruction {}

    /** {@code c + a b}, summed in F32 in the order of a's columns, each step rounded once. */
    record Dot(Value result, Value a, Value b, Value c) implements Instruction {}

    /** {@code buffer[offsets]} where {@code mask} (null for everywhere) holds, {@code other} elsewhere. */
    record Load(Value result, Parameter buffer, Value offsets, Value mask, float other) implements Instruction {}

    /** {@code buffer[offsets] = x} where {@code mask} (null for everywhere) holds. */
    record Store(Parameter buffer, Value offsets, Value mask, Value x) implements Instruction {}

    /**
     * {@code for (index = from; index < to; index += step)}: {@code carried} are {@code initial} at first and what the body {@code yields} from then on;
     * {@code results} are what they are in the end.
     */
    record Loop(List<Value> results, Value index, Value from, Value to, int step, List<Value> carried, List<Value> initial,
            List<Instruction> body, List<Value> yields) implements Instruction {}

    /** What it assigns; of a loop also what the body reads. */
    default List<Value> defines() {
        return switch (this) {
            case Constant(var r, var v) -> List.of(r);
            case Argument(var r, var p) -> List.of(r);
            case ProgramId(var r, var axis) -> List.of(r);
            case Range(var r, var axis) -> List.of(r);
            case Unary(var r, var op, var x) -> List.of(r);
            case Binary(var r, var op, var a, var b) -> List.of(r);
            case Where(var r, var mask, var a, var b) -> List.of(r);
            case Convert(var r, var x) -> List.of(r);
            case Broadcast(var r, var x) -> List.of(r);
            case Transpose(var r, var x) -> List.of(r);
            case Reduce(var r, var op, var axis, var x) -> List.of(r);
            case Dot(var r, var a, var b, var c) -> List.of(r);
            case Load(var r, var buffer, var offsets, var mask, var other) -> List.of(r);
            case Store store -> List.of();
            case Loop loop -> {
                var all = new ArrayList<>(loop.results);
                all.addAll(loop.carried);
                all.add(loop.index);
                yield all;
            }
        };
    }

    /** What it reads; of a loop without what its body does. */
    default List<Value> operands() {
        return switch (this) {
            case Constant c -> List.of();
            case Argument a -> List.of();
            case ProgramId p -> List.of();
            case Range r -> List.of();
            case Unary(var r, var op, var x) -> List.of(x);
            case Binary(var r, var op, var a, var b) -> List.of(a, b);
            case Where(var r, var mask, var a, var b) -> List.of(mask, a, b);
            case Convert(var r, var x) -> List.of(x);
            case Broadcast(var r, var x) -> List.of(x);
            case Transpose(var r, var x) -> List.of(x);
            case Reduce(var r, var op, var axis, var x) -> List.of(x);
            case Dot(var r, var a, var b, var c) -> List.of(a, b, c);
            case Load(var r, var buffer, var offsets, var mask, var other) -> present(offsets, mask);
            case Store(var buffer, var offsets, var mask, var x) -> present(offsets, mask, x);
            case Loop loop -> {
                var all = new ArrayList<>(loop.initial);
                all.add(loop.from);
                all.add(loop.to);
                yield all;
            }
        };
    }

    private static List<Value> present(Value... values) {
        var all = new ArrayList<Value>();
        for (var value : values) if (Objects.nonNull(value)) all.add(value);
        return all;
    }
}
